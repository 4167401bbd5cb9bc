"""The key ring: content keys that this device was given, and what each opens.

Keys are kept where only this node's own things are, so a start need not unwrap them again. What nothing on
the ring opens is most of what a member carries; of each tag only the first place is noted, so that a key that
comes later finds what it opens.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from node import canonical
from node.circles.sealing import ContentKey
from node.circles.statements import Circle
from node.engine.ports import Store
from node.engine.registry import Registry
from node.errors import PeerError
from node.feeds import scopes
from node.feeds.entry import FeedKey
from node.ids import ID_BYTES, CommunityId
from node.keys import PublicKey

# By circle, number and commitment: scope, owner and key.
KEYS: Final = "circle-keys"
# By tag: the feed in which something stands that nothing opened yet, and the first place.
UNOPENED: Final = "circle-unopened"
_NUMBER_BYTES: Final = 8
# Whoever is named a party reads what is opened: no community shall fill the others' lists and stores.
CIRCLES_PER_OWNER_MAX: Final = 256


class Ring:
    """Find the key for what is sealed."""

    def __init__(self, store: Store, registry: Registry) -> None:
        self._store = store
        self._registry = registry
        self._keys: dict[bytes, ContentKey] = {}
        # By community, the keys with which its devices may seal something.
        self._of: defaultdict[CommunityId, dict[bytes, ContentKey]] = defaultdict(dict)
        # By feed, as charters and versions are known: what its device seals with which key.
        self._tags: dict[FeedKey, dict[bytes, ContentKey]] = {}
        # By owner, its circles of which there is a key.
        self._owned: defaultdict[bytes, set[bytes]] = defaultdict(set)
        for place, value in store.local.all(KEYS):
            scope, owner, secret = _kept(value)
            number = int.from_bytes(place[ID_BYTES : ID_BYTES + _NUMBER_BYTES], "big")
            self._hold(ContentKey(scope, place[:ID_BYTES], owner, number, secret))

    def circles(self, community: CommunityId | None = None) -> list[bytes]:
        """Return the circles of which there is a key; those in which a community may seal something."""
        keys = self._keys if community is None else self._of.get(community, {})
        return sorted({key.circle for key in keys.values()})

    def key_of(self, version: Circle) -> ContentKey | None:
        """Return the key that a version names, None where this device was not given it."""
        return self._keys.get(_place(version.circle, version.number, version.key))

    def add(self, key: ContentKey) -> bool:
        """Keep a key; False when it was known, or its owner has opened too many circles."""
        place = _place(key.circle, key.number, key.commitment)
        if place in self._keys:
            return False
        owned = self._owned[key.owner]
        if key.circle not in owned and len(owned) == CIRCLES_PER_OWNER_MAX:
            # The lowest are kept, so that it makes no difference in which order they come.
            if key.circle > max(owned):
                return False
            self._drop(max(owned), key.owner)
        self._hold(key)
        self._store.local.put(KEYS, place, canonical.encode([key.scope, key.owner, key.key]))
        return True

    def opened(self, key: ContentKey) -> None:
        """Note that a version was read: its parties seal with its key too."""
        place = _place(key.circle, key.number, key.commitment)
        for party in self._audience(key):
            if place not in self._of[party]:
                self._of[party][place] = key
                self._forget(party)

    def charter_changed(self, community: CommunityId) -> None:
        """Note that devices of a community may have come or gone."""
        self._forget(community)

    def opens(self, tag: bytes, feed: FeedKey) -> ContentKey | None:
        """Return the key with which a device sealed something, None for none that is known."""
        tags = self._tags.get(feed)
        if tags is None:
            owners = self._registry.communities_of(feed.device)
            keys = (key for owner in owners for key in self._of.get(owner, {}).values())
            tags = self._tags[feed] = {key.tag(feed): key for key in keys if key.scope == feed.scope}
        return tags.get(tag)

    def _hold(self, key: ContentKey) -> None:
        place = _place(key.circle, key.number, key.commitment)
        self._keys[place] = key
        self._owned[key.owner].add(key.circle)
        self.opened(key)

    def _drop(self, circle: bytes, owner: bytes) -> None:
        """Forget the keys of a circle."""
        self._owned[owner].discard(circle)
        for place in [place for place, key in self._keys.items() if key.circle == circle]:
            del self._keys[place]
            self._store.local.remove(KEYS, place)
            for party, keys in self._of.items():
                if keys.pop(place, None) is not None:
                    self._forget(party)

    def _forget(self, community: CommunityId) -> None:
        known = self._registry.community(community)
        devices = known.devices if known is not None else {}
        self._tags = {feed: tags for feed, tags in self._tags.items() if feed.device not in devices}

    def _audience(self, key: ContentKey) -> frozenset[CommunityId]:
        """Return the communities that may seal with a key: the owner, and the parties of what it opened."""
        found = {CommunityId(key.owner)}
        for row in self._store.records.about(scopes.circle(key.circle), Circle.kind, key.circle):
            try:
                made = Circle.read(row.record)
            except PeerError:
                continue
            if made.key == key.commitment and made.owner == key.owner:
                found.update(map(CommunityId, made.parties))
        return frozenset(found)

    def put_by(self, tag: bytes, feed: FeedKey, seq: int) -> None:
        """Note that nothing opens what stands at this place."""
        value = self._store.local.get(UNOPENED, tag)
        if value is None or _noted(value)[1] > seq:
            self._store.local.put(UNOPENED, tag, canonical.encode([feed.device, feed.scope, seq]))

    def take_up(self, key: ContentKey) -> Iterator[tuple[FeedKey, int]]:
        """Yield each feed in which something stands that this key opens, with the first place of it."""
        for community in sorted(self._audience(key)):
            known = self._registry.community(community)
            for device in sorted(known.devices) if known is not None else ():
                tag = key.tag(FeedKey(device, key.scope))
                value = self._store.local.get(UNOPENED, tag)
                if value is not None:
                    self._store.local.remove(UNOPENED, tag)
                    yield _noted(value)


def _place(circle: bytes, number: int, commitment: bytes) -> bytes:
    return circle + number.to_bytes(_NUMBER_BYTES, "big") + commitment


def _kept(value: bytes) -> tuple[str, bytes, bytes]:
    match canonical.decode(value):
        case [str(scope), bytes(owner), bytes(secret)]:
            return scope, owner, secret
        case _:
            raise AssertionError("another program wrote into the store")


def _noted(value: bytes) -> tuple[FeedKey, int]:
    match canonical.decode(value):
        case [bytes(device), str(scope), int(seq)]:
            return FeedKey(PublicKey(device), scope), seq
        case _:
            raise AssertionError("another program wrote into the store")
