"""Writing: from edits to the one change that carries them out, in the same codec that reads everybody's.

The operations are those that automerge would make of the same edits; the tests compare the bytes. They take
effect on the content while they are made, because a later edit may reach into what an earlier one wrote, and
are taken back before this module returns: the author's change passes the gate like everybody else's.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from node.crdt import changes, content
from node.crdt.changes import Change, ChangeHash
from node.crdt.content import Deed
from node.crdt.edits import Delete, Edit, Insert, Path, Put, Tree
from node.crdt.history import History, Passed, Step, step_path
from node.crdt.operation_table import CHANGE_PREDECESSORS_MAX
from node.crdt.operations import (
    CONTAINERS,
    DELETE,
    HEAD,
    INTEGER_MAX,
    INTEGER_MIN,
    MAKE_LIST,
    MAKE_MAP,
    SET,
    Action,
    Actor,
    Key,
    Operation,
    OperationId,
    Scalar,
    actors_of,
)
from node.errors import NotFoundError, RejectedChangeError, UserError
from node.limits import CHANGE_ACTORS_MAX, CHANGE_DEPENDENCIES_MAX, CHANGE_OPERATIONS_MAX

_SCALARS = frozenset({str, bool, int, bytes, type(None)})


class Written(NamedTuple):
    """A change as its author made it, read back and checked: that follows from its bytes and its closure."""

    raw: bytes
    change: Change
    passed: Passed


def write(
    history: History, *, actor: Actor, edits: Sequence[Edit], time_s: int, message: str
) -> Written | None:
    """Return the change that carries out edits on a document: see `gate.DocumentGate.change`."""
    start = history.next_counter(history.heads)
    pen = _Pen(history.root, start=start, actor=actor)
    try:
        for edit in edits:
            pen.carry_out(edit)
    finally:
        pen.take_back()
    if not pen.steps:
        return None
    dependencies = _dependencies(history, actor, pen.steps)
    change = Change(
        actor=actor,
        seq=history.last_of(actor)[0] + 1,
        start=start,
        time_s=time_s,
        message=message,
        dependencies=dependencies,
        operations=_within_bounds(history, dependencies, pen),
    )
    try:
        raw = changes.encode(change)
        read = changes.decode(raw, sealed=True)
        return Written(raw, read, history.check(read))
    except (RejectedChangeError, ValueError) as error:
        raise UserError(f"these edits cannot be published as one change: {error}") from error


class _Pen:
    """Write operations one after the other, each in effect for the next.

    Args:
        top: the document's root.
        start: the counter of the first operation.
        actor: who writes.
    """

    def __init__(self, top: Deed, *, start: int, actor: Actor) -> None:
        self._top = top
        self._start = start
        self._actor = actor
        self._taken: list[Sequence[Deed]] = []
        self.written: list[Operation] = []
        self.steps: list[Step] = []

    def carry_out(self, edit: Edit) -> None:
        """Write the operations of one edit."""
        match edit:
            case Put(path=path, value=value):
                container, key = self._locate(path)
                self._put(container, key, value)
            case Delete(path=path):
                container, key = self._locate(path)
                if not container.places.get(key):
                    raise NotFoundError(f"there is nothing at {_show(path)} to delete")
                self._write(container, key, DELETE, None, tuple(container.places[key].values()))
            case Insert(path=path, index=index, value=value):
                container = self._descend(path)
                behind = _behind(container, index)
                if behind is None:
                    raise NotFoundError(f"there is no list with a place {index} at {_show(path)}")
                self._insert(container, behind, value)

    def take_back(self) -> None:
        """Leave the document as it was before the first operation."""
        for step, taken in zip(reversed(self.steps), reversed(self._taken), strict=True):
            content.take_back(step.deed, taken)

    def _write(
        self,
        container: Deed,
        key: Key,
        action: Action,
        value: Scalar,
        predecessors: Sequence[Deed] = (),
        *,
        insert: bool = False,
    ) -> Deed:
        """Write one operation and let it take effect."""
        if len(self.written) == CHANGE_OPERATIONS_MAX:
            raise UserError(
                f"these edits cannot be published as one change: it holds {CHANGE_OPERATIONS_MAX} operations"
            )
        operation = Operation(
            id=OperationId(self._start + len(self.written), self._actor),
            action=action,
            object=None if container is self._top else container.id,
            key=key,
            insert=insert,
            value=value,
            predecessors=tuple(sorted([it.id for it in predecessors])),
        )
        path = step_path(operation, container) if action in CONTAINERS else ()
        deed = Deed(operation, container, path)
        self._taken.append(content.add(deed, predecessors))
        self.written.append(operation)
        self.steps.append(Step(deed, tuple(predecessors)))
        return deed

    def _put(self, container: Deed, key: Key, value: Tree) -> None:
        """Write a tree at a map key or over an element."""
        standing = tuple(container.places.get(key, {}).values())
        if isinstance(value, Mapping | list | tuple):
            self._fill(self._write(container, key, _maker(value), None, standing), value)
            return
        scalar = _scalar(value)
        if len(standing) == 1 and standing[0].action is SET:
            present = standing[0].value
            if type(present) is type(scalar) and present == scalar:
                return  # It says so already.
        self._write(container, key, SET, scalar, standing)

    def _insert(self, container: Deed, behind: OperationId, value: Tree) -> OperationId:
        """Insert a tree into a list and return its element."""
        if isinstance(value, Mapping | list | tuple):
            deed = self._write(container, behind, _maker(value), None, insert=True)
            self._fill(deed, value)
        else:
            deed = self._write(container, behind, SET, _scalar(value), insert=True)
        return deed.id

    def _fill(self, container: Deed, value: Mapping[str, Tree] | Sequence[Tree]) -> None:
        """Write the content of a new map, in the order of its keys, or of a new list."""
        if isinstance(value, Mapping):
            for key in sorted(value):
                if not key:
                    raise UserError("a map key must not be empty")
                self._put(container, key, value[key])
            return
        behind = HEAD
        for item in value:
            behind = self._insert(container, behind, item)

    def _locate(self, path: Path) -> tuple[Deed, Key]:
        """Return the container that a path ends in, and the place inside it."""
        if not path:
            raise NotFoundError("a path must name at least one key")
        container = self._descend(path[:-1])
        key = _key(container, path[-1])
        if key is None:
            raise NotFoundError(f"there is no place {path[-1]!r} at {_show(path[:-1])}")
        return container, key

    def _descend(self, path: Path) -> Deed:
        """Return the map, list or text at a path."""
        container = self._top
        for depth, step in enumerate(path):
            key = _key(container, step)
            found = None if key is None else container.shown(key)
            if found is None or found.action not in CONTAINERS:
                raise NotFoundError(f"there is no map or list at {_show(path[: depth + 1])}")
            container = found
        return container


def _dependencies(history: History, actor: Actor, steps: Iterable[Step]) -> tuple[ChangeHash, ...]:
    """Return what a change builds on: the writer's own last change, and all heads or as many as fit.

    After a long partition a document that many write can have more heads than a change may name. Then those
    come first without which the change could not stand: the one with the highest counter, and what made the
    objects and elements it acts on. What it does not name stays concurrent to it, and loses.
    """
    heads = history.heads
    last = history.last_of(actor)[1]
    own = [] if last is None else [last]
    if len({*heads, *own}) <= CHANGE_DEPENDENCIES_MAX:
        return tuple(sorted({*heads, *own}))
    bits = [it.bit for step in steps for it in _acted_on(history, step.deed)]
    bits += [it.bit for step in steps for it in step.predecessors]
    chosen = [*own, max(heads, key=lambda it: (history.member(it).counter_max, it))]
    for bit in dict.fromkeys(bit for bit in bits if bit):
        if not any(history.member(it).closure & bit for it in chosen):
            chosen.append(next(it for it in heads if history.member(it).closure & bit))
    chosen = list(dict.fromkeys([*chosen, *heads]))
    return tuple(sorted(chosen[:CHANGE_DEPENDENCIES_MAX]))


def _acted_on(history: History, deed: Deed) -> list[Deed]:
    """Return the deeds without which an operation would hang in the air."""
    container = deed.object
    assert container is not None
    element = deed.behind if deed.insert else deed.key
    found = None if element is None or isinstance(element, str) else history.deed(element)
    return [container] if found is None else [container, found]


def _within_bounds(history: History, dependencies: Iterable[ChangeHash], pen: _Pen) -> tuple[Operation, ...]:
    """Return the operations without predecessors that the change cannot name.

    These are what it does not build on, and what goes beyond the numbers of actors and predecessors that a
    change may name: such values stay beside the new one, which wins over them, until the next edit there.
    """
    named = sum([len(it.predecessors) for it in pen.written])
    crowded = len(history.heads) > CHANGE_DEPENDENCIES_MAX or (
        # An operation names three actors beside its predecessors' at most: few operations, few actors.
        named + 3 * len(pen.written) > CHANGE_ACTORS_MAX and len(actors_of(pen.written)) > CHANGE_ACTORS_MAX
    )
    if not crowded and named <= CHANGE_PREDECESSORS_MAX:
        return tuple(pen.written)
    closure = 0
    for dependency in dependencies:
        closure |= history.member(dependency).closure
    actors = actors_of(operation._replace(predecessors=()) for operation in pen.written)
    bounded = []
    room = CHANGE_PREDECESSORS_MAX
    for operation, step in zip(pen.written, pen.steps, strict=True):
        kept = []
        for deed in step.predecessors:
            known = not deed.bit or bool(deed.bit & closure)
            if known and room and (deed.id.actor in actors or len(actors) < CHANGE_ACTORS_MAX):
                actors.add(deed.id.actor)
                kept.append(deed.id)
                room -= 1
        bounded.append(operation._replace(predecessors=tuple(sorted(kept))))
    return tuple(bounded)


def _key(container: Deed, step: str | int) -> Key | None:
    """Return the place that a path's step names in a map or list, None where it can name none."""
    if container.action is MAKE_MAP:
        return step if isinstance(step, str) and step else None
    if container.action is not MAKE_LIST or type(step) is not int or step < 0:
        return None
    return next(islice(container.elements(), step, None), None)


def _behind(container: Deed, index: int) -> OperationId | None:
    """Return the element behind which a list's place `index` begins, HEAD for the first, None for none."""
    if container.action is not MAKE_LIST or index < 0:
        return None
    return HEAD if index == 0 else next(islice(container.elements(), index - 1, None), None)


def _maker(value: Mapping[str, Tree] | Sequence[Tree]) -> Action:
    return MAKE_MAP if isinstance(value, Mapping) else MAKE_LIST


def _scalar(value: object) -> Scalar:
    """Return a plain value after checking its type, exactly: a document holds no subclass of it."""
    if type(value) not in _SCALARS:
        expected = "text, an integer, a truth value, bytes, null, a map or a list"
        raise UserError(f"expected {expected}, found {type(value).__name__}")
    if type(value) is int and not INTEGER_MIN <= value <= INTEGER_MAX:
        raise UserError(f"expected an integer of at most 64 bits, found {value}")
    assert value is None or isinstance(value, str | int | bytes)
    return value


def _show(path: Path) -> str:
    """Write a path for a message to people."""
    return "/".join(str(place) for place in path) or "the top"
