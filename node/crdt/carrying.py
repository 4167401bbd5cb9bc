"""Carrying over: what somebody changed in an old epoch, as edits of the new one.

Three states are compared: what the epoch included, the same with the late changes, and what stands now. Where
nobody has touched a place since, the late change is made there; where somebody has, what stands stays and the
place is named, as of two concurrent edits one would be hidden. So carrying over twice does no harm.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from node.crdt import changes
from node.crdt.edits import Delete, Edit, Path, Put, Tree
from node.crdt.operations import SET
from node.errors import RejectedChangeError

_ABSENT: Final = object()


@dataclass(slots=True)
class Carried:
    """What is to be done for late changes.

    Attributes:
        edits: that make them again.
        left: the places where what stands now was written by somebody else since.
    """

    edits: list[Edit] = field(default_factory=list)
    left: list[Path] = field(default_factory=list)


def carry(before: Mapping[str, Tree], after: Mapping[str, Tree], now: Mapping[str, Tree]) -> Carried:
    """Return how to make again in `now` what leads from `before` to `after`."""
    carried = Carried()
    _compare((), before, after, now, carried)
    return carried


def salvage(raws: Iterable[bytes], now: Mapping[str, Tree]) -> Carried:
    """Return what can be made again of late changes when what they build on is gone.

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
            if plain and isinstance(key, str) and key not in now:
                carried.edits.append(Put((key,), operation.value))
            elif not plain or not _same(now.get(str(key), _ABSENT), operation.value):
                carried.left.append((str(key),) if isinstance(key, str) else ("*",))
    return carried


def _compare(
    path: Path,
    before: Mapping[str, Tree],
    after: Mapping[str, Tree],
    now: Mapping[str, Tree],
    carried: Carried,
) -> None:
    for key in sorted({*before, *after}):
        here = (*path, key)
        was, late, stands = (tree.get(key, _ABSENT) for tree in (before, after, now))
        if _same(was, late) or _same(stands, late):
            continue
        if isinstance(late, Mapping) and isinstance(stands, Mapping):
            _compare(here, was if isinstance(was, Mapping) else {}, late, stands, carried)
        elif not _same(stands, was):
            carried.left.append(here)
        elif late is _ABSENT:
            carried.edits.append(Delete(here))
        else:
            assert late is None or isinstance(late, str | int | bytes | Mapping | list | tuple)
            carried.edits.append(Put(here, late))


def _same(one: object, other: object) -> bool:
    """Tell whether two values are the same, of the same type too: True is not 1."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_same(value, other[key]) for key, value in one.items())
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    return type(one) is type(other) and one == other
