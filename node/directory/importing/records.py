"""The common shape of a record, whatever file it stood in: flat fields of text, and where it is.

Owns the flattening of nested values: `{"geolocation": {"lat": 1}}` is the field `geolocation.lat`, a list of
plain values is one field with several texts, a list of objects is `urls[0].url`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

# Deeper values are kept as one text: no directory names a field by more steps than this.
NESTING_MAX: Final = 6
# A record of thousands of fields is a table turned on its side, or an attack.
FIELDS_MAX: Final = 1_000


class NumberText(str):
    """A number as the file spells it; a float would not keep `23.33513259888` as it is."""

    __slots__ = ()


# One text, or several from a list.
FieldValue = str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RawPoint:
    """A position as the file spells it, latitude first."""

    lat: str
    lon: str
    field: str


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One record before any meaning was given to its fields.

    Attributes:
        row: its number in the file, from 1.
        fields: key and value in the file's order; a key stands once.
        point: where the file's own geometry puts it.
        troubles: field and sentence of what the reader of the format has to say; each marks the row.
        fault: why it is no record at all, or "".
    """

    row: int
    fields: Mapping[str, FieldValue]
    point: RawPoint | None = None
    troubles: tuple[tuple[str, str], ...] = ()
    fault: str = ""


def flatten(value: object, *, key: str = "", depth: int = 0) -> Iterator[tuple[str, FieldValue]]:
    """Yield the plain fields of a value read from JSON; nulls and empty texts are passed over."""
    if isinstance(value, Mapping) and depth < NESTING_MAX:
        for inner, entry in value.items():
            yield from flatten(entry, key=f"{key}.{inner}" if key else str(inner), depth=depth + 1)
    elif isinstance(value, list) and depth < NESTING_MAX:
        yield from _flatten_list(value, key=key, depth=depth)
    elif text := _show(value):
        yield key, text


def _flatten_list(values: list[object], *, key: str, depth: int) -> Iterator[tuple[str, FieldValue]]:
    if any(isinstance(value, Mapping | list) for value in values):
        for index, value in enumerate(values):
            yield from flatten(value, key=f"{key}[{index}]", depth=depth + 1)
    elif texts := tuple(text for text in map(_show, values) if text):
        yield key, texts


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
