"""First changes: a document's state as the changes that an epoch begins with, and drafts of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from node import canonical
from node.crdt import epochs
from node.crdt.edits import Edit, Put, Tree
from node.crdt.epochs import Epoch
from node.engine.drafts import Draft
from node.errors import UserError
from node.feeds.bodies import Changes, Kind
from node.ids import DocumentId
from node.limits import BODY_BYTES_MAX, CHANGES_PER_BODY_MAX

# Bytes and values of one first change: well within what a change may hold (limits.py).
_PART_BYTES: Final = 24 * 1024
_PART_VALUES: Final = 1_000
# What a body holds beside its changes and the list of what it includes.
_FRAME_BYTES: Final = 1_024


def drafts(document: DocumentId, epoch: Epoch, nonce: bytes, raws: Sequence[bytes]) -> Iterator[Draft]:
    """Yield the epoch with as many first changes as fit, and the rest behind it."""
    room = BODY_BYTES_MAX - _FRAME_BYTES - len(canonical.encode(epochs.encode(epoch)))
    if room < 0:
        raise UserError("too many entries have to be named for this document to be begun anew")
    taken, size = 0, 0
    for raw in raws[:CHANGES_PER_BODY_MAX]:
        size += len(raw) + 5
        if size > room:
            break
        taken += 1
    if raws and not taken:
        raise UserError("this document is too large to be begun anew")
    first = Changes(nonce, tuple(raws[:taken])) if raws else None
    yield Draft(Kind.EPOCH, epochs.encode(replace(epoch, first=first)), document)
    for raw in raws[taken:]:
        yield Draft(Kind.CHANGES, [None, [raw]], document)


def parts(tree: Mapping[str, Tree]) -> Iterator[list[Edit]]:
    """Yield edits that write a tree, in parts that fit into one change each."""
    part: list[Edit] = []
    size = values = 0
    for put in (put for key in sorted(tree) for put in _puts((key,), tree[key])):
        more = _size(put.value)
        if part and (size + more > _PART_BYTES or values >= _PART_VALUES):
            yield part
            part, size, values = [], 0, 0
        part.append(put)
        size, values = size + more, values + _values(put.value)
    if part:
        yield part


def _puts(path: tuple[str | int, ...], value: Tree) -> Iterator[Put]:
    """Yield the edits that write a value, a large map key by key."""
    if not isinstance(value, Mapping) or (_size(value) <= _PART_BYTES and _values(value) <= _PART_VALUES):
        yield Put(path, value)
        return
    yield Put(path, {})
    for key in sorted(value):
        yield from _puts((*path, key), value[key])


def _size(value: Tree) -> int:
    return (
        len(canonical.encode(value))
        if not isinstance(value, Mapping)
        else sum(len(key.encode()) + 8 + _size(one) for key, one in value.items())
    )


def _values(value: Tree) -> int:
    if isinstance(value, Mapping):
        return 1 + sum(map(_values, value.values()))
    return 1 + sum(map(_values, value)) if isinstance(value, list | tuple) else 1
