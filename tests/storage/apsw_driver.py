"""SQLite through apsw, dressed as the sqlite3 module is, as far as SQLAlchemy asks.

The sqlite3 module of Python and apsw each carry an SQLite of their own, so a file system made with apsw
cannot be reached from the first. With this the very store, its statements and its transactions run on apsw.
"""

import contextlib
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import apsw
import apsw.ext

apilevel = "2.0"
paramstyle = "qmark"
threadsafety = 1
sqlite_version_info = tuple(int(part) for part in apsw.sqlite_lib_version().split("."))
Binary = memoryview

Error = sqlite3.Error
DatabaseError = sqlite3.DatabaseError
OperationalError = sqlite3.OperationalError
ProgrammingError = sqlite3.ProgrammingError
IntegrityError = sqlite3.IntegrityError
InterfaceError = sqlite3.InterfaceError
InternalError = sqlite3.InternalError
DataError = sqlite3.DataError
NotSupportedError = sqlite3.NotSupportedError

_Result = TypeVar("_Result")
_Description = tuple[tuple[str, None, None, None, None, None, None], ...]


class Connection:
    """One connection to a file on a virtual file system."""

    def __init__(self, path: str, vfs: str) -> None:
        self.apsw = _translating(lambda: apsw.Connection(path, vfs=vfs))
        self.isolation_level: str | None = None
        self.descriptions: dict[str, _Description | None] = {}

    def cursor(self) -> "Cursor":
        """Return a new cursor."""
        return Cursor(self)

    def commit(self) -> None:
        """End the transaction if there is one."""
        if self.apsw.in_transaction:
            _translating(lambda: self.apsw.execute("COMMIT").fetchall())

    def rollback(self) -> None:
        """Undo the transaction if there is one."""
        if self.apsw.in_transaction:
            _translating(lambda: self.apsw.execute("ROLLBACK").fetchall())

    def close(self) -> None:
        """Close the file; on a disk without power that fails, as the end of the process would not."""
        with contextlib.suppress(apsw.IOError):
            self.apsw.close()

    def create_function(self, name: str, arguments: int, function: Callable[..., object], **_: bool) -> None:
        """Make a Python function known to SQL."""
        self.apsw.create_scalar_function(name, function, arguments)


class Cursor:
    """Statements and their rows; all rows are read at once."""

    arraysize = 1

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rows: list[tuple[object, ...]] = []
        self.description: _Description | None = None
        self.rowcount = -1
        self.lastrowid = 0

    def execute(self, sql: str, values: Sequence[object] = ()) -> "Cursor":
        """Run one statement."""
        database = self._connection.apsw
        self.description = self._describe(sql)
        self._rows = _translating(lambda: database.execute(sql, tuple(values)).fetchall())
        self.rowcount = -1 if self.description else database.changes()
        self.lastrowid = database.last_insert_rowid()
        return self

    def executemany(self, sql: str, values: Iterable[Sequence[object]]) -> "Cursor":
        """Run one statement for each row of values."""
        database = self._connection.apsw
        before = database.total_changes()
        _translating(lambda: database.executemany(sql, [tuple(row) for row in values]).fetchall())
        self.description, self._rows = None, []
        self.rowcount = database.total_changes() - before
        return self

    def fetchone(self) -> tuple[object, ...] | None:
        """Return the next row."""
        return self._rows.pop(0) if self._rows else None

    def fetchall(self) -> list[tuple[object, ...]]:
        """Return the rows that are left."""
        rows, self._rows = self._rows, []
        return rows

    def close(self) -> None:
        """Forget the rows."""
        self._rows = []

    def _describe(self, sql: str) -> _Description | None:
        """Return the names of the columns, which apsw no longer tells once a query has found nothing."""
        known = self._connection.descriptions
        if sql not in known:
            columns: Iterable[tuple[str, ...]] = ()
            if sql.lstrip().upper().startswith(("SELECT", "PRAGMA")):
                columns = _translating(lambda: apsw.ext.query_info(self._connection.apsw, sql)).description
            known[sql] = tuple((name, None, None, None, None, None, None) for name, *_ in columns) or None
        return known[sql]


def _translating(call: Callable[[], _Result]) -> _Result:
    try:
        return call()
    except apsw.ConstraintError as error:
        raise _coded(IntegrityError(str(error)), error) from error
    except apsw.Error as error:
        raise _coded(OperationalError(str(error)), error) from error


def _coded(raised: sqlite3.Error, error: apsw.Error) -> sqlite3.Error:
    raised.sqlite_errorcode = getattr(error, "extendedresult", sqlite3.SQLITE_ERROR)
    return raised
