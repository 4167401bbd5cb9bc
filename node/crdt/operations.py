"""Operations of Automerge changes, as types; `operation_table.py` reads and writes their bytes.

Only what Hedgerow's documents use has a type here: maps, lists, texts and plain values. Counters, timestamps,
floating-point numbers, tables and marks cannot be said, so nothing that reads a document can meet them.
What an operation refers to (objects, elements, predecessors) is checked by `history.py`, not here.
"""

from collections.abc import Iterable
from enum import IntEnum
from typing import Final, NamedTuple, NewType, TypeAlias

# Who counts operations in a document: one run of one device, 32 bytes (`runs.actor`).
Actor = NewType("Actor", bytes)
Scalar: TypeAlias = str | int | bool | bytes | None

# Automerge integers are 64 bits wide.
INTEGER_MIN: Final = -(2**63)
INTEGER_MAX: Final = 2**63 - 1


class Action(IntEnum):
    """What an operation does; the numbers are those of the format. 5 to 7 (inc, table, mark) are refused."""

    MAKE_MAP = 0
    SET = 1
    MAKE_LIST = 2
    DELETE = 3
    MAKE_TEXT = 4


# The same under names that are fast to look up: reading a member of an enumeration costs ten times as much.
MAKE_MAP: Final = Action.MAKE_MAP
SET: Final = Action.SET
MAKE_LIST: Final = Action.MAKE_LIST
DELETE: Final = Action.DELETE
MAKE_TEXT: Final = Action.MAKE_TEXT
# What makes an object that other operations act in.
CONTAINERS: Final = frozenset({MAKE_MAP, MAKE_LIST, MAKE_TEXT})


class OperationId(NamedTuple):
    """Name one operation of a document; ids order by counter, then by the actor's bytes."""

    counter: int
    actor: Actor


# The place before the first element of a list or text.
HEAD: Final = OperationId(0, Actor(b""))
# A map's key, or the element of a list or text by the operation that inserted it.
Key: TypeAlias = str | OperationId


class Operation(NamedTuple):
    """One step of a change. A tuple, because thousands are made for every second of replication.

    Attributes:
        id: its own name: the change's actor, and the change's first counter plus its place.
        action: what it does.
        object: the map, list or text it acts in, by the operation that made it; None is the root map.
        key: where in the object; for an insertion the element it stands behind, or HEAD.
        insert: whether it adds an element to a list or text.
        value: what SET writes, None otherwise.
        predecessors: the operations whose values it replaces, in ascending order.
    """

    id: OperationId
    action: Action
    object: OperationId | None
    key: Key
    insert: bool
    value: Scalar
    predecessors: tuple[OperationId, ...]


def actors_of(operations: Iterable[Operation]) -> set[Actor]:
    """Return every actor that the operations name."""
    actors: set[Actor] = set()
    for name, _, target, key, _, _, predecessors in operations:
        actors.add(name.actor)
        if target is not None:
            actors.add(target.actor)
        if not isinstance(key, str):
            actors.add(key.actor)
        for predecessor in predecessors:
            actors.add(predecessor.actor)
    actors.discard(HEAD.actor)
    return actors
