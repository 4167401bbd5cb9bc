"""Automerge changes as bytes: read with bounds before any work, written canonically, named by their hash.

The format is described in docs/changes.md. One rule admits a change: writing what was read gives the same
bytes, `encode(decode(raw)) == raw`. So every change has exactly one spelling, and nothing counts that this
module could not have written. Compressed changes, whole documents and bundles are other chunk types and are
refused unread.
"""

import hashlib
import itertools
from collections.abc import Sequence
from typing import Final, NamedTuple, NewType

from node.crdt import columns, leb128, operation_table
from node.crdt.leb128 import Reader
from node.crdt.operations import Actor, Operation, actors_of
from node.errors import RejectedChangeError
from node.limits import (
    CHANGE_ACTORS_MAX,
    CHANGE_BYTES_MAX,
    CHANGE_DEPENDENCIES_MAX,
    CHANGE_INFLATED_BYTES_MAX,
    CHANGE_MESSAGE_BYTES_MAX,
)

# SHA-256 over a change's chunk from its type byte on: what other changes name as a dependency.
ChangeHash = NewType("ChangeHash", bytes)

MAGIC: Final = b"\x85\x6f\x4a\x83"
HASH_BYTES: Final = 32
ACTOR_BYTES: Final = 32
# The largest integer that every implementation reads exactly, JavaScript included.
TIME_S_MAX: Final = 2**53 - 1
_CHUNK_TYPE_AT: Final = 8
_FEW: Final = (b"\x00", b"\x01")
_ACTOR_HEAD: Final = bytes([ACTOR_BYTES])
_CHANGE_TYPE: Final = 1
_CHUNK_TYPES: Final = {0: "a whole document", 1: "a change", 2: "a compressed change", 3: "a bundle"}

# Compressed changes are refused, so a change is never larger inside than outside.
assert CHANGE_BYTES_MAX <= CHANGE_INFLATED_BYTES_MAX


class Change(NamedTuple):
    """One actor's next step in a document. A tuple, because one is made for every change that arrives.

    Attributes:
        actor: the run that made it.
        seq: its place among the actor's changes, from 1.
        start: the counter of its first operation; the others follow one by one.
        time_s: seconds since 1970 as its author's clock told; nothing is decided by it.
        message: a short text for people, empty for none.
        dependencies: hashes of the changes it builds on, ascending.
        operations: what it does, at least one.
    """

    actor: Actor
    seq: int
    start: int
    time_s: int
    message: str
    dependencies: tuple[ChangeHash, ...]
    operations: tuple[Operation, ...]

    @property
    def last_counter(self) -> int:
        """Return the counter of the last operation."""
        return self.start + len(self.operations) - 1


def change_hash(raw: bytes) -> ChangeHash:
    """Return the hash that names a change chunk, without judging the bytes."""
    return ChangeHash(hashlib.sha256(raw[_CHUNK_TYPE_AT:]).digest())


def sealed_name(raw: bytes) -> ChangeHash | None:
    """Return the hash of a chunk that is no longer than a change may be and whose checksum holds, or None."""
    if len(raw) > CHANGE_BYTES_MAX:
        return None
    name = change_hash(raw)
    return name if raw[:_CHUNK_TYPE_AT] == MAGIC + name[:4] else None


def seal_holds(raw: bytes) -> bool:
    """Tell whether the bytes begin with the format's mark and the checksum of what follows."""
    return raw[:_CHUNK_TYPE_AT] == MAGIC + change_hash(raw)[:4]


def decode(raw: bytes, *, sealed: bool = False) -> Change:
    """Read a change that somebody else wrote.

    Whatever this returns, `encode` writes back as `raw`: every integer is the shortest, every column is
    what writing its rows gives, and nothing stands there that `encode` would leave out. The tests and the
    fuzz targets hold it against that definition.

    Args:
        raw: the chunk.
        sealed: whether `sealed_name` has named these bytes already, so that they are not hashed again.

    Raises:
        RejectedChangeError: not a change chunk, beyond a bound, malformed, or not in its one canonical
        spelling.
    """
    body = _body(raw, sealed=sealed)
    dependencies = _read_dependencies(body)
    actor = _read_actor(body)
    seq = _bounded(body.unsigned(), 1, columns.COUNTER_MAX, "a sequence number")
    start = _bounded(body.unsigned(), 1, columns.COUNTER_MAX, "a first counter")
    time_s = _bounded(body.signed(), 0, TIME_S_MAX, "a time in seconds")
    message = columns.text(body.counted(bytes_max=CHANGE_MESSAGE_BYTES_MAX, what="a message"))
    others = _bounded(body.unsigned(), 0, CHANGE_ACTORS_MAX - 1, "a number of other actors")
    actors = [actor]
    if others:
        actors += (_read_actor(body) for _ in range(others))
        _check_others(actors)
    data = _read_columns(body)
    operations = operation_table.read(data, actors=actors, start=start)
    _bounded(start + len(operations) - 1, 1, columns.COUNTER_MAX, "a last counter")
    return Change(actor, seq, start, time_s, message, dependencies, operations)


def encode(change: Change) -> bytes:
    """Write a change in its one canonical spelling, checksum included."""
    actors = [change.actor, *sorted(actors_of(change.operations) - {change.actor})]
    table = operation_table.write(change.operations, actors)
    message = change.message.encode("utf-8")
    unsigned = leb128.unsigned
    parts = [unsigned(len(change.dependencies)), *change.dependencies]
    parts += [unsigned(len(change.actor)), change.actor, unsigned(change.seq), unsigned(change.start)]
    parts += [leb128.signed(change.time_s), unsigned(len(message)), message, unsigned(len(actors) - 1)]
    for actor in actors[1:]:
        parts += [unsigned(len(actor)), actor]
    parts.append(unsigned(len(table)))
    parts += [unsigned(number) + unsigned(len(data)) for number, data in table]
    parts += [data for _, data in table]
    body = b"".join(parts)
    sealed = bytes([_CHANGE_TYPE]) + unsigned(len(body)) + body
    return MAGIC + hashlib.sha256(sealed).digest()[:4] + sealed


def dependencies_of(raw: bytes) -> tuple[ChangeHash, ...]:
    """Return the dependencies of a change that `decode` has admitted, without reading the rest."""
    reader = Reader(raw, _CHUNK_TYPE_AT + 1)
    reader.unsigned()
    return _read_dependencies(reader)


def actor_of(raw: bytes) -> Actor:
    """Return the actor that a change names, judging no more than it takes to find it.

    Raises:
        RejectedChangeError: the bytes end or break before it.
    """
    # Nearly every change is of less than 16 kB and builds on one other or none.
    at = _CHUNK_TYPE_AT + (3 if raw[_CHUNK_TYPE_AT + 1 : _CHUNK_TYPE_AT + 2] >= b"\x80" else 2)
    if raw[at - 1 : at] < b"\x80" and raw[at : at + 1] in _FEW:
        start = at + 1 + raw[at] * HASH_BYTES
        if raw[start : start + 1] == _ACTOR_HEAD and len(raw) > start + ACTOR_BYTES:
            return Actor(raw[start + 1 : start + 1 + ACTOR_BYTES])
    reader = Reader(raw, min(len(raw), _CHUNK_TYPE_AT + 1))
    reader.unsigned()
    _read_dependencies(reader)
    return _read_actor(reader)


def _body(raw: bytes, *, sealed: bool) -> Reader:
    """Return a reader of a change chunk's inside after length, mark, type, length again and checksum hold."""
    if len(raw) > CHANGE_BYTES_MAX:
        raise RejectedChangeError(f"expected a change of at most {CHANGE_BYTES_MAX} bytes, found {len(raw)}")
    if raw[:4] != MAGIC or len(raw) <= _CHUNK_TYPE_AT:
        raise RejectedChangeError(f"expected the mark {MAGIC.hex()} and a chunk, found {raw[:9].hex()}")
    if raw[_CHUNK_TYPE_AT] != _CHANGE_TYPE:
        found = _CHUNK_TYPES.get(raw[_CHUNK_TYPE_AT], f"chunk type {raw[_CHUNK_TYPE_AT]}")
        raise RejectedChangeError(f"expected an uncompressed change, found {found}")
    reader = Reader(raw, _CHUNK_TYPE_AT + 1)
    length = reader.unsigned()
    if length != reader.end - reader.at:
        raise RejectedChangeError(f"expected one chunk of {length} bytes, found {reader.end - reader.at}")
    if not sealed and not seal_holds(raw):
        raise RejectedChangeError("expected a checksum that fits the bytes, found another")
    return reader


def _check_others(actors: Sequence[Actor]) -> None:
    """Check that the other actors ascend and that the author is not among them."""
    if any(later <= earlier for earlier, later in itertools.pairwise(actors[1:])) or actors[0] in actors[1:]:
        raise RejectedChangeError("expected other actors in ascending order, each once, found another list")


def _read_dependencies(body: Reader) -> tuple[ChangeHash, ...]:
    """Read the hashes a change builds on, which must ascend."""
    count = _bounded(body.unsigned(), 0, CHANGE_DEPENDENCIES_MAX, "a number of dependencies")
    hashes = body.take(count * HASH_BYTES)
    found = tuple([ChangeHash(hashes[at : at + HASH_BYTES]) for at in range(0, len(hashes), HASH_BYTES)])
    if count > 1 and any(later <= earlier for earlier, later in itertools.pairwise(found)):
        raise RejectedChangeError("expected dependencies in ascending order, found another order")
    return found


def _read_actor(body: Reader) -> Actor:
    """Read an actor id, which is the hash of a run and so 32 bytes long."""
    actor = body.counted(bytes_max=ACTOR_BYTES, what="an actor")
    if len(actor) != ACTOR_BYTES:
        raise RejectedChangeError(f"expected an actor of {ACTOR_BYTES} bytes, found {len(actor)}")
    return Actor(actor)


def _read_columns(body: Reader) -> dict[int, bytes]:
    """Read the table of columns, which must be known, ascend and not be empty, and cut out their bytes.

    Nothing may follow them, so their sizes must add up to what is left. Done by hand: it is a third of a
    change's integers, and all but the sizes of long columns are single bytes.
    """
    count = _bounded(body.unsigned(), 0, len(operation_table.COLUMN_NUMBERS), "a number of columns")
    data, at, end = body.data, body.at, body.end
    sizes = []
    before = total = 0
    for _ in range(count):
        if at + 1 >= end:
            raise RejectedChangeError("expected the number and size of a column, found the end")
        number, size = data[at], data[at + 1]
        at += 2
        if number <= before or number not in operation_table.COLUMN_NUMBERS:
            raise RejectedChangeError(f"expected a known column above number {before}, found {number}")
        if size >= 0x80:
            body.at = at - 1
            size = body.unsigned()
            at = body.at
        if size == 0:
            raise RejectedChangeError(f"expected an empty column to be left out, found number {number}")
        before = number
        total += size
        sizes.append((number, size))
    if total != end - at:
        raise RejectedChangeError(f"expected columns of {total} bytes and nothing more, found {end - at}")
    found = {}
    for number, size in sizes:
        found[number] = data[at : at + size]
        at += size
    return found


def _bounded(number: int, least: int, most: int, what: str) -> int:
    """Return a number after checking that it lies within its bounds."""
    if not least <= number <= most:
        raise RejectedChangeError(f"expected {what} from {least} to {most}, found {number}")
    return number
