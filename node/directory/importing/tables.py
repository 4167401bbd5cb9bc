"""Comma-separated text (RFC 4180 and what spreadsheets make of it) into records.

Owns finding the separator and reading cells. The first line with anything in it names the columns.
"""

import csv
import io
from collections.abc import Iterator
from typing import Final

from node.directory.columns import ID_COLUMN
from node.directory.export import unguarded
from node.directory.importing.records import FIELDS_MAX, FieldValue, RawFile, RawRecord
from node.errors import InputFileError

SEPARATORS: Final = (",", ";", "\t")
# The first column of Murmurations' batch tables: the id of the record where it comes from.
_BATCH_ID: Final = "oid"


def read_table(text: str, *, file_name: str) -> RawFile:
    """Read a table whose first row names the columns; blank rows are passed over.

    Raises:
        InputFileError: no header with at least two columns, or a quote that is never closed.
    """
    separator = _separator(text)
    rows = _rows(text, separator=separator, file_name=file_name)
    header = next(rows, [])
    if len(header) < 2:
        raise InputFileError(
            f"{file_name}: expected a first row that names at least two columns, separated by a comma, "
            "semicolon or tab; found one column"
        )
    is_own = header[0] == ID_COLUMN
    names = tuple(unguarded(name) if is_own else name for name in _unique(header))
    if len(names) > FIELDS_MAX:
        raise InputFileError(f"{file_name}: expected at most {FIELDS_MAX} columns, found {len(names)}")
    records = tuple(
        _record(number, names, cells, is_own=is_own) for number, cells in enumerate(rows, start=1)
    )
    if is_own:
        return RawFile(records, "our own CSV export", is_own_export=True)
    is_batch = names[0].casefold() == _BATCH_ID
    return RawFile(records, "a Murmurations batch table" if is_batch else "a table")


def _separator(text: str) -> str:
    """Choose the separator that cuts the first row into most columns; the comma when none does better."""
    first_row = _first_row(text)
    return max(SEPARATORS, key=lambda separator: _count_unquoted(first_row, separator))


def _first_row(text: str) -> str:
    inside_quotes = False
    start = len(text) - len(text.lstrip("\r\n"))
    for position in range(start, len(text)):
        character = text[position]
        if character == '"':
            inside_quotes = not inside_quotes
        elif character in "\r\n" and not inside_quotes:
            return text[start:position]
    return text[start:]


def _count_unquoted(row: str, separator: str) -> int:
    return sum(part.count(separator) for part in row.split('"')[::2])


def _rows(text: str, *, separator: str, file_name: str) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield cells
    except csv.Error as error:
        raise InputFileError(
            f"{file_name}: expected a table, found a cell that does not end at line {reader.line_num} "
            f"({error}); look for a quote that is not closed or not doubled there"
        ) from error


def _unique(header: list[str]) -> list[str]:
    """Name every column: a blank name becomes its number, a second one of the same name is numbered."""
    names: list[str] = []
    for number, name in enumerate(header, start=1):
        cleaned = name.strip() or f"column {number}"
        names.append(cleaned if cleaned not in names else f"{cleaned}#{number}")
    return names


def _record(row: int, names: tuple[str, ...], cells: list[str], *, is_own: bool) -> RawRecord:
    fields: dict[str, FieldValue] = {}
    troubles: list[tuple[str, str]] = []
    for name, cell in zip(names, cells, strict=False):
        text = unguarded(cell) if is_own else cell
        if text.strip():
            fields[name] = text
    surplus = [cell for cell in cells[len(names) :] if cell.strip()]
    if surplus:
        troubles.append(("", f"expected {len(names)} cells, found {len(cells)}; the surplus is kept aside"))
        fields["surplus cells"] = tuple(surplus)
    return RawRecord(row, fields, troubles=tuple(troubles))
