"""`hedgerow proposal show`: a question as it was put, with all that is to be known before voting on it."""

from typing import Any

import typer

from node.cli import output
from node.cli.asking import ask
from node.cli.bonds import show_bonds
from node.cli.budgets import show_projects
from node.cli.options import FederationOption, ProposalArgument
from node.cli.voting import find_proposal


def show(ctx: typer.Context, *, proposal: ProposalArgument, federation: FederationOption = None) -> None:
    """Show a question: its text and what can be chosen. Of an election also who would hold what."""
    named = find_proposal(ctx, proposal, federation)
    output.answer(ctx, ask(ctx, "show-result", proposal=named), _show)


def _show(found: dict[str, Any]) -> None:
    output.say(f"{found['title']} — put by {found['proposer']}")
    output.say(*(f"  {line}" for line in found["text"].splitlines()))
    is_election = "elected" in found["outcome"]
    if found["budget"] is not None:
        show_projects(found["budget"], found["method"])
    elif is_election and found["fills"] is None:
        output.say(f"To elect {found['seats']} of:")
        output.say(*(f"  {number}. {name}" for number, name in enumerate(found["options"], start=1)))
    elif is_election:
        output.say(f"To elect {found['seats']}, counted by {found['method']}.")
    turnout = found["turnout"]
    if turnout is not None:
        output.say(
            f"{'Nobody is elected' if found['budget'] is None else 'Nothing is funded'} unless"
            f" {turnout['needed']} of {turnout['total']} {turnout['of']} take part."
        )
    if found["passing"] is not None:
        output.say(found["passing"])
    show_bonds(found)
    if found["phase"] in ("draft", "open"):
        output.say(
            f"Voting ends {output.moment(found['closes'])}.",
            f"  hedgerow vote {found['proposal']} --key FILE {_how(found, is_election=is_election)}",
        )
    else:
        output.say(
            f"Voting ended {output.moment(found['closes'])}; it is {found['phase']}.",
            f"  hedgerow result {found['proposal']}",
        )


def _how(found: dict[str, Any], *, is_election: bool) -> str:
    """Return how a vote is written behind the key."""
    if found["budget"] is not None:
        return "--approve NAME..."
    return f"{'NAME' if is_election else 'CHOICE'}..."
