"""The turnout of an election: tests of node/governance/turnout.py, by both readers."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from node.governance import turnout
from node.governance.proposals import Roll, SeatHolder, Turnout, Witness
from tests import builders
from tests.verifier.counting import turned_out
from tests.verifier.shapes import Fields


def roll_of(*seats: int) -> Roll:
    """Return a roll on which communities have so many seats."""
    return Roll(
        federation=builders.identifier("f"),
        version=1,
        previous=builders.identifier("f"),
        bylaws=builders.identifier("f"),
        method="sainte-lague",
        house=max(1, sum(seats)),
        floor=0,
        cap=None,
        holders=tuple(
            SeatHolder(community=bytes([number]) * 32, size=1, attestations=(), seats=count)
            for number, count in enumerate(seats)
        ),
        witnesses=(Witness(community=bytes(32), device=bytes([9]) * 32, position=1),),
    )


def test_a_quorum_of_seats_and_one_of_communities_differ() -> None:
    """One community with most of the seats makes a quorum of seats alone, and none of communities."""
    roll = roll_of(7, 1, 1, 1, 0)
    came = [(bytes(32), seat) for seat in range(1, 8)]
    half = {of: Turnout(quorum=(1, 2), of=of) for of in ("seats", "communities")}
    seats = turnout.participation(half["seats"], roll, came)
    communities = turnout.participation(half["communities"], roll, came)
    assert (seats.present, seats.needed, seats.total, seats.suffices) == (7, 5, 10, True)
    assert (communities.present, communities.needed, communities.total, communities.suffices) == (
        1,
        2,
        4,
        False,
    )


@given(
    st.lists(st.integers(0, 5), min_size=1, max_size=8).filter(any),
    st.tuples(st.integers(1, 12), st.integers(1, 12)).filter(lambda pair: pair[0] <= pair[1]),
    st.sampled_from(["seats", "communities"]),
    st.data(),
)
def test_both_readers_find_the_same_turnout(
    seats: list[int], quorum: tuple[int, int], of: str, data: st.DataObject
) -> None:
    """Whatever the roll, the share and who came: both stop the same counts, in exact fractions."""
    roll = roll_of(*seats)
    every = [(holder.community, seat) for holder in roll.holders for seat in range(1, holder.seats + 1)]
    came = data.draw(st.sets(st.sampled_from(every)))
    wanted = Turnout.model_validate({"quorum": quorum, "of": of})
    found = turnout.participation(wanted, roll, came)
    assert found.suffices == (Fraction(found.present, found.total) >= Fraction(*quorum))
    told = [
        "hedgerow/result/1",
        ["phragmen", 1, []],
        b"",
        ["elected", 1, 3, 0, 0, [["Ana", 1]], []],
        [1],
        [2],
    ]
    seated = {holder.community: holder.seats for holder in roll.holders}
    again = turned_out(Fields(turnout=Fields(quorum=list(quorum), of=of)), told, came, seated)
    assert (again == told) == found.suffices
    assert turned_out(Fields(turnout=None), told, came, seated) == told


@pytest.mark.parametrize("quorum", [(0, 1), (3, 2)])
def test_a_turnout_of_nothing_or_above_the_whole_is_none(quorum: tuple[int, int]) -> None:
    """Nothing is spelled as null, so there is one spelling; more than all cannot come."""
    with pytest.raises(ValidationError):
        Turnout(quorum=quorum, of="seats")
