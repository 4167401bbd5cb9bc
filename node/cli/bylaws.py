"""`hedgerow federation bylaws`: the rules that hold now, in words or as the file that others can found on."""

from typing import Annotated, Any

import typer

from node import ids
from node.cli import output
from node.cli.asking import ask
from node.cli.options import FederationOption
from node.federation import bylaws_words
from node.federation.bylaws import Bylaws
from node.ids import CommunityId


def bylaws(
    ctx: typer.Context,
    *,
    toml: Annotated[
        bool, typer.Option("--toml", help="Print them as a file for `federation found` and `propose bylaws`.")
    ] = False,
    federation: FederationOption = None,
) -> None:
    """Show the rules that hold now, as decisions changed them. Of a founding, those it would begin with."""
    found = ask(ctx, "show-bylaws", federation=federation)
    if toml and not output.is_json(ctx):
        output.raw(found["file"])
    else:
        output.answer(ctx, found, _show)


def _show(found: dict[str, Any]) -> None:
    def called(community: CommunityId) -> str:
        return str(found["names"][ids.show(community)])

    since = "as they were changed by decision" if found["amended"] else "as founded"
    output.say(f"Bylaws of “{found['name']}”, {since}:")
    output.table(
        ["Rule", "What holds"],
        (
            [bylaws_words.WORDS[place], bylaws_words.in_words(place, value, called)]
            for place, value in bylaws_words.settings(Bylaws.model_validate(found["bylaws"])).items()
        ),
    )
