"""Mandates: whose key votes for a seat, as the seat's community decided."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from node import canonical
from node.errors import PeerError
from node.governance import mandates
from node.governance.mandates import Mandate, Terms
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
    seconded = Approval(of=granted.payload_id, community=ASH.id).sign(two)
    for known, holds in (
        ([first, seconded], True),
        ([granted.sign(one), granted.sign(two)], True),
        ([granted.sign(BIRCH.steward), first, seconded], True),
        ([first], False),
        ([first, Approval(of=granted.payload_id, community=ASH.id).sign(BIRCH.steward)], False),
        ([granted.sign(ANN)], False),
        ([first, Approval(of=granted.payload_id, community=BIRCH.id).sign(two)], False),
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
        terms=Terms(holder=ANN.public),
    )
    before = [one for one in held if (one.community, one.seat) == (BIRCH.id, seat)]
    assert made.seq == max((one.seq for one in before), default=0) + 1
    assert (made.prev is None) == (made.seq == 1)
    assert made.prev in {None, *(one.payload_id for one in before if one.seq == made.seq - 1)}
    assert mandates.in_force([*held, made])[BIRCH.id, seat] == made


ROLL = builders.roll({BIRCH.id: 1})
QUESTION = builders.yes_no(ROLL)  # Voting on it opens at 1,000.
ELECTION = builders.election(ROLL, ["Ash", "Birch"])


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        ({}, ""),
        ({"since": 1_000, "until": 1_001}, ""),
        ({"since": 1_001}, "began only after"),
        ({"until": 1_000}, "had expired"),
        ({"until": 1_500}, ""),
        ({"kinds": ("yes-no",)}, ""),
        ({"kinds": ("election", "yes-no")}, ""),
        ({"kinds": ("election",)}, "another kind of question"),
        ({"question": QUESTION.id}, ""),
        ({"question": ELECTION.id}, "another question only"),
    ],
)
def test_term_and_scope_are_judged_by_the_question_alone(limits: dict[str, Any], says: str) -> None:
    """A mandate covers what opens in its term, is of its kinds, and is its question; else it says why not."""
    found = mandates.outside(builders.mandate(BIRCH, ANN).model_copy(update=limits), QUESTION)
    assert says in found
    assert bool(found) == bool(says)


def test_on_each_question_the_newest_mandate_that_covers_it_is_in_force() -> None:
    """Terms that follow one another give each question one delegate; a recall leaves the seat to nobody."""
    first = builders.mandate(BIRCH, ANN).model_copy(update={"until": 1_001})
    second = builders.mandate(BIRCH, BEN, seq=2).model_copy(update={"since": 1_001})
    third = builders.mandate(BIRCH, BEN, seq=3).model_copy(update={"kinds": ("election",)})
    recall = builders.mandate(BIRCH, BEN, seq=4).model_copy(update={"holder": None})
    seat = (BIRCH.id, 1)
    assert mandates.in_force([third, first, second], QUESTION) == {seat: first}
    assert mandates.in_force([third, first, second], ELECTION) == {seat: third}
    assert mandates.in_force([recall, first, third], QUESTION)[seat].holder is None
    assert mandates.standing([first, second, third]) == [third, second, first]
    assert mandates.standing([first, second, third, recall]) == [recall]


@pytest.mark.parametrize(
    "wrong",
    [
        {"holder": None, "substitute": BEN.public},
        {"holder": None, "question": bytes(32), "instruction": (1,)},
        {"substitute": ANN.public},
        {"since": 5, "until": 5},
        {"kinds": ("yes-no", "election")},
        {"kinds": ("budget",)},
        {"instruction": (1,)},
    ],
)
def test_a_mandate_that_contradicts_itself_is_none(wrong: dict[str, Any]) -> None:
    """A recall that instructs, a substitute who is the delegate, a term without a day: no such payload."""
    fields = {**builders.mandate(BIRCH, ANN).model_dump(), **wrong}
    with pytest.raises(ValidationError):
        Mandate.model_validate(fields)
    with pytest.raises(PeerError):
        Mandate.decode(canonical.encode(fields))
