"""The common shape of a record, whatever file it stood in: flat fields of text, and where it is.

Owns the flattening of nested values: `{"geolocation": {"lat": 1}}` is the field `geolocation.lat`, a list of
plain values is one field with several texts, a list of objects is `urls[0].url`, and a text with its language
beside it (`{"lang": "de", "value": "Garten"}`) is the field of that language.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from node.directory.importing.languages import language_tag
from node.directory.importing.report import Severity

# Deeper values are kept as one text: no directory names a field by more steps than this.
NESTING_MAX: Final = 6
# A record of thousands of fields is a table turned on its side, or an attack.
FIELDS_MAX: Final = 1_000

# Fields that no file has: the key under which an object of objects holds a record, and that key as a name.
KEY_FIELD: Final = "@key"
KEY_NAME_FIELD: Final = "@name"
# The text that a key leads to, where a list is names and addresses.
VALUE_FIELD: Final = "@value"

_LANGUAGE_KEYS: Final = frozenset({"lang", "language", "locale", "languagecode", "@language"})
_TEXT_KEYS: Final = frozenset({"value", "text", "content", "translation", "label", "@value"})


class NumberText(str):
    """A number as the file spells it; a float would not keep `23.33513259888` as it is."""

    __slots__ = ()


# One text, or several from a list.
FieldValue = str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RawPoint:
    """A position as the file spells it, latitude first.

    Attributes:
        repair: the sentence about how it was read, when that was not plain.
    """

    lat: str
    lon: str
    field: str
    repair: str = ""


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One record before any meaning was given to its fields.

    Attributes:
        row: its number in the file, from 1.
        fields: key and value in the file's order; a key stands once.
        point: where the file's own geometry puts it.
        troubles: field and sentence of what the reader of the format has to say; each marks the row.
        remarks: the same for what marks nothing.
        fault: why it is no record at all, or "".
    """

    row: int
    fields: Mapping[str, FieldValue]
    point: RawPoint | None = None
    troubles: tuple[tuple[str, str], ...] = ()
    remarks: tuple[tuple[Severity, str, str], ...] = ()
    fault: str = ""


@dataclass(frozen=True, slots=True)
class RawFile:
    """A file as records, with what it says about itself.

    Attributes:
        shape: what the file was recognised as, for people.
        is_own_export: it was written by our export; its fields then hold the exact columns.
        known: what fields mean in this format, by their plain name; None for "nothing of ours".
        source, licence: what the file says, or "".
        notes: sentences about the file as a whole.
    """

    records: tuple[RawRecord, ...]
    shape: str
    is_own_export: bool = False
    known: Mapping[str, str | None] = field(default_factory=dict)
    source: str = ""
    licence: str = ""
    notes: tuple[str, ...] = ()


def flatten(
    value: object, *, key: str = "", depth: int = 0, without: object = None
) -> Iterator[tuple[str, FieldValue]]:
    """Yield the plain fields of a value read from JSON; nulls and empty texts are passed over.

    Args:
        value: what the JSON holds.
        key: the path to it.
        depth: how many steps lead to it.
        without: a value inside that is left out: a geometry that was read already.
    """
    if value is without and value is not None:
        return
    by_language = _by_language(value)
    if by_language:
        yield from ((f"{key}.{tag}", text) for tag, text in by_language)
    elif isinstance(value, Mapping) and depth < NESTING_MAX:
        for inner, entry in value.items():
            path = f"{key}.{inner}" if key else str(inner)
            yield from flatten(entry, key=path, depth=depth + 1, without=without)
    elif isinstance(value, list) and depth < NESTING_MAX:
        yield from _flatten_list(value, key=key, depth=depth, without=without)
    elif text := _show(value):
        yield key, text


def _flatten_list(
    values: list[object], *, key: str, depth: int, without: object
) -> Iterator[tuple[str, FieldValue]]:
    if any(isinstance(value, Mapping | list) for value in values):
        for index, value in enumerate(values):
            yield from flatten(value, key=f"{key}[{index}]", depth=depth + 1, without=without)
    elif texts := tuple(text for text in map(_show, values) if text):
        yield key, texts


def _by_language(value: object) -> tuple[tuple[str, str], ...]:
    """Read one text, or a list of texts, that stand beside their languages; () when it is something else."""
    parts = value if isinstance(value, list) else [value]
    found = [_language_and_text(part) for part in parts]
    tags = [one[0] for one in found if one is not None]
    # Two texts of one language would be one field: then every text keeps its place in the list.
    return tuple(one for one in found if one is not None) if len(set(tags)) == len(parts) else ()


def _language_and_text(value: object) -> tuple[str, str] | None:
    if not isinstance(value, Mapping) or len(value) != 2:
        return None
    language = next((entry for key, entry in value.items() if key.casefold() in _LANGUAGE_KEYS), None)
    text = next((entry for key, entry in value.items() if key.casefold() in _TEXT_KEYS), None)
    if not isinstance(language, str) or not isinstance(text, str):
        return None
    tag = language_tag(language)
    return None if tag is None else (tag, text)


def _show(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case Mapping() | list():
            return f"({len(value)} values nested too deeply to be read)"
        case _:
            return str(value)
