"""Votes that seats lend to one another: chains, circles and silence come to the same everywhere."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.errors import PeerError, UserError
from node.governance import ballots, decisions, lending
from node.governance.ballots import Ballot
from node.governance.counting.result import Verdict
from node.governance.decisions import Result
from node.governance.lending import Borrower, Seat
from node.governance.mandates import Mandate
from node.governance.proposals import Casting, Proposal
from node.ids import RecordId
from node.records.record import Record
from tests import builders
from tests.verifier import counting
from tests.verifier.shapes import Fields

ASH = builders.community("Ash")
KNOWN = builders.Known(ASH)
ROLL = builders.roll({ASH.id: 5})
QUESTION = builders.yes_no(ROLL).model_copy(update={"casting": Casting(lending=True)})
ELECTION = builders.election(ROLL, ["Ada", "Bo"]).model_copy(update={"casting": Casting(lending=True)})
ANN = builders.key("ann")
YES, NO, ABSTAIN = 1, 2, 3


def seat_of(number: int) -> Borrower:
    """Return a seat as a vote names it that is lent to it."""
    return Borrower(community=ASH.id, seat=number)


def granted(seat: int, *, seq: int = 1, **terms: Any) -> Mandate:
    """Return a mandate of Ann's for a seat."""
    return builders.mandate(ASH, ANN, seat=seat, seq=seq).model_copy(update=terms)


def vote(seat: int, choice: int, *, proposal: Proposal = QUESTION, seq: int = 1) -> Record:
    """Return a ballot with a choice."""
    return cast(seat, (choice,), None, proposal=proposal, seq=seq)


def lend(seat: int, to: int, *, proposal: Proposal = QUESTION, seq: int = 1) -> Record:
    """Return a ballot that lends the seat's vote."""
    return cast(seat, (), seat_of(to), proposal=proposal, seq=seq)


def cast(seat: int, choice: tuple[int, ...], to: Borrower | None, *, proposal: Proposal, seq: int) -> Record:
    """Return a ballot of a seat."""
    mandate = granted(seat)
    before = None if seq == 1 else builders.identifier(f"ballot {seq - 1}")
    paper = builders.paper(proposal, mandate, [mandate.sign(ASH.steward)], seq=seq, prev=before)
    return ballots.make(paper, choice, ANN, follows=to)


def decide(
    held: list[Record], published: list[Mandate] | None = None, proposal: Proposal = QUESTION
) -> Result:
    """Count a question."""
    return decisions.decide(proposal, ROLL, held, published or [], KNOWN.approves)


def said(result: Result) -> list[int]:
    """Return how many seats say each of the five answers."""
    return [total // 100_000 for total in result.outcome.stages[-1].totals_1e5]


def test_a_lent_vote_takes_the_other_s_choice_and_the_other_s_later_one() -> None:
    """Whom a seat follows may change its mind: the choice that counts for both is the one that counts."""
    first = decide([vote(1, YES), lend(2, 1)])
    assert said(first) == [2, 0, 0, 0, 0]
    later = vote(1, NO, seq=2)
    result = decide([vote(1, YES), lend(2, 1), later])
    assert said(result) == [0, 2, 0, 0, 0]
    assert [(loan.seat, loan.takes) for loan in result.loans] == [((ASH.id, 2), later.id)]


def test_an_own_ballot_takes_the_vote_back() -> None:
    """A later ballot with a choice replaces the loan, and a later loan the choice."""
    held = [vote(1, YES), lend(2, 1), vote(2, NO, seq=2)]
    assert said(decide(held)) == [1, 1, 0, 0, 0]
    assert said(decide([vote(1, YES), vote(2, NO), lend(2, 1, seq=2)])) == [2, 0, 0, 0, 0]


def test_a_circle_and_a_silent_seat_count_for_nothing_and_are_present() -> None:
    """Who follows in a circle, a seat that said nothing, or a void one took part and abstains."""
    circle = decide([lend(1, 2), lend(2, 3), lend(3, 1), vote(4, YES)])
    assert said(circle) == [1, 0, 3, 0, 0]
    assert [loan.takes for loan in circle.loans] == [None] * 3
    assert said(decide([lend(1, 5), vote(2, YES), vote(3, YES)])) == [2, 0, 1, 0, 0]
    void = decide([lend(1, 2), vote(2, YES), vote(2, NO), vote(3, YES)])
    assert said(void) == [1, 0, 2, 0, 0]


def test_a_chain_ends_at_the_seat_that_votes() -> None:
    """Votes are lent on: all along the chain the last one's choice counts."""
    assert said(decide([lend(1, 2), lend(2, 3), vote(3, NO)])) == [0, 3, 0, 0, 0]


def test_a_mandate_lends_until_further_notice_and_only_where_no_ballot_is() -> None:
    """The loan fills in for a silent seat, gives way to its ballot, and ends with the next mandate."""
    lends = granted(2, lends=seat_of(1))
    assert said(decide([vote(1, YES)], [lends])) == [2, 0, 0, 0, 0]
    assert said(decide([vote(1, YES), vote(2, NO)], [lends])) == [1, 1, 0, 0, 0]
    assert said(decide([vote(1, YES), lend(2, 3), vote(3, NO)], [lends])) == [1, 2, 0, 0, 0]
    assert said(decide([vote(1, YES)], [lends, granted(2, seq=2)])) == [1, 0, 0, 0, 0]
    rivals = [granted(2, seq=2, lends=seat_of(1)), granted(2, seq=2, lends=seat_of(3))]
    assert said(decide([vote(1, YES)], [lends, *rivals])) == [1, 0, 0, 0, 0]
    elsewhere = granted(2, lends=seat_of(1), kinds=("election",))
    assert said(decide([vote(1, YES)], [elsewhere])) == [1, 0, 0, 0, 0]


def test_a_standing_loan_to_a_silent_seat_is_absence() -> None:
    """A seat whose mandate lends to nobody who voted took no part: it does not help a quorum."""
    lends = [granted(seat, lends=seat_of(1)) for seat in (2, 3, 4)]
    assert decide([], lends).outcome.verdict is Verdict.NO_QUORUM
    assert decide([vote(1, YES)], lends).outcome.verdict is Verdict.PASSED


def test_in_an_election_a_lent_vote_is_a_ranking_more() -> None:
    """A followed ranking counts once for each seat that follows it; who follows nobody is not counted."""
    held = [vote(1, 2, proposal=ELECTION), lend(2, 1, proposal=ELECTION), lend(3, 4, proposal=ELECTION)]
    outcome = decide(held, proposal=ELECTION).outcome
    assert (outcome.valid, outcome.stages[0].totals_1e5) == (2, (0, 200_000))


@pytest.mark.parametrize(
    ("proposal", "to", "says"),
    [
        (builders.yes_no(ROLL), 1, "rules do not allow"),
        (QUESTION, 2, "to itself"),
        (QUESTION, 6, "not on the roll"),
    ],
)
def test_a_loan_that_cannot_be_is_refused_with_the_reason(proposal: Proposal, to: int, says: str) -> None:
    """Where the rules allow none, to itself, or to a seat not there: a sentence each, never counted."""
    signed = lend(2, to, proposal=proposal)
    with pytest.raises(UserError, match=says):
        ballots.check(signed, proposal, ROLL, KNOWN.approves)
    assert decide([signed], proposal=proposal).counted == ()
    assert (
        decide(
            [vote(1, YES, proposal=builders.yes_no(ROLL))],
            [granted(2, lends=seat_of(1))],
            builders.yes_no(ROLL),
        ).loans
        == ()
    )


@pytest.mark.parametrize("fields", [{"choice": ()}, {"follows": seat_of(1)}])
def test_a_ballot_says_one_thing(fields: dict[str, Any]) -> None:
    """Neither choice nor loan, or both at once, is no ballot."""
    wrong = Ballot.read(vote(2, YES)).model_copy(update=fields)
    with pytest.raises(PeerError):
        Ballot.decode(wrong.encode())


SEATS: list[Seat] = [(builders.identifier(name), number) for name in "ab" for number in (1, 2, 3)]


@given(st.dictionaries(st.sampled_from(SEATS), st.sampled_from([*SEATS, None]), max_size=6), st.data())
def test_both_readers_resolve_every_web_of_loans_alike(web: dict[Seat, Seat | None], data: Any) -> None:
    """Whatever lends to whatever, both implementations find the same ballot for each seat, in one pass."""
    by_mandate = {seat for seat in web if web[seat] is not None and data.draw(st.booleans())}
    chosen = {seat: RecordId(builders.identifier(str(seat))) for seat, to in web.items() if to is None}
    followed = {seat: to for seat, to in web.items() if to is not None and seat not in by_mandate}
    standing = {seat: to for seat, to in web.items() if to is not None and seat in by_mandate}
    ours = lending.resolve(chosen, followed, standing)
    ballots_of = [
        Fields(
            community=c,
            seat=n,
            id=chosen.get((c, n)),
            choice=[1] * ((c, n) in chosen),
            follows=_named(followed.get((c, n))),
        )
        for c, n in [*chosen, *followed]
    ]
    given_ = [Fields(community=c, seat=n, seq=1, lends=_named(to)) for (c, n), to in standing.items()]
    theirs, idle = counting.loans(ballots_of, [], given_, dict.fromkeys((c for c, _ in SEATS), 3))
    assert [[*loan.seat, loan.takes] for loan in ours] == theirs
    assert idle == sum(loan.takes is None and not loan.by_mandate for loan in ours)


def _walked(start: Seat, chosen: dict[Seat, RecordId], onward: dict[Seat, Seat]) -> RecordId | None:
    """Walk a chain of loans step by step to its end, as the rule is written."""
    seat, steps = start, 0
    while seat in onward and steps <= len(onward):
        seat, steps = onward[seat], steps + 1
    return chosen.get(seat)


@given(st.lists(st.integers(-3, 11), min_size=12, max_size=12))
def test_every_chain_ends_where_walking_it_ends(web: list[int]) -> None:
    """Each seat is passed once, and finds what walking its whole chain finds: ballots, circles, silence."""
    seats: list[Seat] = [(builders.identifier("a"), number) for number in range(1, 13)]
    chosen = {seats[n]: RecordId(builders.identifier(str(n))) for n, to in enumerate(web) if to == -1}
    onward = {seats[n]: seats[to] for n, to in enumerate(web) if to >= 0 and to != n}
    found = lending.resolve(chosen, onward, {})
    assert [(one.seat, one.takes) for one in found] == [
        (seat, _walked(seat, chosen, onward)) for seat in sorted(onward)
    ]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("closed", [False, True])
def test_a_chain_of_twenty_thousand_seats_costs_a_step_each(closed: bool) -> None:  # noqa: FBT001 - a parameter
    """One chain through all seats, ending at a ballot or in a circle: its square would take minutes."""
    house, last = bytes(ASH.id), 20_000
    onward: dict[Seat, Seat] = {(house, number): (house, number + 1) for number in range(1, last)}
    chosen: dict[Seat, RecordId] = {} if closed else {(house, last): RecordId(bytes(32))}
    if closed:
        onward[house, last] = (house, 1)
    found = lending.resolve(chosen, onward, {})
    assert {one.takes for one in found} == {None if closed else RecordId(bytes(32))}
    assert len(found) == len(onward)


def _named(seat: Seat | None) -> Fields | None:
    """Return a seat as records spell it."""
    return Fields(community=seat[0], seat=seat[1]) if seat is not None else None
