"""`hedgerow mandate`: who votes for your community's seats, on what, and for how long."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final, TypeAlias

import typer

from node.cli import output
from node.cli.answers import read_ranking
from node.cli.asking import ask
from node.cli.options import FederationOption
from node.cli.voting import find_proposal, read_seat
from node.errors import UserError

app = typer.Typer(rich_markup_mode=None)
mandate = typer.Typer(no_args_is_help=True, help="Who may vote for your community's seats.")
app.add_typer(mandate, name="mandate")

# What a row of `mandate show` is, in words.
_STATES: Final = {
    "in force": "in force",
    "not begun": "its term has not begun",
    "expired": "expired: it serves only for questions that opened before its end",
    "recalled": "recalled",
    "replaced": "replaced by a newer one",
    "recalls": "recalls: nobody votes for this seat",
    "waits for more stewards": "waits for more stewards: `hedgerow approve`",
    "overtaken": "waits for nothing: a newer one holds",
    "contradicted by another of its number": "void: another mandate has its number; grant a new one",
}


SeatOption: TypeAlias = Annotated[
    int | None, typer.Option("--seat", min=1, metavar="N", help="One seat; all of yours when left out.")
]
PaperFlag: TypeAlias = Annotated[
    bool, typer.Option("--paper", help="The delegate may vote on paper; without KEY only so.")
]
SubstituteOption: TypeAlias = Annotated[
    str | None,
    typer.Option("--substitute", metavar="KEY", help="Whose ballot counts where the delegate casts none."),
]
SinceOption: TypeAlias = Annotated[
    str | None, typer.Option("--since", metavar="DAY", help="For questions that open from this day on.")
]
UntilOption: TypeAlias = Annotated[
    str | None, typer.Option("--until", metavar="DAY", help="For questions that open before this day.")
]
KindOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--kind", metavar="KIND", help="Only for `yes-no` or only for `election`."),
]
ProposalOption: TypeAlias = Annotated[
    str | None,
    typer.Option("--proposal", metavar="PROPOSAL", help="Only for this question: its id or title."),
]
InstructOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--instruct", metavar="CHOICE", help="How to vote on it, most wanted first; repeat it."),
]
LendOption: TypeAlias = Annotated[
    str | None,
    typer.Option("--lend", metavar="COMMUNITY:SEAT", help="Whose vote counts where nobody votes for it."),
]


@mandate.command(epilog="Example: hedgerow mandate grant did:key:z6Mk... --seat 1 --until 2027-07-01")
def grant(  # noqa: PLR0913 - one argument an option
    ctx: typer.Context,
    *,
    holder: Annotated[
        str | None,
        typer.Argument(metavar="KEY", help="The delegate's key, as `hedgerow key show` prints it."),
    ] = None,
    seat: SeatOption = None,
    paper: PaperFlag = False,
    substitute: SubstituteOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    kinds: KindOption = None,
    proposal: ProposalOption = None,
    instruct: InstructOption = None,
    lend: LendOption = None,
    revoke_ballots: Annotated[
        bool, typer.Option("--revoke-ballots", help="Also void what the former delegate has cast.")
    ] = False,
    federation: FederationOption = None,
) -> None:
    """Let a delegate's key vote for your community's seats.

    Without limits it is for all questions until you grant another or recall it.
    """
    named = find_proposal(ctx, proposal, federation) if proposal is not None else None
    if instruct and named is None:
        raise UserError("an instruction is for one question: name it with --proposal")
    borrower = read_seat(lend) if lend is not None else None
    choice: list[int] = []
    if instruct and named is not None:
        key = holder or ask(ctx, "show-node")["device"]  # Any key: only the options are looked at.
        choice = read_ranking(instruct, ask(ctx, "show-paper", proposal=named, holder=key)["options"])
    result = ask(
        ctx,
        "grant-mandate",
        holder=holder,
        seat=seat,
        paper=paper,
        substitute=substitute,
        since=_day(since, "--since"),
        until=_day(until, "--until"),
        kinds=kinds or (),
        proposal=named,
        instruction=choice,
        lend_community=borrower[0] if borrower else None,
        lend_seat=borrower[1] if borrower else None,
        revoke_ballots=revoke_ballots,
        federation=federation,
    )
    who = (
        "That key"
        if holder is not None
        else "A delegate on paper"
        if paper
        else f"Where nobody votes, {lend}"
    )
    output.answer(ctx, result, lambda done: _show_granted(done, who))


@mandate.command(epilog="Example: hedgerow mandate recall --seat 1 --revoke-ballots")
def recall(
    ctx: typer.Context,
    *,
    seat: SeatOption = None,
    revoke_ballots: Annotated[
        bool, typer.Option("--revoke-ballots", help="Also void what was cast and is not closed yet.")
    ] = False,
    federation: FederationOption = None,
) -> None:
    """Let nobody vote for your community's seats any more."""
    result = ask(ctx, "recall-mandate", seat=seat, revoke_ballots=revoke_ballots, federation=federation)
    output.answer(ctx, result, _show_recalled)


@mandate.command(epilog="Example: hedgerow mandate approve")
def approve(ctx: typer.Context, federation: FederationOption = None) -> None:
    """Sign what another of your stewards granted or recalled. Your community asks for several stewards."""
    output.answer(ctx, ask(ctx, "approve-mandates", federation=federation), _show_approved)


@mandate.command("list", epilog="Example: hedgerow mandate list")
def list_(ctx: typer.Context, federation: FederationOption = None) -> None:
    """List whose key votes for which seat."""
    output.answer(ctx, ask(ctx, "list-mandates", federation=federation), _show_mandates)


@mandate.command(epilog="Example: hedgerow mandate show 1")
def show(
    ctx: typer.Context,
    *,
    seat: Annotated[int, typer.Argument(min=1, metavar="SEAT", help="The number of the seat.")],
    community: Annotated[
        str | None, typer.Option("--community", metavar="NAME", help="Another community than yours.")
    ] = None,
    federation: FederationOption = None,
) -> None:
    """Show all mandates of one seat, and what became of each. The newest comes first."""
    result = ask(ctx, "show-mandate", seat=seat, community=community, federation=federation)
    output.answer(ctx, result, _show_seat)


def _day(written: str | None, option: str) -> int | None:
    """Return the beginning of a day, in UTC, in seconds since 1970.

    Raises:
        UserError: it is no day of the calendar since 1970.
    """
    if written is None:
        return None
    try:
        begins = int(datetime.strptime(written, "%Y-%m-%d").replace(tzinfo=UTC).timestamp())
    except ValueError as error:
        raise UserError(f"{option}: expected a day such as 2027-07-01, found {written!r}") from error
    if begins < 0:
        raise UserError(f"{option}: expected a day since 1970, found {written!r}")
    return begins


def _show_granted(result: dict[str, Any], who: str) -> None:
    numbers = ", ".join(str(each["seat"]) for each in result["seats"])
    noun = "seat" if len(result["seats"]) == 1 else "seats"
    output.say(f"{who} votes for {noun} {numbers} of your community from now on.")


def _show_recalled(result: dict[str, Any]) -> None:
    numbers = ", ".join(str(each["seat"]) for each in result["seats"])
    noun = "seat" if len(result["seats"]) == 1 else "seats"
    output.say(f"Nobody votes for {noun} {numbers} of your community from now on.")


def _show_approved(result: dict[str, Any]) -> None:
    output.say(f"Signed {output.counted(len(result['mandates']), 'mandate', 'mandates')}:")
    for each in result["mandates"]:
        output.say(f"  Seat {each['seat']}, mandate {each['seq']}: {_holder(each)}")
        _say_terms(each)
    output.say("See who votes now with:", "  hedgerow mandate list")


def _limits(each: dict[str, Any]) -> str:
    """Return in words for what a mandate is, beyond its seat."""
    said = []
    if each["since"] is not None:
        said.append(f"since {output.moment(each['since'])[:10]}")
    if each["until"] is not None:
        said.append(f"until {output.moment(each['until'])[:10]}")
    said += each["kinds"]
    if each["question"] is not None:
        bound = "bound on" if each["instruction"] else "only"
        said.append(f"{bound} {output.short(each['question'])}")
    if each["paper"]:
        said.append("on paper too" if each["holder"] is not None else "on paper")
    if each["substitute"] is not None:
        said.append("with a substitute")
    if each["lends"] is not None:
        said.append("lent where nobody votes")
    return ", ".join(said) or "everything"


def _show_mandates(result: dict[str, Any]) -> None:
    if not result["mandates"]:
        output.say(
            "Nobody votes for anybody yet. A delegate makes a key, and you let it vote:",
            "  hedgerow key new my-keys/ana.pem   (on the delegate's device)",
            "  hedgerow mandate grant KEY",
        )
        return
    output.table(
        ["Community", "#Seat", "Delegate's key", "For"],
        (
            [
                output.named(each["name"], each["community"]),
                each["seat"],
                each["holder"] or "—",
                _limits(each),
            ]
            for each in result["mandates"]
        ),
    )


def _show_seat(result: dict[str, Any]) -> None:
    output.say(f"Seat {result['seat']} of {result['name']}:")
    if not result["mandates"]:
        output.say("  Nobody was ever let vote for it.")
    for each in result["mandates"]:
        output.say(f"  {each['seq']}. {_holder(each)} — {_STATES[each['state']]}")
        _say_terms(each)
        if not each["holds"]:
            output.say(f"     Signed by {each['approvals']} of {each['needed']} stewards.")


def _holder(each: dict[str, Any]) -> str:
    return str(each["holder"] or ("nobody" if not each["paper"] else "a delegate on paper"))


def _say_terms(each: dict[str, Any]) -> None:
    """Say what a mandate is for, below the line that names it."""
    if each["holder"] is not None or each["paper"] or each["lends"] is not None:
        output.say(f"     For: {_limits(each)}")
    if each["substitute"] is not None:
        output.say(f"     Substitute: {each['substitute']}")
    if each["lends"] is not None:
        lent = each["lends"]
        output.say(f"     Lent, where nobody votes, to: {output.short(lent['community'])}:{lent['seat']}")
    if each["instruction"]:
        output.say(f"     Instructed: {', '.join(map(str, each['instruction']))}")
    if each["revokes_ballots"]:
        output.say("     It voids the ballots cast under those below.")
