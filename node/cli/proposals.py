"""`hedgerow proposal`: put a question to the federation, and list the questions put so far."""

from typing import Annotated, Any, Final

import typer

from node.cli import asked, output, revising
from node.cli.asking import ask
from node.cli.options import FederationOption, OpensInOption, in_seconds
from node.governance.state_words import state_in_words

app = typer.Typer(rich_markup_mode=None)
proposal = typer.Typer(no_args_is_help=True, help="Questions put to the federation.")
app.add_typer(proposal, name="proposal")
proposal.command(
    "revise", epilog='Example: hedgerow proposal revise "A bike?" --text "A used one, for at most 400."'
)(revising.revise)

proposal.command("show", epilog='Example: hedgerow proposal show "Coordination council"')(asked.show)

_YES_NO: Final = "yes-no"
_ELECTION: Final = "election"


@proposal.command(
    "open",
    epilog='Example: hedgerow proposal open "Our council" --option Ana --option Ben --option Cem --seats 2',
)
def open_(
    ctx: typer.Context,
    *,
    title: Annotated[str, typer.Argument(metavar="TITLE", help="The question, in one line.")],
    text: Annotated[str, typer.Option("--text", metavar="TEXT", help="More about it.")] = "",
    options: Annotated[
        list[str] | None,
        typer.Option("--option", metavar="NAME", help="Someone to elect; repeat it. Without: yes or no."),
    ] = None,
    seats: Annotated[int, typer.Option("--seats", min=1, metavar="N", help="How many to elect.")] = 1,
    method: Annotated[
        str | None,
        typer.Option(
            "--method",
            metavar="METHOD",
            help=f"{_YES_NO} without options; with them one of `hedgerow count`. Without: as the bylaws say.",
        ),
    ] = None,
    opens_in: OpensInOption = None,
    federation: FederationOption = None,
) -> None:
    """Put a question. The seats as they stand now are the ones that vote on it."""
    result = ask(
        ctx,
        "open-proposal",
        title=title,
        text=text,
        method=method or (_ELECTION if options else _YES_NO),
        options=options or (),
        seats=seats,
        opens_in=in_seconds(opens_in),
        federation=federation,
    )
    output.answer(ctx, result, lambda put: _show_opened(put, later=opens_in is not None))


@proposal.command("list", epilog="Example: hedgerow proposal list")
def list_(ctx: typer.Context, federation: FederationOption = None) -> None:
    """List the questions put so far."""
    output.answer(ctx, ask(ctx, "list-proposals", federation=federation, with_states=True), _show_list)


def _show_opened(result: dict[str, Any], *, later: bool) -> None:
    output.say(
        f"The question is put; {output.counted(result['seats_on_roll'], 'seat', 'seats')} may vote on it.",
        "A delegate votes with:",
        f"  hedgerow vote {result['proposal']} --key FILE CHOICE...",
        f"Voting ends {output.moment(result['closes'])}.",
    )
    if later:
        output.say(f"It opens {output.moment(result['opens'])}.")
    for name in result["without_a_seat"]:
        output.say(f"Without a seat, as no size is stated: {name}")


def _show_list(result: dict[str, Any]) -> None:
    if not result["proposals"]:
        output.say(
            "No questions yet. Put one:", '  hedgerow proposal open "Shall we buy a cargo bike together?"'
        )
        return
    output.table(
        ["Question", "State", "How", "#Ballots", "#Seats", "Voting ends", "Id"],
        (
            [
                f"{each['title']} (revised)" if each["replaced"] else each["title"],
                state_in_words(each["state"], each["verdict"]),
                each["method"],
                each["ballots"],
                each["seats"],
                output.moment(each["closes"]),
                output.short(each["id"]),
            ]
            for each in result["proposals"]
        ),
    )
