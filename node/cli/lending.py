"""`hedgerow lend`: a seat's vote on one question, lent to another seat."""

from pathlib import Path
from typing import Annotated, Any

import typer

from node import ids, keys
from node.cli import output
from node.cli.asking import ask, carried, passphrase_of
from node.cli.options import FederationOption, ProposalArgument
from node.cli.voting import find_proposal, no_seat, read_seat
from node.errors import NotAuthorisedError, NotFoundError
from node.governance import ballots
from node.governance.lending import Borrower
from node.runtime.keyrings import KeyOpener

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog='Example: hedgerow lend "A bike?" Hillside:1 --key my-keys/ana.pem')
def lend(
    ctx: typer.Context,
    *,
    proposal: ProposalArgument,
    to: Annotated[
        str, typer.Argument(metavar="COMMUNITY:SEAT", help="The seat whose choice counts for yours as well.")
    ],
    key: Annotated[Path, typer.Option("--key", metavar="FILE", help="The delegate's key file.")],
    seat: Annotated[
        int | None, typer.Option("--seat", min=1, metavar="N", help="Only this seat of yours.")
    ] = None,
    federation: FederationOption = None,
) -> None:
    """Lend the votes of your seats on a question to another seat; voting yourself takes them back."""
    signer = KeyOpener(passphrase_of).open(key)
    name, number = read_seat(to)
    named = find_proposal(ctx, proposal, federation)
    paper = ask(ctx, "show-paper", proposal=named, holder=keys.show(signer.public))
    if not paper["seats"]:
        raise NotAuthorisedError(no_seat(paper, keys.show(signer.public)))
    roll = ask(ctx, "show-roll", federation=federation or paper["federation"])["seats"]
    borrower = Borrower(community=ids.parse(_community(name, roll)), seat=number)
    lending = [
        each
        for each in paper["seats"]
        if seat in (None, each["seat"])
        and (each["community"], each["seat"]) != (ids.show(borrower.community), number)
    ]
    if not lending:
        which = f"no seat {seat}" if seat is not None else "no seat"
        raise NotFoundError(f"your key votes for {which} that could be lent to {to} on “{paper['title']}”")
    signed = [ballots.make(ballots.paper_of(paper, each), (), signer, follows=borrower) for each in lending]
    result = ask(ctx, "cast-ballots", ballots=[carried(one.raw) for one in signed])
    output.answer(ctx, {**result, "title": paper["title"], "to": to}, _show_lent)


def _community(name: str, roll: list[dict[str, Any]]) -> str:
    """Return the id of the one community on the roll that a name or an id means.

    Raises:
        NotFoundError: none or several fit.
    """
    wanted = name.casefold()
    fitting = [one["community"] for one in roll if wanted in (one["name"].casefold(), one["community"])]
    if len(fitting) != 1:
        raise NotFoundError(
            f"{len(fitting)} communities with seats are called {name!r}: see `hedgerow roll show`"
        )
    return str(fitting[0])


def _show_lent(done: dict[str, Any]) -> None:
    number = output.counted(len(done["ballots"]), "vote", "votes")
    output.say(
        f"Lent {number} on “{done['title']}” to {done['to']}: what that seat votes counts for yours too."
    )
    output.say("Vote yourself to take it back.")
