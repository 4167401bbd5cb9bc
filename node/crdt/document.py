"""Automerge documents behind a typed wrapper: the only importer of the extension.

The extension (automerge-rs 0.5 through pyo3) raises bare Exception on bad bytes, accepts some broken ones,
and panics with a BaseException; a panic may leave its document unusable. So every call is made on a document
that can be thrown away, every failure becomes one of our errors, and nothing but what `gate.py` admitted
comes in here. It draws an actor id of its own wherever it is not given one: here it is always given one.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from automerge import core

from node.crdt import changes, leb128
from node.crdt.changes import ChangeHash
from node.crdt.edits import Delete, Edit, Insert, Path, Put, Tree
from node.crdt.operations import INTEGER_MAX, INTEGER_MIN, Actor, Scalar
from node.errors import NodeError, NotFoundError, RejectedChangeError, StoreUnavailableError, UserError

# First byte of a sync message of version 1, which carries changes one by one (docs/changes.md).
_SYNC_MESSAGE_TYPE: Final = b"\x42"
_SCALAR_KINDS: Final = {
    str: core.ScalarType.Str,
    bool: core.ScalarType.Boolean,
    int: core.ScalarType.Int,
    bytes: core.ScalarType.Bytes,
    type(None): core.ScalarType.Null,
}


class Document:
    """One Automerge document as a value: `apply` and `change` leave it as it was."""

    __slots__ = ("_actor", "_core")

    def __init__(self, core_document: Any, actor: Actor) -> None:
        self._core = core_document
        self._actor = actor

    @classmethod
    def empty(cls, actor: Actor) -> "Document":
        """Begin a document without history; `actor` is used by nothing but `change`, which names its own."""
        return cls(core.Document(actor), actor)

    @classmethod
    def load(cls, saved: bytes, actor: Actor) -> "Document":
        """Read back what this node's own `save` wrote; a peer's bytes never come here.

        Raises:
            StoreUnavailableError: the bytes are damaged; `hedgerow rebuild` makes them again from the feeds.
        """
        with _contained(StoreUnavailableError, "load the saved document; run `hedgerow rebuild`"):
            loaded = core.Document.load(saved)
            loaded.set_actor(actor)
        return cls(loaded, actor)

    def save(self) -> bytes:
        """Write the document for this node's own cache. The bytes differ between versions: never sign them.

        Raises:
            RejectedChangeError: what was applied last cannot be written.
        """
        with _contained(RejectedChangeError, "save the document"):
            return bytes(self._core.save())

    def fork(self) -> "Document":
        """Return an independent copy."""
        with _contained(RejectedChangeError, "copy the document"):
            copy = self._core.fork()
            copy.set_actor(self._actor)
        return Document(copy, self._actor)

    def heads(self) -> tuple[ChangeHash, ...]:
        """Return the hashes of the changes that no other change builds on, ascending."""
        with _contained(RejectedChangeError, "read the heads"):
            return tuple(sorted(ChangeHash(bytes(head)) for head in self._core.get_heads()))

    def apply(self, raws: Sequence[bytes]) -> "Document":
        """Return a copy with more changes, each of which the gate has admitted, in causal order.

        The extension drops a change it does not like without a word, so the heads are compared afterwards:
        they are the old ones and the new hashes without those that a new change builds on. Each new change is
        one of these heads or below one, so that one missing shows.

        Raises:
            RejectedChangeError: the extension failed or left out a change; this document is unharmed.
        """
        expected = set(self.heads()).union(changes.change_hash(raw) for raw in raws)
        for raw in raws:
            expected.difference_update(changes.dependencies_of(raw))
        copy = self.fork()
        with _contained(RejectedChangeError, "apply changes"):
            message = core.Message.decode(_sync_message(raws))
            copy._core.receive_sync_message(core.SyncState(), message)  # noqa: SLF001  another instance of this class
        if copy.heads() != tuple(sorted(expected)):
            raise RejectedChangeError(f"expected {len(raws)} changes to take effect, found some left out")
        return copy

    def survives_reload(self) -> bool:
        """Tell whether saving and loading gives the same heads and content.

        Some broken changes apply without a sound and leave a save that cannot be loaded.

        Raises:
            RejectedChangeError: the document can be saved or read no more.
            StoreUnavailableError: what it saved does not load.
        """
        reloaded = Document.load(self.save(), self._actor)
        return reloaded.heads() == self.heads() and reloaded.read() == self.read()

    def read(self) -> dict[str, Tree]:
        """Return the content as dicts, lists and plain values; of concurrent values the one that won.

        Raises:
            RejectedChangeError: the document holds what the gate admits from nobody (a counter, a float).
        """
        with _contained(RejectedChangeError, "read the document"):
            return _read_map(self._core, core.ROOT)

    def change(self, *, actor: Actor, edits: Sequence[Edit], time_s: int, message: str = "") -> bytes | None:
        """Return the change that carries out edits, without applying it: our own changes pass the gate too.

        Returns:
            The change's bytes as peers will see them, or None when the document already says all of it.

        Raises:
            NotFoundError: a path leads nowhere.
            UserError: a value has no place in a document, or the edits are too much for one change.
        """
        with _contained(RejectedChangeError, "copy the document"):
            copy = self._core.fork()
            copy.set_actor(actor)
            before = copy.get_heads()
        with _contained(UserError, "carry out the edits"), copy.transaction() as transaction:
            for edit in edits:
                _carry_out(transaction, edit)
        with _contained(RejectedChangeError, "read the change"):
            made = [bytes(change.raw_bytes) for change in copy.get_changes(before)]
        if not made:
            return None
        assert len(made) == 1, "one transaction made more than one change"
        try:
            raw = changes.encode(changes.decode(made[0])._replace(time_s=time_s, message=message))
            changes.decode(raw)
        except RejectedChangeError as error:
            raise UserError(f"these edits cannot be published as one change: {error}") from error
        return raw


@contextmanager
def _contained(error_type: type[NodeError], doing: str) -> Iterator[None]:
    """Turn whatever the extension throws, panics included, into an error of ours."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit, MemoryError, NodeError):
        raise
    except BaseException as error:  # a pyo3 panic is not an Exception
        raise error_type(f"expected automerge to {doing}, found {type(error).__name__}: {error}") from error


def _sync_message(raws: Sequence[bytes]) -> bytes:
    """Write the sync message that carries changes and says nothing else: no heads, needs or haves."""
    parts = [_SYNC_MESSAGE_TYPE, b"\x00\x00\x00", leb128.unsigned(len(raws))]
    for raw in raws:
        parts += [leb128.unsigned(len(raw)), raw]
    return b"".join(parts)


def _read_map(document: Any, map_id: bytes) -> dict[str, Tree]:
    """Return a map's content."""
    return {
        key: _read_value(document, value)
        for key, value in zip(document.keys(map_id), document.values(map_id), strict=True)
    }


def _read_value(document: Any, found: Any) -> Tree:
    """Return the content of a value given as (kind or (scalar kind, value), object id)."""
    kind, object_id = found
    if kind == core.ObjType.Map:
        return _read_map(document, object_id)
    if kind == core.ObjType.List:
        return [_read_value(document, value) for value in document.values(object_id)]
    if kind == core.ObjType.Text:
        return str(document.text(object_id))
    scalar_kind, value = kind
    if scalar_kind == core.ScalarType.Bytes:
        return bytes(value)  # the extension gives a list of integers
    if value is None or isinstance(value, (str, bool, int)):
        return value
    raise RejectedChangeError(f"expected text, integers, truth values, bytes or null, found {scalar_kind}")


def _carry_out(transaction: Any, edit: Edit) -> None:
    """Make one edit inside an open transaction."""
    match edit:
        case Put(path=path, value=value):
            container, place = _locate(transaction, path)
            _put(transaction, container, place, value)
        case Delete(path=path):
            container, place = _locate(transaction, path)
            if transaction.get(container, place) is None:
                raise NotFoundError(f"there is nothing at {_show(path)} to delete")
            transaction.delete(container, place)
        case Insert(path=path, index=index, value=value):
            container, kind = _descend(transaction, path)
            if kind != core.ObjType.List or not 0 <= index <= transaction.length(container):
                raise NotFoundError(f"there is no list with a place {index} at {_show(path)}")
            _insert(transaction, container, index, value)


def _locate(transaction: Any, path: Path) -> tuple[bytes, str | int]:
    """Return the container a path ends in and the place inside it.

    A negative or missing index makes the extension panic, so places in lists are checked here.
    """
    if not path:
        raise NotFoundError("a path must name at least one key")
    container, kind = _descend(transaction, path[:-1])
    place = path[-1]
    if kind == core.ObjType.Map and isinstance(place, str) and place:
        return container, place
    if kind == core.ObjType.List and type(place) is int and 0 <= place < transaction.length(container):
        return container, place
    raise NotFoundError(f"there is no place {place!r} at {_show(path[:-1])}")


def _descend(transaction: Any, path: Path) -> tuple[bytes, Any]:
    """Return the object at a path and its kind."""
    container, kind = core.ROOT, core.ObjType.Map
    for depth in range(len(path)):
        parent, place = container, path[depth]
        fits = (kind == core.ObjType.Map and isinstance(place, str)) or (
            kind == core.ObjType.List and type(place) is int and 0 <= place < transaction.length(parent)
        )
        found = transaction.get(parent, place) if fits else None
        if found is None or isinstance(found[0], tuple):
            raise NotFoundError(f"there is no map or list at {_show(path[: depth + 1])}")
        kind, container = found
    return container, kind


def _put(transaction: Any, container: bytes, place: str | int, value: Tree) -> None:
    """Write a tree at a place that exists or is a map key."""
    if value is None or isinstance(value, str | int | bytes):
        transaction.put(container, place, _scalar_kind(value), value)
    else:
        _fill(transaction, transaction.put_object(container, place, _object_kind(value)), value)


def _insert(transaction: Any, container: bytes, index: int, value: Tree) -> None:
    """Insert a tree into a list."""
    if value is None or isinstance(value, str | int | bytes):
        transaction.insert(container, index, _scalar_kind(value), value)
    else:
        _fill(transaction, transaction.insert_object(container, index, _object_kind(value)), value)


def _fill(transaction: Any, container: bytes, value: Mapping[str, Tree] | Sequence[Tree]) -> None:
    """Write the content of a new map, in the order of its keys, or of a new list."""
    if isinstance(value, Mapping):
        for key in sorted(value):
            if not key:
                raise UserError("a map key must not be empty")
            _put(transaction, container, key, value[key])
    else:
        for index, item in enumerate(value):
            _insert(transaction, container, index, item)


def _object_kind(value: Mapping[str, Tree] | Sequence[Tree]) -> Any:
    """Return the extension's name for a map or a list."""
    if isinstance(value, Mapping):
        return core.ObjType.Map
    if isinstance(value, list | tuple):
        return core.ObjType.List
    raise _unfit(value)


def _scalar_kind(value: Scalar) -> Any:
    """Return the extension's name for a plain value's type; a wrong one makes it panic."""
    kind = _SCALAR_KINDS.get(type(value))
    if kind is None:
        raise _unfit(value)
    if type(value) is int and not INTEGER_MIN <= value <= INTEGER_MAX:
        raise UserError(f"expected an integer of at most 64 bits, found {value}")
    return kind


def _unfit(value: object) -> UserError:
    """Return the error for a value of a type that documents do not hold, such as a float."""
    expected = "text, an integer, a truth value, bytes, null, a map or a list"
    return UserError(f"expected {expected}, found {type(value).__name__}")


def _show(path: Path) -> str:
    """Write a path for a message to people."""
    return "/".join(str(place) for place in path) or "the top"
