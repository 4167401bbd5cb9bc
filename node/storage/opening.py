"""Opens the store that an address names."""

from pathlib import Path
from typing import Protocol

from node.engine.ports import Store
from node.errors import ConfigError
from node.storage import store_address
from node.storage.sqlite import SqliteStore


class OpenStore(Store, Protocol):
    """A store that must be closed once."""

    def close(self) -> None:
        """Let go of the database; writes since the last commit are lost."""
        ...


def open_store(address: str | Path) -> OpenStore:
    """Open a store to write to: the SQLite file of a path, or the PostgreSQL database of an address.

    Raises:
        ConfigError: the address means no store, or PostgreSQL's driver is not installed.
        StoreBusyError: another node writes to it.
        SchemaTooNewError: a newer Hedgerow wrote it.
        StorageError: it cannot be used; the message says what to do.
    """
    found = store_address.parse(address)
    if isinstance(found, Path):
        return SqliteStore.open(found)
    try:
        # Most nodes run without the driver, and on some machines there is none to be had.
        from node.storage.postgresql.store import PostgresStore  # noqa: PLC0415 # see above
    except ImportError as error:
        raise ConfigError(
            "expected the driver for PostgreSQL, found none: "
            "install it with `pip install 'hedgerow[postgresql]'`"
        ) from error
    assert isinstance(address, str)
    return PostgresStore.open(address)
