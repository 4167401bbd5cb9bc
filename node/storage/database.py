"""The one connection through which a node reads and writes its database, and what may go wrong on it.

Owns the transaction, and for SQLite the engine and the pragmas (for PostgreSQL: postgres_database.py; errors:
sqlite_errors.py). Knows no table.

SQLite waits for the disk at each commit (`synchronous=FULL`): with NORMAL a power cut takes acknowledged
commits back, and the node then signs a sequence number twice and forks itself.
"""

import os
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVarTuple

from sqlalchemy import (
    Connection,
    CursorResult,
    Delete,
    Engine,
    NullPool,
    Row,
    Table,
    Update,
    create_engine,
    event,
)
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.engine.url import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.schema import DropTable
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.sql.selectable import TypedReturnsRows

from node.errors import StorageError, StoreUnavailableError
from node.storage import sqlite_text
from node.storage.files import atomic_file
from node.storage.sqlite_errors import translated
from node.storage.upserts import Upsert

_Columns = TypeVarTuple("_Columns")

# STRICT tables came with 3.37 of November 2021.
SQLITE_VERSION_MIN = (3, 37, 0)
# How long a write waits for another process that looks into the file, such as a backup or the sqlite3 shell.
BUSY_TIMEOUT_MS = 5_000
# Pages kept in memory: the upper levels of every index of a hub with 100,000 listings fit.
CACHE_KIB = 16 * 1024
# A write-ahead log that once grew large gives its space back at the next checkpoint.
LOG_BYTES_KEPT_MAX = 64 * 1024 * 1024
# The write-ahead log is carried over into the file when it is this long, 16 MiB, four times SQLite's own
# bound: a page that many commits touch is written and synced less often, and ids in random order touch all
# pages of an index.
LOG_PAGES_MAX = 4_096

_PRAGMAS = (
    f"busy_timeout = {BUSY_TIMEOUT_MS}",
    "synchronous = FULL",
    # Without these two a commit on macOS returns while the bytes are still in the drive's own memory.
    "fullfsync = ON",
    "checkpoint_fullfsync = ON",
    "foreign_keys = ON",
    f"cache_size = -{CACHE_KIB}",
    f"wal_autocheckpoint = {LOG_PAGES_MAX}",
    "temp_store = MEMORY",
    f"journal_size_limit = {LOG_BYTES_KEPT_MAX}",
    # A file somebody else prepared must not run functions when it is read.
    "trusted_schema = OFF",
    "cell_size_check = ON",
)

_BEGIN = "BEGIN IMMEDIATE"
# Where SQLAlchemy's connection carries that a transaction was begun past it.
_BEGUN = "hedgerow_begun"
# What went past SQLAlchemy fails with the driver's own errors.
_ERRORS = (DBAPIError, sqlite3.Error)


class Database:
    """Hold the writer connection; every read and write of a store goes through here.

    A transaction begins with the first statement and ends with `commit` or `rollback`. After any error
    nothing works until `rollback`: SQLite ends some failed transactions by itself, and a later write would
    then be committed alone.

    A connection that breaks is not mended: whether its last commit arrived shows only to who reads all again.

    Args:
        engine: as `configure` made it ready.
        translate: makes our error of one of the driver's.

    Raises:
        StorageError: the database cannot be opened.
    """

    def __init__(self, engine: Engine, translate: Callable[[Exception], StorageError] | None = None) -> None:
        self._engine = engine
        self._translate = translate or translated
        self._failed: StorageError | None = None
        self._is_lost = False
        # Whether a transaction was begun past SQLAlchemy, which then need not know of it.
        self._begun = False
        try:
            self._connection: Connection = engine.connect()
        except _ERRORS as error:
            raise self._translate(error) from error

    def rows(
        self, statement: TypedReturnsRows[*_Columns], values: Mapping[str, Any] | None = None
    ) -> Sequence[Row[*_Columns]]:
        """Return every row that a query finds."""
        self._refuse_after_failure()
        try:
            return self._connection.execute(statement, values).fetchall()
        except _ERRORS as error:
            raise self._fail(error) from error

    def one(
        self, statement: TypedReturnsRows[*_Columns], values: Mapping[str, Any] | None = None
    ) -> Row[*_Columns] | None:
        """Return the one row that a query finds, or None."""
        found = self.rows(statement, values)
        assert len(found) <= 1, statement
        return found[0] if found else None

    def plain(
        self, statement: TypedReturnsRows[*_Columns], values: Mapping[str, Any]
    ) -> Sequence[tuple[*_Columns]]:
        """Return every row that a query finds, as a tuple of what the driver gives.

        For small questions asked often: by SQLAlchemy one costs ten times what SQLite takes for it. Not for
        lists of values (`expanding`), whose text differs from question to question.
        """
        self._refuse_after_failure()
        assert isinstance(statement, ClauseElement)
        sql, names, fixed = sqlite_text.question(statement)
        given = {**fixed, **values} if fixed else values
        try:
            cursor = self._cursor()
            found: list[tuple[*_Columns]] = cursor.execute(sql, [given[name] for name in names]).fetchall()
            cursor.close()
        except _ERRORS as error:
            raise self._fail(error) from error
        return found

    def run(
        self, statement: Executable, values: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    ) -> CursorResult[Any]:
        """Carry out a statement that changes something; a list of values runs it once for each."""
        self._refuse_after_failure()
        try:
            return self._connection.execute(statement, values)
        except _ERRORS as error:
            raise self._fail(error) from error

    def upsert(self, upsert: Upsert, values: Mapping[str, Any]) -> bool:
        """Insert a row or give way to the one that is there; tell whether anything was written."""
        return self._upserted(upsert, [values]) == 1

    def upsert_all(self, upsert: Upsert, values: Sequence[Mapping[str, Any]]) -> None:
        """Insert many rows of the same columns, each as `upsert` does one; as fast as `fill`."""
        self._upserted(upsert, values)

    def change_all(self, statement: Update | Delete, values: Sequence[Mapping[str, Any]]) -> None:
        """Carry out an update or a deletion once for each of these, as fast as `fill`."""
        self._past(*sqlite_text.positional(statement, None), values)

    def fill(self, table: Table, rows: list[tuple[object, ...]]) -> None:
        """Insert many whole rows, their values in the order of the table's columns.

        For what is hot enough to go past SQLAlchemy, which takes ten times as long for one row as SQLite.
        """
        self._many(sqlite_text.insertion(table), rows)

    def _upserted(self, upsert: Upsert, values: Sequence[Mapping[str, Any]]) -> int:
        spelled = upsert.spelled(self._engine.dialect.name)
        assert isinstance(spelled, ClauseElement)
        return self._past(*sqlite_text.positional(spelled, tuple(values[0])), values)

    def _past(self, sql: str, names: tuple[str, ...], values: Sequence[Mapping[str, Any]]) -> int:
        return self._many(sql, [tuple([row[name] for name in names]) for row in values])

    def _many(self, sql: str, rows: list[tuple[object, ...]]) -> int:
        self._refuse_after_failure()
        try:
            cursor = self._cursor()
            cursor.executemany(sql, rows)
            written: int = cursor.rowcount
            cursor.close()
        except _ERRORS as error:
            raise self._fail(error) from error
        return written

    def _cursor(self) -> DBAPICursor:
        """Return a cursor of the driver's, inside the transaction."""
        cursor = self._connection.connection.cursor()
        if not self._begun and not self._connection.in_transaction():
            # By SQLAlchemy its beginning and end cost as much as two rows; `_begin` knows of it.
            cursor.execute(_BEGIN)
            self._begun = self._connection.info[_BEGUN] = True
        return cursor

    def create(self, *tables: Table) -> None:
        """Create tables with their indexes, inside the transaction."""
        self._refuse_after_failure()
        try:
            for table in tables:
                table.create(self._connection, checkfirst=False)
        except _ERRORS as error:
            raise self._fail(error) from error

    def remake(self, *tables: Table) -> None:
        """Replace tables by empty ones, inside the transaction, whatever became of them.

        Those that others refer to come first.
        """
        for table in reversed(tables):
            self.run(DropTable(table, if_exists=True))
        self.create(*tables)

    def commit(self) -> None:
        """End the transaction; on return all of it survives a power cut."""
        self._refuse_after_failure()
        try:
            if self._connection.in_transaction():
                self._connection.commit()
            elif self._begun:
                self._connection.connection.commit()
        except _ERRORS as error:
            raise self._fail(error) from error
        self._forget_begun()

    def rollback(self) -> None:
        """End the transaction as if it had never begun."""
        try:
            self._connection.rollback()
            if self._begun:
                self._connection.connection.rollback()
        except _ERRORS as error:
            raise self._fail(error) from error
        self._forget_begun()
        if not self._is_lost:
            self._failed = None

    def close(self) -> None:
        """Let go of the file; what was not committed is lost."""
        try:
            self._connection.close()
            self._engine.dispose()
        except _ERRORS as error:
            raise self._translate(error) from error

    def _forget_begun(self) -> None:
        if self._begun:
            self._begun = self._connection.info[_BEGUN] = False

    def _fail(self, error: DBAPIError | sqlite3.Error) -> StorageError:
        self._failed = self._translate(error)
        self._is_lost |= isinstance(error, DBAPIError) and error.connection_invalidated
        return self._failed

    def _refuse_after_failure(self) -> None:
        if self._is_lost:
            raise StoreUnavailableError(str(self._failed)) from self._failed
        if self._failed is not None:
            raise StoreUnavailableError(
                f"an earlier statement of this batch failed ({self._failed}): roll back before going on"
            ) from self._failed


def open_engine(path: Path) -> Engine:
    """Return an engine on a database file, made if need be; nothing is opened yet.

    Raises:
        StoreUnavailableError: the file can be neither found nor made, or SQLite is too old.
    """
    if sqlite3.sqlite_version_info < SQLITE_VERSION_MIN:
        wanted = ".".join(map(str, SQLITE_VERSION_MIN))
        raise StoreUnavailableError(
            f"expected SQLite {wanted} or newer, found {sqlite3.sqlite_version}: install a newer Python"
        )
    try:
        # Made here and not by SQLite, so that nobody else can read it from its first byte on; SQLite gives
        # the log beside it the same mode.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        # SQLite syncs its files and the name of its log, but not the name of the database.
        atomic_file.sync_folder(path.parent)
    except OSError as error:
        raise StoreUnavailableError(
            f"expected to open {path}, found: {error.strerror}: check that the folder exists and is yours"
        ) from error
    return configure(
        create_engine(
            URL.create("sqlite", database=str(path)),
            poolclass=NullPool,
            # The core runs on one thread at a time, which need not be the one that opened the store.
            connect_args={"timeout": BUSY_TIMEOUT_MS / 1_000, "check_same_thread": False},
        )
    )


def configure(engine: Engine) -> Engine:
    """Make an engine set our pragmas and begin its transactions as writers.

    `isolation_level = None` and our own BEGIN are SQLAlchemy's recipe for the sqlite3 driver, which by itself
    begins late and leaves CREATE TABLE outside the transaction. IMMEDIATE takes the write lock at once: a
    transaction that reads first and writes later could be refused in the middle.
    """
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.execute("PRAGMA journal_mode = WAL")
    mode = cursor.fetchone()
    cursor.close()
    if mode != ("wal",):
        raise StoreUnavailableError(
            f"expected a write-ahead log, found journal mode {mode}: keep the data folder on a local disk"
        )


def _begin(connection: Connection) -> None:
    if not connection.info.get(_BEGUN):
        cursor = connection.connection.cursor()
        cursor.execute(_BEGIN)
        cursor.close()
