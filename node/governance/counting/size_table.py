"""Tables of names and sizes from CSV files, read strictly.

The first line names the columns, in any order: one called name (or community, party, state) and one called
size (or members, population, votes); other columns are ignored. Commas, semicolons or tabs separate. UTF-8,
with or without a byte order mark. A size is a whole number in plain digits.
"""

import csv
from collections.abc import Iterator
from typing import Final

from node.errors import InputFileError
from node.limits import NAME_CHARS_MAX

NAME_COLUMNS: Final = ("name", "community", "party", "state")
SIZE_COLUMNS: Final = ("size", "members", "population", "votes")
# Larger than any population on earth, small enough that its square is quick to compare.
SIZE_MAX: Final = 10**12
# A thousand communities need 64 KiB; a table of the world's municipalities fits as well.
SIZE_TABLE_BYTES_MAX: Final = 8 * 1024 * 1024

_SEPARATORS: Final = (",", ";", "\t")
_DIGITS_MAX: Final = len(str(SIZE_MAX))


def read_sizes(data: bytes, *, file: str) -> tuple[tuple[str, int], ...]:
    """Read names and sizes in the order of the file.

    Args:
        data: the file's content.
        file: its name, for messages.

    Raises:
        InputFileError: the first thing that is wrong, with its line.
    """
    lines = _lines(data, file)
    separator = _separator(lines[0], file)
    rows = _rows(lines, separator, file)
    _, columns = next(rows)
    titles = _titles(columns)
    name_at = _column(titles, NAME_COLUMNS, file)
    size_at = _column(titles, SIZE_COLUMNS, file)
    sizes: dict[str, int] = {}
    for line, row in rows:
        if not any(cell.strip() for cell in row):
            continue
        where = f"{file}: line {line}"
        if len(row) != len(titles):
            raise InputFileError(f"{where}: expected {len(titles)} columns, found {len(row)}")
        name = row[name_at].strip()
        if not 1 <= len(name) <= NAME_CHARS_MAX:
            raise InputFileError(
                f"{where}: expected a name of 1 to {NAME_CHARS_MAX} characters, found {name!r:.80}"
            )
        if name in sizes:
            raise InputFileError(f"{where}: expected each name once, found {name!r} again")
        sizes[name] = _size(row[size_at].strip(), where)
    if not sizes:
        raise InputFileError(f"{file}: expected at least one row below the column names, found none")
    return tuple(sizes.items())


def _lines(data: bytes, file: str) -> list[str]:
    """Decode a file and split it into lines, keeping their ends for the CSV reader."""
    if len(data) > SIZE_TABLE_BYTES_MAX:
        raise InputFileError(f"{file}: expected at most {SIZE_TABLE_BYTES_MAX} bytes, found {len(data)}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputFileError(f"{file}: line {line}: expected UTF-8 text; save the file as UTF-8") from error
    return [line + "\n" for line in text.replace("\r\n", "\n").split("\n")]


def _separator(header: str, file: str) -> str:
    """Return the one separator under which the first line names both columns."""
    for separator in _SEPARATORS:
        titles = _titles(header.split(separator))
        if _known(titles, NAME_COLUMNS) and _known(titles, SIZE_COLUMNS):
            return separator
    raise InputFileError(f"{file}: line 1: expected the columns name and size, found {header.strip()!r:.80}")


def _rows(lines: list[str], separator: str, file: str) -> Iterator[tuple[int, list[str]]]:
    """Yield rows with the line on which they end."""
    reader = csv.reader(lines, delimiter=separator, strict=True)
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        raise InputFileError(f"{file}: line {reader.line_num}: expected a CSV row: {error}") from error


def _titles(cells: list[str]) -> list[str]:
    """Return column names as they are compared."""
    return [cell.strip().strip('"').strip().lower() for cell in cells]


def _known(titles: list[str], names: tuple[str, ...]) -> list[int]:
    """Return where columns of one meaning are."""
    return [place for place, title in enumerate(titles) if title in names]


def _column(titles: list[str], names: tuple[str, ...], file: str) -> int:
    """Return where the one column of a meaning is."""
    places = _known(titles, names)
    if len(places) != 1:
        raise InputFileError(
            f"{file}: line 1: expected one column called {' or '.join(names)}, found {len(places)}"
        )
    return places[0]


def _size(cell: str, where: str) -> int:
    """Read a size."""
    if cell.isascii() and cell.isdigit() and len(cell) <= _DIGITS_MAX and int(cell) <= SIZE_MAX:
        return int(cell)
    raise InputFileError(f"{where}: expected the size as a whole number up to {SIZE_MAX}, found {cell!r:.80}")
