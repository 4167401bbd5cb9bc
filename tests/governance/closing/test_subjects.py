"""Tests of node/governance/closing/subjects.py: whose turn it is to witness, attacks by name."""

from hypothesis import given
from hypothesis import strategies as st

from node.federation.bylaws import Bylaws, Closing, spelled
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
    st.just(()) | st.lists(st.sampled_from(MANY), min_size=4, max_size=31, unique=True).map(tuple),
)
def test_whose_turn_it_is_follows_from_the_last_roll_and_both_readers_agree(
    version: int, before: list[bytes], communities: set[bytes], bylaws: int | None, elected: tuple[bytes, ...]
) -> None:
    """All that may, where there is room, else so many; whoever is left out of the others changes nothing."""
    closing = Closing(witnesses=bylaws, elected=elected)
    chosen = communities & set(elected)
    may = closing.may_witness(communities)
    assert may == (chosen if len(chosen) >= 4 else communities)
    last = subjects.turn(bytes(32), version, before)
    assert last == proving.digest("hedgerow/turn-seed/1", bytes(32), version, sorted(before))
    found = subjects.witnesses(last, may, bylaws)
    rules = Fields(closing=Fields(spelled(Bylaws(name="Valley", closing=closing))["closing"]))
    assert found == sorted(found) == proving.turns(rules, bytes(32), version, before, communities)
    assert set(found) <= may
    assert len(found) == min(len(may), bylaws or WITNESSES_MAX)
    assert subjects.witnesses(last, found, bylaws) == found
    most = {*found, *sorted(may - set(found))[:3]}
    assert subjects.witnesses(last, most, bylaws) == found
