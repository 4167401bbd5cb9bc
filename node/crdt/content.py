"""The content of one document: what its operations make of it, as Automerge shows it to a reader.

An operation that counts becomes a deed. A deed stands at a place (a map key, or an element of a list or
text) until another names it as its predecessor; of several that stand at one place the highest id is shown.
The elements of a list form a tree, each below the one it was inserted behind; read from the top, of several
behind one the highest id first, they are in order. The tests hold this against automerge's own reading.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from node.crdt.edits import Tree
from node.crdt.operations import (
    CONTAINERS,
    DELETE,
    HEAD,
    MAKE_LIST,
    MAKE_MAP,
    SET,
    Key,
    Operation,
    OperationId,
    Scalar,
)

# The step of a path that stands for an element of a list or text.
ELEMENT: Final = "*"


class Deed:
    """One operation of a document, and what stands in the object that it made.

    Attributes:
        id: the operation's name.
        action: what it does.
        object: the deed of the map, list or text it acts in; None for the root itself.
        key: the map key or the element it sets; an insertion sets itself.
        insert: whether it adds an element.
        behind: for an insertion the element it stands behind, or HEAD.
        value: what it writes; None once another operation has replaced it.
        path: the steps from the root to what it makes; empty for plain values, which hold nothing.
        bit: the change it belongs to, as `History` counts them; 0 while that change is being judged.
        places: in a map, list or text the deeds that stand at each place, by their ids: a place with a crowd
            is changed as quickly as any other. Empty places of maps are left out.
        followers: in a list or text, the elements inserted behind each one.
    """

    __slots__ = (
        "action",
        "behind",
        "bit",
        "followers",
        "id",
        "insert",
        "key",
        "object",
        "path",
        "places",
        "value",
    )

    def __init__(self, operation: Operation, container: "Deed | None", path: tuple[str, ...]) -> None:
        self.key: Key
        self.value: Scalar
        self.id, self.action, _, self.key, self.insert, self.value, _ = operation
        self.object = container
        self.behind: OperationId | None = None
        self.bit = 0
        self.path = path
        if self.insert:
            assert not isinstance(operation.key, str)
            self.key, self.behind = operation.id, operation.key
        if self.action is not SET and self.action in CONTAINERS:
            self.places: dict[Key, dict[OperationId, Deed]] = {}
            self.followers: dict[OperationId, list[OperationId]] = {}

    def shown(self, key: Key) -> "Deed | None":
        """Return the deed that a reader sees at a place of this map, list or text."""
        standing = self.places.get(key)
        return _winner(standing) if standing else None

    def elements(self) -> Iterator[OperationId]:
        """Yield the elements of this list or text that a reader sees, in order."""
        followers = self.followers
        waiting = sorted(followers.get(HEAD, ()))
        while waiting:
            element = waiting.pop()
            if self.places[element]:
                yield element
            if element in followers:
                waiting += sorted(followers[element])

    def read(self) -> Tree:
        """Return what a reader sees of this deed's value."""
        if self.action is SET:
            return self.value
        if self.action is MAKE_MAP:
            return {key: _winner(self.places[key]).read() for key in sorted(map(str, self.places))}
        shown = [_winner(self.places[element]).read() for element in self.elements()]
        return shown if self.action is MAKE_LIST else "".join(map(str, shown))


def root() -> Deed:
    """Return the map at the top of an empty document."""
    return Deed(Operation(HEAD, MAKE_MAP, None, "", insert=False, value=None, predecessors=()), None, ())


def add(deed: Deed, predecessors: Sequence[Deed]) -> list[Deed]:
    """Let an operation take effect, and return those of its predecessors that stood until now.

    Args:
        deed: judged by `history.py`, not yet part of its object.
        predecessors: the operations it replaces, all at its own place.
    """
    container = deed.object
    assert container is not None
    standing = container.places.get(deed.key)
    if standing is None:
        standing = container.places[deed.key] = {}
    replaced = [it for it in predecessors if standing.pop(it.id, None) is not None] if predecessors else []
    if deed.action is not DELETE:
        standing[deed.id] = deed
    elif not standing and container.action is MAKE_MAP:
        del container.places[deed.key]
    if deed.behind is not None:
        container.followers.setdefault(deed.behind, []).append(deed.id)
    return replaced


def take_back(deed: Deed, replaced: Iterable[Deed]) -> None:
    """Undo the latest `add`, given what it returned."""
    container = deed.object
    assert container is not None
    standing = container.places.setdefault(deed.key, {})
    standing.pop(deed.id, None)
    standing.update((it.id, it) for it in replaced)
    if deed.behind is not None:
        container.followers[deed.behind].pop()
    if deed.behind is not None or (not standing and container.action is MAKE_MAP):
        del container.places[deed.key]


def _winner(standing: Mapping[OperationId, Deed]) -> Deed:
    """Return which of the deeds at one place is shown."""
    if len(standing) == 1:
        (only,) = standing.values()
        return only
    return standing[max(standing)]
