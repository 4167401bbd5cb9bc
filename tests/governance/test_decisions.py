"""Decisions: the same records give the same result, in any order, and one seat counts once."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node import canonical
from node.errors import PeerError, UserError
from node.governance import ballots, decisions
from node.governance.apportionment import TieRule
from node.governance.counting.result import Verdict
from node.governance.decisions import Result
from node.governance.mandates import Mandate
from node.governance.proposals import Proposal, Roll, SeatRule, Witness
from node.governance.sizes import Size
from node.ids import CommunityId, PayloadId
from node.keys import KeyPair
from node.records.record import Record
from tests import builders
from tests.builders import FoundedCommunity
from tests.vectors.signed_statements import signed_again

ASH, BIRCH, CEDAR = (builders.community(name) for name in ("Ash", "Birch", "Cedar"))
KNOWN = builders.Known(ASH, BIRCH, CEDAR)
ROLL = builders.roll({ASH.id: 2, BIRCH.id: 1, CEDAR.id: 1})
QUESTION = builders.yes_no(ROLL)
ELECTION = builders.election(ROLL, ["Ada", "Bo", "Cy"], seats=2)
ANN, BEN = builders.key("ann"), builders.key("ben")
YES, NO, BLOCK = 1, 2, 5

FIRST = decisions.Following(1, bytes(32), bytes(32))
WITNESS = (Witness(community=bytes(32), device=bytes(32), position=0),)


def vote(
    community: FoundedCommunity,
    choice: list[int],
    *,
    proposal: Proposal = QUESTION,
    holder: KeyPair = ANN,
    seat: int = 1,
    seq: int = 1,
    granted: Mandate | None = None,
    prev: bytes | None = None,
) -> Record:
    """Return a ballot of a seat."""
    mandate = granted or builders.mandate(community, holder, seat=seat)
    own = prev if prev is not None or seq == 1 else builders.identifier(f"ballot {seq - 1}")
    paper = builders.paper(proposal, mandate, [mandate.sign(community.steward)], seq=seq, prev=own)
    return ballots.make(paper, choice, holder)


def decide(
    held: list[Record], mandates: list[Mandate] | None = None, proposal: Proposal = QUESTION
) -> Result:
    """Count a proposal."""
    return decisions.decide(proposal, ROLL, held, mandates or [], KNOWN.approves)


def weights(result: Result) -> list[int]:
    """Return how many seats said each of the five answers."""
    return [total // 100_000 for total in result.outcome.stages[-1].totals_1e5]


SECOND_ANN = builders.mandate(BIRCH, ANN, seq=2)
SECOND_BEN = builders.mandate(BIRCH, BEN, seq=2)
THIRD_BEN = builders.mandate(BIRCH, BEN, seq=3, revokes_ballots=True)
POOL = [
    vote(ASH, [YES]),
    vote(ASH, [NO], seq=2),
    vote(ASH, [YES], seat=2),
    vote(ASH, [BLOCK], seat=2),
    vote(BIRCH, [YES]),
    vote(BIRCH, [NO], granted=SECOND_ANN),
    vote(BIRCH, [YES], holder=BEN, granted=SECOND_BEN),
    vote(BIRCH, [BLOCK], holder=BEN, granted=THIRD_BEN),
    vote(CEDAR, [NO], seq=3),
    vote(CEDAR, [YES], holder=BEN, granted=builders.mandate(CEDAR, ANN)),
    vote(CEDAR, [YES], proposal=ELECTION),
]


@given(st.lists(st.sampled_from(POOL), max_size=14), st.booleans(), st.randoms())
def test_order_and_repetition_make_no_difference(held: list[Record], revoked: bool, random: Any) -> None:  # noqa: FBT001 - drawn
    """Result, id and void seats are functions of the set of ballots: none counts twice or voids itself."""
    other = held + random.choices(held, k=4) if held else []
    random.shuffle(other)
    mandates = [THIRD_BEN] if revoked else []
    alone = list({one.id: one for one in held}.values())
    first, second = decide(alone, mandates), decide(other, mandates)
    assert second.result_id == first.result_id
    assert [one.id for one in second.counted] == [one.id for one in first.counted]
    assert second.void == first.void
    assert weights(second) == weights(first)


def test_attack_a_ballot_signed_twice_is_one_ballot() -> None:
    """A browser that signs with randomness, or a holder who does, has voted once and not against itself."""
    cast = vote(ASH, [YES])
    again = signed_again(ANN, cast)
    assert (again.id, again.raw != cast.raw) == (cast.id, True)
    result = decide([cast, again])
    assert result.void == ()
    assert result.result_id == decide([cast]).result_id


@given(st.lists(st.sampled_from(POOL), max_size=14))
def test_i5_a_seat_counts_at_most_once_and_is_void_or_counted(held: list[Record]) -> None:
    """No seat is counted twice, none is both counted and void, and only seats of the roll are either."""
    result = decide(held)
    counted = [one.seat for one in result.counted]
    assert counted == sorted(set(counted))
    assert not set(counted) & set(result.void)
    seats = {(h.community, n) for h in ROLL.holders for n in range(1, h.seats + 1)}
    assert set(counted) | set(result.void) <= seats
    assert sum(weights(result)) == len(counted) + len(result.void) <= ROLL.seats


def test_a_later_ballot_replaces_the_earlier() -> None:
    """Of one seat's ballots under one mandate the highest number counts."""
    cast = [vote(ASH, [YES]), vote(ASH, [NO], seq=2), vote(ASH, [BLOCK], seq=3)]
    for held in (cast, cast[::-1], cast[:1] + cast[2:]):
        result = decide(held)
        assert [one.id for one in result.counted] == [cast[2].id]


def test_attack_two_different_ballots_at_one_place_count_for_nothing() -> None:
    """Whoever signs two ballots with one number is present and says nothing, whichever came first."""
    held = [vote(ASH, [YES]), vote(ASH, [NO]), vote(BIRCH, [YES])]
    for order in (held, held[::-1]):
        result = decide(order)
        assert result.void == ((ASH.id, 1),)
        assert [one.seat for one in result.counted] == [(BIRCH.id, 1)]
        assert weights(result) == [1, 0, 1, 0, 0]


def test_attack_two_successors_of_one_ballot_count_for_nothing() -> None:
    """Two ballots that name one predecessor make the seat void, whatever numbers they take."""
    first = vote(ASH, [YES])
    held = [first, vote(ASH, [NO], seq=2, prev=first.id), vote(ASH, [BLOCK], seq=3, prev=first.id)]
    assert decide(held).void == ((ASH.id, 1),)


def test_a_new_holder_s_ballot_replaces_the_old_holder_s() -> None:
    """Ballots under an earlier mandate stand until the new holder votes, and then no longer."""
    old = vote(BIRCH, [YES], seq=9)
    assert [one.id for one in decide([old], [SECOND_BEN]).counted] == [old.id]
    new = vote(BIRCH, [NO], holder=BEN, granted=SECOND_BEN)
    assert [one.id for one in decide([old, new], [SECOND_BEN]).counted] == [new.id]


@pytest.mark.parametrize("published", [True, False])
def test_a_mandate_that_revokes_voids_earlier_ballots(published: bool) -> None:  # noqa: FBT001 - a parameter
    """Published or carried by a ballot: with a revoking mandate no earlier holder's ballot counts."""
    old = [vote(BIRCH, [YES], seq=9), vote(BIRCH, [NO], granted=SECOND_ANN)]
    if published:
        result = decide(old, [THIRD_BEN])
        assert result.counted == ()
    else:
        new = vote(BIRCH, [NO], holder=BEN, granted=THIRD_BEN)
        result = decide([*old, new])
        assert [one.id for one in result.counted] == [new.id]


def test_attack_two_mandates_of_one_number_make_the_seat_void() -> None:
    """A community that grants one seat to two holders at once has its seat counted for neither."""
    held = [vote(BIRCH, [YES], granted=SECOND_ANN), vote(BIRCH, [NO], holder=BEN, granted=SECOND_BEN)]
    assert decide(held).void == ((BIRCH.id, 1),)


def test_a_void_seat_is_present_for_the_quorum() -> None:
    """Two seats of four speak and one of them against itself: the quorum of half is met."""
    held = [vote(ASH, [YES]), vote(ASH, [NO]), vote(BIRCH, [YES])]
    assert decide(held).outcome.verdict is Verdict.PASSED
    assert decide(held[2:]).outcome.verdict is Verdict.NO_QUORUM


def test_ballots_that_do_not_hold_are_named_and_change_nothing() -> None:
    """A ballot for another proposal, or by another key, stands in the result's list with its reason."""
    good = [vote(ASH, [YES]), vote(BIRCH, [YES])]
    broken = [
        vote(CEDAR, [NO], proposal=ELECTION),
        vote(CEDAR, [NO], holder=BEN, granted=builders.mandate(CEDAR, ANN)),
    ]
    result = decide([*good, *broken])
    assert {one for one, _ in result.rejected} == {one.id for one in broken}
    assert result.result_id == decide(good).result_id


def test_an_election_counts_rankings() -> None:
    """Rankings of the seats that voted elect, and the result names who."""
    held = [
        vote(ASH, [1, 2], proposal=ELECTION),
        vote(ASH, [1], proposal=ELECTION, seat=2),
        vote(BIRCH, [2, 3], proposal=ELECTION),
    ]
    result = decide(held, proposal=ELECTION)
    assert sorted(placed.option for placed in result.outcome.elected) == [1, 2]
    assert decide([], proposal=ELECTION).outcome.verdict is Verdict.NO_VALID_BALLOT


def test_the_result_id_covers_roll_question_ballots_and_count() -> None:
    """Another ballot or another question is another result id, even where the winner is the same."""
    held = [vote(ASH, [YES]), vote(BIRCH, [YES])]
    found = {
        decide(held).result_id,
        decide([*held, vote(CEDAR, [YES])]).result_id,
        decide([*held, vote(CEDAR, [YES]), vote(CEDAR, [NO])]).result_id,
        decide([]).result_id,
        decide([], proposal=builders.yes_no(ROLL, title="Well then?")).result_id,
    }
    assert len(found) == 5


def sized(*people: int) -> list[Size]:
    """Return the sizes of some communities."""
    return [
        Size(CommunityId(builders.identifier(f"community {n}")), size, (PayloadId(bytes(32)),))
        for n, size in enumerate(people)
    ]


@given(
    st.lists(st.integers(1, 10_000), min_size=1, max_size=8),
    st.sampled_from(["sainte-lague", "hamilton"]),
    st.integers(8, 60),
    st.integers(0, 1),
    st.randoms(),
)
def test_a_roll_follows_from_its_inputs(
    people: list[int], method: str, house: int, floor: int, random: Any
) -> None:
    """A roll shares out its whole house, the same in any order of sizes, and holds against its inputs."""
    known = sized(*people)
    roll = decisions.make_roll(
        bytes(32), known, rule=SeatRule(method, house, floor), witnesses=WITNESS, follows=FIRST
    )
    random.shuffle(known)
    assert roll == decisions.make_roll(
        bytes(32), known, rule=SeatRule(method, house, floor), witnesses=WITNESS, follows=FIRST
    )
    assert roll.seats == house
    assert all(holder.seats >= floor for holder in roll.holders)
    assert decisions.roll_holds(roll)


def ten_seats() -> Roll:
    """Return a roll of ten seats for three communities."""
    return decisions.make_roll(
        bytes(32),
        sized(50, 30, 20),
        rule=SeatRule("hamilton", 10, 0),
        witnesses=WITNESS,
        follows=FIRST,
    )


def test_a_roll_says_who_goes_first_in_a_tie_and_holds_by_that_alone() -> None:
    """The last seat of 90 and 10 people for two seats by Penrose is tied: each rule gives it as it says."""
    seats = {}
    for ties in TieRule:
        roll = decisions.make_roll(
            bytes(32),
            sized(90, 10),
            rule=SeatRule("penrose", 2, 0, ties=ties.value),
            witnesses=WITNESS,
            follows=FIRST,
        )
        assert decisions.roll_holds(roll)
        assert Roll.decode(roll.encode()) == roll
        assert [len(one.among) for one in decisions.seat_ties(roll)] == [2]
        seats[ties] = {holder.size: holder.seats for holder in roll.holders}
        other = TieRule.SMALLER if ties is TieRule.LARGER else TieRule.LARGER
        moved = roll.model_copy(update={"ties": other.value})
        assert decisions.roll_holds(moved) == (ties is TieRule.LOT and seats[ties] == {90: 2, 10: 0})
    assert (seats[TieRule.LARGER], seats[TieRule.SMALLER]) == ({90: 2, 10: 0}, {90: 1, 10: 1})


def test_a_roll_on_which_the_lot_breaks_ties_has_one_spelling() -> None:
    """It is written as rolls were before there was another rule, and in no other way."""
    fields = canonical.decode(ten_seats().encode())
    assert isinstance(fields, dict)
    assert "ties" not in fields
    for said in ("lot", None):
        with pytest.raises(PeerError):
            Roll.decode(canonical.encode({**fields, "ties": said}))


def test_attack_a_roll_with_a_seat_moved_does_not_hold() -> None:
    """Whoever gives one community another's seat has a roll that anybody sees does not follow."""
    roll = ten_seats()
    first, second, third = roll.holders
    moved = (
        first.model_copy(update={"seats": first.seats + 1}),
        second.model_copy(update={"seats": second.seats - 1}),
        third,
    )
    assert not decisions.roll_holds(roll.model_copy(update={"holders": moved}))


@pytest.mark.parametrize(
    "changes",
    [
        {"house": 2**53 - 1},
        {"house": 1, "floor": 2},
        {"floor": 2**53 - 1},
        {"cap": 1},
        {"floor": 3, "cap": 2},
    ],
)
def test_attack_a_roll_whose_rule_cannot_be_met_does_not_hold(changes: dict[str, int]) -> None:
    """A roll that no apportionment gives is answered with no, at once, and nothing is raised."""
    roll = ten_seats()
    assert not decisions.roll_holds(Roll.model_validate({**dict(roll), **changes}))


def test_a_roll_without_attested_sizes_is_refused() -> None:
    """Nobody has a seat before somebody's size is attested."""
    with pytest.raises(UserError):
        decisions.make_roll(bytes(32), [], rule=SeatRule("hamilton", 10, 0), witnesses=WITNESS, follows=FIRST)
