"""A set of items as a tree of hashes over ranges of places, whose shape depends on the set alone.

A *range* is all items whose place begins with some hexadecimal digits. Up to `LISTED_MAX` items it is a
list, beyond that it has sixteen parts, one for each next digit. So two nodes that hold the same items build
the same tree, whatever the order in which they came, and equal hashes mean equal sets: to make two sets with
one hash, somebody who may choose items has to find a collision of SHA-256, for each hash covers the hashes
below it in order. Sums and exclusive-or of items, which are cheaper to keep, fall to linear algebra.

Trees are never changed: `put` and `drop` return another one that shares all but one path with the first. A
snapshot costs nothing, and a hash is computed once, when it is first asked for.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Final

from node.replication.ranges.items import Item

# Part of the protocol: it decides the shape of the tree. A list of 16 names costs as much as sixteen
# fingerprints, so neither is cheaper to say.
LISTED_MAX: Final = 16
PARTS: Final = 16
NOTHING: Final = bytes(32)
_LIST: Final = b"\x00"
_PARTS: Final = b"\x01"


class Range:
    """All items whose place begins with the digits that lead here."""

    __slots__ = ("_hash", "_items", "_parts", "count")

    def __init__(self, items: Sequence[Item] = (), parts: Sequence["Range"] = ()) -> None:
        """Take sorted items or sixteen parts; `build`, `put` and `drop` are the ways to make one."""
        self._items = tuple(items)
        self._parts = tuple(parts)
        self.count: int = len(self._items) if not parts else sum(part.count for part in parts)
        self._hash: bytes | None = None

    @property
    def hash(self) -> bytes:
        """Return 32 bytes that stand for this very set of items; zeros for none."""
        if self._hash is None:
            if self._parts:
                self._hash = sha256(_PARTS + b"".join(part.hash for part in self._parts)).digest()
            elif self._items:
                self._hash = sha256(_LIST + b"".join(item.digest for item in self._items)).digest()
            else:
                self._hash = NOTHING
        return self._hash

    def __iter__(self) -> Iterator[Item]:
        """Yield the items, sorted by place."""
        for part in self._parts:
            yield from part
        yield from self._items

    @property
    def parts(self) -> tuple["Range", ...]:
        """Return the sixteen parts, or nothing where the items are few enough to be listed."""
        return self._parts

    def get(self, place: bytes) -> Item | None:
        """Return the item at a place, None when nothing lies there."""
        found, depth = self, 0
        while found.parts:
            found, depth = found.parts[_digit(place, depth)], depth + 1
        return next((item for item in found if item.place == place), None)

    def under(self, prefix: str) -> "Range":
        """Return the range of the places that begin with these hexadecimal digits; call it on the root."""
        found = self
        for digit in prefix:
            if not found.parts:
                return Range([item for item in found if item.place.hex().startswith(prefix)])
            found = found.parts[int(digit, 16)]
        return found

    def put(self, item: Item, depth: int = 0) -> "Range":
        """Return this tree with one item more, or with the item at that place replaced."""
        if self._parts:
            return self._with_part(_digit(item.place, depth), lambda part: part.put(item, depth + 1))
        others = [one for one in self._items if one.place != item.place]
        return build([*others, item], depth)

    def drop(self, place: bytes, depth: int = 0) -> "Range":
        """Return this tree without the item at a place."""
        if not self._parts:
            return Range([one for one in self._items if one.place != place])
        smaller = self._with_part(_digit(place, depth), lambda part: part.drop(place, depth + 1))
        return Range(tuple(smaller)) if smaller.count <= LISTED_MAX else smaller

    def _with_part(self, digit: int, change: Callable[["Range"], "Range"]) -> "Range":
        changed = change(self._parts[digit])
        return Range(parts=(*self._parts[:digit], changed, *self._parts[digit + 1 :]))


def build(items: Iterable[Item], depth: int = 0) -> Range:
    """Return the tree of these items, which have one place each and agree in the first `depth` digits."""
    found = sorted(items, key=lambda item: item.place)
    if len(found) <= LISTED_MAX:
        return Range(found)
    groups: list[list[Item]] = [[] for _ in range(PARTS)]
    for item in found:
        groups[_digit(item.place, depth)].append(item)
    return Range(parts=[build(group, depth + 1) for group in groups])


def _digit(place: bytes, depth: int) -> int:
    byte = place[depth // 2]
    return byte & 15 if depth % 2 else byte >> 4
