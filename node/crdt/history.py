"""The history of one document: which changes count, and whether another one may follow them.

What a change may refer to is what its own dependency closure holds, not what the document happens to hold: so
the verdict is the same in whatever order changes arrive. A closure is kept as one integer with a bit for each
admitted change (2,000 changes: at most 250 bytes each), so that descent is one shift.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from node.crdt.changes import Change, ChangeHash
from node.crdt.operations import HEAD, Action, Actor, Key, Operation, OperationId, Scalar
from node.errors import RejectedChangeError
from node.limits import DOCUMENT_CHANGES_MAX

# How deep objects may nest: readers recurse, and Python's own limit depends on who calls.
DOCUMENT_DEPTH_MAX: Final = 16
# The step of a path that stands for an element of a list or text.
ELEMENT: Final = "*"

_CONTAINERS: Final = frozenset({Action.MAKE_MAP, Action.MAKE_LIST, Action.MAKE_TEXT})


class Schema(Protocol):
    """What history needs to know of a document's type."""

    def allows(self, *, action: Action, path: tuple[str, ...], value: Scalar) -> bool:
        """Tell whether an operation may happen at a path; ELEMENT stands for a place in a list or text."""
        ...


@dataclass(frozen=True, slots=True)
class _Member:
    """One admitted change: its bit, the bits of its closure (its own included), the highest counter in it."""

    actor: Actor
    seq: int
    start: int
    bit: int
    closure: int
    counter_max: int


class _Trace(NamedTuple):
    """What later operations may ask about an earlier one.

    `bit` is its change's, 0 within the change being judged. `key` is the map key or the element it sets (an
    insertion sets itself). `path` is kept for operations that made an object.
    """

    bit: int
    object: OperationId | None
    key: Key
    action: Action
    insert: bool
    path: tuple[str, ...]


_ROOT: Final = _Trace(0, None, "", Action.MAKE_MAP, insert=False, path=())


class History:
    """The admitted changes of one document, in the order in which they were admitted."""

    __slots__ = ("_members", "_order", "_schema", "_slots", "_traces")

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._members: dict[ChangeHash, _Member] = {}
        self._order: list[ChangeHash] = []
        self._slots: dict[tuple[Actor, int], ChangeHash] = {}
        self._traces: dict[OperationId, _Trace] = {}

    def __len__(self) -> int:
        return len(self._order)

    def __contains__(self, change: ChangeHash) -> bool:
        return change in self._members

    def actor_of(self, change: ChangeHash) -> Actor:
        """Return who made an admitted change."""
        return self._members[change].actor

    def at(self, actor: Actor, seq: int) -> ChangeHash | None:
        """Return the admitted change of an actor at one place of its chain."""
        return self._slots.get((actor, seq))

    def check(self, change: Change) -> None:
        """Judge a change whose dependencies are all admitted, by what lies in its closure alone.

        Raises:
            RejectedChangeError: it breaks a rule of docs/changes.md, section 4.
        """
        closure = self._closure(change.dependencies)
        self._check_place(change, closure)
        traces: dict[OperationId, _Trace] = {}
        for operation in change.operations:
            self._check_operation(operation, closure, traces)

    def record(self, change_hash: ChangeHash, change: Change) -> None:
        """Count a change that `check` has passed."""
        assert change_hash not in self._members
        assert (change.actor, change.seq) not in self._slots
        bit = 1 << len(self._order)
        self._members[change_hash] = _Member(
            actor=change.actor,
            seq=change.seq,
            start=change.start,
            bit=bit,
            closure=self._closure(change.dependencies) | bit,
            counter_max=change.last_counter,  # above its dependencies' by the rule on `start`
        )
        self._order.append(change_hash)
        self._slots[change.actor, change.seq] = change_hash
        for operation in change.operations:
            container = _ROOT if operation.object is None else self._traces[operation.object]
            self._traces[operation.id] = _trace(operation, bit, container)

    def rewind(self, length: int) -> None:
        """Forget the changes admitted last, until `length` are left."""
        while len(self._order) > length:
            member = self._members.pop(self._order.pop())
            del self._slots[member.actor, member.seq]
            for counter in range(member.start, member.counter_max + 1):
                del self._traces[OperationId(counter, member.actor)]

    def _closure(self, dependencies: Sequence[ChangeHash]) -> int:
        """Return the bits of everything below and at the given changes."""
        closure = 0
        for dependency in dependencies:
            closure |= self._members[dependency].closure
        return closure

    def _check_place(self, change: Change, closure: int) -> None:
        """Check that a change continues its actor's chain and its closure's counters."""
        if closure.bit_count() >= DOCUMENT_CHANGES_MAX:
            raise RejectedChangeError(
                f"expected at most {DOCUMENT_CHANGES_MAX} changes in a document's epoch"
            )
        actor, seq = change.actor, change.seq
        if seq > 1 and not self._holds(closure, self._slots.get((actor, seq - 1))):
            raise RejectedChangeError(
                f"expected number {seq - 1} of the same actor below number {seq}, found none"
            )
        if self._holds(closure, self._slots.get((actor, seq))):
            raise RejectedChangeError(
                f"expected a sequence number above {seq}, which the change itself builds on"
            )
        start = 1 + max((self._members[it].counter_max for it in change.dependencies), default=0)
        if change.start != start:
            raise RejectedChangeError(f"expected operations to count from {start}, found {change.start}")

    def _holds(self, closure: int, change: ChangeHash | None) -> bool:
        """Tell whether an admitted change lies in a closure."""
        return change is not None and bool(closure & self._members[change].bit)

    def _check_operation(self, operation: Operation, closure: int, traces: dict[OperationId, _Trace]) -> None:
        """Check one operation against its closure and the operations before it in its own change."""
        container = _ROOT
        if operation.object is not None:
            container = self._known(operation.object, closure, traces, "an object")
        if container.action is Action.MAKE_MAP:
            _check_map_key(operation)
        elif container.action in (Action.MAKE_LIST, Action.MAKE_TEXT):
            self._check_element(operation, closure, traces)
        else:
            raise RejectedChangeError(
                "expected an operation inside a map, list or text, found it inside a value"
            )
        if container.action is Action.MAKE_TEXT:
            _check_character(operation)
        for predecessor in operation.predecessors:
            replaced = self._known(predecessor, closure, traces, "a predecessor")
            same_place = replaced.object == operation.object and replaced.key == operation.key
            if not same_place or replaced.action is Action.DELETE:
                raise RejectedChangeError(
                    "expected predecessors that hold a value at the same place, found another"
                )
        path = _path(operation, container)
        if len(path) > DOCUMENT_DEPTH_MAX:
            raise RejectedChangeError(f"expected at most {DOCUMENT_DEPTH_MAX} levels of objects, found more")
        if not self._schema.allows(action=operation.action, path=path, value=operation.value):
            raise RejectedChangeError(
                f"expected what this document type allows, found {_describe(operation, path)}"
            )
        traces[operation.id] = _trace(operation, 0, container)

    def _check_element(self, operation: Operation, closure: int, traces: dict[OperationId, _Trace]) -> None:
        """Check that an operation in a list or text names a known element of it."""
        if isinstance(operation.key, str):
            raise RejectedChangeError("expected an element of a list or text, found a map key")
        if operation.key != HEAD:
            element = self._known(operation.key, closure, traces, "an element")
            if not element.insert or element.object != operation.object:
                raise RejectedChangeError(
                    "expected an element of the same list or text, found another operation"
                )
        if operation.insert and (operation.predecessors or operation.action is Action.DELETE):
            raise RejectedChangeError("expected an insertion to add a value and replace none")
        if not operation.insert and (operation.key == HEAD or not operation.predecessors):
            raise RejectedChangeError("expected an element and the values that are replaced, found none")

    def _known(
        self, wanted: OperationId, closure: int, traces: dict[OperationId, _Trace], what: str
    ) -> _Trace:
        """Return the trace of an operation that the change may know of."""
        trace = traces.get(wanted)
        if trace is not None:
            return trace
        trace = self._traces.get(wanted)
        if trace is None or not closure & trace.bit:
            raise RejectedChangeError(
                f"expected {what} that the change builds on, found number {wanted.counter}"
            )
        return trace


def _trace(operation: Operation, bit: int, container: _Trace) -> _Trace:
    """Return what later operations may ask about this one."""
    return _Trace(
        bit=bit,
        object=operation.object,
        key=operation.id if operation.insert else operation.key,
        action=operation.action,
        insert=operation.insert,
        path=_path(operation, container) if operation.action in _CONTAINERS else (),
    )


def _path(operation: Operation, container: _Trace) -> tuple[str, ...]:
    """Return the steps from the root to the place of an operation."""
    return (*container.path, operation.key if isinstance(operation.key, str) else ELEMENT)


def _check_map_key(operation: Operation) -> None:
    """Check an operation on a map."""
    if not isinstance(operation.key, str) or operation.insert:
        raise RejectedChangeError("expected a map key, found an element of a list")
    if operation.action is Action.DELETE and not operation.predecessors:
        raise RejectedChangeError("expected a deletion to name what it removes, found nothing")


def _check_character(operation: Operation) -> None:
    """Check that a text holds nothing but characters: one each, so that lengths mean the same everywhere."""
    if operation.action is Action.DELETE:
        return
    if (
        operation.action is not Action.SET
        or not isinstance(operation.value, str)
        or len(operation.value) != 1
    ):
        raise RejectedChangeError("expected one character as element of a text, found something else")


def _describe(operation: Operation, path: tuple[str, ...]) -> str:
    """Say what an operation does where, without its content."""
    return f"{operation.action.name} {type(operation.value).__name__} at {'/'.join(path)}"
