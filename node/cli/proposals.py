"""`hedgerow proposal`: put a question to the federation, and list the questions put so far."""

from typing import Annotated, Any, Final

import typer

from node.cli import asked, output, revising
from node.cli.asking import ask
from node.cli.budgets import MoneyOption, NeededOption, ProjectOption, UnitOption, method_of, read_budget
from node.cli.options import FederationOption, LimitOption, OffsetOption, OpensInOption, in_seconds
from node.errors import UserError
from node.governance.closing.quorum import Footnotes
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
BUDGET: Final = "budget"
_KINDS: Final = (_YES_NO, _ELECTION, BUDGET)


@proposal.command(
    "open",
    epilog='Example: hedgerow proposal open "Our council" --option Ana --option Ben --option Cem --seats 2',
)
def open_(  # noqa: PLR0913 (each is an option)
    ctx: typer.Context,
    *,
    title: Annotated[str, typer.Argument(metavar="TITLE", help="The question, in one line.")],
    text: Annotated[str, typer.Option("--text", metavar="TEXT", help="More about it.")] = "",
    options: Annotated[
        list[str] | None,
        typer.Option("--option", metavar="NAME", help="Someone to elect; repeat it. Without: yes or no."),
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option("--kind", metavar="KIND", help="yes-no, election or budget. Without: by what is given."),
    ] = None,
    projects: ProjectOption = None,
    money: MoneyOption = None,
    unit: UnitOption = None,
    needed: NeededOption = None,
    seats: Annotated[int, typer.Option("--seats", min=1, metavar="N", help="How many to elect.")] = 1,
    method: Annotated[
        str | None,
        typer.Option(
            "--method",
            metavar="METHOD",
            help=f"{_YES_NO}, or one of `hedgerow count`, or of `hedgerow budget`. Without: as usual.",
        ),
    ] = None,
    opens_in: OpensInOption = None,
    federation: FederationOption = None,
) -> None:
    """Put a question. The seats as they stand now are the ones that vote on it."""
    about_money = any(given is not None for given in (projects or None, money, unit, needed))
    asked = kind_of(kind, options=bool(options), money=about_money)
    names, budget = list(options or ()), None
    if asked == BUDGET:
        names, budget = read_budget(projects or (), money=money, unit=unit, needed=needed)
    result = ask(
        ctx,
        "open-proposal",
        title=title,
        text=text,
        method=method_of(method) if asked == BUDGET else method or asked,
        options=names,
        budget=budget,
        seats=seats,
        opens_in=in_seconds(opens_in),
        federation=federation,
    )
    output.answer(ctx, result, lambda put: _show_opened(put, later=opens_in is not None))


@proposal.command("list", epilog="Example: hedgerow proposal list --limit 5")
def list_(
    ctx: typer.Context,
    *,
    limit: LimitOption = 20,
    offset: OffsetOption = 0,
    federation: FederationOption = None,
) -> None:
    """List the questions put so far, whose voting ends last first."""
    part = {"limit": limit, "offset": offset}
    found = ask(ctx, "list-proposals", federation=federation, with_states=True, **part)
    output.answer(ctx, found, lambda listed: _show_list(listed, offset))


def kind_of(named: str | None, *, options: bool, money: bool) -> str:
    """Return what kind of question it is: as it is named, else by what is given with it.

    Raises:
        UserError: there is no such kind, or something else is given with it.
    """
    kind = named or (BUDGET if money else _ELECTION if options else _YES_NO)
    if kind not in _KINDS:
        raise UserError(f"expected one of the kinds {', '.join(_KINDS)}, found {kind!r}")
    if money != (kind == BUDGET):
        found = "--project, --money, --unit or --needed" if money else "none of them"
        raise UserError(
            f"expected --project, --money and --unit for a budget and for nothing else, found {found}"
        )
    if options != (kind == _ELECTION):
        found = "--option" if options else "none"
        raise UserError(f"expected --option for an election and for nothing else, found {found}")
    return kind


def _show_opened(result: dict[str, Any], *, later: bool) -> None:
    how = "--approve NAME" if result["budget"] is not None else "CHOICE"
    output.say(
        f"The question is put; {output.counted(result['seats_on_roll'], 'seat', 'seats')} may vote on it.",
        "A delegate votes with:",
        f"  hedgerow vote {result['proposal']} --key FILE {how}...",
        f"Voting ends {output.moment(result['closes'])}.",
    )
    if later:
        output.say(f"It opens {output.moment(result['opens'])}.")
    for name in result["without_a_seat"]:
        output.say(f"Without a seat, as no size is stated: {name}")


def _show_list(result: dict[str, Any], offset: int) -> None:
    if not result["total"]:
        output.say(
            "No questions yet. Put one:", '  hedgerow proposal open "Shall we buy a cargo bike together?"'
        )
        return
    notes = Footnotes(each["quorum"] for each in result["proposals"])
    output.table(
        ["Question", "State", "How", "#Ballots", "#Seats", "Voting ends", "Id"],
        (
            [
                f"{each['title']} (revised)" if each["replaced"] else each["title"],
                notes.mark(state_in_words(each["state"], each["verdict"], each["method"]), each["quorum"]),
                each["method"],
                each["ballots"],
                each["seats"],
                output.moment(each["closes"]),
                output.short(each["id"]),
            ]
            for each in result["proposals"]
        ),
    )
    output.say(*notes.lines())
    shown, total = offset + len(result["proposals"]), result["total"]
    if shown < total:
        output.say(f"{shown:,} of {total:,}; more with --offset {shown}")
