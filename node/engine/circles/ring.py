"""The key ring: content keys that this device was given, and what each opens.

Keys are kept where only this node's own things are, so a start need not unwrap them again. What nothing on
the ring opens is most of what a member carries; of each tag only the first place in each feed is noted
(unread.py), so that a key that comes later finds what it opens.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Final, NamedTuple

from node import canonical
from node.circles.sealing import ContentKey
from node.circles.statements import Circle
from node.engine.ports import Carrier, RecordRow, Store
from node.engine.registry import Registry
from node.feeds import scopes
from node.feeds.entry import FeedKey, Head
from node.ids import ID_BYTES, CommunityId, EntryId, PayloadId, RecordId
from node.keys import PublicKey
from node.records.record import Record

# By circle, number and commitment: the key, and the entry that gave it.
KEYS: Final = "circle-keys"
_NUMBER_BYTES: Final = 8
# Whoever is named a party reads what is opened: no community shall fill the others' lists and stores.
CIRCLES_PER_OWNER_MAX: Final = 256


class Given(NamedTuple):
    """A key, and the entry by which it counts: the first that gave it."""

    key: ContentKey
    by: Carrier


class Ring:
    """Find the key for what is sealed."""

    def __init__(self, store: Store, registry: Registry) -> None:
        self._store = store
        self._registry = registry
        self._keys: dict[bytes, Given] = {}
        # By circle the places of its keys, and by owner its circles.
        self._circles: defaultdict[bytes, set[bytes]] = defaultdict(set)
        self._owned: defaultdict[bytes, set[bytes]] = defaultdict(set)
        # By key the version that it is of, which says who may seal with it; and by community with which keys.
        self._version: dict[bytes, PayloadId] = {}
        self._audience: dict[bytes, set[CommunityId]] = {}
        self._of: defaultdict[CommunityId, dict[bytes, ContentKey]] = defaultdict(dict)
        # By feed, as charters and versions are known: what its device seals with which key.
        self._tags: dict[FeedKey, dict[bytes, ContentKey]] = {}
        # By key the versions that were read and name it: it may be lost, and come again.
        self._naming: defaultdict[bytes, set[RecordId]] = defaultdict(set)
        for place, value in store.local.all(KEYS):
            if (given := _kept(value)) is not None:
                self._hold(given)
            else:
                store.local.remove(KEYS, place)  # As it was kept before; a rebuild finds it again.
        for circle in [*self._circles]:
            self.reopen(circle)

    def circles(self, community: CommunityId | None = None) -> list[bytes]:
        """Return the circles of which there is a key; those in which a community may seal something."""
        if community is None:
            return sorted(self._circles)
        return sorted({key.circle for key in self._of.get(community, {}).values()})

    def owned(self, community: CommunityId) -> int:
        """Return how many circles of a community there are keys of."""
        return len(self._owned.get(community, ()))

    def owners(self) -> set[tuple[str, CommunityId]]:
        """Return whose circles there are keys of, in which scope."""
        return {(one.key.scope, CommunityId(one.key.owner)) for one in self._keys.values()}

    def circles_of(self, scope: str, owner: CommunityId) -> list[bytes]:
        """Return the circles of an owner's in a scope."""
        return sorted(one for one in self._owned.get(owner, ()) if self.scope(one) == scope)

    def scope(self, circle: bytes) -> str | None:
        """Return the scope among whose members a circle is, None where there is no key of it."""
        return next((self._keys[place].key.scope for place in self._circles.get(circle, ())), None)

    def owner_of(self, circle: bytes) -> CommunityId:
        """Return whose circle it is of which there is, or was, a key; the lowest id where there is none."""
        places = self._circles.get(circle, ())
        return CommunityId(next((self._keys[place].key.owner for place in places), bytes(ID_BYTES)))

    def key_of(self, version: Circle) -> ContentKey | None:
        """Return the key that a version names, None where this device was not given it."""
        given = self._keys.get(_place(version.circle, version.number, version.key))
        return given.key if given is not None else None

    def named(self, circle: bytes, commitment: bytes) -> ContentKey | None:
        """Return the key of a circle that has a commitment, None where this device was not given it."""
        places = sorted(self._circles.get(circle, ()))
        return next((self._keys[one].key for one in places if one.endswith(commitment)), None)

    def add(self, key: ContentKey, by: Carrier) -> bool:
        """Keep a key; False when it was known, or its owner has opened too many circles.

        Versions that were read with it before are `reopened`.
        """
        place = _place_of(key)
        if place in self._keys:
            return False
        owned = self._owned[key.owner]
        if key.circle not in owned and len(owned) == CIRCLES_PER_OWNER_MAX:
            # The lowest are kept, so that it makes no difference in which order they come.
            if key.circle > max(owned):
                return False
            self._drop([*self._circles[max(owned)]])
        self._hold(Given(key, by))
        where = [by.feed.device, by.seq, by.entry]
        kept = [key.scope, key.owner, key.nonce, key.number, key.key, *where]
        self._store.local.put(KEYS, place, canonical.encode(kept))
        return True

    def lose(self, given: Iterable[Given]) -> None:
        """Forget keys: what gave them counts no more."""
        self._drop([_place_of(one.key) for one in given])

    def given_in(self, feed: FeedKey) -> list[Given]:
        """Return the keys that count by an entry of a feed."""
        return [one for one in self._keys.values() if one.by.feed == feed]

    def givers(self, scope: str) -> set[FeedKey]:
        """Return the feeds among a federation's members by whose entries keys count."""
        return {one.by.feed for one in self._keys.values() if one.key.scope == scope}

    def opened(self, said: Record) -> tuple[ContentKey, Collection[CommunityId]] | None:
        """Note that a version was read: its parties seal with its key too.

        It counts if a device of the owner's signed it. Of several that name one key that of the lowest
        payload id says who may, so whoever makes versions without end lets in no more than one names.

        Returns:
            The key, and who may seal with it that was not known to; None for nobody.
        """
        found = Circle.among([said])
        if not found:
            return None  # A version of this program before read it otherwise.
        (version,) = found
        place = _place(version.circle, version.number, version.key)
        self._naming[place].add(said.id)
        given = self._keys.get(place)
        if given is None:
            return None  # It was lost, and may come again.
        if version.owner not in self._registry.communities_of(said.signer):
            return None
        if place in self._version and self._version[place] <= said.payload_id:
            return None
        self._version[place] = said.payload_id
        parties = set(map(CommunityId, version.parties))
        self._exclude(given.key, self._audience[place] - parties)
        more = parties - self._audience[place]
        self._admit(given.key, more)
        return (given.key, more) if more else None

    def reopened(self, key: ContentKey) -> list[tuple[ContentKey, Collection[CommunityId]]]:
        """Read who may seal with a key that has just come, if versions may have been read with it before."""
        if len(self._circles[key.circle]) == 1:
            return self.reopen(key.circle)
        place = _place_of(key)
        if place not in self._naming:
            return []
        had = self._audience[place].copy()
        self._read_versions(filter(None, map(self._store.records.get, sorted(self._naming[place]))))
        more = self._audience[place] - had
        return [(key, more)] if more else []

    def reopen(self, circle: bytes) -> list[tuple[ContentKey, Collection[CommunityId]]]:
        """Read anew from the versions that are held and count who may seal in a circle.

        Returns:
            By key who may seal with it that was not known to.
        """
        before = {place: self._audience[place].copy() for place in self._circles.get(circle, ())}
        for place in before:
            self._version.pop(place, None)
        self._read_versions(self._store.records.about(scopes.circle(circle), Circle.kind, circle))
        more = ((self._keys[place].key, self._audience[place] - had) for place, had in before.items())
        return [(key, found) for key, found in more if found]

    def _read_versions(self, rows: Iterable[RecordRow]) -> None:
        for row in rows:
            if self.counts(self._store.records.places(row.scope, row.id)):
                self.opened(row.record)

    def charter_changed(self, community: CommunityId) -> None:
        """Note that devices of a community may have come or gone."""
        devices = self._devices(community)
        self._tags = {feed: tags for feed, tags in self._tags.items() if feed.device not in devices}

    def opens(self, tag: bytes, feed: FeedKey) -> ContentKey | None:
        """Return the key with which a device sealed something, None for none that is known."""
        tags = self._tags.get(feed)
        if tags is None:
            owners = self._registry.communities_of(feed.device)
            keys = (key for owner in owners for key in self._of.get(owner, {}).values())
            tags = self._tags[feed] = {key.tag(feed): key for key in keys if key.scope == feed.scope}
        return tags.get(tag)

    def counts(self, places: Iterable[Carrier]) -> bool:
        """Tell whether what stands at these places counts: at one of them at least an edit would."""
        return any(self._registry.counts_at(one.feed, Head(one.seq, one.entry)) for one in places)

    def feeds(self, key: ContentKey, communities: Iterable[CommunityId]) -> list[FeedKey]:
        """Return the feeds in which devices of communities may seal with a key."""
        return [
            FeedKey(device, key.scope) for one in sorted(communities) for device in sorted(self._devices(one))
        ]

    def _hold(self, given: Given) -> None:
        key, place = given.key, _place_of(given.key)
        self._keys[place] = given
        self._circles[key.circle].add(place)
        self._owned[key.owner].add(key.circle)
        self._audience[place] = set()
        self._admit(key, [CommunityId(key.owner)])

    def _admit(self, key: ContentKey, communities: Iterable[CommunityId]) -> None:
        """Note who may seal with a key beside those who may already."""
        place = _place_of(key)
        for community in communities:
            self._audience[place].add(community)
            self._of[community][place] = key
            for device in self._devices(community):
                feed = FeedKey(device, key.scope)
                if feed in self._tags:
                    self._tags[feed][key.tag(feed)] = key

    def _exclude(self, key: ContentKey, communities: Iterable[CommunityId]) -> None:
        """Note who may no more seal with a key; the tags of all other keys stay as they are."""
        place = _place_of(key)
        for community in communities:
            self._audience[place].discard(community)
            del self._of[community][place]
            if not self._of[community]:
                del self._of[community]
            for device in self._devices(community):
                feed, owners = FeedKey(device, key.scope), self._registry.communities_of(device)
                if feed in self._tags and not any(place in self._of.get(one, ()) for one in owners):
                    self._tags[feed].pop(key.tag(feed), None)

    def _drop(self, places: Iterable[bytes]) -> None:
        """Forget keys, and circles of which they were the last."""
        for place in places:
            key, _ = self._keys.pop(place)
            self._store.local.remove(KEYS, place)
            self._version.pop(place, None)
            self._exclude(key, [*self._audience[place]])
            del self._audience[place]
            self._circles[key.circle].remove(place)
            if not self._circles[key.circle]:
                del self._circles[key.circle]
                self._owned[key.owner].discard(key.circle)

    def _devices(self, community: CommunityId) -> Iterable[PublicKey]:
        known = self._registry.community(community)
        return known.devices.keys() if known is not None else ()


def _place_of(key: ContentKey) -> bytes:
    return _place(key.circle, key.number, key.commitment)


def _place(circle: bytes, number: int, commitment: bytes) -> bytes:
    return circle + number.to_bytes(_NUMBER_BYTES, "big") + commitment


def _kept(value: bytes) -> Given | None:
    match canonical.decode(value):
        case [
            str(scope),
            bytes(owner),
            bytes(nonce),
            int(number),
            bytes(secret),
            bytes(device),
            int(seq),
            bytes(entry),
        ]:
            by = Carrier(FeedKey(PublicKey(device), scope), seq, EntryId(entry))
            return Given(ContentKey(scope, owner, nonce, number, secret), by)
        case _:
            return None
