"""What went wrong in SQLite, as our error, with what to do about it."""

import sqlite3

from node.errors import StorageError, StoreBusyError, StoreUnavailableError

# The low byte of an SQLite result code says what went wrong (https://sqlite.org/rescode.html).
_PRIMARY_CODE = 0xFF
_ADVICE = {
    sqlite3.SQLITE_FULL: "the disk is full: free some space and start again; nothing half-done was kept",
    sqlite3.SQLITE_READONLY: "the database is read-only: make the data folder and its files writable",
    sqlite3.SQLITE_PERM: "access was refused: make the data folder and its files yours",
    sqlite3.SQLITE_CANTOPEN: "the database cannot be opened: check that the data folder exists and is yours",
    sqlite3.SQLITE_CORRUPT: "the database is damaged: run `hedgerow rebuild`, or restore a backup",
    sqlite3.SQLITE_NOTADB: "node.db is not a database: restore a backup or choose another data folder",
    sqlite3.SQLITE_IOERR: "the disk failed to read or write: check whether it is full, and the system's log",
    sqlite3.SQLITE_NOMEM: "there is not enough memory: close other programs and start again",
    sqlite3.SQLITE_PROTOCOL: "the file system does not lock properly: keep the data folder on a local disk",
}
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


def translated(error: Exception) -> StorageError:
    """Return our error for one of the driver, with what to do about it."""
    origin = getattr(error, "orig", None) or error
    code = getattr(origin, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _PRIMARY_CODE
    if code in _BUSY:
        return StoreBusyError(
            f"another program is writing to the database ({origin}): close it and try again"
        )
    advice = _ADVICE.get(
        code, "the database refused: run `hedgerow doctor`; `hedgerow rebuild` makes caches again"
    )
    return StoreUnavailableError(f"{advice} ({origin})")
