"""Adopted texts: tests of node/governance/minutes.py."""

import random
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from node.governance import minutes
from node.governance.minutes import Adopted, Adoption, MinutedPoint, Minutes
from node.ids import CommunityId
from node.keys import PublicKey
from node.records.record import Record
from tests import builders

MILL, FARM = builders.community("Mill"), builders.community("Farm")
FEDERATION, MEETING = builders.identifier("federation"), builders.identifier("meeting")
STEWARDS = {one.id: one.steward.public for one in (MILL, FARM)}


def text(said: str, *, meeting: bytes = MEETING) -> Minutes:
    """Return the minutes of a meeting of one point."""
    point = MinutedPoint(title="The barn", text="", about=None, minutes=said)
    return Minutes(
        federation=FEDERATION,
        meeting=meeting,
        title="Spring",
        body=None,
        place="",
        begins=None,
        points=(point,),
    )


def adopts(
    by: builders.FoundedCommunity,
    name: str,
    what: Minutes | None,
    serial: int = 1,
    *,
    meeting: bytes = MEETING,
) -> Record:
    """Return that a community's steward notes an adoption."""
    said = Adoption(
        federation=FEDERATION,
        community=by.id,
        meeting=meeting,
        name=name,
        minutes=what.payload_id if what is not None else None,
        serial=serial,
    )
    return said.sign(by.steward)


def read(records: Sequence[Record]) -> list[Adopted]:
    """Return what was adopted in a federation of the two."""

    def is_steward(community: CommunityId, key: PublicKey) -> bool:
        return STEWARDS.get(community) == key

    counted = minutes.latest(
        MEETING, records, federation=FEDERATION, members={MILL.id, FARM.id}, is_steward=is_steward
    )
    return minutes.adopted(counted, records)


def test_an_adoption_names_the_text_and_no_other() -> None:
    """Two who adopt two texts stand apart; each text is read from its own record."""
    mends, pays = text("Ana mends it."), text("Ana pays for it.")
    carried = [mends.sign(MILL.steward), pays.sign(FARM.device)]
    said = [adopts(MILL, "Ana", mends), adopts(MILL, "Ben", mends), adopts(FARM, "Cem", pays)]
    first, second = read([*carried, *said])
    assert (first.text, [name for name, _ in first.by]) == (mends, ["Ana", "Ben"])
    assert (second.text, [name for name, _ in second.by]) == (pays, ["Cem"])


def test_a_text_that_is_not_here_or_of_another_meeting_is_not_shown() -> None:
    """The adoption stands by its name; no other text is put in its place."""
    other = text("Ana mends it.", meeting=builders.identifier("another"))
    (found,) = read([adopts(MILL, "Ana", other), other.sign(MILL.steward)])
    assert (found.id, found.text) == (other.payload_id, None)


@given(st.lists(st.tuples(st.sampled_from(["a", "b", None]), st.integers(1, 4)), max_size=6), st.randoms())
def test_the_highest_number_counts_whatever_the_order(
    said: list[tuple[str | None, int]], chance: random.Random
) -> None:
    """A person adopts one text at most, the last one said, and nothing once it is taken back."""
    records = [adopts(MILL, "Ana", text(one) if one else None, serial) for one, serial in said]
    found = read(records)
    chance.shuffle(records)
    assert read(records) == found
    assert len(found) <= 1
    if said and all(one is None for one, serial in said if serial == max(n for _, n in said)):
        assert found == []
