"""Tests of node/governance/closing/subjects.py: whose turn it is to witness, attacks by name."""

from hypothesis import given
from hypothesis import strategies as st

from node.governance.closing import subjects
from node.limits import WITNESSES_MAX
from tests.builders import identifier
from tests.verifier import proving
from tests.verifier.shapes import Fields

MANY = [identifier(f"community {number}") for number in range(99)]


def test_attack_a_community_whose_id_is_ground_to_be_low() -> None:
    """The lowest id there can be is chosen as often as any other of a hundred: in a third of the rolls."""
    lowest = bytes(32)
    turns = [subjects.turn(bytes(32), version, MANY[:31]) for version in range(300)]
    chosen = sum(lowest in subjects.witnesses(turn, [lowest, *MANY], None) for turn in turns)
    assert 60 < chosen < 130


@given(
    st.integers(0, 99),
    st.lists(st.sampled_from(MANY), unique=True),
    st.sets(st.sampled_from(MANY)),
    st.none() | st.integers(4, 31),
)
def test_whose_turn_it_is_follows_from_the_last_roll_and_both_readers_agree(
    version: int, before: list[bytes], communities: set[bytes], bylaws: int | None
) -> None:
    """All where there is room, else as many as may; whoever is left out of the others changes nothing."""
    last = subjects.turn(bytes(32), version, before)
    assert last == proving.digest("hedgerow/turn-seed/1", bytes(32), version, sorted(before))
    found = subjects.witnesses(last, communities, bylaws)
    rules = Fields(closing=Fields() if bylaws is None else Fields(witnesses=bylaws))
    assert found == sorted(found) == proving.turns(rules, bytes(32), version, before, communities)
    assert set(found) <= communities
    assert len(found) == min(len(communities), bylaws or WITNESSES_MAX)
    assert subjects.witnesses(last, found, bylaws) == found
    most = {*found, *sorted(communities - set(found))[:3]}
    assert subjects.witnesses(last, most, bylaws) == found
