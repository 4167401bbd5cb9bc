"""JSON from outside: strict about its grammar, patient with what stands in it.

Owns repeated keys, NaN, numbers and nesting without end, lines of JSON, and writing a value back as text.
"""

import json
from typing import Final

from node.directory import plain_text
from node.directory.importing.records import NumberText
from node.errors import InputFileError

# Where an object had one key twice, the earlier values are kept under this key and a number.
_REPEATED: Final = "#"
_LINE_ENDINGS: Final = (".jsonl", ".ndjson", ".jsonlines", ".geojsonl")


class JsonObject(dict[str, object]):
    """An object as it stood in the file, with the keys that stood there more than once."""

    repeated: tuple[str, ...] = ()


class BrokenLine:
    """Stand for a line of a file of JSON lines that is no JSON.

    Attributes:
        fault: what is wrong, for people.
    """

    __slots__ = ("fault",)

    def __init__(self, fault: str) -> None:
        self.fault = fault


def parse(text: str, *, file_name: str) -> object:
    """Read JSON, or JSON lines as a list of values.

    Numbers stay as they are spelled; of a repeated key the last counts and the others are kept.

    Raises:
        InputFileError: not JSON, cut off, or nested without end.
    """
    if not file_name.lower().endswith(_LINE_ENDINGS):
        try:
            return _loads(text)
        except RecursionError as error:
            raise _nested(file_name) from error
        except json.JSONDecodeError as error:
            if not _could_be_lines(text, error):
                raise _broken(text, error, file_name=file_name) from error
    return _parse_lines(text, file_name=file_name)


def _could_be_lines(text: str, error: json.JSONDecodeError) -> bool:
    """Say whether a first whole value ended where a line ended, and another one begins."""
    before = text[: error.pos].rstrip(" \t")
    return error.msg == "Extra data" and before.endswith("\n") and text.startswith("{", error.pos)


def _parse_lines(text: str, *, file_name: str) -> list[object]:
    values: list[object] = []
    first: json.JSONDecodeError | None = None
    good = 0
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            values.append(_loads(line))
            good += 1
        except RecursionError as error:
            raise _nested(file_name) from error
        except json.JSONDecodeError as error:
            first = first or error
            values.append(BrokenLine(f"expected JSON in line {number}, found {error.msg.lower()}"))
    if first is not None and not good:
        raise _broken(text, first, file_name=file_name)
    return values


def _loads(text: str) -> object:
    value: object = json.loads(
        text,
        object_pairs_hook=_object,
        parse_int=NumberText,
        parse_float=NumberText,
        parse_constant=NumberText,
    )
    return value


def _object(pairs: list[tuple[str, object]]) -> JsonObject:
    found = JsonObject()
    for key, value in pairs:
        if key in found:
            found.repeated = (*found.repeated, key)
            found[f"{key}{_REPEATED}{found.repeated.count(key)}"] = found[key]
        found[key] = value
    return found


def _nested(file_name: str) -> InputFileError:
    return InputFileError(
        f"{file_name}: expected JSON, found values nested without end; this is no directory"
    )


def _broken(text: str, error: json.JSONDecodeError, *, file_name: str) -> InputFileError:
    cut_off = not text[error.pos :].strip() or "Unterminated" in error.msg
    found = "a file that ends too early" if cut_off else error.msg.lower()
    return InputFileError(
        f"{file_name}: expected JSON, found {found} at line {error.lineno}, column {error.colno}; "
        + ("fetch it again" if cut_off else "repair it there")
    )


def kind_of(value: object) -> str:
    """Name what a JSON value is, for people."""
    match value:
        case None:
            return "nothing"
        case dict():
            return "an object"
        case list():
            return "a list"
        case NumberText():
            return "a number"
        case str():
            return "text"
        case _:
            return "a truth value"


def write(value: object) -> str:
    """Write a value as it was read: numbers as they were spelled, no spaces."""
    try:
        return _write(value)
    except RecursionError:
        return "values nested without end"


def _write(value: object) -> str:
    match value:
        case NumberText():
            return value
        case dict():
            return "{" + ",".join(f"{_write_text(key)}:{_write(entry)}" for key, entry in value.items()) + "}"
        case list():
            return "[" + ",".join(map(_write, value)) + "]"
        case _:
            return _write_text(value)


def _write_text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def short(value: object, *, chars: int = 80) -> str:
    """Show the beginning of a value in one line."""
    text = plain_text.line(write(value))
    return text if len(text) <= chars else text[: chars - 1] + "…"
