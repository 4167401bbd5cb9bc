"""What each import did, kept so that it can be taken back: only this node knows it, and never sends it.

Owns the numbers of imports, and per listing what stood there before and what the import wrote. Refuses to own
the taking back itself (handlers/imports.py). Texts that an import wrote are kept as short hashes: enough to
tell whether somebody changed them since.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from node import canonical
from node.clock import Timestamp
from node.crdt.edits import Delete, Edit, Put
from node.engine.ports import LocalStore
from node.errors import NotFoundError
from node.ids import DocumentId

# One part is taken back in one command, while nothing else is answered: about a tenth of a second.
PART_LISTINGS_MAX: Final = 16
# A part holds the former fields of its listings, each listing at most 64 KiB (limits.CHANGE_BYTES_MAX).
_PART_BYTES_MAX: Final = 4 * 1024 * 1024
_DRAWER: Final = "imports"
_MARK_BYTES: Final = 8
_NUMBER_BYTES: Final = 8

_MISSING: Final = object()


class ImportNote(BaseModel):
    """What is known of one import.

    Attributes:
        at: when it began.
        expected: how many listings of the file were to come in.
        flagged: how many of them were marked.
        written, updated, unchanged: how many came in so far, as new, as changed, as before.
        parts: how many parts can still be taken back.
        undone_at: when the last part was taken back.
    """

    model_config = ConfigDict(frozen=True, strict=True)

    number: int
    at: int
    file_name: str
    source: str
    expected: int
    flagged: int
    written: int = 0
    updated: int = 0
    unchanged: int = 0
    parts: int = 0
    undone_at: int | None = None


class FieldTrace(BaseModel):
    """One field that an import wrote.

    Attributes:
        before: what stood there; None for nothing. Not kept where the whole listing was new.
        mark: of what the import wrote; None where it took the field out.
    """

    model_config = ConfigDict(frozen=True, strict=True)

    path: tuple[str, ...]
    before: Any
    mark: bytes | None

    def still_stands(self, tree: Mapping[str, Any]) -> bool:
        """Tell whether the field still is as the import left it."""
        present = value_at(tree, self.path)
        return self.mark is None if present is None else self.mark == mark_of(present)


class ListingTrace(BaseModel):
    """What an import did to one listing: began it, or changed some fields."""

    model_config = ConfigDict(frozen=True, strict=True)

    document: bytes
    created: bool
    fields: tuple[FieldTrace, ...]


def of_new(document: DocumentId, written: Mapping[str, Any]) -> ListingTrace:
    """Return the trace of a listing that was not there before: a mark for each of its fields, maps whole."""
    fields = [FieldTrace(path=(key,), before=None, mark=mark_of(value)) for key, value in written.items()]
    return ListingTrace(document=document, created=True, fields=tuple(fields))


def of_edits(document: DocumentId, before: Mapping[str, Any], edits: Sequence[Edit]) -> ListingTrace:
    """Return the trace of a listing that was changed."""
    return ListingTrace(document=document, created=False, fields=tuple(_of_edits(before, edits)))


def _of_edits(before: Mapping[str, Any], edits: Sequence[Edit]) -> Iterator[FieldTrace]:
    for edit in edits:
        path = tuple(str(step) for step in edit.path)
        match edit:
            case Put(value=value) if value != {}:
                yield FieldTrace(path=path, before=value_at(before, path), mark=mark_of(value))
            case Delete():
                yield FieldTrace(path=path, before=value_at(before, path), mark=None)
            case _:  # An empty map, made where one was missing, says nothing; lists have no place in a page.
                continue


def value_at(tree: Mapping[str, Any], path: Sequence[str]) -> Any:
    """Return what stands at a place of a tree, None for nothing."""
    found: Any = tree
    for step in path:
        found = found.get(step, _MISSING) if isinstance(found, Mapping) else _MISSING
    return None if found is _MISSING else found


def mark_of(value: Any) -> bytes:
    """Return a short hash of a field's content: nobody gains by finding another text of the same hash."""
    return canonical.digest("hedgerow/import-mark/1", value)[:_MARK_BYTES]


class ImportNotes:
    """Keep the notes in the store's drawers: one of all imports, and one of each import's parts."""

    def __init__(self, local: LocalStore) -> None:
        self._local = local

    def all(self) -> list[ImportNote]:
        """Return every import, oldest first."""
        return [_note(value) for _, value in self._local.all(_DRAWER)]

    def get(self, number: int) -> ImportNote:
        """Return one import.

        Raises:
            NotFoundError: there is none of that number.
        """
        found = self._local.get(_DRAWER, _key(number)) if number < 2**63 else None
        if found is None:
            raise NotFoundError(f"no import has the number {number}: `hedgerow imports` lists them")
        return _note(found)

    def begin(self, *, at: Timestamp, file_name: str, source: str, expected: int, flagged: int) -> ImportNote:
        """Return the note of a new import, with the next number; `keep` writes it."""
        known = self._local.all(_DRAWER)
        number = int.from_bytes(known[-1][0], "big") + 1 if known else 1
        return ImportNote(
            number=number, at=at, file_name=file_name, source=source, expected=expected, flagged=flagged
        )

    def keep(self, note: ImportNote, traces: Sequence[ListingTrace] = ()) -> None:
        """Write a note, with the traces of what was done since it was written last."""
        parts = note.parts
        for start in range(0, len(traces), PART_LISTINGS_MAX):
            part = [trace.model_dump() for trace in traces[start : start + PART_LISTINGS_MAX]]
            self._local.put(_drawer(note), _key(parts), canonical.encode(_plain(part)))
            parts += 1
        if parts > note.parts:
            # Something was written after all was taken back: there is something to take back again.
            note = note.model_copy(update={"parts": parts, "undone_at": None})
        self._local.put(_DRAWER, _key(note.number), canonical.encode(note.model_dump()))

    def take_last_part(self, note: ImportNote, *, now: Timestamp) -> tuple[ImportNote, list[ListingTrace]]:
        """Take out the newest part that is left, and return it with the note as it now stands."""
        assert note.parts > 0
        key = _key(note.parts - 1)
        value = self._local.get(_drawer(note), key)
        assert value is not None, "a note counts the parts that are kept"
        self._local.remove(_drawer(note), key)
        left = note.parts - 1
        note = note.model_copy(update={"parts": left, "undone_at": None if left else int(now)})
        self._local.put(_DRAWER, _key(note.number), canonical.encode(note.model_dump()))
        traces = canonical.decode(value, bytes_max=_PART_BYTES_MAX)
        return note, [_trace(each) for each in traces]


def _note(value: bytes) -> ImportNote:
    return ImportNote.model_validate(canonical.decode(value))


def _trace(tree: Mapping[str, Any]) -> ListingTrace:
    fields = [FieldTrace(**{**each, "path": tuple(each["path"])}) for each in tree["fields"]]
    return ListingTrace(document=tree["document"], created=tree["created"], fields=tuple(fields))


def _plain(value: Any) -> Any:
    """Return a tree with lists for tuples, as canonical bytes have it."""
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    return value


def _drawer(note: ImportNote) -> str:
    return f"{_DRAWER}/{note.number}"


def _key(number: int) -> bytes:
    return number.to_bytes(_NUMBER_BYTES, "big")
