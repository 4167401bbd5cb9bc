"""`hedgerow report`: telling a federation's stewards that something is wrong, and reading what they tell."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from node.cli import output
from node.cli.asking import ask

app = typer.Typer(rich_markup_mode=None)
report = typer.Typer(no_args_is_help=True, help="Reports among a federation's stewards.")
app.add_typer(report, name="report")

Federation = Annotated[str | None, typer.Option("--federation", help="Its name or id, if there are several.")]


class Reason(StrEnum):
    """What is wrong."""

    SPAM = "spam"
    WRONG = "wrong"
    HARMFUL = "harmful"
    ILLEGAL = "illegal"
    IMPERSONATION = "impersonation"
    OTHER = "other"


@report.command(epilog='Example: hedgerow report send 7vd5…fiq --reason wrong --text "They moved away."')
def send(
    ctx: typer.Context,
    about: Annotated[
        str,
        typer.Argument(
            metavar="WHAT", help="The id of a listing, offer or need; or a community's name or id."
        ),
    ],
    reason: Annotated[Reason, typer.Option("--reason", help="What is wrong.")],
    text: Annotated[str, typer.Option("--text", help="In your own words, at most 1,000 letters.")] = "",
    federation: Federation = None,
) -> None:
    """Report something to all members, in your community's name. Whom it concerns can read it too."""
    answer = ask(ctx, "send-report", about=about, reason=reason.value, text=text, federation=federation)
    output.answer(
        ctx,
        answer,
        lambda done: output.say(
            f"Reported: {_subject(done['about'])}. All members can read it, and that it is from you.",
            f"Take it back with: hedgerow report withdraw {done['report']}",
        ),
    )


@report.command(epilog="Example: hedgerow report withdraw 4kqz…hza")
def withdraw(
    ctx: typer.Context,
    identifier: Annotated[str, typer.Argument(metavar="REPORT", help="The report's id.")],
) -> None:
    """Take a report of your community back. It stays on record as withdrawn."""
    output.answer(
        ctx,
        ask(ctx, "withdraw-report", report=identifier),
        lambda done: output.say(f"Withdrawn: report {done['report']}."),
    )


@report.command("list", epilog="Example: hedgerow report list")
def list_(
    ctx: typer.Context,
    *,
    withdrawn: Annotated[bool, typer.Option("--withdrawn", help="Withdrawn ones too.")] = False,
    federation: Federation = None,
) -> None:
    """List what members' stewards reported, newest first."""
    output.answer(ctx, ask(ctx, "list-reports", withdrawn=withdrawn, federation=federation), _show_list)


def _subject(about: dict[str, Any]) -> str:
    title = f"“{about['title']}”" if about["title"] else about["id"]
    return (
        f"the {about['kind']} {title}" if about["kind"] != "unknown" else f"something unknown here, {title}"
    )


def _show_list(found: dict[str, Any]) -> None:
    if not found["reports"]:
        output.say("No reports.")
    for one in found["reports"]:
        state = ", withdrawn" if one["withdrawn"] else ", hidden here" if one["about"]["hidden"] else ""
        who = "your community" if one["own"] else output.named(one["community_name"], one["community"])
        output.say(
            f"{_subject(one['about'])}: {one['reason']}{state}",
            f"  {output.day(one['hours'])}, {who}: {one['text']}",
        )
        if one["own"] and not one["withdrawn"]:
            output.say(f"  take it back with: hedgerow report withdraw {one['id']}")
        elif one["about"]["kind"] not in ("community", "unknown") and not one["about"]["hidden"]:
            output.say(f"  hide it on this node with: hedgerow hide {one['about']['id']}")
