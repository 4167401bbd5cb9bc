"""The connections to PostgreSQL: how they are made, who may write, and what may go wrong on them.

Owns the engine, the session's settings, the writer's lock and the translation of errors. Knows no table.

The writer holds an advisory lock in the very session that writes. A session that breaks loses both at once,
so nobody who lost the lock can still commit. Nor is a broken session replaced behind the store's back:
whether its last commit arrived shows only to who reads everything again, and a node that guesses signs a
sequence number twice.
"""

import os
import socket
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVarTuple

import psycopg
from psycopg import sql
from sqlalchemy import CursorResult, Delete, Engine, NullPool, Table, Update, create_engine, event
from sqlalchemy.engine.url import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.selectable import TypedReturnsRows

from node.errors import StorageError, StoreBusyError, StoreUnavailableError
from node.storage.database import BUSY_TIMEOUT_MS, Database
from node.storage.store_address import parse_postgresql
from node.storage.upserts import Upsert

_Columns = TypeVarTuple("_Columns")

# PostgreSQL 14 is the oldest that its makers still mend (until November 2026).
SERVER_VERSION_MIN: Final = 140_000
# How long a new writer waits for the old one's session to end: the server needs a moment to notice a death.
LOCK_WAIT_MS: Final = 1_000
# "HEDG" and 1: the lock that the one writer of a database holds.
WRITER_LOCK: Final = (0x48454447, 1)
# What the writer calls out at each commit; see postgres_changes.py.
CHANNEL: Final = "hedgerow"
_CALL_OUT: Final = f"NOTIFY {CHANNEL}"
# PostgreSQL cuts application names here.
_NAME_BYTES_MAX: Final = 63
# A server that vanished without a word is given up after half a minute, by us and by it.
_CONNECT_DEFAULTS: Final = {
    "connect_timeout": "10",
    "keepalives_idle": "15",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}
_SETTINGS: Final = {
    # A commit is acknowledged when it is on the disk, and on that of every synchronous replica.
    "synchronous_commit": "on",
    # Whoever administers the server may end slow questions of others; ours end by themselves.
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "idle_session_timeout": "0",
    "lock_timeout": str(BUSY_TIMEOUT_MS),
    "tcp_keepalives_idle": "15",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    # Compiling a question takes longer than any of ours runs.
    "jit": "off",
    "client_min_messages": "warning",
}

_BUSY: Final = frozenset({"55P03", "40P01", "55006"})
# SQLSTATE codes, or the class that their first two characters name.
_ADVICE: Final = {
    "25006": "the database takes no writes here: use the address of the primary, not of a replica",
    "28": "PostgreSQL refused the user: check name and password in the address, and pg_hba.conf",
    "3D": "there is no such database: make it with `createdb --encoding=UTF8`",
    "42501": "access was refused: make the database and its tables belong to the node's user",
    "53100": "the server's disk is full: free some space and start again; nothing half-done was kept",
    "53200": "the database server has not enough memory: give it more and start again",
    "53300": "the database server has too many connections: raise max_connections",
    "58": "the database server failed to read or write: check its disk and its log",
    "XX": "the database is damaged: run `hedgerow rebuild`, or restore a backup",
}


class PostgresDatabase(Database):
    """Hold one session; the writer's calls out at each commit that changed something.

    Raises:
        StoreBusyError: another node writes to this database; the message names it.
        StorageError: the database cannot be used.
    """

    def __init__(self, engine: Engine) -> None:
        self._wrote = False
        super().__init__(engine, translated)

    def plain(
        self, statement: TypedReturnsRows[*_Columns], values: Mapping[str, Any]
    ) -> Sequence[tuple[*_Columns]]:
        """Return every row that a query finds; SQLAlchemy knows how texts are kept here."""
        found: Sequence[Any] = self.rows(statement, values)
        return [tuple(row) for row in found]

    def run(
        self, statement: Executable, values: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    ) -> CursorResult[Any]:
        """Carry out a statement that changes something; a list of values runs it once for each."""
        self._wrote = True
        return super().run(statement, values)

    def upsert(self, upsert: Upsert, values: Mapping[str, Any]) -> bool:
        """Insert a row or give way to the one that is there; tell whether anything was written."""
        return self.run(upsert.spelled(self._engine.dialect.name), values).rowcount == 1

    def upsert_all(self, upsert: Upsert, values: Sequence[Mapping[str, Any]]) -> None:
        """Insert many rows, each as `upsert` does one."""
        self.run(upsert.spelled(self._engine.dialect.name), values)

    def change_all(self, statement: Update | Delete, values: Sequence[Mapping[str, Any]]) -> None:
        """Carry out an update or a deletion once for each of these."""
        self.run(statement, values)

    def fill(self, table: Table, rows: list[tuple[object, ...]]) -> None:
        """Insert many whole rows through COPY, their values in the order of the table's columns."""
        self._refuse_after_failure()
        self._wrote = True
        columns = list(table.columns)
        copying = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
            sql.Identifier(table.name), sql.SQL(", ").join(sql.Identifier(column.name) for column in columns)
        )
        # What goes past SQLAlchemy begins no transaction of its own, and commit would then not know of it.
        if not self._connection.in_transaction():
            self._connection.begin()
        driver: psycopg.Connection[Any] = self._connection.connection.driver_connection  # type: ignore[assignment] # SQLAlchemy leaves the driver's type open
        try:
            with driver.cursor() as cursor, cursor.copy(copying) as copy:
                copy.set_types(["int8" if column.type.python_type is int else "bytea" for column in columns])
                for row in rows:
                    copy.write_row(row)
        except psycopg.Error as error:
            raise self._fail_past(driver, error) from error

    def commit(self) -> None:
        """End the transaction; on return all of it survives a power cut, and readers have been told."""
        self._refuse_after_failure()
        try:
            if self._wrote:
                self._connection.exec_driver_sql(_CALL_OUT)
            self._connection.commit()
        except DBAPIError as error:
            raise self._fail(error) from error
        self._wrote = False

    def rollback(self) -> None:
        """End the transaction as if it had never begun."""
        super().rollback()
        self._wrote = False

    def _fail_past(self, driver: psycopg.Connection[Any], error: psycopg.Error) -> StorageError:
        """Note what failed past SQLAlchemy."""
        if driver.closed:
            self._is_lost = True
            self._connection.invalidate(error)
        self._failed = lost(error) if driver.closed else translated(error)
        return self._failed


def open_engine(url: URL, *, role: str) -> Engine:
    """Return an engine on a database; nothing is connected yet.

    Args:
        url: as `store_address.parse` made it.
        role: what the session is for, shown in pg_stat_activity.
    """
    defaults = {**_CONNECT_DEFAULTS, "application_name": _session_name(role)}
    given = {name: value for name, value in defaults.items() if name not in url.query}
    engine = create_engine(url, poolclass=NullPool, connect_args={**given, "client_encoding": "utf8"})
    event.listen(engine, "connect", _prepare)
    return engine


def connect(address: str, *, role: str) -> psycopg.Connection[Any]:
    """Connect once, past SQLAlchemy; whoever asked closes the connection.

    Raises:
        ConfigError: the address is none of a PostgreSQL database.
        StorageError: PostgreSQL cannot be reached or used.
    """
    engine = open_engine(parse_postgresql(address), role=role)
    try:
        pooled = engine.raw_connection()
    except psycopg.Error as error:
        raise translated(error) from error
    driver = pooled.driver_connection
    pooled.detach()
    assert isinstance(driver, psycopg.Connection)
    return driver


def as_writer(engine: Engine) -> Engine:
    """Make an engine take the writer's lock with every connection."""
    event.listen(engine, "connect", _take_lock)
    return engine


def as_reader(engine: Engine) -> Engine:
    """Make an engine's transactions read one state each and change nothing."""
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def translated(error: Exception) -> StorageError:
    """Return our error for one of the driver, with what to do about it."""
    if isinstance(error, DBAPIError):
        if error.connection_invalidated:
            return lost(error)
        error = error.orig if isinstance(error.orig, Exception) else error
    code = getattr(error, "sqlstate", None)
    told = _told(error)
    if code is None:
        return StoreUnavailableError(
            "PostgreSQL cannot be reached: check that it runs and that host, database, user and password in "
            f"the address are right ({told})"
        )
    if code in _BUSY:
        return StoreBusyError(
            f"another program holds what is needed in the database ({told}): close it and try again"
        )
    advice = _ADVICE.get(code) or _ADVICE.get(
        code[:2], "the database refused: run `hedgerow doctor`; `hedgerow rebuild` makes caches again"
    )
    return StoreUnavailableError(f"{advice} ({told})")


def lost(error: Exception) -> StoreUnavailableError:
    """Return the error of a session that broke."""
    return StoreUnavailableError(
        "the connection to PostgreSQL was lost: check that the server runs, then start the node again; all "
        f"that was acknowledged is in the database ({_told(error)})"
    )


def _told(error: Exception) -> str:
    """Return what the driver says, on one line and without the values of the statement."""
    origin = error.orig if isinstance(error, DBAPIError) else error
    said = origin.diag.message_primary if isinstance(origin, psycopg.Error) else None
    return " ".join((said or str(origin)).split())


def _session_name(role: str) -> str:
    """Return what others read when they ask who holds the lock."""
    name = f"hedgerow {role}, process {os.getpid()} on {socket.gethostname()}"
    return name.encode("ascii", "replace")[:_NAME_BYTES_MAX].decode("ascii")


def _prepare(connection: psycopg.Connection[Any], _entry: ConnectionPoolEntry) -> None:
    try:
        _check_server(connection)
        with connection.cursor() as cursor:
            for name, value in _SETTINGS.items():
                cursor.execute("SELECT set_config(%s, %s, false)", (name, value))
        connection.commit()
    except psycopg.Error as error:
        connection.close()
        raise translated(error) from error
    except StorageError:
        connection.close()
        raise


def _check_server(connection: psycopg.Connection[Any]) -> None:
    version = connection.info.server_version
    if version < SERVER_VERSION_MIN:
        raise StoreUnavailableError(
            f"expected PostgreSQL {SERVER_VERSION_MIN // 10_000} or newer, found {version // 10_000}: upgrade"
        )
    for setting, expected, advice in (
        (
            "server_encoding",
            "UTF8",
            "make the database anew with `createdb --encoding=UTF8 --template=template0`",
        ),
        ("fsync", "on", "without it a power cut takes back what was acknowledged: set it in postgresql.conf"),
    ):
        (found,) = connection.execute("SELECT current_setting(%s)", (setting,)).fetchone() or (None,)
        if found != expected:
            raise StoreUnavailableError(f"expected {setting} {expected}, found {found}: {advice}")


def _take_lock(connection: psycopg.Connection[Any], _entry: ConnectionPoolEntry) -> None:
    try:
        connection.execute("SELECT set_config('lock_timeout', %s, true)", (str(LOCK_WAIT_MS),))
        connection.execute("SELECT pg_advisory_lock(%s, %s)", WRITER_LOCK)
        # The lock belongs to the session and outlives this transaction.
        connection.commit()
    except psycopg.errors.LockNotAvailable as error:
        connection.rollback()
        holder = _holder(connection)
        connection.close()
        raise StoreBusyError(
            f"another node writes to this database ({holder}): stop it, or give this node another database"
        ) from error
    except psycopg.Error as error:
        connection.close()
        raise translated(error) from error


def _holder(connection: psycopg.Connection[Any]) -> str:
    """Return who holds the lock, as far as this user may know."""
    found = connection.execute(
        "SELECT a.application_name, a.pid, host(a.client_addr),"
        " to_char(a.backend_start, 'YYYY-MM-DD HH24:MI TZ')"
        " FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid)"
        " WHERE l.locktype = 'advisory' AND l.granted"
        " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        " AND l.classid::bigint = %s AND l.objid::bigint = %s AND l.objsubid = 2",
        WRITER_LOCK,
    ).fetchone()
    if found is None:
        return "it has just let go"
    name, pid, address, since = found
    return f"{name or 'unknown'}, from {address or 'this machine'}, since {since or 'unknown'}, backend {pid}"
