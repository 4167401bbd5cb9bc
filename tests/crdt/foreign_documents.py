"""Documents that others wrote, spelled so that our gate may judge them, and what Automerge reads in them.

Our actors are 32 bytes long and theirs 16, so not one of their changes is admitted as it is. Here each actor
is filled up with zeros, which keeps their order, and what a change builds on is named anew; operations stay
as they are, byte for byte. Floating-point numbers, which no document of ours holds, may become the eight
bytes that they are: the same operations at the same places.
"""

import struct
import zlib
from collections.abc import Sequence
from typing import Any

from automerge import core

from node.crdt import changes, leb128
from node.crdt.changes import ChangeHash
from node.crdt.edits import Tree
from node.crdt.leb128 import Reader
from node.crdt.operations import Actor
from node.crdt.waiting import Offer
from tests.crdt.histories import resealed

_TYPE_AT = 8
_CHANGE, _COMPRESSED = 1, 2
# The column that says of which type each value is and how long, and two of its types.
_VALUE_TYPES = 86
_FLOAT, _BYTES = 5, 7
_TYPE_BITS = 4

Names = dict[ChangeHash, ChangeHash]


def chunks(raw: bytes) -> list[bytes]:
    """Cut a file into its chunks: changes, or a whole document."""
    found = []
    while raw:
        reader = Reader(raw, _TYPE_AT + 1)
        reader.take(reader.unsigned())
        found.append(raw[: reader.at])
        raw = raw[reader.at :]
    return found


def changes_in(raw: bytes) -> list[bytes]:
    """Return the changes of a file in the order in which they stand there, none of them compressed."""
    if raw[_TYPE_AT] in (_CHANGE, _COMPRESSED):
        return [inflated(one) for one in chunks(raw)]
    return [inflated(bytes(one.raw_bytes)) for one in core.Document.load(raw).get_changes([])]


def inflated(raw: bytes) -> bytes:
    """Return a change as peers send it: Automerge compresses longer ones on its way out."""
    if raw[_TYPE_AT] != _COMPRESSED:
        return raw
    reader = Reader(raw, _TYPE_AT + 1)
    return _change(zlib.decompress(reader.take(reader.unsigned()), wbits=-15))


def respelled(raws: Sequence[bytes], *, floats: bool = False) -> tuple[list[Offer], Names]:
    """Return the changes with actors of our length, in the same order, and what each was named before.

    Args:
        raws: a history, nothing of it missing.
        floats: whether floating-point numbers become bytes.
    """
    names: Names = {}
    made: dict[int, Offer] = {}
    while len(made) < len(raws):
        ready = [at for at, raw in enumerate(raws) if at not in made and _needs(raw) <= set(names)]
        assert ready, "a change is missing that others build on"
        for at in ready:
            raw = _respelled(raws[at], names, floats=floats)
            names[changes.change_hash(raws[at])] = changes.change_hash(raw)
            made[at] = Offer(raw, changes.actor_of(raw), at.to_bytes(2, "big"))
    return [made[at] for at in range(len(raws))], {new: old for old, new in names.items()}


def their_content(raw: bytes) -> tuple[dict[str, Tree], tuple[ChangeHash, ...]]:
    """Return what Automerge reads in a file, floating-point numbers as bytes, and the heads that it names."""
    document = core.Document.load(raw)
    heads = sorted(ChangeHash(bytes(head)) for head in document.get_heads())
    return _map(document, core.ROOT), tuple(heads)


def _needs(raw: bytes) -> set[ChangeHash]:
    return set(changes.dependencies_of(raw))


def _change(body: bytes) -> bytes:
    return resealed(bytes(_TYPE_AT) + bytes([_CHANGE]) + leb128.unsigned(len(body)) + body)


def _respelled(raw: bytes, names: Names, *, floats: bool) -> bytes:
    reader = Reader(raw, _TYPE_AT + 1)
    reader.unsigned()
    below = sorted(names[ChangeHash(reader.take(changes.HASH_BYTES))] for _ in range(reader.unsigned()))
    spelled = [leb128.unsigned(len(below)), *below, _actor(reader)]
    start = reader.at
    reader.unsigned(), reader.unsigned(), reader.signed()  # Its number, its first counter, its time.
    reader.take(reader.unsigned())
    others = reader.unsigned()
    spelled += [raw[start : reader.at], *(_actor(reader) for _ in range(others))]
    start = reader.at
    columns = [(reader.unsigned(), reader.unsigned()) for _ in range(reader.unsigned())]
    spelled.append(raw[start : reader.at])
    for number, length in columns:
        data = reader.take(length)
        spelled.append(_without_floats(data) if floats and number == _VALUE_TYPES else data)
    return _change(b"".join([*spelled, raw[reader.at :]]))


def _actor(reader: Reader) -> bytes:
    actor = Actor(reader.take(reader.unsigned()).ljust(changes.ACTOR_BYTES, b"\x00"))
    return leb128.unsigned(len(actor)) + actor


def _without_floats(column: bytes) -> bytes:
    """Return the column of values' types with bytes for floating-point numbers: both are spelled as long."""
    reader, spelled = Reader(column), []
    while not reader.finished:
        start = reader.at
        count = reader.signed()
        spelled.append(column[start : reader.at])
        if count == 0:
            spelled.append(leb128.unsigned(reader.unsigned()))
        for _ in range(1 if count > 0 else -count):
            length, kind = divmod(reader.unsigned(), 1 << _TYPE_BITS)
            kind = _BYTES if kind == _FLOAT else kind
            spelled.append(leb128.unsigned(length << _TYPE_BITS | kind))
    return b"".join(spelled)


def _map(document: Any, name: bytes) -> dict[str, Tree]:
    found = zip(document.keys(name), document.values(name), strict=True)
    return {key: _value(document, value) for key, value in found}


def _value(document: Any, found: Any) -> Tree:
    kind, name = found
    if kind == core.ObjType.Map:
        return _map(document, name)
    if kind == core.ObjType.List:
        return [_value(document, value) for value in document.values(name)]
    if kind == core.ObjType.Text:
        return str(document.text(name))
    scalar, value = kind
    if scalar == core.ScalarType.F64:
        return struct.pack("<d", value)
    assert scalar in (
        core.ScalarType.Str,
        core.ScalarType.Int,
        core.ScalarType.Boolean,
        core.ScalarType.Null,
    ), scalar
    plain: Tree = value
    return plain
