"""Mandates: whose key votes for a seat, as the seat's community decided."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from node.governance import mandates
from node.governance.mandates import Mandate
from node.records import record
from node.records.approvals import Approval, Signatures
from tests import builders

ASH = builders.community("Ash", stewards=3, threshold=2)
BIRCH = builders.community("Birch")
KNOWN = builders.Known(ASH, BIRCH)
ANN, BEN = builders.key("ann"), builders.key("ben")
GRANTS = st.builds(
    lambda community, holder, seat, seq: builders.mandate(community, holder, seat=seat, seq=seq),
    st.sampled_from([ASH, BIRCH]),
    st.sampled_from([ANN, BEN]),
    st.integers(1, 2),
    st.integers(1, 3),
)


def test_a_mandate_holds_when_enough_of_its_own_stewards_signed() -> None:
    """Two of three stewards grant; one, a stranger, or another community's steward does not."""
    granted = builders.mandate(ASH, ANN)
    one, two, _ = ASH.stewards
    first = granted.sign(one)
    seconded = Approval(of=granted.payload_id).sign(two)
    for known, holds in (
        ([first, seconded], True),
        ([granted.sign(one), granted.sign(two)], True),
        ([granted.sign(BIRCH.steward), first, seconded], True),
        ([first], False),
        ([first, Approval(of=granted.payload_id).sign(BIRCH.steward)], False),
        ([granted.sign(ANN)], False),
    ):
        found = mandates.holding(known, Signatures(known), KNOWN.approves)
        assert found == ([granted] if holds else [])


def test_unreadable_mandates_are_passed_over() -> None:
    """A mandate that cannot be read stops nobody from holding another."""
    granted = builders.mandate(BIRCH, ANN)
    known = [record.sign("mandate", b"\xff", BIRCH.steward), granted.sign(BIRCH.steward)]
    assert mandates.holding(known, Signatures(known), KNOWN.approves) == [granted]


@given(st.lists(GRANTS, max_size=8), st.randoms())
def test_which_mandate_is_in_force_does_not_depend_on_order(held: list[Mandate], random: Any) -> None:
    """In force is the one mandate with a seat's highest number, if alone there: a function of the set."""
    other = held + random.choices(held, k=2) if held else []
    random.shuffle(other)
    found = mandates.in_force(held)
    assert found == mandates.in_force(other)
    for seat in {(one.community, one.seat) for one in held}:
        ranked = {one.payload_id: one for one in held if (one.community, one.seat) == seat}
        top = max(one.seq for one in ranked.values())
        highest = [one for one in ranked.values() if one.seq == top]
        assert found.get(seat) == (highest[0] if len(highest) == 1 else None)


def test_two_mandates_of_one_number_leave_the_seat_empty_until_the_next() -> None:
    """A community that names two holders at once has named none, nor an earlier one; the next counts."""
    first = builders.mandate(BIRCH, ANN)
    rivals = [builders.mandate(BIRCH, holder, seq=2) for holder in (ANN, BEN)]
    assert mandates.in_force([first, *rivals]) == {}
    third = builders.mandate(BIRCH, BEN, seq=3)
    assert mandates.in_force([first, *rivals, third]) == {(BIRCH.id, 1): third}


@given(st.lists(GRANTS, max_size=6), st.integers(1, 2))
def test_the_next_mandate_follows_the_highest_held(held: list[Mandate], seat: int) -> None:
    """A grant takes the next number of its own seat, names the one before, and is in force at once."""
    made = mandates.next_mandate(
        held,
        federation=bytes(32),
        community=BIRCH.id,
        seat=seat,
        holder=ANN.public,
        revokes_ballots=False,
    )
    before = [one for one in held if (one.community, one.seat) == (BIRCH.id, seat)]
    assert made.seq == max((one.seq for one in before), default=0) + 1
    assert (made.prev is None) == (made.seq == 1)
    assert made.prev in {None, *(one.payload_id for one in before if one.seq == made.seq - 1)}
    assert mandates.in_force([*held, made])[BIRCH.id, seat] == made
