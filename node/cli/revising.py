"""`hedgerow proposal revise`: a changed question in place of an old one."""

from typing import Annotated, Any

import typer

from node.cli import output
from node.cli.asking import ask
from node.cli.options import FederationOption, ProposalArgument
from node.cli.voting import find_proposal


def revise(
    ctx: typer.Context,
    *,
    proposal: ProposalArgument,
    title: Annotated[str | None, typer.Option("--title", metavar="TITLE", help="Another title.")] = None,
    text: Annotated[str | None, typer.Option("--text", metavar="TEXT", help="Another text.")] = None,
    options: Annotated[
        list[str] | None,
        typer.Option("--option", metavar="NAME", help="All who stand from now on; repeat it."),
    ] = None,
    seats: Annotated[
        int | None, typer.Option("--seats", min=1, metavar="N", help="Another number to elect.")
    ] = None,
    federation: FederationOption = None,
) -> None:
    """Put a changed question in place of one of your community. Votes do not carry over."""
    result = ask(
        ctx,
        "revise-proposal",
        proposal=find_proposal(ctx, proposal, federation),
        title=title,
        text=text,
        options=options or None,
        seats=seats,
    )
    output.answer(ctx, result, _show_revised)


def _show_revised(result: dict[str, Any]) -> None:
    output.say(
        "The changed question is put, and the old one is withdrawn. Votes do not carry over.",
        "A delegate votes with:",
        f"  hedgerow vote {result['proposal']} --key FILE CHOICE...",
        f"Voting ends {output.moment(result['closes'])}.",
    )
