"""`hedgerow block`, `hide`, `allow`: what this node does not show and whom it does not talk with."""

import getpass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Final

import typer

from node.cli import output
from node.cli.asking import ask
from node.clock import MS_PER_SECOND

app = typer.Typer(rich_markup_mode=None)
allow = typer.Typer(no_args_is_help=True, help="Whom this node talks with and shows.")
app.add_typer(allow, name="allow")

Community = Annotated[str, typer.Argument(metavar="COMMUNITY", help="Its name or id.")]
Target = Annotated[
    str, typer.Argument(metavar="WHAT", help="The id of a listing, an offer or a need; or a note's key.")
]
Reason = Annotated[str, typer.Option("--reason", help="Why; for the stewards of this node alone.")]
By = Annotated[str | None, typer.Option("--by", help="Who decides; without it, whoever is logged in here.")]

_MODE_WORDS: Final = {
    "open": "everybody",
    "federations": "the members of your federations, and your list",
    "listed": "only those on your list",
}


class Mode(StrEnum):
    """Whom this node allows."""

    OPEN = "open"
    FEDERATIONS = "federations"
    LISTED = "listed"


@app.command(epilog='Example: hedgerow block "Pixel Farm" --reason "advertising"')
def block(ctx: typer.Context, community: Community, reason: Reason = "", by: By = None) -> None:
    """Show nothing of a community on this node, and hold no connection with it. Others are not concerned."""
    answer = ask(ctx, "block-community", community=community, reason=reason, by=_who(by))
    output.answer(
        ctx,
        answer,
        lambda done: output.say(
            f"{_named(done)} is blocked on this node. What it votes still counts.",
            f"Take it back with: hedgerow unblock {done['community']}",
        ),
    )


@app.command(epilog='Example: hedgerow unblock "Pixel Farm"')
def unblock(ctx: typer.Context, community: Community) -> None:
    """Take a block back: all is shown again."""
    output.answer(
        ctx,
        ask(ctx, "unblock-community", community=community),
        lambda done: output.say(f"{_named(done)} is not blocked any more."),
    )


@app.command(epilog='Example: hedgerow hide 7vd5…fiq --reason "they moved away"')
def hide(ctx: typer.Context, target: Target, reason: Reason = "", by: By = None) -> None:
    """Show a listing, an offer, a need or a note on this node no more."""
    output.answer(
        ctx,
        ask(ctx, "hide", target=target, reason=reason, by=_who(by)),
        lambda done: output.say(f"Hidden on this node: {_titled(done)}.", f"Undo: {_unhide(done)}"),
    )


@app.command(epilog="Example: hedgerow unhide 7vd5…fiq")
def unhide(ctx: typer.Context, target: Target) -> None:
    """Show something hidden again."""
    output.answer(
        ctx,
        ask(ctx, "unhide", target=target),
        lambda done: output.say(f"Shown again: {_titled(done)}."),
    )


@app.command(epilog="Example: hedgerow hidden")
def hidden(
    ctx: typer.Context,
    identifier: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="Look at one hidden listing, offer or need.")
    ] = None,
) -> None:
    """List all that this node keeps from view, with who decided it, when and why; or look at one of them."""
    if identifier is None:
        output.answer(ctx, ask(ctx, "list-moderation"), _show_all)
    else:
        output.answer(ctx, ask(ctx, "show-hidden", id=identifier), _show_one)


@allow.command(epilog="Example: hedgerow allow mode federations")
def mode(
    ctx: typer.Context,
    mode: Annotated[Mode, typer.Argument(help="open: everybody; federations: members; listed: your list.")],
    reason: Reason = "",
    by: By = None,
) -> None:
    """Choose whom this node talks with and shows."""
    output.answer(
        ctx,
        ask(ctx, "choose-allowed", mode=mode.value, reason=reason, by=_who(by)),
        lambda done: output.say(f"This node talks with and shows {_MODE_WORDS[done['mode']]}."),
    )


@allow.command("add", epilog="Example: hedgerow allow add Riverside")
def add(ctx: typer.Context, community: Community, reason: Reason = "", by: By = None) -> None:
    """Put a community on your list."""
    answer = ask(ctx, "allow-community", community=community, reason=reason, by=_who(by))
    output.answer(ctx, answer, lambda done: _show_listed(done, "is on your list now"))


@allow.command("remove", epilog="Example: hedgerow allow remove Riverside")
def remove(ctx: typer.Context, community: Community) -> None:
    """Take a community off your list."""
    answer = ask(ctx, "disallow-community", community=community)
    output.answer(ctx, answer, lambda done: _show_listed(done, "is not on your list any more"))


def _who(given: str | None) -> str:
    """Return the name of whoever decides."""
    if given is not None:
        return given
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""  # A machine without names for its users.


def _named(done: dict[str, Any]) -> str:
    return output.named(done["name"], done["community"])


def _titled(row: dict[str, Any]) -> str:
    return f"the {row['kind']} “{row['title']}”" if row["title"] else f"the {row['kind']} {row['id']}"


def _unhide(row: dict[str, Any]) -> str:
    return f"hedgerow unhide {row['note'] or row['id']}"


def _show_listed(done: dict[str, Any], words: str) -> None:
    output.say(f"{_named(done)} {words}.")
    if done["mode"] == "open":
        output.say("This node shows everybody anyway; `hedgerow allow mode listed` makes the list count.")


def _show_all(found: dict[str, Any]) -> None:
    output.say(
        f"This node talks with and shows {_MODE_WORDS[found['mode']['mode']]}{_signed(found['mode'])}."
    )
    if not found["blocked"] and not found["hidden"]:
        output.say("Nobody is blocked here, and nothing is hidden.")
    for row in found["blocked"]:
        output.say(
            f"Blocked: {_named(row)}{_signed(row)}",
            f"  take it back with: hedgerow unblock {row['community']}",
        )
    for row in found["hidden"]:
        output.say(f"Hidden: {_titled(row)}{_signed(row)}", f"  undo: {_unhide(row)}")
    for row in found["listed"]:
        output.say(
            f"On your list: {_named(row)}{_signed(row)}",
            f"  take it off with: hedgerow allow remove {row['community']}",
        )
    for row in found["not_allowed"]:
        output.say(f"Left out: {_named(row)}", f"  allow it with: hedgerow allow add {row['community']}")


def _signed(row: dict[str, Any]) -> str:
    """Say when, by whom and why something was decided, as far as it was written down."""
    if not row["at"]:
        return ""
    when = f"{datetime.fromtimestamp(row['at'] // MS_PER_SECOND, UTC):%Y-%m-%d %H:%M} UTC"
    by = f", by {row['by']}" if row["by"] else ""
    return f" (since {when}{by}{': ' + row['reason'] if row['reason'] else ''})"


def _show_one(found: dict[str, Any]) -> None:
    output.say(f"{_titled(found)}, by {output.named(found['community_name'], found['community'])}")
    for why in found["why"]:
        output.say(f"  {why['what']}{_signed(why)}")
    if not found["why"]:
        output.say("  everybody sees it")
    texts = (found["profile"] or {}).get("description") or (found["offer"] or {}).get("text") or {}
    for text in texts.values():
        output.say("", text)
