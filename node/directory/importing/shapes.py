"""Where the records are in JSON of unknown shape.

A list of objects, an object of objects, names with addresses, or one record; each at the top or up to two
steps inside a wrapper. Every candidate is weighed by what its records' fields mean and how many they are;
what is not read is named.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from math import log2
from typing import Final

from node.directory.forms import is_web_address
from node.directory.importing.field_names import guess
from node.directory.importing.field_words import Field
from node.directory.importing.json_text import BrokenLine
from node.directory.importing.records import NumberText, flatten

_DEPTH_MAX: Final = 2
# What is looked at to weigh a candidate: enough to know it, little enough for any file.
_CHILDREN_SEEN: Final = 50
_RECORDS_SEEN: Final = 50
_FIELDS_SEEN: Final = 200
# Of a hundred entries so many must be of one kind.
_ALIKE_MIN: Final = 80
# So many names with addresses beside a name are a list, fewer are somebody's links.
_ADDRESSES_INSIDE_MIN: Final = 20
_WRAPPERS: Final = """
data items results records entries list features communities community organisations organizations members
nodes places initiatives rows elements directory listings value values hits groups profiles objects resources
projects
"""
_WRAPPER_WORDS: Final = frozenset(_WRAPPERS.split())


class Kind(StrEnum):
    """How the records stand in the file; the value is what the report says."""

    ONE = "one record"
    LIST = "a list of records"
    BY_KEY = "records by key"
    ADDRESSES = "names and addresses"


@dataclass(frozen=True, slots=True)
class Shape:
    """Where the records are.

    Attributes:
        path: the steps to them, or "" at the top.
        entries: the key (or "") and the value of each.
        unread: other lists and objects beside them that are not read.
    """

    kind: Kind
    path: str
    entries: tuple[tuple[str, object], ...]
    unread: tuple[str, ...] = ()


def find(top: object) -> Shape | None:
    """Find the records of a file; None when there is nothing that could be a directory."""
    best: tuple[float, Shape] | None = None
    for shape in _candidates(top):
        weight = _weight(shape, top)
        if weight > 0 and (best is None or weight > best[0]):
            best = weight, shape
    if best is None:
        return None
    shape = best[1]
    return Shape(shape.kind, shape.path, shape.entries, _beside(top, shape))


def one(value: object) -> Shape:
    """Take a value for one record, or a list of them, without looking further."""
    if isinstance(value, list):
        return Shape(Kind.LIST, "", tuple(("", entry) for entry in value))
    return Shape(Kind.ONE, "", (("", value),))


def _candidates(value: object, *, path: str = "", depth: int = 0) -> Iterator[Shape]:
    if isinstance(value, list):
        if _share(value, dict) >= _ALIKE_MIN:
            yield Shape(Kind.LIST, path, tuple(("", entry) for entry in value))
    elif isinstance(value, dict) and value:
        entries = list(value.values())
        if _share(entries, dict) >= _ALIKE_MIN:
            yield Shape(Kind.BY_KEY, path, tuple(_keyed(value)))
        elif _addresses(entries) >= _ALIKE_MIN:
            yield Shape(Kind.ADDRESSES, path, tuple(_keyed(value)))
        if depth == 0:
            yield Shape(Kind.ONE, "", (("", value),))
        if depth < _DEPTH_MAX:
            for key, entry in islice(value.items(), _CHILDREN_SEEN):
                yield from _candidates(entry, path=f"{path}.{key}" if path else key, depth=depth + 1)


def _share(entries: list[object], kind: type) -> int:
    fitting = sum(isinstance(entry, kind | BrokenLine) for entry in entries)
    return fitting * 100 // len(entries) if any(isinstance(entry, kind) for entry in entries) else 0


def _addresses(entries: list[object]) -> int:
    fitting = sum(isinstance(entry, str) and is_web_address(entry.strip()) for entry in entries)
    return fitting * 100 // len(entries)


def _keyed(value: dict[str, object]) -> Iterator[tuple[str, object]]:
    """Yield key and record; keys that only count give nobody an id."""
    counts = all(key == str(number) for number, key in enumerate(value)) or all(
        key == str(number) for number, key in enumerate(value, start=1)
    )
    return ((("" if counts else key), entry) for key, entry in value.items())


def _weight(shape: Shape, top: object) -> float:
    """Weigh how much a candidate looks like a directory; 0 when it does not at all."""
    if shape.kind is Kind.ADDRESSES:
        return _weight_of_addresses(shape, top)
    meanings = [_meanings(entry) for _key, entry in shape.entries[:_RECORDS_SEEN] if isinstance(entry, dict)]
    named = sum(Field.NAME in meaning for meaning in meanings) * 2 >= len(meanings)
    rich = sum(map(len, meanings)) / len(meanings)
    if shape.kind is Kind.ONE:
        # One record must at least say its name; with nothing else it may be a wrapper that has a title.
        return rich + 1 if named else 0
    if shape.kind is Kind.BY_KEY and not rich:
        return 0
    is_wrapped_so = shape.path.rpartition(".")[2].casefold() in _WRAPPER_WORDS
    weight = (rich + 1 if named or shape.kind is Kind.BY_KEY else max(rich, 0.5)) * log2(
        1 + len(shape.entries)
    )
    if shape.path and not named:
        weight *= 0.5
    return weight * (2 if is_wrapped_so else 1)


def _weight_of_addresses(shape: Shape, top: object) -> float:
    inside = isinstance(top, dict) and shape.path != ""
    is_record = isinstance(top, dict) and Field.NAME in _meanings(top)
    if is_record and (not inside or len(shape.entries) < _ADDRESSES_INSIDE_MIN):
        return 0
    return 2 * log2(1 + len(shape.entries))


def _meanings(record: dict[str, object]) -> set[Field]:
    """Say which fields of ours the names in a record promise."""
    fields = islice(flatten(record), _FIELDS_SEEN)
    known = (guess(key) for key, value in fields if not _is_bare_number(key, value))
    return {one.field for one in known if one is not None}


def _is_bare_number(key: str, value: object) -> bool:
    """Say whether a number stands where a text should: `name: 3` names nothing."""
    one = guess(key)
    return isinstance(value, NumberText) and one is not None and one.field in (Field.NAME, Field.URL)


def _beside(top: object, shape: Shape) -> tuple[str, ...]:
    if not isinstance(top, dict) or not shape.path:
        return ()
    first, _dot, second = shape.path.partition(".")
    inner = top.get(first)
    beside = [key for key, entry in top.items() if key != first and isinstance(entry, dict | list) and entry]
    if second and isinstance(inner, dict):
        beside += [
            f"{first}.{key}"
            for key, entry in inner.items()
            if key != second and isinstance(entry, dict | list) and entry
        ]
    return tuple(beside)
