"""What the records of one circle add up to: a function of their set alone, for whoever can read them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

from node.circles.lineage import Lineage
from node.circles.statements import (
    AFTER_MAX,
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
        rivals: versions that the owner's devices made apart from `now`, as many as the next can follow.
        staying: parties of whatever follows `now` and those, but nobody who left.
        by: the devices of the owner's that signed `now`.
        given: by key, the devices that were given it.
        left: parties of `now` that said they leave.
        over: the owner's devices that say that a newer version exists, whose key this device was not given.
        notes: newest first.
    """

    now: Circle
    versions: tuple[Circle, ...]
    rivals: tuple[Circle, ...]
    staying: tuple[CommunityId, ...]
    by: frozenset[PublicKey]
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
    # Of one number the lowest payload id holds; what was said with a rival's key was said all the same.
    by_number = {made[payload].number: made[payload] for payload in sorted(made, reverse=True)}
    by_key = {made[payload].key: made[payload] for payload in sorted(made, reverse=True)}
    now = by_number[max(by_number)]
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
    leaving = [
        (CommunityId(said.community), by_key[said.key].payload_id)
        for one in known
        for said in CircleLeft.among([one])
        if said.community != now.owner and party(said.community, said.key, one)
    ]
    lineage = Lineage(made)
    apart = [one for one in lineage.heads if one != now.payload_id][: AFTER_MAX - 1]
    stayed = _stayed(lineage, [now.payload_id], leaving) if leaving else {*map(CommunityId, now.parties)}
    staying = _stayed(lineage, [now.payload_id, *apart], leaving) if apart else stayed
    making = (one for one in known if one.payload_id == now.payload_id)
    ending = (one for one in known for said in CircleMoved.among([one]) if said.key == now.key)
    return CircleStanding(
        now=now,
        versions=tuple(sorted(made.values(), key=lambda one: (one.number, one.payload_id))),
        rivals=tuple(made[one] for one in apart),
        staying=tuple(sorted(staying, key=lambda one: (one not in now.parties, one))[:PARTIES_MAX]),
        by=frozenset(one.signer for one in making if belongs(now.owner, one.signer)),
        given=MappingProxyType(_given(known, by_key, belongs)),
        left=frozenset(one for one, _ in leaving if one in now.parties and one not in stayed),
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


def _stayed(
    lineage: Lineage, versions: Sequence[PayloadId], leaving: Iterable[tuple[CommunityId, PayloadId]]
) -> set[CommunityId]:
    """Return who is in what follows versions and has not left: who was let in anew since has not."""
    left: defaultdict[bytes, int] = defaultdict(int)
    for community, version in leaving:
        left[community] |= lineage.let_in(version)[community]
    return {CommunityId(one) for one, by in lineage.staying(versions).items() if by & ~left[one]}


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
