"""`hedgerow decision`, `ballot` and `verify`: proof of what was decided, for everybody and without a node."""

import base64
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from node import ids
from node.cli import budgets, output, reviews
from node.cli.asking import ask, read_file
from node.cli.files import write_new
from node.cli.options import FederationOption, ProposalArgument
from node.cli.voting import VERDICTS, find_proposal
from node.engine.deciding import dossier
from node.engine.deciding.dossier import Verified
from node.engine.deciding.outcomes import Reading
from node.engine.deciding.questions import Question
from node.errors import UserError
from node.storage.memory.store import MemoryStore

app = typer.Typer(rich_markup_mode=None)
decision = typer.Typer(no_args_is_help=True, help="The papers of what was decided.")
ballot = typer.Typer(no_args_is_help=True, help="Where a ballot is.")
decision.registered_commands += reviews.app.registered_commands
app.add_typer(decision, name="decision")
app.add_typer(ballot, name="ballot")

_EXIT_NO: Final = 1
_PAPERS: Final = "papers"
_FORMATS: Final = (_PAPERS, "blt", "pb", "json", "csv", "words")


@decision.command(epilog='Example: hedgerow decision export "Coordination council" --output council.hedgerow')
def export(
    ctx: typer.Context,
    *,
    proposal: ProposalArgument,
    file: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="Where to write it.")],
    form: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="papers (all that proves it), blt (ballots; pb: a budget's), or stages: json, csv, words.",
        ),
    ] = _PAPERS,
    federation: FederationOption = None,
) -> None:
    """Write a file from which anybody recounts it.

    `hedgerow verify` reads the papers, offline, and needs nothing else; counting programs read the ballots.
    """
    if form not in _FORMATS:
        raise UserError(f"expected one of the formats {', '.join(_FORMATS)}, found {form!r}")
    named = find_proposal(ctx, proposal, federation)
    if form == _PAPERS:
        found = {**ask(ctx, "export-decision", proposal=named), "format": form}
        data = base64.b64decode(found.pop("data"))
    else:
        found = ask(ctx, "export-count", proposal=named, format=form)
        data = found.pop("text").encode()
    write_new(file, data)
    output.answer(ctx, {**found, "file": str(file), "bytes": len(data)}, _show_export)


@ballot.command(epilog="Example: hedgerow ballot check 5kq…")
def check(
    ctx: typer.Context,
    *,
    number: Annotated[str, typer.Argument(metavar="BALLOT", help="The number that `hedgerow vote` printed.")],
) -> None:
    """Say who has a ballot, and whether it counts."""
    output.answer(ctx, ask(ctx, "check-ballot", ballot=number), _show_check)


@app.command(epilog="Example: hedgerow verify council.hedgerow")
def verify(
    ctx: typer.Context,
    *,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A file that `hedgerow decision export` wrote.")
    ],
) -> None:
    """Prove and recount a decision from its file alone: no node, no network, no clock."""
    found = dossier.verify(read_file(file), MemoryStore())
    output.answer(ctx, _verified(found), _show_verified)
    if not found.valid:
        raise typer.Exit(_EXIT_NO)


def _verified(found: Verified) -> dict[str, Any]:
    """Return the row of `hedgerow verify --json`."""
    if found.question is None or found.reading is None:
        return {
            "valid": False,
            "state": None,
            "result_id": None,
            "outcome": None,
            "problems": [*found.problems],
        }
    outcome = found.reading.result.outcome
    names = dict(enumerate(outcome.option_ids, start=1))
    return {
        "valid": found.valid,
        "state": found.reading.state,
        "result_id": found.reading.result.result_id.hex(),
        "outcome": {
            "verdict": outcome.verdict.value,
            "elected": [names[placed.option] for placed in outcome.elected],
        },
        "problems": [*found.problems],
        "title": found.question.proposal.title,
        "budget": _paid(found.question, found.reading),
        "proposal": ids.show(found.question.proposal.id),
        "ballots": [ids.show(one.id) for one in found.reading.result.counted],
        "withstands": found.reading.quorum.in_words(),
    }


def _paid(question: Question, reading: Reading) -> dict[str, Any] | None:
    """Return the money of a budget and what of it is spent, None of any other question."""
    budget = question.proposal.budget
    if budget is None:
        return None
    spent = sum(budget.costs[placed.option - 1] for placed in reading.result.outcome.elected)
    return {"money": budget.money, "unit": budget.unit, "spent": spent}


def _show_export(done: dict[str, Any]) -> None:
    output.say(f"{done['title']} — {done['state']}", f"Written to {done['file']}, {done['bytes']:,} bytes.")
    if done["state"] == "provisional":
        output.say("Nothing is certified yet: the file shows how the question stands now.")
    output.say(done["quorum"]["in_words"])


def _show_check(found: dict[str, Any]) -> None:
    output.say(f"A ballot of {found['name']}, seat {found['seat']}, on “{found['title']}”.")
    if not found["holds"]:
        output.say(f"It does not hold: {found['reason']}")
        return
    given = output.counted(len(found["receipts"]), "witness has", "witnesses have")
    output.say(
        f"{given} confirmed it, of {found['witnesses']}: {', '.join(found['receipts']) or 'nobody yet'}."
    )
    if found["state"] == "provisional" and not found["counted"]:
        # However many hold it: who asks wants to know whether the seat says this.
        output.say("It does not count as things stand: another ballot of the same seat goes before it.")
    elif found["state"] == "provisional":
        output.say("It is safe: it will count." if found["safe"] else "Not yet safe: more must confirm it.")
    elif found["counted"]:
        output.say("It was counted.")
    elif found["contested"]:
        output.say(
            "It was not counted: too few witnesses had it in time. The result says that it is contested."
        )
    else:
        output.say("It was not counted: a later ballot of the same seat replaced it, or it came too late.")


def _show_verified(row: dict[str, Any]) -> None:
    if row["outcome"] is not None:
        verdicts = VERDICTS if row["budget"] is None else budgets.VERDICTS
        output.say(f"{row['title']} — {row['state']}", verdicts[row["outcome"]["verdict"]])
        # That a yes/no question passes says already that it was "yes" that won.
        named = row["outcome"]["elected"] if row["outcome"]["verdict"] != "passed" else []
        for place, name in enumerate(named, start=1):
            output.say(f"  {place}. {name}")
        if row["budget"] is not None:
            output.say("{spent:,} of {money:,} {unit} are spent.".format(**row["budget"]))
        output.say(f"Result {row['result_id']}", row["withstands"])
    for problem in row["problems"]:
        output.say(f"Problem: {problem}")
    output.say("This file proves the decision." if row["valid"] else "This file proves no decision.")
