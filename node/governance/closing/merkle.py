"""A tree of hashes over sorted ids, so that a short proof shows that one of them is listed.

The tree of RFC 9162 ("Certificate Transparency Version 2.0"), section 2.1: leaves and nodes are hashed under
different first bytes, so that no node can be passed off as a leaf.
"""

from collections.abc import Sequence
from hashlib import sha256


def root(leaves: Sequence[bytes]) -> bytes:
    """Return the tree's hash; of no leaves it is SHA-256 of nothing."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    split = _split(len(leaves))
    return _node(root(leaves[:split]), root(leaves[split:]))


def proof(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Return the hashes that lead from the leaf at `index` (from 0) to the root, lowest first.

    Raises:
        IndexError: there is no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise IndexError(index)
    if len(leaves) == 1:
        return ()
    split = _split(len(leaves))
    if index < split:
        return (*proof(leaves[:split], index), root(leaves[split:]))
    return (*proof(leaves[split:], index - split), root(leaves[:split]))


def proves(leaf: bytes, index: int, size: int, path: Sequence[bytes], expected: bytes) -> bool:
    """Tell whether `path` shows that `leaf` stands at `index` of `size` leaves under the root `expected`.

    The check of RFC 9162, section 2.1.3.2.
    """
    if not 0 <= index < size:
        return False
    place, last = index, size - 1
    found = sha256(b"\x00" + leaf).digest()
    for step in path:
        if last == 0:
            return False
        if place % 2 == 1 or place == last:
            found = _node(step, found)
            while place % 2 == 0 and place != 0:
                place, last = place >> 1, last >> 1
        else:
            found = _node(found, step)
        place, last = place >> 1, last >> 1
    return last == 0 and found == expected


def _split(size: int) -> int:
    """Return the largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()
