"""What is sealed and was not read yet: noted by tag, and read when a key comes that opens it.

A key that comes late may open what stands anywhere in a long feed, and one stretch may bring many keys. So
where to read is gathered by feed, each feed is read once for all of them, some entries at a time, and a node
that is switched off in between goes on where it was.
"""

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from node import canonical
from node.circles.sealing import TAG_BYTES
from node.engine.ports import Store
from node.engine.replicas import gathering
from node.feeds.entry import Entry, FeedKey
from node.ids import EntryId
from node.keys import PublicKey

# By tag and feed: the first place at which something stands that nothing opened yet.
UNOPENED: Final = "circle-unopened"
# By feed: from which place on it is to be read, and whether for keys too; and for which tags, a row each: who
# gives a key for each of ten thousand tags must not have all of them written anew for each.
DUE: Final = "circle-reading"
DUE_TAGS: Final = "circle-reading-tags"
# What an entry costs beside the bytes of its body, as so many of them: to find, check and open it.
ENTRY_COST: Final = 4_096


class Due(NamedTuple):
    """What is to be read of a feed.

    Attributes:
        first: from which entry on.
        tags: of what is sealed.
        keys: whether for keys that are given as well.
    """

    feed: FeedKey
    first: int
    tags: set[bytes]
    keys: bool


class Unread:
    """Note what is to be read, and read it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        kept = {name: _kept(value) for name, value in store.local.all(DUE)}
        for place, _ in store.local.all(DUE_TAGS):
            kept[place[TAG_BYTES:]].tags.add(place[:TAG_BYTES])
        self._due = {found.feed: found for found in kept.values()}
        # Of which there is more to read than when the look that is under way began.
        self._grown: set[FeedKey] = set()

    def __bool__(self) -> bool:
        """Tell whether anything is to be read."""
        return bool(self._due)

    def put_by(self, tag: bytes, feed: FeedKey, seq: int) -> None:
        """Note that nothing opens what stands at this place."""
        place = _unopened(tag, feed)
        value = self._store.local.get(UNOPENED, place)
        if value is None or _noted(value) > seq:
            self._store.local.put(UNOPENED, place, canonical.encode(seq))

    def take_up(self, found: Iterable[tuple[bytes, FeedKey]]) -> int:
        """Have read what was put by under tags; return how many entries that is."""
        more = 0
        for tag, feed in found:
            place = _unopened(tag, feed)
            value = self._store.local.get(UNOPENED, place)
            if value is not None:
                self._store.local.remove(UNOPENED, place)
                more += self._add(Due(feed, _noted(value), {tag}, keys=False))
        return more

    def read_for_keys(self, feeds: Iterable[FeedKey]) -> None:
        """Have feeds read for the keys that are given in them."""
        for feed in feeds:
            if self._store.feeds.heads_of(feed):
                self._add(Due(feed, 1, set(), keys=True))

    def read(self, look: Callable[[Entry, Due], None], most: int | None) -> None:
        """Read on, on all branches.

        Args:
            look: gets each entry.
            most: about so many bytes, with `ENTRY_COST` for each entry; None for all.
        """
        while self._due and (most is None or most > 0):
            feed = next(iter(self._due))
            due = self._due.pop(feed)
            self._grown.discard(feed)
            self._due[feed] = due  # Behind the others: no feed's author makes them wait.
            heads = self._store.feeds.heads_of(due.feed)
            upto = end = max((head.seq for head in heads), default=0)
            share = most // len(heads) if most is not None and heads else most
            for head in heads:
                upto, cost = self._along(due, head.id, upto, share, look)
                most = most - cost if most is not None else None
            # A key that was found in between may have it read again from before.
            if feed in self._grown:
                continue
            if upto >= end:
                del self._due[feed]
                self._store.local.remove(DUE, _name(feed))
                for tag in due.tags:
                    self._store.local.remove(DUE_TAGS, _unopened(tag, feed))
            else:
                self._keep(due._replace(first=upto + 1))

    def _along(
        self, due: Due, head: EntryId, upto: int, most: int | None, look: Callable[[Entry, Due], None]
    ) -> tuple[int, int]:
        """Read one branch to a place or a cost; return how far the others are to be read, and the cost.

        Those that were read before are read again from there on: what is known already changes nothing.
        """
        cost = 0
        for part in gathering.branch(self._store.feeds, due.feed, head, after=due.first - 1):
            for entry in part:
                if entry.seq > upto:
                    return upto, cost
                look(entry, due)
                cost += ENTRY_COST + entry.body_bytes
                if most is not None and cost >= most:
                    return entry.seq, cost
        return upto, cost

    def _add(self, more: Due) -> int:
        """Gather what is to be read of a feed; return by how many entries it grows."""
        before = self._due.get(more.feed)
        for tag in more.tags:
            self._store.local.put(DUE_TAGS, _unopened(tag, more.feed), b"")
        if before is None:
            end = max(head.seq for head in self._store.feeds.heads_of(more.feed))
            self._keep(more)
            return end - more.first + 1
        first, keys = min(before.first, more.first), before.keys or more.keys
        # Also a tag that is due already: what was put by under it in the look that is under way is taken up
        # again, from before the place where that is now. Each such row is taken up once.
        if more.tags or (first, keys) != (before.first, before.keys):
            self._grown.add(more.feed)
            before.tags.update(more.tags)
            self._keep(before._replace(first=first, keys=keys))
        return before.first - first

    def _keep(self, due: Due) -> None:
        self._due[due.feed] = due
        kept = [due.feed.device, due.feed.scope, due.first, due.keys]
        self._store.local.put(DUE, _name(due.feed), canonical.encode(kept))


def _unopened(tag: bytes, feed: FeedKey) -> bytes:
    # Anybody may write any tag: what stands in one feed hides nothing in another.
    return tag + _name(feed)


def _name(feed: FeedKey) -> bytes:
    return canonical.digest("hedgerow/unopened/1", feed.device, feed.scope)


def _noted(value: bytes) -> int:
    seq = canonical.decode(value)
    assert isinstance(seq, int), "another program wrote into the store"
    return seq


def _kept(value: bytes) -> Due:
    match canonical.decode(value):
        case [bytes(device), str(scope), int(first), bool(keys)]:
            return Due(FeedKey(PublicKey(device), scope), first, set(), keys)
        case _:
            raise AssertionError("another program wrote into the store")
