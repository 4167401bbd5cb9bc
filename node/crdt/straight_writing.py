"""Writing in a straight history: the change that `authoring.py` would make of the same edits, byte for byte.

What it writes it reads back and compares. It writes values and maps under keys, each place once. Of anything
else, and of edits that lead nowhere or are not allowed, it says nothing: `authoring.py` carries them out, or
refuses them in its own words.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from node.crdt import changes, straight_reading
from node.crdt.changes import Change
from node.crdt.edits import Delete, Edit, Put, Tree
from node.crdt.history import DOCUMENT_DEPTH_MAX
from node.crdt.operations import (
    DELETE,
    INTEGER_MAX,
    INTEGER_MIN,
    MAKE_MAP,
    SET,
    Action,
    Actor,
    Operation,
    OperationId,
    Scalar,
)
from node.crdt.straight import StraightHistory, StraightMap
from node.crdt.straight_reading import ROWS_MAX, Plain
from node.limits import DOCUMENT_CHANGES_MAX

_SCALARS = frozenset({str, bool, int, bytes, type(None)})


class Drawn(NamedTuple):
    """A change as written and as read back; None where the document says all of it already."""

    raw: bytes
    plain: Plain


class _NotPlainError(Exception):
    """The edits are for `authoring.py`."""


def write(
    straight: StraightHistory, *, actor: Actor, edits: Sequence[Edit], time_s: int
) -> tuple[Drawn | None] | None:
    """Return what carries out edits, in a tuple of one; None when another has to say."""
    if len(straight.raws) >= DOCUMENT_CHANGES_MAX:
        return None
    pen = _Pen(straight, actor)
    try:
        for edit in edits:
            pen.carry_out(edit)
    except _NotPlainError:
        return None
    if not pen.written:
        return (None,)
    seq, below = straight.next_of(actor)
    change = Change(
        actor=actor,
        seq=seq,
        start=straight.operations_count + 1,
        time_s=time_s,
        message="",
        dependencies=below,
        operations=tuple(pen.written),
    )
    try:
        raw = changes.encode(change)
    except ValueError:
        return None
    plain = straight_reading.read(raw)
    return (Drawn(raw, plain),) if plain is not None and _says(plain, change) else None


class _Pen:
    """Write operations one after the other, none of which bears on another but by the map it makes."""

    def __init__(self, straight: StraightHistory, actor: Actor) -> None:
        self._straight = straight
        self._actor = actor
        self._touched: set[tuple[int, str]] = set()
        self.written: list[Operation] = []

    def carry_out(self, edit: Edit) -> None:
        """Write the operations of one edit."""
        if not isinstance(edit, Put | Delete) or not edit.path:
            raise _NotPlainError
        inside = self._straight.root
        for step in edit.path[:-1]:
            found = inside.values.get(step) if isinstance(step, str) else None
            # What this change wrote itself cannot be seen in the map; nobody needs to reach there.
            if not isinstance(found, StraightMap) or (id(inside), step) in self._touched:
                raise _NotPlainError
            inside = found
        key = edit.path[-1]
        if not isinstance(key, str) or not key or (id(inside), key) in self._touched:
            raise _NotPlainError
        standing = inside.ids.get(key)
        replaced = (OperationId(*standing),) if standing is not None else ()
        if isinstance(edit, Put):
            self._put(inside, key, edit.value, replaced)
        elif replaced:
            self._write(DELETE, inside, key, None, replaced)
        else:
            raise _NotPlainError
        self._touched.add((id(inside), key))

    def _put(self, inside: StraightMap, key: str, value: Tree, replaced: tuple[OperationId, ...]) -> None:
        """Write a tree at a key of a map."""
        if isinstance(value, Mapping):
            name = self._write(MAKE_MAP, inside, key, None, replaced)
            made = StraightMap((*inside.path, key), (name.counter, name.actor))
            for inner in sorted(value):
                if not inner:
                    raise _NotPlainError
                self._put(made, inner, value[inner], ())
            return
        if type(value) not in _SCALARS or (type(value) is int and not INTEGER_MIN <= value <= INTEGER_MAX):
            raise _NotPlainError
        assert value is None or isinstance(value, str | int | bytes)
        present = inside.values.get(key)
        if not (replaced and type(present) is type(value) and present == value):
            self._write(SET, inside, key, value, replaced)

    def _write(
        self,
        action: Action,
        inside: StraightMap,
        key: str,
        value: Scalar,
        replaced: tuple[OperationId, ...],
    ) -> OperationId:
        path = (*inside.path, key)
        straight = self._straight
        allowed = straight.schema.allows(action=action, path=path, value=value)
        if not allowed or len(path) > DOCUMENT_DEPTH_MAX or len(self.written) == ROWS_MAX:
            raise _NotPlainError
        name = OperationId(straight.operations_count + 1 + len(self.written), self._actor)
        target = OperationId(*inside.id) if inside.id is not None else None
        self.written.append(
            Operation(name, action, target, key, insert=False, value=value, predecessors=replaced)
        )
        return name


def _says(plain: Plain, change: Change) -> bool:
    """Tell whether a change, read back, says what was written."""
    head = (plain.actor, plain.seq, plain.start, plain.dependencies)
    if head != (change.actor, change.seq, change.start, change.dependencies):
        return False
    rows = zip(plain.keys, plain.actions, plain.values, plain.objects, plain.predecessors, strict=True)
    written = [
        (it.key, it.action, it.value, it.object, it.predecessors[0] if it.predecessors else None)
        for it in change.operations
    ]
    # Of equal values the types too: True is not 1.
    return list(rows) == written and [*map(type, plain.values)] == [
        type(it.value) for it in change.operations
    ]
