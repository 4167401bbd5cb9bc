"""Columns of the Automerge binary format: run-length, delta and boolean encoding, both ways.

A column is read with the number of rows it may have at most, checked before a run is spread out: five bytes
can announce a billion rows. A column is written as automerge 0.5 writes it, and one that is not what writing
its rows gives is refused. Short columns come again and again (one row, action 1, no predecessors, the key
`name`), so what they say is remembered.
"""

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Final, Generic, TypeAlias, TypeVar

from node.crdt import leb128
from node.crdt.leb128 import Reader
from node.errors import RejectedChangeError

T = TypeVar("T", int, str)
RowT = TypeVar("RowT")
Integers: TypeAlias = tuple[int | None, ...]
Strings: TypeAlias = tuple[str | None, ...]
Booleans: TypeAlias = tuple[bool, ...]

# Counters of operations are 32 bits wide in automerge 0.5; a sum of deltas outside of that names nothing.
COUNTER_MAX: Final = 2**32 - 1
# What is remembered of each kind of column: at most some 4 MB, whatever a peer sends. The keys of a whole
# card are short enough, and so the same objects in all cards.
_REMEMBERED_COLUMNS_MAX: Final = 2_048
_REMEMBERED_BYTES_MAX: Final = 128
_REMEMBERED_ROWS_MAX: Final = 32


class _Column(Generic[RowT]):
    """One kind of column: read strictly, and remembered when it is short.

    Args:
        spread: reads the rows, with a bound on their number.
        write: writes rows in their one spelling.
    """

    __slots__ = ("_known", "_spellings", "_spread", "_write")

    def __init__(
        self, spread: Callable[[bytes, int], list[RowT]], write: Callable[[Sequence[RowT]], bytes]
    ) -> None:
        self._spread = spread
        self._write = write
        self._known: dict[bytes, tuple[RowT, ...]] = {}
        self._spellings: dict[tuple[RowT, ...], bytes] = {}

    def read(self, data: bytes, rows_max: int) -> tuple[RowT, ...]:
        """Return the rows of a column that is not empty.

        Raises:
            RejectedChangeError: malformed, more than `rows_max` rows, or not as `write` spells these rows.
        """
        rows = self._known.get(data)
        if rows is None:
            rows = tuple(self._spread(data, rows_max))
            if self._write(rows) != data:
                raise RejectedChangeError("expected the canonical spelling of a column, found another")
            if len(data) <= _REMEMBERED_BYTES_MAX and len(rows) <= _REMEMBERED_ROWS_MAX:
                if len(self._known) >= _REMEMBERED_COLUMNS_MAX:
                    self._known.clear()
                self._known[data] = rows
        elif len(rows) > rows_max:
            raise _too_many_rows(len(rows), rows_max)
        return rows

    def spell(self, rows: Sequence[RowT]) -> bytes:
        """Return what `write` makes of rows; short columns that were written lately are remembered."""
        key = tuple(rows)
        data = self._spellings.get(key)
        if data is None:
            data = self._write(rows)
            if len(data) <= _REMEMBERED_BYTES_MAX and len(key) <= _REMEMBERED_ROWS_MAX:
                if len(self._spellings) >= _REMEMBERED_COLUMNS_MAX:
                    self._spellings.clear()
                self._spellings[key] = data
        return data


def _spread_unsigned(data: bytes, rows_max: int) -> list[int | None]:
    reader = Reader(data)
    return _runs(reader, reader.unsigned, rows_max)


def _spread_strings(data: bytes, rows_max: int) -> list[str | None]:
    reader = Reader(data)
    return _runs(reader, lambda: text(reader.take(reader.unsigned())), rows_max)


def _spread_deltas(data: bytes, rows_max: int) -> list[int | None]:
    """Read counters stored as differences to the row before, None where a row has none."""
    reader = Reader(data)
    total = 0
    counters: list[int | None] = []
    for difference in _runs(reader, reader.signed, rows_max):
        if difference is None:
            counters.append(None)
            continue
        total += difference
        if not 0 <= total <= COUNTER_MAX:
            raise RejectedChangeError(f"expected a counter from 0 to {COUNTER_MAX}, found {total}")
        counters.append(total)
    return counters


def _spread_booleans(data: bytes, rows_max: int) -> list[bool]:
    """Read alternating run lengths, of False first."""
    reader = Reader(data)
    rows: list[bool] = []
    value = False
    while not reader.finished:
        length = reader.unsigned()
        _check_rows(len(rows) + length, rows_max)
        rows += [value] * length
        value = not value
    return rows


def write_unsigned(rows: Sequence[int | None]) -> bytes:
    """Write what `read_unsigned` reads; a column of None alone is empty."""
    return _write_runs(rows, leb128.unsigned)


def write_strings(rows: Sequence[str | None]) -> bytes:
    """Write what `read_strings` reads; a column of None alone is empty."""
    return _write_runs(rows, _counted_text)


def write_deltas(rows: Sequence[int | None]) -> bytes:
    """Write what `read_deltas` reads; a column of None alone is empty."""
    differences: list[int | None] = []
    total = 0
    for row in rows:
        differences.append(None if row is None else row - total)
        total = total if row is None else row
    return _write_runs(differences, leb128.signed)


def write_booleans(rows: Sequence[bool]) -> bytes:
    """Write what `read_booleans` reads; no rows give no bytes."""
    out = bytearray()
    expected = False
    for value, group in groupby(rows):
        if value is not expected:
            out.append(0)
        out += leb128.unsigned(sum(1 for _ in group))
        expected = not value
    return bytes(out)


def text(data: bytes) -> str:
    """Decode strict UTF-8.

    Raises:
        RejectedChangeError: the bytes are not UTF-8 (surrogates included).
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RejectedChangeError(f"expected UTF-8 text: {error.reason} at byte {error.start}") from error


def _counted_text(value: str) -> bytes:
    """Write a string's length in bytes and the string."""
    data = value.encode("utf-8")
    return leb128.unsigned(len(data)) + data


def _runs(reader: Reader, read_one: Callable[[], T], rows_max: int) -> list[T | None]:
    """Spread out runs: n > 0 repeats a value, n < 0 lists -n of them, 0 and n stand for n absent ones."""
    rows: list[T | None] = []
    while not reader.finished:
        count = reader.signed()
        if count > 0:
            _check_rows(len(rows) + count, rows_max)
            rows += [read_one()] * count
        elif count < 0:
            _check_rows(len(rows) - count, rows_max)
            rows += [read_one() for _ in range(-count)]
        else:
            absent = reader.unsigned()
            _check_rows(len(rows) + absent, rows_max)
            rows += [None] * absent
    return rows


def _check_rows(rows: int, rows_max: int) -> None:
    """Refuse a column that would grow beyond its bound."""
    if rows > rows_max:
        raise _too_many_rows(rows, rows_max)


def _too_many_rows(rows: int, rows_max: int) -> RejectedChangeError:
    return RejectedChangeError(f"expected at most {rows_max} rows in a column, found {rows}")


def _write_runs(rows: Sequence[T | None], write_one: Callable[[T], bytes]) -> bytes:
    """Write runs as automerge does: equal neighbours as a run, all others gathered in literal lists."""
    if len(rows) == 1:
        # Most changes hold one operation.
        return b"" if rows[0] is None else b"\x7f" + write_one(rows[0])
    out = bytearray()
    literals: list[T] = []

    def flush() -> None:
        if literals:
            out.extend(leb128.signed(-len(literals)))
            for literal in literals:
                out.extend(write_one(literal))
            literals.clear()

    for value, group in groupby(rows):
        count = sum(1 for _ in group)
        if value is None:
            if count == len(rows):
                return b""
            flush()
            out += b"\x00" + leb128.unsigned(count)
        elif count == 1:
            literals.append(value)
        else:
            flush()
            out += leb128.signed(count) + write_one(value)
    flush()
    return bytes(out)


# Run-length encoded unsigned integers, and UTF-8 strings; None where a row has none.
_UNSIGNED: Final = _Column(_spread_unsigned, write_unsigned)
_STRINGS: Final = _Column(_spread_strings, write_strings)
_DELTAS: Final = _Column(_spread_deltas, write_deltas)
_BOOLEANS: Final = _Column(_spread_booleans, write_booleans)

read_unsigned: Final = _UNSIGNED.read
read_strings: Final = _STRINGS.read
# Beside what `_Column.read` refuses: a sum that leaves the range from 0 to COUNTER_MAX.
read_deltas: Final = _DELTAS.read
read_booleans: Final = _BOOLEANS.read
# The same bytes as the writers above give, remembered.
spell_unsigned: Final = _UNSIGNED.spell
spell_strings: Final = _STRINGS.spell
spell_deltas: Final = _DELTAS.spell
spell_booleans: Final = _BOOLEANS.spell
