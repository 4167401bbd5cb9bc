"""Carrying over: what some changes did to what they build on, as edits of what stands now.

Three states are compared: what the changes build on, the same with them, and what stands now. Where nobody
has touched a place since, it is made there what they made it; where somebody has, what stands stays and the
place is named, as of two concurrent edits one would be hidden. So carrying over twice does no harm.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from node.crdt import changes
from node.crdt.changes import Change
from node.crdt.edits import Delete, Edit, Path, Put, Tree
from node.crdt.operations import DELETE, SET
from node.errors import RejectedChangeError

_ABSENT: Final = object()


@dataclass(slots=True)
class Carried:
    """What is to be done for changes that do not count.

    Attributes:
        edits: that make them again.
        left: the places where what stands now was written by somebody else since.
    """

    edits: list[Edit] = field(default_factory=list)
    left: list[Path] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Now:
    """What stands now.

    Attributes:
        taken_off: keys at the top that stood there since, and that somebody deleted.
    """

    tree: Mapping[str, Tree]
    taken_off: Collection[str] = frozenset()


def carry(
    before: Mapping[str, Tree],
    after: Mapping[str, Tree],
    now: Now,
    *,
    unsaid: Mapping[str, Tree] | None = None,
) -> Carried:
    """Return how to make again now what leads from `before` to `after`.

    Args:
        before: what the changes build on.
        after: the same with them.
        now: where it is to be made.
        unsaid: what they build on without what others have not made again yet, where that is something else:
            a place that stands as it was there has not been touched either.
    """
    carried = Carried()
    _compare((), (before, unsaid if unsaid is not None else before), after, now, carried)
    return carried


def salvage(raws: Iterable[bytes], now: Now) -> Carried:
    """Return what can be made again of changes when what they build on is gone.

    Values at the top of the document say where they belong; they are made again where nothing stands now.
    """
    carried = Carried()
    for raw in raws:
        try:
            operations = changes.decode(raw).operations
        except RejectedChangeError:
            continue  # It would never have counted.
        for operation in operations:
            key, plain = operation.key, operation.object is None and operation.action is SET
            if plain and isinstance(key, str) and key not in now.tree and key not in now.taken_off:
                carried.edits.append(Put((key,), operation.value))
            elif not plain or not _same(now.tree.get(str(key), _ABSENT), operation.value):
                carried.left.append((str(key),) if isinstance(key, str) else ("*",))
    return carried


def deletes(change: Change) -> frozenset[str]:
    """Return the keys at the top of a document that a change deletes."""
    return frozenset(
        operation.key
        for operation in change.operations
        if operation.action is DELETE and operation.object is None and isinstance(operation.key, str)
    )


def _compare(
    path: Path,
    befores: tuple[Mapping[str, Tree], Mapping[str, Tree]],
    after: Mapping[str, Tree],
    now: Now,
    carried: Carried,
) -> None:
    for key in sorted({*befores[0], *after}):
        here = (*path, key)
        was, unsaid, late, stands = (tree.get(key, _ABSENT) for tree in (*befores, after, now.tree))
        if _same(was, late) or _same(stands, late):
            continue
        if isinstance(late, Mapping) and isinstance(stands, Mapping):
            inner = (was if isinstance(was, Mapping) else {}, unsaid if isinstance(unsaid, Mapping) else {})
            _compare(here, inner, late, Now(stands), carried)
        elif not (_same(stands, was) or _same(stands, unsaid)) or (
            stands is _ABSENT and key in now.taken_off
        ):
            carried.left.append(here)
        elif late is _ABSENT:
            carried.edits.append(Delete(here))
        elif isinstance(late, Mapping) and isinstance(was, Mapping):
            # The map itself is gone with whoever made it, and with it what others had said in it.
            if own := _own_part(was, late):
                carried.edits.append(Put(here, own))
        else:
            assert late is None or isinstance(late, str | int | bytes | Mapping | list | tuple)
            carried.edits.append(Put(here, late))


def _own_part(was: Mapping[str, Tree], late: Mapping[str, Tree]) -> dict[str, Tree]:
    """Return what of a map the changes say that it did not say before them."""
    found: dict[str, Tree] = {}
    for key in sorted(late):
        before, after = was.get(key, _ABSENT), late[key]
        if _same(before, after):
            continue
        if not (isinstance(before, Mapping) and isinstance(after, Mapping)):
            found[key] = after
        elif inner := _own_part(before, after):
            found[key] = inner
    return found


def _same(one: object, other: object) -> bool:
    """Tell whether two values are the same, of the same type too: True is not 1."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_same(value, other[key]) for key, value in one.items())
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    return type(one) is type(other) and one == other
