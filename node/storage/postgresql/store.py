"""The store on PostgreSQL: one transaction over all its parts, one writer, readers in any process."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Self

from sqlalchemy import Engine

from node.storage.charters import SqlCharters
from node.storage.documents import SqlDocuments
from node.storage.feeds import SqlFeeds
from node.storage.listings.store import SqlDirectory
from node.storage.local import SqlLocal
from node.storage.postgresql import schema as postgres_schema
from node.storage.postgresql.database import PostgresDatabase, as_reader, as_writer, open_engine
from node.storage.postgresql.words import PostgresWords
from node.storage.records import SqlRecords
from node.storage.store_address import parse_postgresql


class _Parts:
    """What writers and readers have alike."""

    def __init__(self, database: PostgresDatabase) -> None:
        self._database = database
        self.feeds = SqlFeeds(database)
        self.charters = SqlCharters(database)
        self.records = SqlRecords(database)
        self.documents = SqlDocuments(database)
        self.directory = SqlDirectory(database, PostgresWords(database))
        self.local = SqlLocal(database)

    def rollback(self) -> None:
        """Forget every write since the last commit; also the way on after a StorageError.

        Only a lost connection cannot be mended so: then the store must be opened again.
        """
        try:
            self._database.rollback()
        finally:
            self.feeds.forget()
            self.documents.forget()
            self.local.forget()

    def close(self) -> None:
        """Let go of the database; writes since the last commit are lost."""
        self._database.close()


class PostgresStore(_Parts):
    """Keep all that one node keeps in one PostgreSQL database: the port's Store.

    One thread at a time may use it. It holds the writer's lock of the database until it is closed or its
    connection breaks, whichever comes first.

    Args:
        engine: as `database.as_writer` made it ready.

    Raises:
        StoreBusyError: another node writes to this database.
        SchemaTooNewError: a newer Hedgerow wrote it.
        StorageError: the database cannot be used; the message says what to do.
    """

    def __init__(self, engine: Engine) -> None:
        super().__init__(_opened(engine, postgres_schema.prepare))

    @classmethod
    def open(cls, address: str) -> Self:
        """Open a database by its address (store_address.py); an empty one gets its tables.

        Raises:
            ConfigError: the address is none of a PostgreSQL database.
            StoreBusyError: another node writes to this database.
            SchemaTooNewError: a newer Hedgerow wrote it.
            StorageError: the database cannot be used; the message says what to do.
        """
        return cls(as_writer(open_engine(parse_postgresql(address), role="writer")))

    def commit(self) -> None:
        """Make every write since the last commit durable and tell the readers.

        On return it survives a power cut.
        """
        self.feeds.flush()
        self.documents.flush()
        self.local.flush()
        self._database.commit()


class PostgresReader(_Parts):
    """See what the writer has committed, from any process: the port's Store, without the writing.

    All reads see one state of the database, that of the first read after `refresh`. Writes are refused.

    Args:
        engine: as `database.as_reader` made it ready.

    Raises:
        SchemaTooNewError: a newer Hedgerow wrote the database.
        StorageError: the database cannot be used; the message says what to do.
    """

    def __init__(self, engine: Engine) -> None:
        super().__init__(_opened(engine, postgres_schema.check))

    @classmethod
    def open(cls, address: str) -> Self:
        """Open a database by its address (store_address.py), be it the primary's or a replica's.

        Raises:
            ConfigError: the address is none of a PostgreSQL database.
            SchemaTooNewError: a newer Hedgerow wrote the database.
            StorageError: the database cannot be used, or no node has written to it yet.
        """
        return cls(as_reader(open_engine(parse_postgresql(address), role="reader")))

    def refresh(self) -> None:
        """Let the next read see what has been committed by then."""
        self.rollback()

    def commit(self) -> None:
        """Do as `refresh` does: there is nothing to keep."""
        self.rollback()


def _opened(engine: Engine, ready: Callable[[PostgresDatabase], None]) -> PostgresDatabase:
    """Return a database that was found or made ready; where it was not, it is closed again."""
    database = PostgresDatabase(engine)
    with ExitStack() as undo:
        undo.callback(database.close)
        ready(database)
        undo.pop_all()
    return database
