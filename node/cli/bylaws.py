"""`hedgerow federation bylaws`: the rules that hold now, in words or as the file that others can found on."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import typer

from node.cli import output
from node.cli.asking import ask
from node.cli.options import FederationOption

# What each setting says, by its place in the file.
WORDS: Final[Mapping[str, str]] = {
    "admission.approvals": "Members that must approve who asks to join",
    "admission.way": "How a community comes in",
    "sizes.attesters": "Whose word about a community's size counts",
    "sizes.witnesses": "How many of them must agree",
    "sizes.days": "Days up to which sizes count",
    "seats.method": "How seats follow from sizes",
    "seats.house": "Seats in all",
    "seats.floor": "Least seats of a community",
    "seats.cap": "Most seats of a community",
    "passing.threshold": "A question passes with this share of support",
    "passing.strictly_above": "  and only with more than that",
    "passing.of": "  of which votes",
    "passing.quorum": "  when this share of all seats takes part",
    "passing.blocks_stop": "  and a single block stops it",
    "passing.block_reasons": "  and a block must say why",
    "amending.threshold": "Bylaws and membership change with this share of support",
    "amending.strictly_above": "  and only with more than that",
    "amending.of": "  of which votes",
    "amending.quorum": "  when this share of all seats takes part",
    "amending.blocks_stop": "  and a single block stops it",
    "amending.block_reasons": "  and a block must say why",
    "closing.voting": "How long people can vote",
    "closing.grace": "How long ballots may be under way after that",
    "closing.patience": "How long members' nodes wait for one another",
    "closing.review": "How long a review may be asked for",
    "closing.stall": "After how long an unclosed question may be given up",
    "closing.early": "Closes as soon as every seat has voted",
    "closing.agreeing": "Members' nodes that must agree on a close",
    "casting.lending": "Seats may lend their votes",
    "casting.parts": "Parts into which a seat may split its vote",
    "review.asked_by": "Who may ask for a review",
    "review.communities": "How many communities must ask",
    "review.stays": "A decision waits for the end of its review",
    "proposing.by": "Who may put a question",
    "effects.membership": "Decisions about members act by themselves",
    "effects.bylaws": "Decisions about these rules act by themselves",
    "effects.forms": "Decisions about forms act by themselves",
    "effects.budget": "Decisions about budget lines act by themselves",
    "petitions.supporters": "Members that must stand behind a petition",
    "petitions.people": "Share of all people that must support it",
    "petitions.asking": "Which of the two must be reached",
    "electing.quorum": "Share that must take part in an election",
    "electing.of": "  of all",
}
# Settings that are times, in seconds.
_SPANS: Final = frozenset(f"closing.{name}" for name in ("voting", "grace", "patience", "review", "stall"))
_UNITS: Final = ((604_800, "week"), (86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))
# Where leaving a setting out says something else than "none".
_UNSET: Final = {"closing.agreeing": "as many as are needed to be safe", "sizes.days": "none: at once"}
_AS_WORDS: Final = {"sainte-lague": "Sainte-Laguë", "dhondt": "D'Hondt"}


def bylaws(
    ctx: typer.Context,
    *,
    toml: Annotated[
        bool, typer.Option("--toml", help="Print them as a file for `federation found` and `propose bylaws`.")
    ] = False,
    federation: FederationOption = None,
) -> None:
    """Show the rules that hold now, as decisions changed them; of a founding those it would begin with."""
    found = ask(ctx, "show-bylaws", federation=federation)
    if toml and not output.is_json(ctx):
        output.raw(found["file"])
    else:
        output.answer(ctx, found, _show)


def _show(found: dict[str, Any]) -> None:
    since = "as they were changed by decision" if found["amended"] else "as founded"
    output.say(f"Bylaws of “{found['name']}”, {since}:")
    output.table(
        ["Rule", "What holds"],
        (
            [WORDS.get(f"{part}.{name}", f"{part}.{name}"), in_words(f"{part}.{name}", value)]
            for part, settings in found["bylaws"].items()
            if isinstance(settings, dict)
            for name, value in settings.items()
        ),
    )


def in_words(place: str, value: Any) -> str:
    """Return what a setting is set to as people say it."""
    if value is None or value == []:
        return _UNSET.get(place, "none")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return f"{value['numerator']}/{value['denominator']}" if value["numerator"] else "none asked for"
    if isinstance(value, list):
        return ", ".join(value)
    if place in _SPANS and value:
        size, unit = next(each for each in _UNITS if value % each[0] == 0)
        return output.counted(value // size, unit, f"{unit}s")
    return _AS_WORDS.get(value, str(value))
