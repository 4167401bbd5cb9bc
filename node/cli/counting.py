"""`hedgerow count`, `apportion` and `budget`: pure computations over files; they need no node."""

import functools
import re
from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from node.cli import output
from node.cli.asking import read_file
from node.errors import UserError
from node.governance import apportionment, seat_words
from node.governance.budgets import methods as budgets
from node.governance.counting import methods, transcript
from node.governance.counting.contest import Contest
from node.governance.counting.result import UNITS_PER_VOTE

app = typer.Typer(rich_markup_mode=None)

# A seed is a SHA-256 hash.
_SEED: Final = re.compile(r"[0-9a-f]{64}")


@app.command(epilog="Example: hedgerow count --method scottish-stv ward-1.blt ward-2.blt")
def count(
    ctx: typer.Context,
    *,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Ballots in BLT format.")],
    method: Annotated[
        str, typer.Option("--method", metavar="METHOD", help=", ".join(methods.ELECTION_METHODS) + ".")
    ],
    seats: Annotated[
        int | None, typer.Option("--seats", min=1, metavar="N", help="Instead of the file's own number.")
    ] = None,
    lot_seed: Annotated[
        str | None,
        typer.Option("--lot-seed", metavar="HEX", help="What orders ties, as an exported file names it."),
    ] = None,
    told: Annotated[
        str | None,
        typer.Option("--transcript", metavar="FORMAT", help="Every stage instead, as json, csv or words."),
    ] = None,
) -> None:
    """Count ballots from files, in exact numbers; each file is a contest of its own.

    For phragmen and equal-shares every option that a ballot ranks counts as approved; for plurality and the
    party-list methods only the first does.
    """
    seed, form = _seed(lot_seed), _form(told)
    for path in files:
        contest, outcome = methods.read_and_count(
            read_file(path), file=str(path), method=method, seats=seats, lot_seed=seed
        )
        if form is not None:
            output.raw(transcript.write(contest, outcome, form))
        else:
            row = {"file": str(path), **methods.row(contest, outcome)}
            output.answer(ctx, row, functools.partial(_show_count, contest=contest))


def _seed(written: str | None) -> bytes | None:
    """Read a lot seed.

    Raises:
        UserError: it is not one.
    """
    if written is None:
        return None
    if _SEED.fullmatch(written) is None:
        raise UserError(f"expected a lot seed of 64 digits from 0 to f, found {written!r:.80}")
    return bytes.fromhex(written)


def _form(written: str | None) -> transcript.Form | None:
    """Read how a transcript shall be written.

    Raises:
        UserError: no such form.
    """
    if written is not None and written not in list(transcript.Form):
        raise UserError(f"expected a transcript as {', '.join(transcript.Form)}, found {written!r}")
    return transcript.Form(written) if written is not None else None


def _show_count(row: dict[str, Any], contest: Contest) -> None:
    alike = {name for name, times in Counter(one.name for one in contest.options).items() if times > 1}
    # Options of one name are told apart by their places in the file.
    elected = [
        f"{each['name']} (number {each['id']})" if each["name"] in alike else each["name"]
        for each in row["elected"]
    ]
    output.say(
        f"{row['file']}: {output.counted(row['valid'], 'ballot', 'ballots')},"
        f" {output.counted(row['seats'], 'seat', 'seats')}, by {row['method']}"
    )
    if row["method"] in methods.APPROVAL_METHODS:
        output.say("  Every option that a ballot ranks counts as approved.")
    if not elected:
        output.say("  Nobody was elected: there was no valid ballot.")
    if row["method"] in methods.LIST_METHODS:
        for name in dict.fromkeys(elected):
            output.say(f"  {name}: {output.counted(elected.count(name), 'seat', 'seats')}")
    else:
        for place, (name, each) in enumerate(zip(elected, row["elected"], strict=True), start=1):
            output.say(f"  {place}. {name}, elected at stage {each['stage']}")
    for lot in row["lots"]:
        output.say(f"  A tie at stage {lot['stage']} was broken by lot.")
    needed = "" if row["method"] not in methods.QUOTA_METHODS else f"{votes(row['quota_1e5'])} votes. "
    output.say(f"  {'Needed to be elected: ' if needed else ''}{needed}Result {row['result_id'][:16]}…")


@app.command(epilog="Example: hedgerow apportion --method sainte-lague --seats 12 --floor 1 communities.csv")
def apportion(
    ctx: typer.Context,
    *,
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="Columns: name, size.")],
    method: Annotated[
        str,
        typer.Option("--method", metavar="METHOD", help=", ".join(apportionment.ApportionmentMethod) + "."),
    ],
    seats: Annotated[
        int, typer.Option("--seats", min=1, metavar="N", help="How many seats there are in all.")
    ],
    floor: Annotated[
        int,
        typer.Option("--floor", min=0, metavar="K", help="The least seats each has (cambridge: its base)."),
    ] = 0,
    cap: Annotated[
        int | None, typer.Option("--cap", min=0, metavar="K", help="The most seats each may have.")
    ] = None,
    ties: Annotated[
        str,
        typer.Option(
            "--ties",
            metavar="RULE",
            help="Who goes first in a tie: lot, or larger or smaller, then the lot between equal sizes.",
        ),
    ] = apportionment.TieRule.LOT.value,
) -> None:
    """Share out seats by a table of sizes, in exact numbers."""
    shared = apportionment.apportion_file(
        read_file(file), file=str(file), method=method, seats=seats, floor=floor, cap=cap, ties=ties
    )
    output.answer(ctx, dict(shared), lambda found: _show_seats(found, ties))


def _show_seats(shared: dict[str, Any], ties: str) -> None:
    output.table(["Community", "#Seats"], shared["allocation"].items())
    for tie in shared["ties"]:
        among, given = ", ".join(tie["among"]), ", ".join(tie["given"])
        output.say(f"A tie among {among} was broken by {seat_words.TIES_BY[ties]}: {given}.")


@app.command(epilog="Example: hedgerow budget --method equal-shares our-street.pb")
def budget(
    ctx: typer.Context,
    *,
    file: Annotated[Path, typer.Argument(metavar="FILE.pb", help="A budget in Pabulib's format.")],
    method: Annotated[
        str, typer.Option("--method", metavar="METHOD", help=", ".join(budgets.BUDGET_METHODS) + ".")
    ],
    stages: Annotated[
        bool, typer.Option("--stages", help="Also show the count stage by stage, and its result id.")
    ] = False,
    lot_seed: Annotated[
        str | None,
        typer.Option("--lot-seed", metavar="HEX", help="What orders ties, as an exported file names it."),
    ] = None,
    as_question: Annotated[
        bool, typer.Option("--as-question", help="By the rules for a federation's own questions.")
    ] = False,
) -> None:
    """Choose the projects of a participatory budget, in exact numbers."""
    found = budgets.count_file(
        read_file(file),
        file=str(file),
        method=method,
        stages=stages,
        lot_seed=_seed(lot_seed),
        as_question=as_question,
    )
    output.answer(ctx, dict(found), _show_budget)


def _show_budget(found: dict[str, Any]) -> None:
    output.say(f"{found['file']}: a budget of {found['budget']}, by {found['method']}")
    if not found["selected"]:
        output.say("  No project is funded.")
    for project in found["selected"]:
        output.say(f"  {project}")
    if "stages" not in found:
        return
    ids = found["projects"]
    for stage in found["stages"]:
        about = f" {ids[stage['source'] - 1]}" if stage["source"] else ""
        money = budgets.money(stage["quota_1e5"])
        if stage["action"] == "endowment":
            output.say(f"  Stage {stage['stage']}: each purse holds its part of the budget and {money} more.")
            continue
        told = "funded" if stage["action"] == "funded" else "does not fit"
        behind = votes(stage["totals_1e5"][stage["source"] - 1])
        output.say(f"  Stage {stage['stage']}:{about} {told}, with {behind} votes; {money} left")
    for lot in found["lots"]:
        output.say(f"  A tie at stage {lot['stage']} was broken by lot.")
    output.say(f"  Result {found['result_id'][:16]}…")


def votes(units: int) -> str:
    """Return a number of votes from units of 0.00001, without zeros that say nothing."""
    whole, part = divmod(units, UNITS_PER_VOTE)
    return f"{whole:,}.{part:05d}".rstrip("0").rstrip(".")
