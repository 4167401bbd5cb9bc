"""Bodies that are wanted: entries held without their body that no epoch includes.

Whoever passes a feed on may leave out what was included by an epoch. What else is left out is suppressed, or
not known to be included yet: it is wanted, and asked of one neighbour after the other. As long as it is, this
node claims a feed only up to there, so that equal claims mean equal states.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from node import canonical
from node.clock import MS_PER_SECOND, Timestamp
from node.engine import epochs
from node.engine.epochs import Listed
from node.engine.ports import Store
from node.engine.registry import Registry, Standing
from node.feeds.entry import Entry, FeedKey, Head
from node.ids import DocumentId, EntryId
from node.keys import PublicKey
from node.limits import FORK_BRANCHES_MAX
from node.replication.messages import Wanted

# Of the local store: by entry what is known of those whose body is wanted.
WANTED: Final = "wanted"
# What includes an entry may come behind it: a body is asked for when it did not.
_ASKED_EVERY_MS: Final = 10 * MS_PER_SECOND


@dataclass(frozen=True, slots=True)
class Gap:
    """An entry whose body is wanted, and the one before it."""

    feed: FeedKey
    place: Head
    prev: EntryId | None


class WantedBodies:
    """Know whose bodies are wanted; follows every write of the same transaction."""

    def __init__(self, store: Store, registry: Registry) -> None:
        self._store = store
        self._registry = registry
        self._gaps: dict[FeedKey, dict[EntryId, Gap]] = {}
        self._review: set[DocumentId] = set()
        self._asked = Timestamp(0)
        self._turn = 0
        for key, value in store.local.all(WANTED):
            device, scope, seq, prev = canonical.decode(value)
            feed = FeedKey(PublicKey(device), scope)
            gap = Gap(feed, Head(seq, EntryId(key)), EntryId(prev) if prev is not None else None)
            self._gaps.setdefault(feed, {})[gap.place.id] = gap

    def __len__(self) -> int:
        return sum(map(len, self._gaps.values()))

    def took(self, entries: Iterable[Entry]) -> None:
        """Note entries that came, or whose standing may have changed; `settle` says what is wanted."""
        for entry in entries:
            if entry.document is not None and (entry.body is None or self._bears(entry)):
                self._review.add(entry.document)
            if entry.body is not None:
                self._fill(entry.feed, entry.id)
            elif entry.document is None:
                self._want(entry)  # A record: nothing includes it.

    def settle(self) -> set[FeedKey]:
        """Work out what is wanted by now, and return the feeds of which that changed."""
        changed: set[FeedKey] = set()
        for document in sorted(self._review):
            held = self._store.feeds.of_document(document)
            bodyless = [entry for entry in held if entry.body is None]
            if not bodyless:
                continue
            counting = (entry for entry in held if self._registry.standing(entry) is Standing.COUNTS)
            listed = Listed(self._store.feeds, epochs.among(counting, self._registry))
            for entry in bodyless:
                included = listed.has(entry.feed, Head(entry.seq, entry.id))
                moved = self._fill(entry.feed, entry.id) if included else self._want(entry)
                if moved:
                    changed.add(entry.feed)
        self._review.clear()
        return changed

    def ends(self, feed: FeedKey, ends: Sequence[Head]) -> list[Head]:
        """Return up to where the branches of a feed are held whole."""
        gaps = self._gaps.get(feed)
        if not gaps or len(ends) >= FORK_BRANCHES_MAX:
            return list(ends)  # A feed that is full of branches counts as equal whatever is held of it.
        ordered = sorted(gaps.values(), key=lambda gap: gap.place.seq)
        found = {}
        for end in ends:
            first = next((gap for gap in ordered if self._leads_to(gap, end)), None)
            if first is None:
                found[end.id] = end
            elif first.prev is not None:
                found[first.prev] = Head(first.place.seq - 1, first.prev)
        return sorted(found.values(), key=lambda head: (head.seq, head.id))

    def whole(self, feed: FeedKey) -> bool:
        """Tell whether nothing of a feed is wanted."""
        return feed not in self._gaps

    def next_due(self) -> Timestamp | None:
        """Return when wanted bodies are to be asked for."""
        return Timestamp(self._asked + _ASKED_EVERY_MS) if self._gaps else None

    def ask(self, now: Timestamp) -> tuple[int, list[Gap]]:
        """Return whose turn it is to be asked, and the first gap of each feed, none when it is not time."""
        due = self.next_due()
        if due is None or now < due:
            return 0, []
        begun, self._asked = self._asked == 0, now
        if begun:
            return 0, []  # Noticed just now.
        self._turn += 1
        return self._turn, list(self._firsts())

    def request(self, gap: Gap) -> Wanted:
        """Return how to ask for a gap: from the entry before it to the next signature."""
        end = next(one for one in self._store.feeds.heads_of(gap.feed) if self._leads_to(gap, one))
        path = self._store.feeds.path(
            gap.feed, end.id, after_seq=gap.place.seq - 1, entries_max=1, bytes_max=0
        )
        known = () if gap.prev is None else (Head(gap.place.seq - 1, gap.prev),)
        return Wanted(gap.feed.device, path[-1].id, known)

    def _firsts(self) -> Iterator[Gap]:
        for feed in sorted(self._gaps, key=lambda feed: (feed.scope, feed.device)):
            yield min(self._gaps[feed].values(), key=lambda gap: (gap.place.seq, gap.place.id))

    def _leads_to(self, gap: Gap, end: Head) -> bool:
        if end.seq < gap.place.seq:
            return False
        return self._store.feeds.fork_point(gap.feed, end.id, [gap.place]) == gap.place.seq

    def _bears(self, entry: Entry) -> bool:
        """Tell whether an entry with its body may say what is included of bodies that are not held."""
        return entry.feed in self._gaps or epochs.is_epoch(entry)

    def _want(self, entry: Entry) -> bool:
        gaps = self._gaps.setdefault(entry.feed, {})
        if entry.id in gaps:
            return False
        gaps[entry.id] = Gap(entry.feed, Head(entry.seq, entry.id), entry.prev)
        value = canonical.encode([entry.feed.device, entry.feed.scope, entry.seq, entry.prev])
        self._store.local.put(WANTED, entry.id, value)
        return True

    def _fill(self, feed: FeedKey, entry_id: EntryId) -> bool:
        gaps = self._gaps.get(feed, {})
        if entry_id not in gaps:
            return False
        del gaps[entry_id]
        if not gaps:
            del self._gaps[feed]
        self._store.local.remove(WANTED, entry_id)
        return True
