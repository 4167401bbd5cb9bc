"""Sealed entries on their way in: keys go onto the ring, what they open into the index of records.

What nobody here can open is carried on, and that is all. Nothing in a sealed body gets a verdict that other
members would have to share: they cannot see what is wrong with it.
"""

from collections.abc import Collection

from node.canonical import Value
from node.circles import sealing
from node.circles.boxes import Box
from node.circles.sealing import ContentKey, Sealed, Wraps
from node.circles.standing import CircleStanding, evaluate
from node.circles.statements import FORMS, KINDS, Circle, CircleNote, CircleUnsaid, End
from node.engine.circles.ring import KEYS, UNOPENED, Ring
from node.engine.ends import Standing
from node.engine.ports import Carrier, RecordRow, Store
from node.engine.registry import Registry
from node.engine.replicas import gathering
from node.engine.setup import Keyring
from node.errors import NodeError
from node.feeds import bodies, scopes
from node.feeds.bodies import Kind
from node.feeds.entry import Entry, FeedKey, Head
from node.ids import CommunityId, EntryId, RecordId
from node.keys import PublicKey
from node.records import record
from node.records.record import Record

_FORMS = {form.kind: form for form in FORMS}


class Circles:
    """Read what is sealed for this device.

    Args:
        keyring: without a box it carries what others seal, and reads nothing.

    Attributes:
        changed: circles in which something changed since the keeper last looked (keeping.py), who clears it.
    """

    def __init__(self, store: Store, registry: Registry, keyring: Keyring) -> None:
        self._store = store
        self._registry = registry
        self._own, self._device = keyring.community, keyring.device.public
        self._box = keyring.box
        self.ring = Ring(store, registry)
        self.changed = set(self.ring.circles())
        # Feeds to be read again, from a place on and for some tags: a key that came late opens them.
        self._due: dict[FeedKey, tuple[int, frozenset[bytes]]] = {}

    def take(self, entry: Entry, content: Value) -> int:
        """Read a sealed entry, and what it lets this device read of others; return how many were read again.

        Raises:
            RejectedChangeError: it has neither of the two shapes, which everybody sees.
        """
        self._take(entry, content)
        read = 0
        while self._due:
            feed, (first, tags) = self._due.popitem()
            read += self._read_again(feed, first, tags)
        return read

    def forget(self) -> None:
        """Forget all keys: the feeds are read again."""
        for drawer in (KEYS, UNOPENED):
            for place, _ in self._store.local.all(drawer):
                self._store.local.remove(drawer, place)
        self.ring = Ring(self._store, self._registry)

    def members_changed(self, scope: str) -> None:
        """Note that others belong to a federation now."""
        self.changed.update(circle for circle in self.ring.circles() if self.ring.scope(circle) == scope)

    def charter_changed(self, community: CommunityId) -> None:
        """Note that a charter changed: devices may have come or gone."""
        self.ring.charter_changed(community)
        self.changed.update(self.ring.circles(community))

    def standing(self, circle: bytes, kinds: Collection[str] = KINDS) -> CircleStanding | None:
        """Return how a circle stands, None where this device cannot read any version of it.

        Args:
            circle: its id.
            kinds: what is to be read of it; notes are many.
        """
        among = self.ring.scope(circle)
        if among is None:
            return None
        scope = scopes.circle(circle)
        rows = [row for kind in sorted(kinds) for row in self._store.records.about(scope, kind, circle)]
        # What a device said behind its end counts no more, whenever the end was named.
        ended = {
            device: self._registry.standing_of(FeedKey(device, among)) is not Standing.COUNTS
            for device in {row.signer for row in rows}
        }

        def places(record_id: RecordId) -> list[Carrier]:
            return self._store.records.places(scope, record_id)

        def belongs(community: bytes, device: PublicKey) -> bool:
            known = self._registry.community(CommunityId(community))
            return known is not None and device in known.devices

        def within(one: Record, end: End) -> bool:
            return any(
                place.seq <= end.seq and place.seq == self._part(place, end) for place in places(one.id)
            )

        counting = (
            row.record
            for row in rows
            if not ended[row.signer]
            or any(self._registry.counts_at(one.feed, Head(one.seq, one.entry)) for one in places(row.id))
        )
        return evaluate(counting, belongs, within)

    def all(self) -> list[CircleStanding]:
        """Return the circles that this device can read, by id."""
        found = map(self.standing, self.ring.circles())
        return [one for one in found if one is not None]

    def _part(self, place: Carrier, end: End) -> int:
        return self._store.feeds.fork_point(place.feed, EntryId(end.entry), [Head(place.seq, place.entry)])

    def _take(self, entry: Entry, content: Value) -> None:
        found = sealing.read(content)
        if self._box is None or scopes.federation_of(entry.feed.scope) is None:
            return  # A circle is among the members of a federation.
        if isinstance(found, Wraps):
            self._learn(entry, found, self._box)
        elif (key := self.ring.opens(found.tag, entry.feed)) is not None:
            self._open(entry, key, found)
        else:
            self.ring.put_by(found.tag, entry.feed, entry.seq)

    def _learn(self, entry: Entry, wraps: Wraps, box: Box) -> None:
        """Keep the key that an entry gives to this device, if the circle's owner or its own community does.

        Nobody else gives keys: else any member could fill what is kept of another's circles.
        """
        device = entry.feed.device
        owners = self._registry.communities_of(device)
        known = filter(None, map(self._registry.community, owners))
        for sender in sorted({bytes(one.devices[device].box) for one in known}):
            key = sealing.unwrap(wraps, entry.feed, sender, box, self._device)
            if key is None or owners.isdisjoint((CommunityId(key.owner), self._own)):
                continue
            if self.ring.add(key):
                self.changed.add(key.circle)
                self._look_up(key)

    def _open(self, entry: Entry, key: ContentKey, sealed: Sealed) -> None:
        """Index the record in a sealed entry, if it is one that belongs there."""
        try:
            found = record.read(key.open(sealed, entry.feed))
            if found.kind not in KINDS or found.signer != entry.feed.device:
                return  # A ballot, say, or another's words: each speaks for itself, where all can hear it.
            said = _FORMS[found.kind].read(found)
        except NodeError:
            return
        if (said.circle, said.key) != (key.circle, key.commitment):
            return
        if isinstance(said, Circle) and (said.owner, said.number, said.federation) != (
            key.owner,
            key.number,
            scopes.federation_of(entry.feed.scope),
        ):
            return
        row = RecordRow(
            id=found.id,
            kind=found.kind,
            scope=scopes.circle(key.circle),
            payload_id=found.payload_id,
            about=key.circle,
            signer=found.signer,
            raw=found.raw,
        )
        self._store.records.add(row, Carrier(entry.feed, entry.seq, entry.id))
        if not isinstance(said, (CircleNote, CircleUnsaid)):
            self.changed.add(key.circle)
        if isinstance(said, Circle) and self.ring.opened(key, said):
            self._look_up(key)

    def _look_up(self, key: ContentKey) -> None:
        """Have read again what a key opens that was put by."""
        for found in self.ring.take_up(key):
            first, tags = self._due.get(found.feed, (found.first, frozenset()))
            self._due[found.feed] = (min(first, found.first), tags | {found.tag})

    def _read_again(self, feed: FeedKey, first: int, tags: frozenset[bytes]) -> int:
        """Read what is sealed with some tags in a feed, from a place on, on all branches; return how many."""
        read = 0
        for end in self._store.feeds.heads_of(feed):
            for part in gathering.branch(self._store.feeds, feed, end.id, after=first - 1):
                read += len(part)
                for entry in part:
                    found = _sealed(entry)
                    if (
                        found is None
                        or found.tag not in tags
                        or self._registry.standing(entry) <= Standing.PAST
                    ):
                        continue
                    key = self.ring.opens(found.tag, feed)
                    if key is not None:
                        self._open(entry, key, found)
        return read


def _sealed(entry: Entry) -> Sealed | None:
    """Return the sealed record in an entry, None where there is none."""
    if entry.body is None or bodies.kind_of(entry.body) is not Kind.SEALED:
        return None
    try:
        found = sealing.read(bodies.decode(entry.body).content)
    except NodeError:
        return None  # It has its verdict.
    return found if isinstance(found, Sealed) else None
