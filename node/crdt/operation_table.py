"""The operations of one Automerge change as columns of bytes, both ways.

What an operation refers to (objects, elements, predecessors) is checked by `history.py`, not here.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum
from typing import Final

from node.crdt import columns, leb128
from node.crdt.columns import Integers
from node.crdt.leb128 import Reader
from node.crdt.operations import HEAD, Action, Actor, Key, Operation, OperationId, Scalar
from node.errors import RejectedChangeError
from node.limits import CHANGE_OPERATIONS_MAX, CHANGE_OPERATIONS_PER_KEY_MAX

# An operation replaces the values its key holds, seldom more than one; the bound keeps a run-length bomb
# small.
CHANGE_PREDECESSORS_MAX: Final = 4 * CHANGE_OPERATIONS_MAX


class _Column(IntEnum):
    """Column numbers of a change, in the order in which they stand in it."""

    OBJECT_ACTOR = 0x01
    OBJECT_COUNTER = 0x02
    KEY_ACTOR = 0x11
    KEY_COUNTER = 0x13
    KEY_TEXT = 0x15
    INSERT = 0x34
    ACTION = 0x42
    VALUE_SHAPE = 0x56
    VALUE_BYTES = 0x57
    PREDECESSOR_COUNT = 0x70
    PREDECESSOR_ACTOR = 0x71
    PREDECESSOR_COUNTER = 0x73


COLUMN_NUMBERS: Final = frozenset(int(column) for column in _Column)
_ACTIONS: Final = {int(action): action for action in Action}
_REFUSED_ACTIONS: Final = {5: "increment", 6: "table", 7: "mark"}
# The low four bits of a value's shape; the bits above are its length in bytes.
_NULL, _FALSE, _TRUE, _INTEGER, _TEXT, _BYTES = 0, 1, 2, 4, 6, 7
_REFUSED_KINDS: Final = {3: "unsigned integer", 5: "floating-point number", 8: "counter", 9: "timestamp"}


def read(data: Mapping[int, bytes], *, actors: Sequence[Actor], start: int) -> tuple[Operation, ...]:
    """Read the operations of a change from its columns.

    Args:
        data: the bytes of each column by its number.
        actors: the change's own actor, then the others it names.
        start: the counter of the first operation.

    Raises:
        RejectedChangeError: a bound is passed, or the columns do not fit together.
    """
    table = _Table(data)
    predecessors = _read_predecessors(data, table.predecessor_counts, actors)
    values = Reader(data.get(_Column.VALUE_BYTES, b""))
    author = actors[0]
    operations = []
    for row, (action, shape) in enumerate(zip(table.actions, table.value_shapes, strict=True)):
        value = _read_value(shape, values)
        if value is not None and action is not Action.SET:
            raise RejectedChangeError(f"expected no value with {action.name}, found one")
        operations.append(
            Operation(
                id=OperationId(start + row, author),
                action=action,
                object=_read_object(table.object_counters[row], table.object_actors[row], actors),
                key=_read_key(table.key_texts[row], table.key_counters[row], table.key_actors[row], actors),
                insert=table.inserts[row],
                value=value,
                predecessors=predecessors[row],
            )
        )
    if not values.finished:
        raise RejectedChangeError("expected the values to end with the last operation, found more bytes")
    _check_crowding(operations)
    return tuple(operations)


def write(operations: Sequence[Operation], actors: Sequence[Actor]) -> list[tuple[int, bytes]]:
    """Write the columns of a change as automerge writes them, the empty ones left out.

    Raises:
        KeyError: an operation names an actor that is not among `actors`.
    """
    index = {actor: place for place, actor in enumerate(actors)}
    keys = [operation.key for operation in operations]
    elements = [None if isinstance(key, str) else key for key in keys]
    objects = [operation.object for operation in operations]
    predecessors = [predecessor for operation in operations for predecessor in operation.predecessors]
    shapes, values = zip(*(_write_value(operation.value) for operation in operations), strict=True)
    written = {
        _Column.OBJECT_ACTOR: columns.write_unsigned(
            [None if it is None else index[it.actor] for it in objects]
        ),
        _Column.OBJECT_COUNTER: columns.write_unsigned(
            [None if it is None else it.counter for it in objects]
        ),
        _Column.KEY_ACTOR: columns.write_unsigned(
            [None if it is None or it.counter == 0 else index[it.actor] for it in elements]
        ),
        _Column.KEY_COUNTER: columns.write_deltas([None if it is None else it.counter for it in elements]),
        _Column.KEY_TEXT: columns.write_strings([key if isinstance(key, str) else None for key in keys]),
        _Column.INSERT: columns.write_booleans(operation.insert for operation in operations),
        _Column.ACTION: columns.write_unsigned([int(operation.action) for operation in operations]),
        _Column.VALUE_SHAPE: columns.write_unsigned(shapes),
        _Column.VALUE_BYTES: b"".join(values),
        _Column.PREDECESSOR_COUNT: columns.write_unsigned([len(it.predecessors) for it in operations]),
        _Column.PREDECESSOR_ACTOR: columns.write_unsigned([index[it.actor] for it in predecessors]),
        _Column.PREDECESSOR_COUNTER: columns.write_deltas([it.counter for it in predecessors]),
    }
    return [(int(column), data) for column, data in written.items() if data]


class _Table:
    """The columns of a change spread out into rows of equal number."""

    __slots__ = (
        "actions",
        "inserts",
        "key_actors",
        "key_counters",
        "key_texts",
        "object_actors",
        "object_counters",
        "predecessor_counts",
        "value_shapes",
    )

    def __init__(self, data: Mapping[int, bytes]) -> None:
        numbers = columns.read_unsigned(data.get(_Column.ACTION, b""), CHANGE_OPERATIONS_MAX)
        self.actions = [_action(number) for number in numbers]
        rows = len(numbers)
        if rows == 0:
            raise RejectedChangeError("expected at least one operation, found none")
        unsigned = columns.read_unsigned
        self.object_actors = _rows(data, _Column.OBJECT_ACTOR, unsigned, rows)
        self.object_counters = _rows(data, _Column.OBJECT_COUNTER, unsigned, rows)
        self.key_actors = _rows(data, _Column.KEY_ACTOR, unsigned, rows)
        self.key_counters = _rows(data, _Column.KEY_COUNTER, columns.read_deltas, rows)
        self.key_texts = _rows(data, _Column.KEY_TEXT, columns.read_strings, rows)
        self.inserts = columns.read_booleans(data.get(_Column.INSERT, b""), rows)
        if len(self.inserts) != rows:
            raise RejectedChangeError(f"expected {rows} rows in column INSERT, found {len(self.inserts)}")
        self.value_shapes = _full(_Column.VALUE_SHAPE, _rows(data, _Column.VALUE_SHAPE, unsigned, rows))
        self.predecessor_counts = _full(
            _Column.PREDECESSOR_COUNT, _rows(data, _Column.PREDECESSOR_COUNT, unsigned, rows)
        )


def _rows(
    data: Mapping[int, bytes],
    column: _Column,
    read_column: Callable[[bytes, int], list[columns.T | None]],
    rows: int,
) -> list[columns.T | None]:
    """Read one column; an absent one holds nothing in any row."""
    if column not in data:
        return [None] * rows
    found = read_column(data[column], rows)
    if len(found) != rows:
        raise RejectedChangeError(f"expected {rows} rows in column {column.name}, found {len(found)}")
    return found


def _full(column: _Column, rows: Integers) -> list[int]:
    """Return the rows of a column in which none may be missing."""
    present = [row for row in rows if row is not None]
    if len(present) != len(rows):
        raise RejectedChangeError(
            f"expected a number in every row of column {column.name}, found none in some"
        )
    return present


def _action(number: int | None) -> Action:
    """Return the action of a number of the format."""
    action = None if number is None else _ACTIONS.get(number)
    if action is None:
        found = "none" if number is None else _REFUSED_ACTIONS.get(number, f"number {number}")
        raise RejectedChangeError(f"expected an action on maps, lists or texts, found {found}")
    return action


def _actor(index: int | None, actors: Sequence[Actor]) -> Actor:
    """Return the actor that a column names by its place in the change's list."""
    if index is None or index >= len(actors):
        raise RejectedChangeError(f"expected one of {len(actors)} actors, found {index}")
    return actors[index]


def _read_object(counter: int | None, actor: int | None, actors: Sequence[Actor]) -> OperationId | None:
    """Return the object of a row: None for the root, which has neither counter nor actor."""
    if counter is None and actor is None:
        return None
    if counter is None or not 0 < counter <= columns.COUNTER_MAX:
        raise RejectedChangeError(f"expected an object's counter above 0, found {counter}")
    return OperationId(counter, _actor(actor, actors))


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
    data: Mapping[int, bytes], counts: Sequence[int], actors: Sequence[Actor]
) -> list[tuple[OperationId, ...]]:
    """Return the predecessors of every row, which must ascend within it."""
    total = sum(counts)
    if total > CHANGE_PREDECESSORS_MAX:
        raise RejectedChangeError(f"expected at most {CHANGE_PREDECESSORS_MAX} predecessors, found {total}")
    named = columns.read_unsigned(data.get(_Column.PREDECESSOR_ACTOR, b""), total)
    counters = columns.read_deltas(data.get(_Column.PREDECESSOR_COUNTER, b""), total)
    if len(named) != total or len(counters) != total:
        raise RejectedChangeError(
            f"expected {total} predecessors, found {len(named)} actors and {len(counters)} counters"
        )
    rows = []
    at = 0
    for count in counts:
        row = tuple(
            OperationId(counter or 0, _actor(actor, actors))
            for counter, actor in zip(counters[at : at + count], named[at : at + count], strict=True)
        )
        if any(later <= earlier for earlier, later in itertools.pairwise(row)):
            raise RejectedChangeError("expected predecessors in ascending order, found another order")
        rows.append(row)
        at += count
    return rows


def _read_value(shape: int, values: Reader) -> Scalar:
    """Read one value of the kind and length that its shape names."""
    kind = shape & 15
    data = values.take(shape >> 4)
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


def _check_crowding(operations: Sequence[Operation]) -> None:
    """Refuse many operations on one key: automerge's time for them grows with their square."""
    crowd = Counter((operation.object, operation.key) for operation in operations)
    (_, found), *_ = crowd.most_common(1)
    if found > CHANGE_OPERATIONS_PER_KEY_MAX:
        raise RejectedChangeError(
            f"expected at most {CHANGE_OPERATIONS_PER_KEY_MAX} operations on one key, found {found}"
        )
