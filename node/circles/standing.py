"""What the records of one circle add up to: a function of their set alone, for whoever can read them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

from node.circles.statements import (
    Circle,
    CircleGiven,
    CircleLeft,
    CircleMoved,
    CircleNote,
    CircleUnsaid,
    End,
)
from node.ids import CommunityId, PayloadId
from node.keys import PublicKey
from node.records.record import Record

# Tells whether a device stands in a community's charter.
Belongs: TypeAlias = Callable[[bytes, PublicKey], bool]
# Tells whether some entry that carries a record lies at or before the end of its author's feed.
Within: TypeAlias = Callable[[Record, End], bool]


@dataclass(frozen=True, slots=True)
class Note:
    """A note that counts."""

    id: PayloadId
    note: CircleNote
    device: PublicKey


@dataclass(frozen=True, slots=True)
class CircleStanding:
    """A circle as this node can read it.

    Attributes:
        versions: those that hold, by number; `now` is the highest.
        rivals: versions with the number of `now` that do not hold: the owner's devices made them apart.
        by: the device that made `now`.
        given: by key, the devices that were given it.
        left: parties of `now` that said they leave.
        moved: a newer version exists whose key this device was not given.
        notes: newest first.
    """

    now: Circle
    versions: Mapping[int, Circle]
    rivals: tuple[Circle, ...]
    by: PublicKey
    given: Mapping[bytes, frozenset[PublicKey]]
    left: frozenset[CommunityId]
    moved: bool
    notes: tuple[Note, ...]

    def has(self, community: CommunityId) -> bool:
        """Tell whether a community is a party now."""
        return community in self.now.parties


def evaluate(records: Iterable[Record], belongs: Belongs, within: Within) -> CircleStanding | None:
    """Add up the records of one circle, or return None where none of its versions can be read.

    Args:
        records: those that name this circle and were sealed in it by the device that signed them.
        belongs: reads charters.
        within: reads feeds.
    """
    known = sorted({one.id: one for one in records}.values(), key=lambda one: one.id)
    made = _versions(known, belongs)
    if not made:
        return None
    # Of one number the lowest payload id holds; what was said with a rival's key was said all the same.
    by_number = {made[payload].number: made[payload] for payload in sorted(made, reverse=True)}
    by_key = {version.key: version for version in made.values()}
    now = by_number[max(by_number)]
    rivals = (one for one in made.values() if one.number == now.number and one != now)
    ends = {PublicKey(end.device): end for end in now.ends}

    def party(community: bytes, key: bytes, one: Record) -> bool:
        # Whether a party of a version said it, and not after it ceased to be one.
        version = by_key.get(key)
        if version is None or community not in version.parties or not belongs(community, one.signer):
            return False
        if community in now.parties:
            return True
        end = ends.get(one.signer)
        return end is not None and within(one, end)

    unsaid = {
        (taken.note, taken.community)
        for one in known
        for taken in CircleUnsaid.among([one])
        if party(taken.community, taken.key, one)
    }
    notes = {
        one.payload_id: Note(one.payload_id, said, one.signer)
        for one in known
        for said in CircleNote.among([one])
        if party(said.community, said.key, one) and (one.payload_id, said.community) not in unsaid
    }
    left = (
        said.community
        for one in known
        for said in CircleLeft.among([one])
        if said.key == now.key and party(said.community, said.key, one)
    )
    over = ((one, said) for one in known for said in CircleMoved.among([one]))
    return CircleStanding(
        now=now,
        versions=MappingProxyType(by_number),
        rivals=tuple(rivals),
        by=next(one.signer for one in known if one.payload_id == now.payload_id),
        given=MappingProxyType(_given(known, by_key, belongs)),
        left=frozenset(map(CommunityId, left)),
        moved=any(said.key == now.key and belongs(now.owner, one.signer) for one, said in over),
        notes=tuple(sorted(notes.values(), key=lambda said: (-said.note.at, said.id))),
    )


def _versions(known: Iterable[Record], belongs: Belongs) -> dict[PayloadId, Circle]:
    """Return the versions that the owner's devices made, by payload id."""
    return {
        one.payload_id: made
        for one in known
        for made in Circle.among([one])
        if belongs(made.owner, one.signer)
    }


def _given(
    known: Iterable[Record], by_key: Mapping[bytes, Circle], belongs: Belongs
) -> dict[bytes, frozenset[PublicKey]]:
    """Return which devices have which key, as those say whose word a device's own community goes by.

    Those are its own community and the owner: a party that says so of another's would keep the key from it.
    """
    given: dict[bytes, set[PublicKey]] = {}
    for one in known:
        for said in CircleGiven.among([one]):
            version = by_key.get(said.key)
            if version is None:
                continue
            speaking = [party for party in version.parties if belongs(party, one.signer)]
            given.setdefault(version.key, set()).update(
                PublicKey(device)
                for device in said.devices
                if version.owner in speaking or any(belongs(party, PublicKey(device)) for party in speaking)
            )
    return {key: frozenset(devices) for key, devices in given.items()}
