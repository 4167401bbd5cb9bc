"""Items for tests of ranges: their places are chosen, so that any shape of tree can be had."""

from hashlib import sha256

from node.ids import CommunityId
from node.replication.ranges.items import CharterState, Item


def item(number: int, *, place: bytes | None = None, says: str = "") -> Item:
    """Return an item that is the same for the same arguments."""
    digest = sha256(f"{number} {says}".encode()).digest()
    where = place if place is not None else sha256(f"place {number}".encode()).digest()
    return Item(where, digest, CharterState(CommunityId(digest), digest))


def crowd(count: int, *, first: int = 0) -> list[Item]:
    """Return so many items, scattered."""
    return [item(number) for number in range(first, first + count)]


def crowded(count: int, prefix: str) -> list[Item]:
    """Return so many items whose places all begin with these digits."""
    start = bytes.fromhex(prefix)
    return [
        item(number, place=start + sha256(f"{number}".encode()).digest()[len(start) :], says=prefix)
        for number in range(count)
    ]
