"""`hedgerow item`: cards that the members of a federation keep together."""

import re
from typing import Annotated, Any, Final

import typer

from node.cli import output
from node.cli.asking import ask
from node.cli.options import FederationOption
from node.errors import UserError

app = typer.Typer(rich_markup_mode=None)
item = typer.Typer(no_args_is_help=True, help="Cards that all members keep together: tools, books, forms.")
app.add_typer(item, name="item")

_NUMBER: Final = re.compile(r"-?[0-9]{1,18}")
_TRUTH: Final = {"yes": True, "no": False}


@item.command("set", epilog='Example: hedgerow item set ladder kind=tool title="Long ladder" metres=6')
def set_item(
    ctx: typer.Context,
    *,
    key: Annotated[str, typer.Argument(metavar="KEY", help="What the card is called among the members.")],
    fields: Annotated[
        list[str],
        typer.Argument(metavar="NAME=VALUE", help="Text, a whole number, yes or no; nothing: off with it."),
    ],
    federation: FederationOption = None,
) -> None:
    """Begin a card or change some of its fields."""
    edit = {"key": key, "fields": dict(map(_field, fields))}
    output.answer(
        ctx,
        ask(ctx, "keep-items", items=[edit], federation=federation),
        lambda kept: output.say(f"Kept. It is {kept['items'][0]['id']}."),
    )


@item.command("list", epilog="Example: hedgerow item list --kind tool")
def list_items(
    ctx: typer.Context,
    *,
    kind: Annotated[
        str | None, typer.Option("--kind", help="Only cards whose field `kind` says this.")
    ] = None,
    federation: FederationOption = None,
) -> None:
    """Show the cards."""
    output.answer(ctx, ask(ctx, "list-items", kind=kind, federation=federation), _show)


def _field(written: str) -> tuple[str, str | int | bool | None]:
    """Read one NAME=VALUE."""
    name, equals, value = written.partition("=")
    if not equals or not name:
        raise UserError(f"expected a field such as title=Ladder, found {written!r}")
    if not value:
        return name, None
    if _NUMBER.fullmatch(value):
        return name, int(value)
    return name, _TRUTH.get(value, value)


def _show(result: dict[str, Any]) -> None:
    if not result["items"]:
        output.say("There are no cards yet. Begin one:", "  hedgerow item set ladder kind=tool title=Ladder")
    for each in result["items"]:
        fields = each["fields"]
        output.say(f"- {fields.get('title', each['id'])}")
        for name, value in sorted(fields.items()):
            shown = {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value
            output.say(f"    {name}: {shown}")
