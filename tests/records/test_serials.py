"""Which of several statements about one thing counts: node/records/serials.py."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from node.ids import PayloadId
from node.records import serials


@dataclass(frozen=True)
class Said:
    """A statement about something, with its number."""

    about: str
    serial: int
    payload_id: PayloadId


SAID = st.builds(
    Said, st.sampled_from("abc"), st.integers(1, 4), st.binary(min_size=1, max_size=1).map(PayloadId)
)


@given(st.lists(SAID, max_size=12))
def test_the_highest_number_counts_whatever_the_order(said: list[Said]) -> None:
    """Of each thing one counts: none has a higher number, and of that number none has a lower id."""
    found = serials.latest(said, lambda one: (one.about,))
    assert [one.about for one in found] == sorted({one.about for one in said})
    for one in found:
        rivals = [other for other in said if other.about == one.about]
        assert one.serial == max(other.serial for other in rivals)
        assert one.payload_id == min(o.payload_id for o in rivals if o.serial == one.serial)
    assert serials.latest(reversed(said), lambda one: (one.about,)) == found
