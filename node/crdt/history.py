"""The history of one document: which changes count, and whether another one may follow them.

What a change may refer to is what its own dependency closure holds, not what the document happens to hold: so
the verdict is the same in whatever order changes arrive. A closure is kept as one integer with a bit for each
admitted change (2,000 changes: at most 250 bytes each), so that descent is one shift.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, Protocol

from node.crdt import content
from node.crdt.changes import Change, ChangeHash
from node.crdt.content import ELEMENT, Deed
from node.crdt.operations import (
    CONTAINERS,
    DELETE,
    HEAD,
    MAKE_MAP,
    MAKE_TEXT,
    SET,
    Action,
    Actor,
    Operation,
    OperationId,
    Scalar,
)
from node.errors import RejectedChangeError
from node.limits import DOCUMENT_CHANGES_MAX

# How deep objects may nest: readers recurse, and Python's own limit depends on who calls.
DOCUMENT_DEPTH_MAX: Final = 16


class Schema(Protocol):
    """What history needs to know of a document's type."""

    def allows(self, *, action: Action, path: tuple[str, ...], value: Scalar) -> bool:
        """Tell whether an operation may happen at a path; ELEMENT stands for a place in a list or text."""
        ...


class Member(NamedTuple):
    """One admitted change: its bit, the bits of its closure (its own included), the highest counter in it."""

    actor: Actor
    bit: int
    closure: int
    counter_max: int


class Step(NamedTuple):
    """One operation of a change that has passed, and the deeds it replaces."""

    deed: Deed
    predecessors: tuple[Deed, ...]


class Passed(NamedTuple):
    """What `History.check` found out about a change, for `History.record`."""

    change: Change
    closure: int
    steps: list[Step]


class History:
    """The admitted changes of one document, in the order in which they were admitted."""

    __slots__ = ("_deeds", "_heads", "_last_seqs", "_members", "_schema", "_slots", "root")

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._members: dict[ChangeHash, Member] = {}
        self._slots: dict[tuple[Actor, int], ChangeHash] = {}
        self._last_seqs: dict[Actor, int] = {}
        self._deeds: dict[OperationId, Deed] = {}
        self._heads: set[ChangeHash] = set()
        # The map at the top of the document, as the admitted changes make it.
        self.root = content.root()

    def __len__(self) -> int:
        return len(self._members)

    def __contains__(self, change: ChangeHash) -> bool:
        return change in self._members

    @property
    def operations_count(self) -> int:
        """Return how many operations the admitted changes hold."""
        return len(self._deeds)

    @property
    def heads(self) -> tuple[ChangeHash, ...]:
        """Return the changes that no other admitted change builds on, ascending."""
        return tuple(sorted(self._heads))

    def member(self, change: ChangeHash) -> Member:
        """Return what is known of an admitted change."""
        return self._members[change]

    def at(self, actor: Actor, seq: int) -> ChangeHash | None:
        """Return the admitted change of an actor at one place of its chain."""
        return self._slots.get((actor, seq))

    def deed(self, operation: OperationId) -> Deed | None:
        """Return the deed of an admitted operation."""
        return self._deeds.get(operation)

    def last_of(self, actor: Actor) -> tuple[int, ChangeHash | None]:
        """Return the number and name of an actor's last change, 0 and None before its first."""
        seq = self._last_seqs.get(actor, 0)
        return seq, self._slots.get((actor, seq))

    def check(self, change: Change) -> Passed:
        """Judge a change whose dependencies are all admitted, by what lies in its closure alone.

        Raises:
            RejectedChangeError: it breaks a rule of docs/changes.md, section 4.
        """
        closure = self._closure(change.dependencies)
        self._check_place(change, closure)
        judged = _Judged(self._deeds, closure)
        root, deeds, allows = self.root, judged.deeds, self._schema.allows
        steps = []
        for operation in change.operations:
            name, action, target, key, insert, value, predecessors = operation
            if target is None and action is SET and not insert and isinstance(key, str):
                # Nearly every operation: the same checks as below, of those that can fail here.
                replaced = judged.replaced(operation, root) if predecessors else ()
                deed = Deed(operation, root, ())
                if not allows(action=action, path=(key,), value=value):
                    raise _not_allowed(operation, (key,))
            else:
                deed, replaced = judged.step(operation, root)
                self._check_type(operation, deed)
            deeds[name] = deed
            steps.append(Step(deed, replaced))
        return Passed(change, closure, steps)

    def record(self, name: ChangeHash, passed: Passed) -> None:
        """Count a change that `check` has just passed, and let its operations take effect."""
        change = passed.change
        assert name not in self._members
        assert (change.actor, change.seq) not in self._slots
        bit = 1 << len(self._members)
        # A change's last counter is above its dependencies' by the rule on `start`.
        self._members[name] = Member(change.actor, bit, passed.closure | bit, change.last_counter)
        self._slots[change.actor, change.seq] = name
        self._last_seqs[change.actor] = max(change.seq, self._last_seqs.get(change.actor, 0))
        self._heads.difference_update(change.dependencies)
        self._heads.add(name)
        deeds = self._deeds
        for deed, predecessors in passed.steps:
            deed.bit = bit
            deeds[deed.id] = deed
            for replaced in content.add(deed, predecessors):
                replaced.value = None  # Nobody reads it again, and it may be long.

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
        start = self.next_counter(change.dependencies)
        if change.start != start:
            raise RejectedChangeError(f"expected operations to count from {start}, found {change.start}")

    def next_counter(self, dependencies: Iterable[ChangeHash]) -> int:
        """Return the first counter of a change with these dependencies."""
        return 1 + max([self._members[it].counter_max for it in dependencies], default=0)

    def _holds(self, closure: int, change: ChangeHash | None) -> bool:
        """Tell whether an admitted change lies in a closure."""
        return change is not None and bool(closure & self._members[change].bit)

    def _check_type(self, operation: Operation, deed: Deed) -> None:
        """Check that the document's type has room for what an operation does where it does it."""
        container = deed.object
        assert container is not None
        path = deed.path or step_path(operation, container)
        if len(path) > DOCUMENT_DEPTH_MAX:
            raise RejectedChangeError(f"expected at most {DOCUMENT_DEPTH_MAX} levels of objects, found more")
        if not self._schema.allows(action=operation.action, path=path, value=operation.value):
            raise _not_allowed(operation, path)


class _Judged:
    """What the change being judged may refer to: its closure, and its own operations so far."""

    __slots__ = ("_admitted", "_closure", "deeds")

    def __init__(self, admitted: dict[OperationId, Deed], closure: int) -> None:
        self._admitted = admitted
        self._closure = closure
        self.deeds: dict[OperationId, Deed] = {}

    def step(self, operation: Operation, root: Deed) -> Step:
        """Return an operation's deed after checking all that it refers to."""
        container = root if operation.object is None else self._known(operation.object, "an object")
        if container.action is MAKE_MAP:
            _check_map_key(operation)
        elif container.action in CONTAINERS:
            self._check_element(operation, container)
        else:
            raise RejectedChangeError(
                "expected an operation inside a map, list or text, found it inside a value"
            )
        if container.action is MAKE_TEXT:
            _check_character(operation)
        replaced = self.replaced(operation, container)
        path = step_path(operation, container) if operation.action in CONTAINERS else ()
        return Step(Deed(operation, container, path), replaced)

    def replaced(self, operation: Operation, container: Deed) -> tuple[Deed, ...]:
        """Return the deeds of the predecessors after checking that each holds a value at the same place."""
        found = []
        for predecessor in operation.predecessors:
            deed = self._known(predecessor, "a predecessor")
            if deed.object is not container or deed.key != operation.key or deed.action is DELETE:
                raise RejectedChangeError(
                    "expected predecessors that hold a value at the same place, found another"
                )
            found.append(deed)
        return tuple(found)

    def _check_element(self, operation: Operation, container: Deed) -> None:
        """Check that an operation in a list or text names a known element of it."""
        if isinstance(operation.key, str):
            raise RejectedChangeError("expected an element of a list or text, found a map key")
        if operation.key != HEAD:
            element = self._known(operation.key, "an element")
            if not element.insert or element.object is not container:
                raise RejectedChangeError(
                    "expected an element of the same list or text, found another operation"
                )
        if operation.insert and (operation.predecessors or operation.action is DELETE):
            raise RejectedChangeError("expected an insertion to add a value and replace none")
        if not operation.insert and (operation.key == HEAD or not operation.predecessors):
            raise RejectedChangeError("expected an element and the values that are replaced, found none")

    def _known(self, wanted: OperationId, what: str) -> Deed:
        """Return the deed of an operation that the change may know of."""
        deed = self.deeds.get(wanted)
        if deed is not None:
            return deed
        deed = self._admitted.get(wanted)
        if deed is None or not self._closure & deed.bit:
            raise RejectedChangeError(
                f"expected {what} that the change builds on, found number {wanted.counter}"
            )
        return deed


def step_path(operation: Operation, container: Deed) -> tuple[str, ...]:
    """Return the steps from the root to the place of an operation."""
    return (*container.path, operation.key if isinstance(operation.key, str) else ELEMENT)


def _check_map_key(operation: Operation) -> None:
    """Check an operation on a map."""
    if not isinstance(operation.key, str) or operation.insert:
        raise RejectedChangeError("expected a map key, found an element of a list")
    if operation.action is DELETE and not operation.predecessors:
        raise RejectedChangeError("expected a deletion to name what it removes, found nothing")


def _check_character(operation: Operation) -> None:
    """Check that a text holds nothing but characters: one each, so that lengths mean the same everywhere."""
    if operation.action is DELETE:
        return
    if operation.action is not SET or not isinstance(operation.value, str) or len(operation.value) != 1:
        raise RejectedChangeError("expected one character as element of a text, found something else")


def _not_allowed(operation: Operation, path: tuple[str, ...]) -> RejectedChangeError:
    """Say what an operation does where, without its content."""
    found = f"{operation.action.name} {type(operation.value).__name__} at {'/'.join(path)}"
    return RejectedChangeError(f"expected what this document type allows, found {found}")
