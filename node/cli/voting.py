"""`hedgerow vote` and `result`: a delegate's ballots, signed where the key is, and what came of them."""

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from node import ids, keys
from node.cli import output
from node.cli.answers import SplitOption, approved, approves, in_words, read_answer, show_parts, shown
from node.cli.asking import ask, carried, passphrase_of
from node.cli.bonds import show_bonds
from node.cli.budgets import show_budget, show_money
from node.cli.counting import votes
from node.cli.options import ProposalArgument
from node.cli.standing import show_standing
from node.errors import NotAuthorisedError, NotFoundError, UserError
from node.governance import ballots
from node.governance.counting.methods import QUOTA_METHODS
from node.governance.entries import REASON_CHARS_MAX
from node.governance.seat_words import in_seats
from node.runtime.keyrings import KeyOpener

app = typer.Typer(rich_markup_mode=None)

# What a count says, as a sentence; who is elected stands below it.
VERDICTS: Final = {
    "elected": "Elected:",
    "passed": "It passes.",
    "rejected": "It does not pass.",
    "blocked": "It is blocked: someone objected and asked to stop it.",
    "no-quorum": "Too few took part for a decision.",
    "no-valid-ballot": "Nobody has voted, so nobody is elected.",
    "nothing-funded": "Nothing can be paid from the budget.",
}
# Outcomes that do something; of the others there is nothing to take effect.
_DOES: Final = ("elected", "passed")


@app.command(epilog='Example: hedgerow vote "Coordination council" --key my-keys/ana.pem Ben Cem')
def vote(  # noqa: PLR0913 (each is an option)
    ctx: typer.Context,
    *,
    proposal: ProposalArgument,
    ranking: Annotated[
        list[str] | None,
        typer.Argument(metavar="CHOICE...", help="Names or numbers, most wanted first; or yes, no, abstain."),
    ] = None,
    key: Annotated[Path, typer.Option("--key", metavar="FILE", help="The delegate's key file.")],
    approve: Annotated[
        list[str] | None,
        typer.Option("--approve", metavar="NAME", help="One you approve, where none goes before; repeat it."),
    ] = None,
    seat: Annotated[
        int | None, typer.Option("--seat", min=1, metavar="N", help="Only this seat of yours.")
    ] = None,
    split: SplitOption = None,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why, for all to read; on a yes/no question.")
    ] = "",
    federation: Annotated[
        str | None, typer.Option("--federation", metavar="NAME", help="Where to look for a title.")
    ] = None,
) -> None:
    """Cast the ballots of all seats that your key votes for; later ones replace earlier ones.

    Seat by seat they may say different things; where the bylaws let votes be split, so may the parts of one.
    """
    signer = KeyOpener(passphrase_of).open(key)
    check_reason(reason)
    named = find_proposal(ctx, proposal, federation)
    paper = ask(ctx, "show-paper", proposal=named, holder=keys.show(signer.public))
    if not paper["seats"]:
        raise NotAuthorisedError(no_seat(paper, keys.show(signer.public)))
    voting = [each for each in paper["seats"] if seat in (None, each["seat"])]
    if not voting:
        known = ", ".join(str(each["seat"]) for each in paper["seats"])
        raise NotFoundError(f"expected a seat that your key votes for ({known}), found {seat}")
    choice, parts = read_answer([*(ranking or ()), *approved(approve, paper)], split, paper)
    signed = [
        ballots.make(ballots.paper_of(paper, each), choice, signer, split=parts, reason=reason)
        for each in voting
    ]
    result = ask(ctx, "cast-ballots", ballots=[carried(one.raw) for one in signed])
    said = {
        "title": paper["title"],
        "choice": choice,
        "approves": approves(paper["method"]),
        "chosen": [paper["options"][number - 1] for number in choice],
        "split": shown(parts, paper["options"]),
    }
    output.answer(ctx, {**result, **said}, lambda done: _show_cast(done, voting))


@app.command(epilog='Example: hedgerow result "Coordination council"')
def result(
    ctx: typer.Context,
    *,
    proposal: ProposalArgument,
    federation: Annotated[
        str | None, typer.Option("--federation", metavar="NAME", help="Where to look for a title.")
    ] = None,
) -> None:
    """Tell how a question stands: what its witnesses certified, or what the ballots give for now."""
    named = find_proposal(ctx, proposal, federation)
    output.answer(ctx, ask(ctx, "show-result", proposal=named), _show_result)


def find_proposal(ctx: typer.Context, named: str, federation: str | None) -> str:
    """Return the id of the one question that an id, its beginning or a title means.

    Without a federation it is looked for in all of this community's.

    Raises:
        NotFoundError: none or several fit.
    """
    if len(named) == ids.ID_CHARS:
        return named
    known = _questions(ctx, federation)
    wanted = named.casefold()
    # As a list shows it: the beginning, with a mark that it goes on.
    beginning = wanted.rstrip("… ") or wanted
    fitting = [
        one["id"] for one in known if one["title"].casefold() == wanted or one["id"].startswith(beginning)
    ]
    # A title means the question as it was revised last, not the ones in whose place it stands.
    current = [one for one in known if not one["replaced"] and one["id"] in fitting]
    if len(fitting) > 1 and len(current) == 1:
        return str(current[0]["id"])
    if len(fitting) != 1:
        raise NotFoundError(
            f"expected one question, found {len(fitting)} that {named!r} may mean: name one by its id, as"
            " `hedgerow proposal list` shows it"
            if fitting
            else f"expected the title or id of a question, found none called {named!r}:"
            " `hedgerow proposal list` shows what there is"
        )
    return str(fitting[0])


def _questions(ctx: typer.Context, federation: str | None) -> list[dict[str, Any]]:
    """Return the questions of one federation, or of all that this community is a member of."""
    known = ask(ctx, "list-federations")["federations"] if federation is None else []
    own = [one["id"] for one in known if one["founded"] and one["member"]]
    looked_in = own if len(own) > 1 else [federation]
    return [
        question
        for each in looked_in
        for question in ask(ctx, "list-proposals", federation=each)["proposals"]
    ]


def check_reason(reason: str) -> None:
    """Check that a reason can stand on a ballot.

    Raises:
        UserError: it is too long, or not text.
    """
    if len(reason) > REASON_CHARS_MAX:
        raise UserError(
            f"expected a reason of at most {REASON_CHARS_MAX:,} characters, found {len(reason):,}"
        )
    try:
        reason.encode()
    except UnicodeEncodeError as error:
        raise UserError("expected a reason in words, found bytes that are no text") from error


def read_seat(written: str) -> tuple[str, int]:
    """Return community and number of a seat written as `Hillside:1`.

    Raises:
        UserError: it is written otherwise.
    """
    community, colon, number = written.rpartition(":")
    if not colon or not community or not (number.isascii() and number.isdigit()) or not 0 < len(number) < 7:
        raise UserError(f"expected a seat such as Hillside:1, found {written!r}")
    return community, int(number)


def no_seat(paper: dict[str, Any], key: str) -> str:
    """Say why a key cannot vote on a question, and what to do."""
    said = [
        f"its mandate for {each['name']}, seat {each['seat']}, {each['reason']}" for each in paper["refused"]
    ]
    more = f" (and {len(said) - _REASONS_MAX} more)" if len(said) > _REASONS_MAX else ""
    why = f" ({'; '.join(said[:_REASONS_MAX])}{more})" if said else ""
    return (
        f"your key votes for no seat on “{paper['title']}”{why}: ask your community's steward for"
        f" `hedgerow mandate grant {key}`"
    )


# An error is one line.
_REASONS_MAX: Final = 3


def _show_cast(done: dict[str, Any], seats: list[dict[str, Any]]) -> None:
    number = output.counted(len(done["ballots"]), "ballot", "ballots")
    output.say(f"Cast {number} on “{done['title']}”:")
    for place, name in enumerate(done["chosen"], start=1):
        first = f"{place}. " if len(done["chosen"]) > 1 and not done["approves"] else ""
        output.say(f"  {first}{name}")
    if done["split"]:
        output.say(f"  {in_words((), done['split'])}")
    if any(seat["prev"] for seat in seats):
        output.say("They replace what your key cast before.")
    if any(seat["as_substitute"] for seat in seats):
        output.say("Where you stand in for a delegate, yours counts only if the delegate casts none.")
    if any(seat["instruction"] not in ([], done["choice"]) for seat in seats):
        output.say(
            "That is not what your community instructed you to vote: it counts, and the result says so."
        )
    output.say(
        "Their numbers, to find them again (`hedgerow ballot check`):",
        *(f"  {each}" for each in done["ballots"]),
    )


def _show_result(found: dict[str, Any]) -> None:
    output.say(f"{found['title']} — {found['state']}")
    outcome = found["outcome"]
    if found["budget"] is not None:
        show_budget(found)
    elif outcome.get("elected"):
        for place, name in enumerate(outcome["elected"], start=1):
            output.say(f"  {place}. {name}")
    else:
        output.say(f"  {VERDICTS.get(outcome['verdict'], outcome['verdict'])}")
    show_parts(found)
    for choice, number in outcome.get("votes", {}).items():
        split = found["parts"] > 1
        said = f"{in_seats(number, parts=found['parts'])} ({number:,} parts)" if split else str(number)
        output.say(f"  {choice}: {said}")
    if "elected" in outcome and found["stages"]:
        _show_stages(found)
    show_money(found["budget"])
    _show_turnout(found)
    for lot in found["lots"]:
        # As on the ballot paper: the count names them in another order, which says nothing to people.
        among = ", ".join(found["options"][number - 1] for number in sorted(lot["tied"]))
        output.say(f"A tie at stage {lot['stage']} was broken by lot, between {among}.")
    for each in found["loans"]:
        _show_loan(each)
    for each in found["remarks"]:
        _show_remark(each)
    for each in [*found["rejected"], *(one for one in found["set_aside"] if one["reason"] != _REPLACED)]:
        output.say(f"Not counted: ballot {output.short(each['ballot'])}, {each['reason']}")
    show_bonds(found)
    _show_close(found)


def _show_turnout(found: dict[str, Any]) -> None:
    """Print how many voted, and what follows where too few took part in an election."""
    seats = output.counted(found["roll_seats"], "seat", "seats")
    output.say(f"{found['seats_voted']} of {seats} have voted.")
    if found["not_voted"]:
        output.say(f"Not voted: {_missing(found['not_voted'])}.")
    if found["passing"] is not None:
        output.say(found["passing"])
    turnout = found["turnout"]
    if turnout is None:
        return
    counted = (
        f"{turnout['present']} of {turnout['total']} {turnout['of']} took part, {turnout['needed']} must"
    )
    nothing = "nobody is elected" if found["budget"] is None else "nothing is funded"
    output.say(f"{counted}." if turnout["reached"] else f"{counted}: below that {nothing}.")


def _missing(seats: list[dict[str, Any]]) -> str:
    """Name the communities of some seats, each with the numbers of its seats."""
    by_community: dict[str, list[int]] = {}
    for one in seats:
        by_community.setdefault(one["community"], []).append(one["seat"])
    names = {one["community"]: output.named(one["name"], one["community"]) for one in seats}
    told = [
        f"{names[community]} (seat{'' if len(numbers) == 1 else 's'} {', '.join(map(str, numbers))})"
        for community, numbers in sorted(by_community.items(), key=lambda pair: names[pair[0]].casefold())
    ]
    return ", ".join(told)


def _show_close(found: dict[str, Any]) -> None:
    """Print how far the close has come, and what is to be known about it."""
    output.say(f"Result: {found['result_id']}")
    if found["state"] == "provisional":
        output.say(
            f"Provisional: {found['why_provisional']}", f"Voting ends {output.moment(found['closes'])}."
        )
        if found["phase"] in ("sealing", "stalled"):
            output.say(f"Waiting for: {', '.join(found['not_sealed']) or 'the witnesses to agree'}.")
    elif found["state"] == "certified":
        what = "It takes effect" if found["outcome"]["verdict"] in _DOES else "That stands from"
        output.say(f"{what} {output.moment(found['in_force_from'])} unless a review is asked for.")
    show_standing(found)
    output.say(found["quorum"]["in_words"])
    if found["contested"]:
        number = output.counted(len(found["contested"]), "ballot", "ballots")
        output.say(f"Contested, and not counted: {number}.")
        if found["contested_could_change_it"]:
            output.say("They could have changed the outcome.")
    for name in found["lot"]["withheld"] if found["lot"] else ():
        output.say(f"{name} kept its secret back when the lot was drawn; it was drawn again.")
    if found["abstains_here"]:
        output.say(f"This node signs nothing about it: {found['abstains_here']}.")
    for name in found["lying"]:
        output.say(f"{name} signed two different things in one place.")


# What became of a ballot where everything went as it should.
_REPLACED: Final = "a later ballot replaced it"


def _show_loan(each: dict[str, Any]) -> None:
    """Print whose choice counts for a seat whose vote is lent."""
    to = f"{each['to']['name']}, seat {each['to']['seat']}"
    chosen = in_words(each["chosen"], each["split"]) if each["takes"] is not None else "nobody's choice"
    output.say(f"{each['name']}, seat {each['seat']}: lent to {to} ({chosen}).")
    if each["against_instruction"]:
        output.say("  That is against its instruction.")


def _show_remark(each: dict[str, Any]) -> None:
    """Print what is to be known about a ballot that counts."""
    who = f"{each['name']}, seat {each['seat']}"
    chosen = in_words(each["chosen"], each["split"])
    if each["split"]:
        output.say(f"{who}: its vote is split ({chosen}).")
    if each["by"] == "substitute":
        output.say(f"{who}: cast by the substitute ({chosen}).")
    if each["by"] == "paper":
        output.say(f"{who}: entered from paper by two people ({chosen}).")
    if each["reason"]:
        output.say(f"{who}: {chosen}, because: {each['reason']}")
    if each["against_instruction"]:
        output.say(f"{who}: against its instruction ({', '.join(each['instruction'])}): {chosen}.")


def _show_stages(found: dict[str, Any]) -> None:
    """Print the votes of each option stage by stage."""
    numbers = [f"#Stage {stage['stage']}" for stage in found["stages"]]
    rows = (
        [name, *(votes(stage["totals_1e5"][place]) for stage in found["stages"])]
        for place, name in enumerate(found["options"])
    )
    output.table(["Parts" if found["parts"] > 1 else "Votes", *numbers], rows)
    if found["method"] in QUOTA_METHODS:
        unit = "parts" if found["parts"] > 1 else "votes"
        output.say(f"Needed to be elected: {votes(found['quota_1e5'])} {unit}.")
