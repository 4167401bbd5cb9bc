"""The key ring: content keys that this device was given, and what each opens.

Keys are kept where only this node's own things are, so a start need not unwrap them again. What nothing on
the ring opens is most of what a member carries; of each tag only the first place in each feed is noted, so
that a key that comes later finds what it opens.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from node import canonical
from node.circles.sealing import ContentKey
from node.circles.statements import Circle
from node.engine.ports import Store
from node.engine.registry import Registry
from node.errors import PeerError
from node.feeds import scopes
from node.feeds.entry import FeedKey
from node.ids import CommunityId
from node.keys import PublicKey

# By circle, number and commitment: scope, owner, nonce, number and key.
KEYS: Final = "circle-keys"
# By tag and feed: the feed in which something stands that nothing opened yet, and the first place.
UNOPENED: Final = "circle-unopened"
_NUMBER_BYTES: Final = 8
# Whoever is named a party reads what is opened: no community shall fill the others' lists and stores.
CIRCLES_PER_OWNER_MAX: Final = 256


class Found(NamedTuple):
    """Where something stands that a key opens: its first place in a feed, and its tag there."""

    feed: FeedKey
    first: int
    tag: bytes


class Ring:
    """Find the key for what is sealed."""

    def __init__(self, store: Store, registry: Registry) -> None:
        self._store = store
        self._registry = registry
        self._keys: dict[bytes, ContentKey] = {}
        # By circle the places of its keys, and by owner its circles.
        self._circles: defaultdict[bytes, set[bytes]] = defaultdict(set)
        self._owned: defaultdict[bytes, set[bytes]] = defaultdict(set)
        # By key who may seal with it, and by community with which keys its devices may seal.
        self._audience: dict[bytes, set[CommunityId]] = {}
        self._of: defaultdict[CommunityId, dict[bytes, ContentKey]] = defaultdict(dict)
        # By feed, as charters and versions are known: what its device seals with which key.
        self._tags: dict[FeedKey, dict[bytes, ContentKey]] = {}
        for _, value in store.local.all(KEYS):
            self._hold(_kept(value))
        for circle in [*self._circles]:
            for made in self._versions(circle):
                key = self.key_of(made)
                if key is not None:
                    self.opened(key, made)

    def circles(self, community: CommunityId | None = None) -> list[bytes]:
        """Return the circles of which there is a key; those in which a community may seal something."""
        if community is None:
            return sorted(self._circles)
        return sorted({key.circle for key in self._of.get(community, {}).values()})

    def owned(self, community: CommunityId) -> int:
        """Return how many circles of a community there are keys of."""
        return len(self._owned.get(community, ()))

    def scope(self, circle: bytes) -> str | None:
        """Return the scope among whose members a circle is, None where there is no key of it."""
        return next((self._keys[place].scope for place in self._circles.get(circle, ())), None)

    def key_of(self, version: Circle) -> ContentKey | None:
        """Return the key that a version names, None where this device was not given it."""
        return self._keys.get(_place(version.circle, version.number, version.key))

    def named(self, circle: bytes, commitment: bytes) -> ContentKey | None:
        """Return the key of a circle that has a commitment, None where this device was not given it."""
        places = sorted(self._circles.get(circle, ()))
        return next((self._keys[one] for one in places if one.endswith(commitment)), None)

    def add(self, key: ContentKey) -> bool:
        """Keep a key; False when it was known, or its owner has opened too many circles."""
        place = _place_of(key)
        if place in self._keys:
            return False
        owned = self._owned[key.owner]
        if key.circle not in owned and len(owned) == CIRCLES_PER_OWNER_MAX:
            # The lowest are kept, so that it makes no difference in which order they come.
            if key.circle > max(owned):
                return False
            self._drop(max(owned), key.owner)
        self._hold(key)
        kept = [key.scope, key.owner, key.nonce, key.number, key.key]
        self._store.local.put(KEYS, place, canonical.encode(kept))
        return True

    def opened(self, key: ContentKey, version: Circle) -> bool:
        """Note that a version was read: its parties seal with its key too. False when that was known."""
        return self._admit(key, map(CommunityId, version.parties))

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

    def put_by(self, tag: bytes, feed: FeedKey, seq: int) -> None:
        """Note that nothing opens what stands at this place."""
        place = _unopened(tag, feed)
        value = self._store.local.get(UNOPENED, place)
        if value is None or _noted(value) > seq:
            self._store.local.put(UNOPENED, place, canonical.encode(seq))

    def take_up(self, key: ContentKey) -> Iterator[Found]:
        """Yield where something stands that this key opens, of each device that may seal with it."""
        for community in sorted(self._audience[_place_of(key)]):
            for device in sorted(self._devices(community)):
                feed = FeedKey(device, key.scope)
                tag = key.tag(feed)
                place = _unopened(tag, feed)
                value = self._store.local.get(UNOPENED, place)
                if value is not None:
                    self._store.local.remove(UNOPENED, place)
                    yield Found(feed, _noted(value), tag)

    def _hold(self, key: ContentKey) -> None:
        place = _place_of(key)
        self._keys[place] = key
        self._circles[key.circle].add(place)
        self._owned[key.owner].add(key.circle)
        self._audience[place] = set()
        self._admit(key, [CommunityId(key.owner)])

    def _admit(self, key: ContentKey, communities: Iterable[CommunityId]) -> bool:
        """Note who may seal with a key; False when that was known of all."""
        place = _place_of(key)
        more = set(communities) - self._audience[place]
        self._audience[place] |= more
        for community in more:
            self._of[community][place] = key
            for device in self._devices(community):
                feed = FeedKey(device, key.scope)
                if feed in self._tags:
                    self._tags[feed][key.tag(feed)] = key
        return bool(more)

    def _drop(self, circle: bytes, owner: bytes) -> None:
        """Forget the keys of a circle."""
        self._owned[owner].discard(circle)
        for place in self._circles.pop(circle, ()):
            del self._keys[place]
            self._store.local.remove(KEYS, place)
            for community in self._audience.pop(place):
                del self._of[community][place]
                self.charter_changed(community)

    def _devices(self, community: CommunityId) -> Iterable[PublicKey]:
        known = self._registry.community(community)
        return known.devices.keys() if known is not None else ()

    def _versions(self, circle: bytes) -> Iterator[Circle]:
        for row in self._store.records.about(scopes.circle(circle), Circle.kind, circle):
            try:
                yield Circle.read(row.record)
            except PeerError:
                continue


def _place_of(key: ContentKey) -> bytes:
    return _place(key.circle, key.number, key.commitment)


def _place(circle: bytes, number: int, commitment: bytes) -> bytes:
    return circle + number.to_bytes(_NUMBER_BYTES, "big") + commitment


def _unopened(tag: bytes, feed: FeedKey) -> bytes:
    # Anybody may write any tag: what stands in one feed hides nothing in another.
    return tag + canonical.digest("hedgerow/unopened/1", feed.device, feed.scope)


def _kept(value: bytes) -> ContentKey:
    match canonical.decode(value):
        case [str(scope), bytes(owner), bytes(nonce), int(number), bytes(secret)]:
            return ContentKey(scope, owner, nonce, number, secret)
        case _:
            raise AssertionError("another program wrote into the store")


def _noted(value: bytes) -> int:
    seq = canonical.decode(value)
    assert isinstance(seq, int), "another program wrote into the store"
    return seq
