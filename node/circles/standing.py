"""What the records of one circle add up to: a function of their set alone, for whoever can read them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

from node.circles import lineage
from node.circles.lineage import Letting
from node.circles.statements import (
    PARTIES_MAX,
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
        now: the version that holds: of the highest number the one of the lowest payload id.
        versions: all that the owner's devices made, by number.
        rivals: versions that the owner's devices made apart from `now`.
        staying: parties of whatever follows `now` and those, with what let each in; nobody who left.
        given: by key, the devices that were given it.
        left: parties of `now` that said they leave.
        over: the owner's devices that say that a newer version exists, whose key this device was not given.
        notes: newest first.
    """

    now: Circle
    versions: tuple[Circle, ...]
    rivals: tuple[Circle, ...]
    staying: Mapping[CommunityId, frozenset[Letting]]
    given: Mapping[bytes, frozenset[PublicKey]]
    left: frozenset[CommunityId]
    over: frozenset[PublicKey]
    notes: tuple[Note, ...]

    @property
    def moved(self) -> bool:
        """Tell whether the circle goes on with a key that this device was not given."""
        return bool(self.over)

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
    # What was said with a rival's key was said all the same.
    by_key = {made[payload].key: made[payload] for payload in sorted(made, reverse=True)}
    now, *rivals = lineage.heads(made.values())
    party = _speaking(by_key, now, belongs, within)
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
    left = _left(known, by_key, belongs)
    stayed, staying = (
        {
            CommunityId(party): remaining
            for party, by in lineage.staying(versions).items()
            if (remaining := by - left[party])
        }
        for versions in ([now], [now, *rivals])
    )
    owner = CommunityId(now.owner)
    in_turn = sorted(staying, key=lambda one: (one not in now.parties, one))[: PARTIES_MAX - 1]
    ending = (one for one in known for said in CircleMoved.among([one]) if said.key == now.key)
    return CircleStanding(
        now=now,
        versions=tuple(sorted(made.values(), key=lambda one: (one.number, one.payload_id))),
        rivals=tuple(rivals),
        staying=MappingProxyType({owner: frozenset()} | {one: staying[one] for one in in_turn}),
        given=MappingProxyType(_given(known, by_key, belongs)),
        left=frozenset(map(CommunityId, now.parties)) - stayed.keys() - {owner},
        over=frozenset(one.signer for one in ending if belongs(now.owner, one.signer)),
        notes=tuple(sorted(notes.values(), key=lambda said: (-said.note.at, said.id))),
    )


def _speaking(
    by_key: Mapping[bytes, Circle], now: Circle, belongs: Belongs, within: Within
) -> Callable[[bytes, bytes, Record], bool]:
    """Return what tells whether a party of a version said a record, and not after it ceased to be one."""
    ends: defaultdict[bytes, list[End]] = defaultdict(list)
    for end in now.ends:
        ends[end.device].append(end)

    def party(community: bytes, key: bytes, one: Record) -> bool:
        version = by_key.get(key)
        if version is None or community not in version.parties or not belongs(community, one.signer):
            return False
        if community in now.parties:
            return True
        # Of a device that told several stories each has its end.
        return any(within(one, end) for end in ends.get(one.signer, ()))

    return party


def _left(
    known: Iterable[Record], by_key: Mapping[bytes, Circle], belongs: Belongs
) -> defaultdict[bytes, frozenset[Letting]]:
    """Return by party what let it in before it left: who was let in anew since has not.

    A party takes only itself out by that, so it counts also of one that a later version names no more.
    """
    found: defaultdict[bytes, frozenset[Letting]] = defaultdict(frozenset)
    for one in known:
        for said in CircleLeft.among([one]):
            version = by_key.get(said.key)
            if version is not None and belongs(said.community, one.signer):
                found[said.community] |= lineage.lettings(version).get(said.community, frozenset())
    return found


def _versions(known: Iterable[Record], belongs: Belongs) -> dict[PayloadId, Circle]:
    """Return the versions that the owner's devices made, by payload id."""
    return {
        one.payload_id: made
        for one in known
        for made in Circle.among([one])
        if one.signer == made.maker and belongs(made.owner, one.signer)
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
