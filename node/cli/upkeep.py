"""`hedgerow log`, `rebuild` and `doctor`: looking after the node."""

from typing import Annotated, Any

import typer

from node.cli import output, progress
from node.cli.asking import ask
from node.cli.options import LimitOption

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog="Example: hedgerow log --limit 50")
def log(
    ctx: typer.Context,
    *,
    limit: LimitOption = 20,
    before: Annotated[
        int | None, typer.Option("--before", metavar="NUMBER", help="Only what came before this number.")
    ] = None,
) -> None:
    """Show what has been published, newest first, in words."""
    output.answer(ctx, ask(ctx, "show-log", limit=limit, before=before), _show_log)


@app.command(epilog="Example: hedgerow rebuild")
def rebuild(ctx: typer.Context) -> None:
    """Empty every table that can be made again, and make it again from what was signed."""
    with output.busy("Reading everything again…"):
        result = ask(ctx, "rebuild")
    output.answer(
        ctx,
        result,
        lambda done: output.say(
            f"Made again from {output.counted(done['entries'], 'entry', 'entries')}:"
            f" {output.counted(done['listings'], 'listing', 'listings')}."
        ),
    )


@app.command(epilog="Example: hedgerow doctor")
def doctor(ctx: typer.Context) -> int:
    """Look for trouble, and read every document a second way; ends with exit code 1 when there is some."""
    result = ask(ctx, "doctor")
    _read_again(ctx, result)
    output.answer(ctx, result, _show_checks)
    return 0 if result["healthy"] else 1


def _show_log(result: dict[str, Any]) -> None:
    if not result["entries"]:
        output.say("Nothing has been published yet. Begin with:", "  hedgerow profile edit --name NAME")
        return
    output.table(
        ["#No", "When (UTC)", "Who", "What", "Trouble"],
        (
            [each["number"], output.day(each["hours"]), each["name"], each["what"], _trouble(each)]
            for each in result["entries"]
        ),
    )


def _read_again(ctx: typer.Context, result: dict[str, Any]) -> None:
    """Compare every document with what automerge reads, and put what came of it among the checks."""
    compared, place = 0, None
    differing: list[dict[str, Any]] = []
    with progress.shown("Reading every document a second way…") as tell:
        while True:
            part = ask(ctx, "read-again", after=place)
            compared, differing = compared + part["compared"], differing + part["differing"]
            tell(f"Reading every document a second way: {compared:,}")
            place = part["next"]
            if place is None:
                break
    detail = f"{output.counted(compared, 'document reads', 'documents read')} the same to automerge"
    if differing:
        first = "; ".join(f"{one['type']} {one['id']}: {one['found'][0]}" for one in differing[:5])
        detail = f"{len(differing)} of {compared} documents are read differently: {first}"
    result["checks"].append({"name": "second reading", "ok": not differing, "detail": detail})
    result["differing"] = differing
    result["healthy"] = result["healthy"] and not differing


def _trouble(entry: dict[str, Any]) -> str:
    if entry["problem"]:
        return str(entry["problem"])
    if entry.get("beside"):
        return "its device told another story beside this one"
    return "" if entry.get("counts", True) else "does not count: its device was retired"


def _show_checks(result: dict[str, Any]) -> None:
    for check in result["checks"]:
        output.say(f"{'well' if check['ok'] else 'LOOK'}  {check['name']}: {check['detail']}")
    output.say("All is well." if result["healthy"] else "Something wants a look.")
