"""Places of a feed that come and go by the ten thousand, of which the lowest is asked for again and again."""

from collections.abc import Iterator
from heapq import heapify, heappop, heappush

from node.feeds.entry import Head
from node.ids import EntryId


class Places:
    """Hold places, and know the lowest without looking at all of them."""

    __slots__ = ("_held", "_ordered")

    def __init__(self) -> None:
        self._held: dict[EntryId, Head] = {}
        # All that are held, and some that went: those are passed over when they are the lowest.
        self._ordered: list[Head] = []

    def __len__(self) -> int:
        return len(self._held)

    def put(self, place: Head) -> bool:
        """Hold a place; tell whether it was not held before."""
        if place.id in self._held:
            return False
        self._held[place.id] = place
        heappush(self._ordered, place)
        return True

    def take(self, entry: EntryId) -> bool:
        """Let go of a place; tell whether it was held."""
        if self._held.pop(entry, None) is None:
            return False
        if len(self._ordered) > 2 * len(self._held) + _PASSED_OVER_MAX:
            self._ordered = list(self._held.values())
            heapify(self._ordered)
        return True

    def __contains__(self, entry: EntryId) -> bool:
        return entry in self._held

    def in_order(self) -> Iterator[Head]:
        """Yield all places from the lowest on; none may come meanwhile."""
        self._ordered.sort()  # In order it is a heap as well, and nearly always it was.
        before = None
        for one in self._ordered:
            if one != before and one.id in self._held:  # What went and came again stands there twice.
                yield one
            before = one

    def lowest(self) -> Head | None:
        """Return the lowest place, of several at one seq that of the lowest id; None for none."""
        while self._ordered and self._ordered[0].id not in self._held:
            heappop(self._ordered)
        return self._ordered[0] if self._ordered else None


# Places that went may take so much room beside as many as are held.
_PASSED_OVER_MAX = 1_024
