"""Sealed entries on their way in: keys go onto the ring, what they open into the index of records.

What nobody here can open is carried on, and that is all. Nothing in a sealed body gets a verdict that other
members would have to share: they cannot see what is wrong with it.
"""

from collections import deque
from collections.abc import Collection

from node.canonical import Value
from node.circles import sealing
from node.circles.boxes import Box
from node.circles.sealing import ContentKey, Sealed, Wraps
from node.circles.standing import CircleStanding, evaluate
from node.circles.statements import FORMS, KINDS, Circle, CircleNote, CircleUnsaid, End
from node.engine.circles.ring import Ring
from node.engine.ends import Standing
from node.engine.ports import Carrier, RecordRow, Store
from node.engine.registry import Registry
from node.engine.replicas import gathering
from node.engine.setup import Keyring
from node.errors import NodeError
from node.feeds import bodies, scopes
from node.feeds.bodies import Kind
from node.feeds.entry import Entry, FeedKey, Head
from node.ids import CommunityId, EntryId
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
        # Feeds to be read again from a place on: a key that came late opens something there.
        self._due: deque[tuple[FeedKey, int]] = deque()

    def take(self, entry: Entry, content: Value) -> None:
        """Read a sealed entry that counts, and what it lets this device read of others.

        Raises:
            RejectedChangeError: it has neither of the two shapes, which everybody sees.
        """
        self._take(entry, content)
        while self._due:
            self._read_again(*self._due.popleft())

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
        scope = scopes.circle(circle)
        rows = [row for kind in sorted(kinds) for row in self._store.records.about(scope, kind, circle)]

        def belongs(community: bytes, device: PublicKey) -> bool:
            known = self._registry.community(CommunityId(community))
            return known is not None and device in known.devices

        def within(one: Record, end: End) -> bool:
            return any(
                place.seq <= end.seq and place.seq == self._part(place, end)
                for place in self._store.records.places(scope, one.id)
            )

        return evaluate((row.record for row in rows), belongs, within)

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
                self._due.extend(self.ring.take_up(key))

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
        if isinstance(said, Circle):
            self.ring.opened(key)
            self._due.extend(self.ring.take_up(key))

    def _read_again(self, feed: FeedKey, first: int) -> None:
        """Read a feed's sealed entries from a place on, on all its branches."""
        for end in self._store.feeds.heads_of(feed):
            for part in gathering.branch(self._store.feeds, feed, end.id, after=first - 1):
                for entry in part:
                    if entry.body is None or bodies.kind_of(entry.body) is not Kind.SEALED:
                        continue
                    if self._registry.standing(entry) is Standing.COUNTS:
                        try:
                            self._take(entry, bodies.decode(entry.body).content)
                        except NodeError:
                            continue  # It has its verdict.
