"""Plain changes as bytes: what nearly every entry brings, read in one go.

A plain change builds on two changes at most, and sets, begins or deletes values under keys of maps, at each
place in the stead of one value or none. What is read here is what `changes.decode` reads of the same bytes,
with every rule of docs/changes.md, sections 1 and 2; the tests hold the two together. Whatever is not plain,
or not certainly in its one spelling, is None here and judged from there: this module refuses nothing.
"""

import hashlib
import re
from collections.abc import Sequence
from typing import Final, NamedTuple, TypeAlias

from node.crdt import columns
from node.crdt.changes import ACTOR_BYTES, HASH_BYTES, MAGIC, ChangeHash
from node.crdt.leb128 import Reader
from node.crdt.operations import DELETE, MAKE_MAP, SET, Actor, Scalar
from node.errors import RejectedChangeError
from node.limits import CHANGE_BYTES_MAX, CHANGE_OPERATIONS_PER_KEY_MAX

# An operation that another names: its counter and its actor.
Named: TypeAlias = tuple[int, Actor]

# With more operations than may act on one key, they would have to be counted by their keys.
ROWS_MAX: Final = CHANGE_OPERATIONS_PER_KEY_MAX
_TYPE_AT: Final = 8
# An unsigned integer of at most three bytes in its shortest spelling, and the same without zero.
_NUMBER: Final = rb"([\x00-\x7f]|[\x80-\xff][\x01-\x7f]|[\x80-\xff]{2}[\x01-\x7f])"
_SIZE: Final = rb"([\x01-\x7f]|[\x80-\xff][\x01-\x7f]|[\x80-\xff]{2}[\x01-\x7f])"
# From a chunk's type to the end of its table of columns. A time of five bytes is one from 1974 to 2514; its
# value decides nothing. No message.
_HEAD: Final = re.compile(
    rb"\x01" + _NUMBER + rb"(?:\x00|\x01(.{32})|\x02(.{64}))\x20(.{32})" + _SIZE + _SIZE
    + rb"[\x80-\xff]{4}[\x01-\x3f]\x00([\x00-\x07])((?:\x20.{32})*)([\x05-\x0a])"
    + rb"(?:\x01" + _SIZE + rb"\x02" + _SIZE + rb")?"
    + rb"\x15" + _SIZE + rb"\x34" + _SIZE + rb"\x42" + _SIZE + rb"\x56" + _SIZE
    + rb"(?:\x57" + _SIZE + rb")?\x70" + _SIZE + rb"(?:\x71" + _SIZE + rb"\x73" + _SIZE + rb")?",
    re.DOTALL,
)  # fmt: skip
# Columns of a plain change, of which those are left out that would be empty.
_COLUMNS: Final = 10
# How the column of insertions says that there is none, by rows.
_NO_INSERTION: Final = tuple(bytes([rows]) for rows in range(ROWS_MAX + 1))
# The low four bits of a value's shape (operation_table.py); above them is its length in bytes.
_INTEGER, _TEXT, _BYTES = 4, 6, 7
_CONSTANTS: Final[dict[int, Scalar]] = {0: None, 1: False, 2: True}
_NOTHING: Final = tuple((None,) * rows for rows in range(ROWS_MAX + 1))
_ALL_SET: Final = tuple((int(SET),) * rows for rows in range(ROWS_MAX + 1))
_ACTIONS: Final = frozenset({int(MAKE_MAP), int(SET), int(DELETE)})
_NONE_OR_ONE: Final = frozenset({0, 1})
_tuple: Final = tuple.__new__


class Plain(NamedTuple):
    """A plain change: who made it and what it does, row by row.

    Attributes:
        dependencies: the changes that it builds on, two at most, ascending.
        objects: the map in which each operation acts, None for the root.
        predecessors: what each operation replaces, None for nothing.
    """

    name: ChangeHash
    actor: Actor
    seq: int
    start: int
    dependencies: tuple[ChangeHash, ...]
    keys: Sequence[str]
    actions: Sequence[int | None]
    values: Sequence[Scalar]
    objects: Sequence[Named | None]
    predecessors: Sequence[Named | None]


def read(raw: bytes) -> Plain | None:
    """Return a plain change, None for anything else."""
    digest = hashlib.sha256(raw[_TYPE_AT:]).digest()
    if raw[:_TYPE_AT] != MAGIC + digest[:4] or len(raw) > CHANGE_BYTES_MAX:
        return None
    head = _HEAD.match(raw, _TYPE_AT)
    if head is None or _number(head[1]) != len(raw) - head.end(1):
        return None
    try:
        return _read(ChangeHash(digest), raw, head)
    except (RejectedChangeError, ValueError):  # Not UTF-8, and columns of unequal length.
        return None


def _read(name: ChangeHash, raw: bytes, head: re.Match[bytes]) -> Plain | None:
    _, one, two, author, seq, start, others, listed, count, *sizes = head.groups()
    parts = []
    at = head.end()
    for size in sizes:
        end = at if size is None else at + (size[0] if len(size) == 1 else _number(size))
        parts.append(raw[at:end])
        at = end
    if at != len(raw) or count[0] != _COLUMNS - parts.count(b""):
        return None
    below: tuple[bytes, ...] = (one,) if one is not None else ()
    if two is not None:
        below = two[:HASH_BYTES], two[HASH_BYTES:]
        if below[0] >= below[1]:
            return None
    actors = [Actor(author)]
    if others[0] or listed:
        actors += (Actor(listed[at : at + ACTOR_BYTES]) for at in range(1, len(listed), ACTOR_BYTES + 1))
        if len(actors) != others[0] + 1 or actors[1:] != sorted({*actors[1:]} - {author}):
            return None
    rows = _rows(parts, actors)
    if rows is None:
        return None
    return _tuple(Plain, (name, author, _number(seq), _number(start), below, *rows))


def _rows(parts: Sequence[bytes], actors: Sequence[Actor]) -> tuple[Sequence[object], ...] | None:
    """Return keys, actions, values, objects and predecessors of a change, row by row."""
    keys = columns.read_strings(parts[2], ROWS_MAX)
    rows = len(keys)
    if parts[3] != _NO_INSERTION[rows] or not all(keys):
        return None
    actions = columns.read_unsigned(parts[4], rows)
    values = _values(columns.read_unsigned(parts[5], rows), parts[6])
    if actions != _ALL_SET[rows] and not _hold_no_values(actions, values):
        return None
    objects, inside = _objects(parts[0], parts[1], actors, rows)
    replaced, behind = _predecessors(parts[7:], actors, rows)
    if not len(actions) == len(values) == len(objects) == len(replaced) == rows:
        return None
    if len(actors) > 1 and len({*inside, *behind} - {None, 0}) != len(actors) - 1:
        return None  # One of the other actors is named by no operation.
    return keys, actions, values, objects, replaced


def _values(shapes: Sequence[int | None], data: bytes) -> list[Scalar]:
    """Return the value of each row, none at all unless they take up all of these bytes."""
    values: list[Scalar] = []
    at = 0
    for shape in shapes:
        if shape is None:
            return []
        start, at, kind = at, at + (shape >> 4), shape & 15
        if kind == _TEXT:
            values.append(data[start:at].decode())
        elif kind == _INTEGER:
            reader = Reader(data[start:at])
            values.append(reader.signed())
            if not reader.finished:
                return []
        elif kind == _BYTES:
            values.append(data[start:at])
        elif kind in _CONSTANTS and start == at:
            values.append(_CONSTANTS[kind])
        else:
            return []
    return values if at == len(data) else []


def _hold_no_values(actions: Sequence[int | None], values: Sequence[Scalar]) -> bool:
    """Tell whether actions are of the known ones, and only those that set something hold a value."""
    if not _ACTIONS.issuperset(actions):
        return False
    return all(value is None for action, value in zip(actions, values, strict=True) if action != SET)


def _objects(
    named: bytes, counted: bytes, actors: Sequence[Actor], rows: int
) -> tuple[Sequence[Named | None], Sequence[int | None]]:
    """Return the map that each row acts in, and which actors are named for it."""
    if not named:
        return _NOTHING[rows], ()
    numbers, counters = columns.read_unsigned(named, rows), columns.read_unsigned(counted, rows)
    if not all(counter is None or 0 < counter <= columns.COUNTER_MAX for counter in counters):
        return (), ()
    found = [
        None if number is None and counter is None else _operation(counter, number, actors)
        for number, counter in zip(numbers, counters, strict=True)
    ]
    return found, numbers


def _predecessors(
    parts: Sequence[bytes], actors: Sequence[Actor], rows: int
) -> tuple[Sequence[Named | None], Sequence[int | None]]:
    """Return what each row replaces, and which actors are named for it."""
    counts = columns.read_unsigned(parts[0], rows)
    if len(counts) != rows or not _NONE_OR_ONE.issuperset(counts):
        return (), ()  # Before they are added up: they bound what is read next.
    if not parts[1]:
        return (_NOTHING[rows] if 1 not in counts else ()), ()
    total = counts.count(1)
    numbers, counters = columns.read_unsigned(parts[1], total), columns.read_deltas(parts[2], total)
    named = [_operation(*one, actors) for one in zip(counters, numbers, strict=True)]
    if len(named) != total:
        return (), ()
    if total == rows:
        return named, numbers
    following = iter(named)
    return [next(following) if count else None for count in counts], numbers


def _operation(counter: int | None, number: int | None, actors: Sequence[Actor]) -> Named:
    if counter is None or number is None or number >= len(actors):
        raise RejectedChangeError("expected the counter and the actor of an operation, found none")
    return counter, actors[number]


def _number(spelled: bytes) -> int:
    """Return what a match of `_NUMBER` says."""
    value = shift = 0
    for group in spelled:
        value |= (group & 0x7F) << shift
        shift += 7
    return value
