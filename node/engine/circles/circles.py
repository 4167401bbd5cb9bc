"""Sealed entries on their way in: keys go onto the ring, what they open into the index of records.

What nobody here can open is carried on, and that is all. Nothing in a sealed body gets a verdict that other
members would have to share: they cannot see what is wrong with it.
"""

from collections.abc import Callable, Collection, Iterable
from typing import Final

from node.canonical import Value
from node.circles import sealing
from node.circles.boxes import Box
from node.circles.sealing import ContentKey, Sealed, Wraps
from node.circles.standing import CircleStanding, evaluate
from node.circles.statements import (
    FORMS,
    KINDS,
    Circle,
    CircleGiven,
    CircleNote,
    CircleUnsaid,
    End,
    Said,
)
from node.engine.circles.ring import KEYS, Ring
from node.engine.circles.unread import DUE, DUE_TAGS, ENTRY_COST, UNOPENED, Due, Unread
from node.engine.ends import Standing
from node.engine.ports import Carrier, RecordRow, Store
from node.engine.registry import Registry
from node.engine.setup import Keyring
from node.errors import NodeError
from node.federation.membership import Last
from node.feeds import bodies, scopes
from node.feeds.bodies import Kind
from node.feeds.entry import Entry, FeedKey, Head
from node.ids import CommunityId, EntryId, RecordId
from node.keys import PublicKey
from node.limits import FEEDS_PER_COMMUNITY_MAX
from node.records import record
from node.records.record import Record

_FORMS = {form.kind: form for form in FORMS}
# How many bytes are read at once of what keys that came late open, each entry with what it costs by itself
# (unread.py): 2,000 small entries, some 50 ms; and beside what comes.
READ_AT_ONCE: Final = 2_000 * ENTRY_COST
READ_IN_PASSING: Final = 256 * ENTRY_COST


class Circles:
    """Read what is sealed for this device.

    Args:
        keyring: without a box it carries what others seal, and reads nothing.

    Attributes:
        changed: circles in which something changed since the keeper last looked (keeping.py), who clears it.
        looked: how many records were looked at to see how circles stand.
        unread: what is still to be read.
    """

    def __init__(self, store: Store, registry: Registry, keyring: Keyring) -> None:
        self._store = store
        self._registry = registry
        self._own, self._device = keyring.community, keyring.device.public
        self._box = keyring.box
        self.ring = Ring(store, registry)
        self.unread = Unread(store)
        self.changed = set(self.ring.circles())
        self.looked = 0
        # By scope and owner where a decision ends what it said, as its circles' versions were read last.
        self._lasts = {(scope, owner): self._ending(scope, owner) for scope, owner in self.ring.owners()}
        # Feeds in which some keys do not count.
        self._fallen: set[FeedKey] = set()

    def take(self, entry: Entry, content: Value, *, counts: bool) -> int:
        """Read a sealed entry; return how many others it lets this device read, which `read_on` does.

        `counts` tells whether an edit in its place would.

        Raises:
            RejectedChangeError: it has neither of the two shapes, which everybody sees.
        """
        found = sealing.read(content)
        if self._box is None or scopes.federation_of(entry.feed.scope) is None:
            return 0  # A circle is among the members of a federation.
        if isinstance(found, Wraps):
            return self._learn(entry, found, self._box, counts=counts)
        if (key := self.ring.opens(found.tag, entry.feed)) is not None:
            return self._open(entry, key, found, counts=counts)
        self.unread.put_by(found.tag, entry.feed, entry.seq)
        return 0

    def read_on(self, most: int | None = READ_AT_ONCE) -> None:
        """Read what keys that came late open, about so many bytes; None for all."""
        self.unread.read(self._look, most)

    def forget(self) -> None:
        """Forget all keys: the feeds are read again."""
        for drawer in (KEYS, UNOPENED, DUE, DUE_TAGS):
            for place, _ in self._store.local.all(drawer):
                self._store.local.remove(drawer, place)
        self.ring, self.unread = Ring(self._store, self._registry), Unread(self._store)

    def recounted(self, feed: FeedKey, dropped: Iterable[RecordRow]) -> None:
        """Note that a feed was counted anew: keys and versions in it may count no more, or again.

        `dropped` are the records that it had brought.
        """
        self._let_fall(feed)
        circles = {row.about for row in dropped if row.kind == Circle.kind and row.about is not None}
        for circle in sorted(circles.intersection(self.ring.circles())):
            for opened in self.ring.reopen(circle):
                self._take_up(*opened)
        self.changed |= circles.intersection(self.ring.circles())

    def _let_fall(self, feed: FeedKey) -> None:
        """Lose the keys that counted by entries of a feed that count no more.

        Somebody else may have given them too, and what was left out for them may have room.
        """
        given = [one for one in self.ring.given_in(feed) if not self.ring.counts([one.by])]
        if given:
            self.ring.lose(given)
            self._fallen.add(feed)
        for owner in sorted({one.key.owner for one in given}):
            known = filter(None, map(self._registry.community, {CommunityId(owner), self._own}))
            devices = sorted({device for community in known for device in community.devices})
            self.unread.read_for_keys(FeedKey(device, feed.scope) for device in devices)

    def members_changed(self, scope: str) -> None:
        """Note that others belong to a federation now: keys that somebody gave who was removed may fall."""
        for feed in sorted(self.ring.givers(scope)):
            if self._registry.standing_of(feed) is not Standing.COUNTS:
                self._let_fall(feed)
        for feed in {one for one in self._fallen if self._registry.standing_of(one) is Standing.COUNTS}:
            self._fallen.remove(feed)
            self.unread.read_for_keys([feed])
        for one in sorted(one for one in self.ring.owners() if one[0] == scope):
            if (ending := self._ending(*one)) != self._lasts.get(one):
                self._lasts[one] = ending
                for circle in self.ring.circles_of(*one):
                    for opened in self.ring.reopen(circle):
                        self._take_up(*opened)
        self.changed.update(circle for circle in self.ring.circles() if self.ring.scope(circle) == scope)

    def _ending(self, scope: str, owner: CommunityId) -> tuple[Last, ...] | None:
        federation = scopes.federation_of(scope)
        members = self._registry.members(federation) if federation is not None else None
        return members.lasts(owner) if members is not None else None

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
        self.looked += len(rows)
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

        counting = (row.record for row in rows if not ended[row.signer] or self.ring.counts(places(row.id)))
        return evaluate(counting, belongs, within)

    def all(self, shown: Callable[[CommunityId], bool] = lambda _owner: True) -> list[CircleStanding]:
        """Return the circles that this device can read, by id; of those owners that are shown."""
        wanted = [one for one in self.ring.circles() if shown(self.ring.owner_of(one))]
        return [one for one in map(self.standing, wanted) if one is not None]

    def _part(self, place: Carrier, end: End) -> int:
        return self._store.feeds.fork_point(place.feed, EntryId(end.entry), [Head(place.seq, place.entry)])

    def _learn(self, entry: Entry, wraps: Wraps, box: Box, *, counts: bool) -> int:
        """Keep the key that an entry gives to this device, if the circle's owner or its own community does.

        Nobody else gives keys: else any member could fill what is kept of another's circles. Nor does a
        device whose community called it stolen before: it could fill what is kept of its own.
        """
        if not counts:
            self._fallen.add(entry.feed)
            return 0
        device, more = entry.feed.device, 0
        owners = self._registry.communities_of(device)
        known = filter(None, map(self._registry.community, owners))
        for sender in sorted({bytes(one.devices[device].box) for one in known}):
            key = sealing.unwrap(wraps, entry.feed, sender, box, self._device)
            if key is None or owners.isdisjoint((CommunityId(key.owner), self._own)):
                continue
            if self.ring.add(key, Carrier(entry.feed, entry.seq, entry.id)):
                self.changed.add(key.circle)
                more += self._take_up(key, [CommunityId(key.owner)])
                more += sum(self._take_up(*opened) for opened in self.ring.reopened(key))
        return more

    def _open(self, entry: Entry, key: ContentKey, sealed: Sealed, *, counts: bool) -> int:
        """Index the record in a sealed entry, if it is one that belongs there; return what that lets read."""
        try:
            found = record.read(key.open(sealed, entry.feed))
            if found.kind not in KINDS or found.signer != entry.feed.device:
                return 0  # A ballot, say, or another's words: each speaks for itself, where all can hear it.
            said = _FORMS[found.kind].read(found)
        except NodeError:
            return 0
        if (said.circle, said.key) != (key.circle, key.commitment) or not self._may_say(said, found, key):
            return 0
        if self._said_before(entry, found, key):
            return 0
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
        opened = self.ring.opened(found) if isinstance(said, Circle) and counts else None
        return self._take_up(*opened) if opened is not None else 0

    def _said_before(self, entry: Entry, found: Record, key: ContentKey) -> bool:
        """Tell whether a record stands at an earlier place of the same branch, which counts if any does.

        Else each place of what a device says ten thousand times would be looked at for its end.
        """
        places = self._store.records.places(scopes.circle(key.circle), found.id)
        before = [Head(one.seq, one.entry) for one in places if one.seq < entry.seq]
        return bool(before) and self._store.feeds.fork_point(entry.feed, entry.id, before) > 0

    def _may_say(self, said: Said, found: Record, key: ContentKey) -> bool:
        """Tell whether a signer may say something of the kind at all: what may not costs its readers nothing.

        Versions are the owner's, of this federation; who is no device of the owner's tells of its own
        community's devices, and so of few.
        """
        owners = CommunityId(key.owner) in self._registry.communities_of(found.signer)
        if isinstance(said, Circle):
            named = (said.owner, said.number, said.federation)
            return (
                owners
                and said.maker == found.signer
                and named == (key.owner, key.number, scopes.federation_of(key.scope))
            )
        return owners or not isinstance(said, CircleGiven) or len(said.devices) <= FEEDS_PER_COMMUNITY_MAX

    def _take_up(self, key: ContentKey, communities: Iterable[CommunityId]) -> int:
        """Have read what a key opens of communities' that was put by; return how many entries that is."""
        return self.unread.take_up((key.tag(feed), feed) for feed in self.ring.feeds(key, communities))

    def _look(self, entry: Entry, due: Due) -> None:
        """Read an entry that is due, for the keys or the tags that are."""
        found = _sealed(entry)
        if found is None:
            return
        standing = self._registry.standing(entry)
        if standing <= Standing.PAST:
            return
        counts = standing is Standing.COUNTS
        if isinstance(found, Wraps):
            if due.keys and self._box is not None:
                self._learn(entry, found, self._box, counts=counts)
        elif found.tag in due.tags:
            if (key := self.ring.opens(found.tag, entry.feed)) is not None:
                self._open(entry, key, found, counts=counts)
            else:  # Its key was lost while it waited, and may come again.
                self.unread.put_by(found.tag, entry.feed, entry.seq)


def _sealed(entry: Entry) -> Sealed | Wraps | None:
    """Return what is sealed in an entry, None where there is nothing."""
    if entry.body is None or bodies.kind_of(entry.body) is not Kind.SEALED:
        return None
    try:
        body = bodies.decode(entry.body)
        return sealing.read(body.content) if body.document is None else None
    except NodeError:
        return None  # It has its verdict.
