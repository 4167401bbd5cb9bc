"""The operations of one Automerge change as columns of bytes, both ways.

What an operation refers to (objects, elements, predecessors) is checked by `history.py`, not here.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final, cast

from node.crdt import columns, leb128
from node.crdt.leb128 import Reader
from node.crdt.operations import HEAD, SET, Action, Actor, Key, Operation, OperationId, Scalar
from node.errors import RejectedChangeError
from node.limits import (
    CHANGE_BYTES_PER_OPERATION_MIN,
    CHANGE_OPERATIONS_FREE,
    CHANGE_OPERATIONS_MAX,
    CHANGE_OPERATIONS_PER_KEY_MAX,
)

# An operation replaces the values its key holds, seldom more than one; the bound keeps a run-length bomb
# small.
CHANGE_PREDECESSORS_MAX: Final = 4 * CHANGE_OPERATIONS_MAX


# Column numbers of a change, in the order in which they stand in it.
_OBJECT_ACTOR: Final = 0x01
_OBJECT_COUNTER: Final = 0x02
_KEY_ACTOR: Final = 0x11
_KEY_COUNTER: Final = 0x13
_KEY_TEXT: Final = 0x15
_INSERT: Final = 0x34
_ACTION: Final = 0x42
_VALUE_SHAPE: Final = 0x56
_VALUE_BYTES: Final = 0x57
_PREDECESSOR_COUNT: Final = 0x70
_PREDECESSOR_ACTOR: Final = 0x71
_PREDECESSOR_COUNTER: Final = 0x73

COLUMN_NUMBERS: Final = frozenset(
    {
        *(_OBJECT_ACTOR, _OBJECT_COUNTER, _KEY_ACTOR, _KEY_COUNTER, _KEY_TEXT, _INSERT, _ACTION),
        *(_VALUE_SHAPE, _VALUE_BYTES, _PREDECESSOR_COUNT, _PREDECESSOR_ACTOR, _PREDECESSOR_COUNTER),
    }
)
_tuple: Final = tuple.__new__
_ACTIONS: Final = {int(action): action for action in Action}
_REFUSED_ACTIONS: Final = {5: "increment", 6: "table", 7: "mark"}
# The low four bits of a value's shape; the bits above are its length in bytes.
_NULL, _FALSE, _TRUE, _INTEGER, _TEXT, _BYTES = 0, 1, 2, 4, 6, 7
_REFUSED_KINDS: Final = {3: "unsigned integer", 5: "floating-point number", 8: "counter", 9: "timestamp"}


def read(data: Mapping[int, bytes], *, actors: Sequence[Actor], start: int) -> tuple[Operation, ...]:
    """Read the operations of a change from its columns, which must be spelled as `write` spells them.

    Args:
        data: the bytes of each column by its number, none of them empty.
        actors: the change's own actor, then the others, each of which the operations must name.
        start: the counter of the first operation.

    Raises:
        RejectedChangeError: a bound is passed, or the columns do not fit together.
    """
    actions = columns.read_unsigned(data.get(_ACTION, b""), CHANGE_OPERATIONS_MAX)
    rows = len(actions)
    _check_number(rows, data)
    table = _Table(data, rows, actors)
    values = data.get(_VALUE_BYTES, b"")
    at, end = 0, len(values)
    author = actors[0]
    operations = []
    counter = start
    for number, target, key, insert, shape, replaced in zip(
        actions, table.objects, table.keys, table.inserts, table.shapes, table.predecessors, strict=True
    ):
        action = _ACTIONS.get(number)
        if action is None:
            raise _refused_action(number)
        if shape is None:
            raise RejectedChangeError("expected the shape of a value in every row, found none in some")
        start_at, at = at, at + (shape >> 4)
        if at > end:
            raise RejectedChangeError(f"expected {shape >> 4} more bytes of values, found {end - start_at}")
        if shape & 15 == _TEXT:
            value: Scalar = columns.text(values[start_at:at])
        else:
            value = _read_value(shape & 15, values[start_at:at])
        if value is not None and action is not SET:
            raise RejectedChangeError(f"expected no value with {action.name}, found one")
        # Past the constructors: they cost as much again as the tuples.
        name = _tuple(OperationId, (counter, author))
        operations.append(_tuple(Operation, (name, action, target, key, insert, value, replaced)))
        counter += 1
    if at != end:
        raise RejectedChangeError("expected the values to end with the last operation, found more bytes")
    if rows > CHANGE_OPERATIONS_PER_KEY_MAX:
        _check_crowding(operations)
    return tuple(operations)


def write(operations: Sequence[Operation], actors: Sequence[Actor]) -> list[tuple[int, bytes]]:
    """Write the columns of a change as automerge writes them, the empty ones left out.

    Raises:
        KeyError: an operation names an actor that is not among `actors`.
    """
    index = {actor: place for place, actor in enumerate(actors)}
    # By position: a change of a card has many operations and a column for each part of them.
    _, actions, objects, keys, inserts, given, replaced = zip(*operations, strict=True)
    predecessors = [predecessor for row in replaced for predecessor in row]
    shapes, values = zip(*[_write_value(value) for value in given], strict=True)
    written = {
        **_write_objects(objects, index),
        **_write_keys(keys, index),
        _INSERT: columns.spell_booleans(inserts),
        _ACTION: columns.spell_unsigned([int(action) for action in actions]),
        _VALUE_SHAPE: columns.spell_unsigned(shapes),
        _VALUE_BYTES: b"".join(values),
        _PREDECESSOR_COUNT: columns.spell_unsigned([len(row) for row in replaced]),
        _PREDECESSOR_ACTOR: columns.spell_unsigned([index[it.actor] for it in predecessors]),
        _PREDECESSOR_COUNTER: columns.spell_deltas([it.counter for it in predecessors]),
    }
    return [(column, data) for column, data in written.items() if data]


def _write_objects(objects: Sequence[OperationId | None], index: Mapping[Actor, int]) -> dict[int, bytes]:
    """Write in which object each operation acts; nothing where all act in the root."""
    if not any(objects):
        return {}
    return {
        _OBJECT_ACTOR: columns.spell_unsigned([None if it is None else index[it.actor] for it in objects]),
        _OBJECT_COUNTER: columns.spell_unsigned([None if it is None else it.counter for it in objects]),
    }


def _write_keys(keys: Sequence[Key], index: Mapping[Actor, int]) -> dict[int, bytes]:
    """Write at which key or element each operation acts."""
    texts = [key if isinstance(key, str) else None for key in keys]
    if None not in texts:
        return {_KEY_TEXT: columns.spell_strings(texts)}
    elements = [None if isinstance(key, str) else key for key in keys]
    return {
        _KEY_ACTOR: columns.spell_unsigned(
            [None if it is None or it.counter == 0 else index[it.actor] for it in elements]
        ),
        _KEY_COUNTER: columns.spell_deltas([None if it is None else it.counter for it in elements]),
        _KEY_TEXT: columns.spell_strings(texts),
    }


class _Table:
    """The columns of a change spread out into rows of equal number, actors in place of their numbers."""

    __slots__ = ("inserts", "keys", "objects", "predecessors", "shapes")

    def __init__(self, data: Mapping[int, bytes], rows: int, actors: Sequence[Actor]) -> None:
        named: set[int | None] = set()
        self.inserts = columns.read_booleans(data.get(_INSERT, b""), rows)
        _check_rows(_INSERT, len(self.inserts), rows)
        self.shapes = _rows(data, _VALUE_SHAPE, columns.read_unsigned, rows)
        self.objects = _read_objects(data, rows, actors, named)
        self.keys = _read_keys(data, rows, actors, named)
        self.predecessors = _read_predecessors(data, rows, actors, named)
        if len(actors) > 1 and not named.issuperset(range(1, len(actors))):
            raise RejectedChangeError(
                "expected every other actor to be named by an operation, found one idle"
            )


def _check_rows(column: int, found: int, rows: int) -> None:
    """Refuse a column that does not have a row for every operation."""
    if found != rows:
        raise RejectedChangeError(f"expected {rows} rows in column {column:#04x}, found {found}")


def _rows(
    data: Mapping[int, bytes],
    column: int,
    read_column: Callable[[bytes, int], tuple[columns.T | None, ...]],
    rows: int,
) -> Sequence[columns.T | None]:
    """Read one column; an absent one holds nothing in any row."""
    if column not in data:
        return [None] * rows
    found = read_column(data[column], rows)
    _check_rows(column, len(found), rows)
    return found


def _refused_action(number: int | None) -> RejectedChangeError:
    """Return the error for an action that documents do not have."""
    found = "none" if number is None else _REFUSED_ACTIONS.get(number, f"number {number}")
    return RejectedChangeError(f"expected an action on maps, lists or texts, found {found}")


def _actor(index: int | None, actors: Sequence[Actor]) -> Actor:
    """Return the actor that a column names by its place in the change's list."""
    if index is None or index >= len(actors):
        raise RejectedChangeError(f"expected one of {len(actors)} actors, found {index}")
    return actors[index]


def _read_objects(
    data: Mapping[int, bytes], rows: int, actors: Sequence[Actor], named: set[int | None]
) -> Sequence[OperationId | None]:
    """Return the object of every row, None for the root, and note which actors are named."""
    if _OBJECT_COUNTER not in data and _OBJECT_ACTOR not in data:
        return [None] * rows
    numbers = _rows(data, _OBJECT_ACTOR, columns.read_unsigned, rows)
    counters = _rows(data, _OBJECT_COUNTER, columns.read_unsigned, rows)
    named.update(numbers)
    return [_read_object(*it, actors) for it in zip(counters, numbers, strict=True)]


def _read_object(counter: int | None, actor: int | None, actors: Sequence[Actor]) -> OperationId | None:
    """Return the object of a row: None for the root, which has neither counter nor actor."""
    if counter is None and actor is None:
        return None
    if counter is None or not 0 < counter <= columns.COUNTER_MAX:
        raise RejectedChangeError(f"expected an object's counter above 0, found {counter}")
    return OperationId(counter, _actor(actor, actors))


def _read_keys(
    data: Mapping[int, bytes], rows: int, actors: Sequence[Actor], named: set[int | None]
) -> Sequence[Key]:
    """Return the key of every row, and note which actors are named."""
    texts = _rows(data, _KEY_TEXT, columns.read_strings, rows)
    if _KEY_COUNTER not in data and _KEY_ACTOR not in data:
        if all(texts):
            return cast("Sequence[str]", texts)
        return [_read_key(text, None, None, actors) for text in texts]
    numbers = _rows(data, _KEY_ACTOR, columns.read_unsigned, rows)
    counters = _rows(data, _KEY_COUNTER, columns.read_deltas, rows)
    named.update(numbers)
    return [_read_key(*it, actors) for it in zip(texts, counters, numbers, strict=True)]


def _read_key(text: str | None, counter: int | None, actor: int | None, actors: Sequence[Actor]) -> Key:
    """Return the key of a row: text, HEAD (counter 0 without actor) or an element."""
    if text is not None:
        if not text or counter is not None or actor is not None:
            raise RejectedChangeError(
                "expected either a map key that is not empty or an element, found both or none"
            )
        return text
    if counter is None:
        raise RejectedChangeError("expected a map key or an element, found neither")
    if counter == 0 and actor is None:
        return HEAD
    if counter == 0:
        raise RejectedChangeError("expected no actor beside the head of a list, found one")
    return OperationId(counter, _actor(actor, actors))


def _read_predecessors(
    data: Mapping[int, bytes], rows: int, actors: Sequence[Actor], named: set[int | None]
) -> Sequence[tuple[OperationId, ...]]:
    """Return the predecessors of every row, which must ascend within it, and note which actors are named."""
    counted = _rows(data, _PREDECESSOR_COUNT, columns.read_unsigned, rows)
    counts = [count for count in counted if count is not None]
    _check_rows(_PREDECESSOR_COUNT, len(counts), rows)
    total = sum(counts)
    if total > CHANGE_PREDECESSORS_MAX:
        raise RejectedChangeError(f"expected at most {CHANGE_PREDECESSORS_MAX} predecessors, found {total}")
    numbers = columns.read_unsigned(data.get(_PREDECESSOR_ACTOR, b""), total)
    counters = columns.read_deltas(data.get(_PREDECESSOR_COUNTER, b""), total)
    if len(numbers) != total or len(counters) != total:
        raise RejectedChangeError(
            f"expected {total} predecessors, found {len(numbers)} actors and {len(counters)} counters"
        )
    if total == 0:
        return [()] * rows
    named.update(numbers)
    ids = [_predecessor(*it, actors) for it in zip(counters, numbers, strict=True)]
    if total == rows and max(counts) == 1:
        return [(one,) for one in ids]
    found = []
    at = 0
    for count in counts:
        row = tuple(ids[at : at + count])
        if count > 1 and any(later <= earlier for earlier, later in itertools.pairwise(row)):
            raise RejectedChangeError("expected predecessors in ascending order, found another order")
        found.append(row)
        at += count
    return found


def _predecessor(counter: int | None, actor: int | None, actors: Sequence[Actor]) -> OperationId:
    """Return a predecessor, of which neither part may be missing."""
    if counter is None:
        raise RejectedChangeError("expected the counter of a predecessor, found none")
    return OperationId(counter, _actor(actor, actors))


def _read_value(kind: int, data: bytes) -> Scalar:
    """Read one value of a kind from all of these bytes."""
    if kind == _TEXT:
        return columns.text(data)
    if kind == _BYTES:
        return data
    if kind == _INTEGER:
        reader = Reader(data)
        number = reader.signed()
        if not reader.finished:
            raise RejectedChangeError("expected an integer's bytes to end with it, found more")
        return number
    if kind not in (_NULL, _FALSE, _TRUE) or data:
        found = _REFUSED_KINDS.get(kind, f"kind {kind} of {len(data)} bytes")
        raise RejectedChangeError(f"expected null, a truth value, an integer, text or bytes, found {found}")
    return None if kind == _NULL else kind == _TRUE


def _write_value(value: Scalar) -> tuple[int, bytes]:
    """Return a value's shape and bytes."""
    if value is None:
        return _NULL, b""
    if isinstance(value, bool):
        return (_TRUE if value else _FALSE), b""
    if isinstance(value, int):
        data, kind = leb128.signed(value), _INTEGER
    elif isinstance(value, str):
        data, kind = value.encode("utf-8"), _TEXT
    else:
        data, kind = value, _BYTES
    return len(data) << 4 | kind, data


def _check_number(rows: int, data: Mapping[int, bytes]) -> None:
    """Refuse many operations in few bytes: each of them costs time and memory, whatever it was sent in."""
    if rows == 0:
        raise RejectedChangeError("expected at least one operation, found none")
    if rows <= CHANGE_OPERATIONS_FREE:
        return
    allowed = CHANGE_OPERATIONS_FREE + sum(map(len, data.values())) // CHANGE_BYTES_PER_OPERATION_MIN
    if rows > allowed:
        raise RejectedChangeError(f"expected at most {allowed} operations in so few bytes, found {rows}")


def _check_crowding(operations: Sequence[Operation]) -> None:
    """Refuse many operations on one key: automerge's time for them grows with their square."""
    crowd = Counter((operation.object, operation.key) for operation in operations)
    (_, found), *_ = crowd.most_common(1)
    if found > CHANGE_OPERATIONS_PER_KEY_MAX:
        raise RejectedChangeError(
            f"expected at most {CHANGE_OPERATIONS_PER_KEY_MAX} operations on one key, found {found}"
        )
