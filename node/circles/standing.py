"""What the records of one circle add up to: a function of their set alone, for whoever can read them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

from node.circles.statements import (
    VERSIONS_MAX,
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
        rivals: versions that do not hold and whose key nobody of the owner's called over, or with the number
            of `now`: the owner's devices made them apart.
        by: the devices of the owner's that signed `now`.
        given: by key, the devices that were given it.
        left: parties of `now` that said they leave.
        over: the owner's devices that say that a newer version exists, whose key this device was not given.
        notes: newest first.
    """

    now: Circle
    versions: tuple[Circle, ...]
    rivals: tuple[Circle, ...]
    by: frozenset[PublicKey]
    given: Mapping[bytes, frozenset[PublicKey]]
    left: frozenset[CommunityId]
    over: frozenset[PublicKey]
    notes: tuple[Note, ...]

    @property
    def moved(self) -> bool:
        """Tell whether the circle goes on with a key that this device was not given."""
        return bool(self.over)

    def left_in(self, community: CommunityId) -> bool:
        """Tell whether whoever made a version apart left a party of `now` in, or knew nothing of it.

        It knew who was a party of an earlier number; where one of these cannot be read here, it may have.
        """
        numbers = {one.number for one in self.versions}
        unread = next(number for number in range(1, VERSIONS_MAX + 2) if number not in numbers)
        named = (one.number for one in self.versions if community in one.parties)
        unknown_to = min(unread, min(named, default=VERSIONS_MAX + 1))
        return all(rival.number <= unknown_to or community in rival.parties for rival in self.rivals)

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
    # Made apart from `now`: no device that went on said that it knew them.
    known_to = {
        said.key for one in known for said in CircleMoved.among([one]) if belongs(now.owner, one.signer)
    }
    rivals = (
        one for one in made.values() if one != now and (one.number == now.number or one.key not in known_to)
    )
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
    since = _parties_since(made.values(), now)
    left = (
        said.community
        for one in known
        for said in CircleLeft.among([one])
        if said.community != now.owner
        and party(said.community, said.key, one)
        # Who was let in anew since has not left.
        and by_key[said.key].number >= since.get(said.community, VERSIONS_MAX + 1)
    )
    making = (one for one in known if one.payload_id == now.payload_id)
    ending = (one for one in known for said in CircleMoved.among([one]) if said.key == now.key)
    return CircleStanding(
        now=now,
        versions=tuple(sorted(made.values(), key=lambda one: (one.number, one.payload_id))),
        rivals=tuple(rivals),
        by=frozenset(one.signer for one in making if belongs(now.owner, one.signer)),
        given=MappingProxyType(_given(known, by_key, belongs)),
        left=frozenset(map(CommunityId, left)),
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


def _parties_since(made: Iterable[Circle], now: Circle) -> dict[bytes, int]:
    """Return from which version on each party of now has been one without a break.

    A version that cannot be read here is a break: whoever was left out of it cannot read it. Where versions
    were made apart, whoever one of them names was a party: else who left is let in by one that knew nothing.
    """
    parties: defaultdict[int, set[bytes]] = defaultdict(set)
    for one in made:
        parties[one.number].update(one.parties)
    staying, since, number = set(now.parties), dict[bytes, int](), now.number
    while staying and number in parties:
        staying &= parties[number]
        since |= dict.fromkeys(staying, number)
        number -= 1
    return since


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
