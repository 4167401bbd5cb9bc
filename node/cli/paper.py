"""`hedgerow paper`: a delegate's ballot from paper, entered by two people, each without the other."""

import base64
from pathlib import Path
from typing import Annotated, Any

import typer

from node import keys
from node.cli import output
from node.cli.answers import SplitOption, in_words, read_answer, shown
from node.cli.asking import ask, carried, passphrase_of
from node.cli.options import FederationOption, ProposalArgument
from node.cli.voting import check_reason, find_proposal
from node.errors import ConflictError, NotAuthorisedError, NotFoundError
from node.governance import ballots
from node.governance.answers import Portion
from node.governance.ballots import Paper
from node.governance.entries import BallotEntry
from node.keys import KeyPair
from node.records import record
from node.runtime.keyrings import KeyOpener

app = typer.Typer(rich_markup_mode=None)
paper = typer.Typer(no_args_is_help=True, help="Ballots that delegates marked on paper.")
app.add_typer(paper, name="paper")


@paper.command(epilog='Example: hedgerow paper enter "A bike?" yes --seat 2 --key my-keys/eva.pem')
def enter(
    ctx: typer.Context,
    *,
    proposal: ProposalArgument,
    ranking: Annotated[
        list[str] | None,
        typer.Argument(metavar="CHOICE...", help="What stands on the paper, most wanted first."),
    ] = None,
    seat: Annotated[int, typer.Option("--seat", min=1, metavar="N", help="Whose paper it is.")],
    key: Annotated[
        Path, typer.Option("--key", metavar="FILE", help="Your own key, which the charter names.")
    ],
    split: SplitOption = None,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="The reason that stands there, word for word.")
    ] = "",
    federation: FederationOption = None,
) -> None:
    """Enter what stands on a delegate's paper.

    It counts once a second person enters the same. Nobody is shown what the other one entered.
    """
    signer = KeyOpener(passphrase_of).open(key)
    check_reason(reason)
    named = find_proposal(ctx, proposal, federation)
    form = ask(ctx, "show-entry", proposal=named, person=keys.show(signer.public))
    place = _seat(form, seat)
    choice, parts = read_answer(ranking, split, form)
    if place["entries"]:
        result = _second(ctx, place, ballots.paper_of(form, place), (choice, parts, reason), signer)
    else:
        made = ballots.make_entry(ballots.paper_of(form, place), choice, signer, split=parts, reason=reason)
        result = ask(ctx, "enter-ballots", entries=[carried(made.raw)])
    said = {
        "title": form["title"],
        "seat": seat,
        "name": place["name"],
        "chosen": [form["options"][number - 1] for number in choice],
        "split": shown(parts, form["options"]),
    }
    output.answer(ctx, {**result, **said}, _show_entered)


def _second(
    ctx: typer.Context,
    place: dict[str, Any],
    paper_form: Paper,
    read: tuple[list[int], tuple[Portion, ...], str],
    signer: KeyPair,
) -> dict[str, Any]:
    """Cast the ballot that two people entered alike.

    Raises:
        ConflictError: nobody else entered the same.
    """
    choice, split, reason = read
    for raw in (base64.b64decode(each) for each in place["entries"]):
        other = BallotEntry.read(record.read(raw))
        if (list(other.choice), other.split, other.reason) == read:
            made = ballots.make(paper_form, choice, signer, split=split, reason=reason, entered=raw)
            return ask(ctx, "cast-ballots", ballots=[carried(made.raw)])
    raise ConflictError(
        f"somebody else entered something else for {place['name']}, seat {place['seat']}: nothing is counted;"
        " look at the paper together, and whoever misread it enters it again"
    )


def _seat(form: dict[str, Any], number: int) -> dict[str, Any]:
    """Return what is to be entered for a seat.

    Raises:
        NotAuthorisedError, NotFoundError: this person may enter nothing, or not for this seat.
    """
    if not form["seats"]:
        raise NotAuthorisedError(
            f"you may enter no ballot from paper on “{form['title']}”: the community's charter must name your"
            " key, and a mandate let its delegate vote on paper (`hedgerow mandate grant --paper`)"
        )
    fitting: list[dict[str, Any]] = [each for each in form["seats"] if each["seat"] == number]
    if not fitting:
        known = ", ".join(str(each["seat"]) for each in form["seats"])
        raise NotFoundError(f"expected a seat whose delegate votes on paper ({known}), found {number}")
    return fitting[0]


def _show_entered(done: dict[str, Any]) -> None:
    who = f"{done['name']}, seat {done['seat']}, on “{done['title']}”"
    said = in_words(done["chosen"], done["split"])
    if "ballots" in done:
        output.say(f"Two people entered the same for {who}: {said}. It is cast.")
        output.say(f"Its number: {done['ballots'][0]}")
        return
    output.say(
        f"Entered for {who}: {said}.",
        "Nothing counts yet: a second person must enter the same from the paper, with a key of their own.",
    )
