"""Gaps: entries whose body is wanted, and how they are kept.

A row holds what is wanted of some consecutive places of a feed, and a short one beside it what of that is
wanted still. A newcomer is sent headers by the ten thousand, and then, in another order, the epochs that
include them: a row for each header, in the random order of ids, cost it a tenth of all.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final, NamedTuple, TypeAlias

from node.engine.ports import Store
from node.feeds.entry import Entry, FeedKey, Head
from node.ids import ID_BYTES, DocumentId, EntryId
from node.keys import KEY_BYTES, PublicKey

# Drawers of the local store, both by device, block of places and scope: what was wanted there when something
# was last added, and a bit for each of these that is wanted still, from the lowest; without it all are.
WANTED: Final = "wanted"
LEFT: Final = "wanted_left"
# Places of a feed whose gaps share a row: neighbours come together. A row that gains one is written anew.
_PLACES_PER_ROW: Final = 128


class Gap(NamedTuple):
    """An entry whose body is wanted, the one before it, and the document that it names."""

    feed: FeedKey
    place: Head
    prev: EntryId | None
    document: DocumentId | None


def of(entry: Entry) -> Gap:
    """Return an entry that is held without its body."""
    return Gap(entry.feed, Head(entry.seq, entry.id), entry.prev, entry.document)


# Of which feed and which of its blocks of places a row is.
_Block: TypeAlias = tuple[FeedKey, int]


@dataclass(slots=True)
class _Row:
    """Some gaps of neighbouring places.

    Attributes:
        gaps: by entry; written: at which bit each stood when the row was last written.
        left: the bits of those that are wanted still; kept: the same as it was last written.
    """

    gaps: dict[EntryId, Gap] = field(default_factory=dict)
    written: dict[EntryId, int] = field(default_factory=dict)
    left: int = 0
    kept: int = 0


# As if something were wanted at no bit: nothing is like it.
_UNLIKE_ANY: Final = -1


class GapRows:
    """Know which bodies are wanted, and keep that in the local store, which has it after `flush`."""

    def __init__(self, store: Store) -> None:
        self._local = store.local
        self._rows: dict[FeedKey, dict[int, _Row]] = {}
        self._changed: set[_Block] = set()
        self._count = 0
        for gap in kept(store):
            self.put(gap)
        for feed, number in self._changed:
            self._rows[feed][number].kept = _UNLIKE_ANY  # When it changes it is written whole, once.
        self._changed.clear()

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Gap]:
        return (gap for feed in self._rows for gap in self.of(feed))

    def feeds(self) -> list[FeedKey]:
        """Return the feeds of which something is wanted, as of the last `flush`."""
        return sorted(self._rows, key=lambda feed: (feed.scope, feed.device))

    def of(self, feed: FeedKey) -> list[Gap]:
        """Return what is wanted of a feed, in no order."""
        return [gap for row in self._rows.get(feed, {}).values() for gap in row.gaps.values()]

    def lowest(self, feed: FeedKey) -> Gap | None:
        """Return the lowest gap of a feed, None where nothing is wanted; as of the last `flush`."""
        rows = self._rows.get(feed)
        return min(rows[min(rows)].gaps.values(), key=_in_order) if rows else None

    def put(self, gap: Gap) -> bool:
        """Note that a body is wanted; tell whether it was not."""
        feed, (seq, entry), _, _ = gap
        number = seq // _PLACES_PER_ROW
        rows = self._rows.setdefault(feed, {})
        row = rows.get(number)
        if row is None:
            row = rows[number] = _Row()
        elif entry in row.gaps:
            return False
        row.gaps[entry] = gap
        self._changed.add((feed, number))
        self._count += 1
        return True

    def take(self, feed: FeedKey, place: Head) -> Gap | None:
        """Note that a body is not wanted any more; return what was known of it, None where it was not."""
        number = place.seq // _PLACES_PER_ROW
        row = self._rows.get(feed, {}).get(number)
        gap = row.gaps.pop(place.id, None) if row is not None else None
        if row is None or gap is None:
            return None
        if (bit := row.written.pop(place.id, None)) is not None:
            row.left ^= 1 << bit
        self._changed.add((feed, number))
        self._count -= 1
        return gap

    def flush(self) -> set[FeedKey]:
        """Write the rows that have changed; return the feeds of which something else is wanted since last."""
        changed = set()
        for feed, number in sorted(self._changed):
            row, key = self._rows[feed][number], _key(feed, number)
            if not row.gaps:
                del self._rows[feed][number]
                if not self._rows[feed]:
                    del self._rows[feed]
            if len(row.gaps) == len(row.written) and row.left == row.kept:
                continue  # What came went again.
            changed.add(feed)
            if not row.gaps:
                self._local.remove(WANTED, key)
                self._local.remove(LEFT, key)
            elif len(row.gaps) > len(row.written):
                ordered = sorted(row.gaps.values(), key=_in_order)
                row.written = {gap.place.id: bit for bit, gap in enumerate(ordered)}
                row.left = row.kept = (1 << len(ordered)) - 1
                self._local.put(WANTED, key, b"".join(part for gap in ordered for part in _parts(gap)))
                self._local.remove(LEFT, key)
            else:
                row.kept = row.left
                self._local.put(LEFT, key, row.left.to_bytes((row.left.bit_length() + 7) // 8, "big"))
        self._changed.clear()
        return changed


def kept(store: Store) -> Iterator[Gap]:
    """Yield whose bodies a store says are wanted, by feed and place."""
    left = dict(store.local.all(LEFT))
    for key, value in store.local.all(WANTED):
        bits = int.from_bytes(left[key], "big") if key in left else -1
        yield from (gap for bit, gap in enumerate(_read(key, value)) if bits >> bit & 1)


_SEQ_BYTES: Final = 8
_SCOPE_AT: Final = KEY_BYTES + _SEQ_BYTES
# What is kept of a gap: its place, the id before it, the document; zeros for what it has not.
_NONE: Final = bytes(ID_BYTES)
_ENDS: Final = tuple(accumulate((_SEQ_BYTES, ID_BYTES, ID_BYTES, ID_BYTES)))


def _key(feed: FeedKey, number: int) -> bytes:
    return feed.device + number.to_bytes(_SEQ_BYTES, "big") + feed.scope.encode()


def _in_order(gap: Gap) -> Head:
    return gap.place


def _parts(gap: Gap) -> tuple[bytes, ...]:
    (seq, entry), prev, document = gap.place, gap.prev, gap.document
    return seq.to_bytes(_SEQ_BYTES, "big"), entry, prev or _NONE, document or _NONE


def _read(key: bytes, value: bytes) -> Iterator[Gap]:
    assert len(key) > _SCOPE_AT, "what is known of wanted bodies is broken"
    assert len(value) % _ENDS[-1] == 0, "what is known of wanted bodies is broken"
    feed = FeedKey(PublicKey(key[:KEY_BYTES]), key[_SCOPE_AT:].decode())
    for start in range(0, len(value), _ENDS[-1]):
        seq, entry_id, prev, document = (
            value[start + begin : start + end] for begin, end in zip((0, *_ENDS), _ENDS, strict=False)
        )
        yield Gap(
            feed,
            Head(int.from_bytes(seq, "big"), EntryId(entry_id)),
            EntryId(prev) if prev != _NONE else None,
            DocumentId(document) if document != _NONE else None,
        )
