"""The store on disk: `node.db` as one transaction over all its parts."""

from contextlib import ExitStack
from pathlib import Path
from typing import Self

from sqlalchemy import Engine

from node.storage import schema_version
from node.storage.charters import SqlCharters
from node.storage.database import Database, open_engine
from node.storage.documents import SqlDocuments
from node.storage.feeds import SqlFeeds
from node.storage.listings.store import SqlDirectory
from node.storage.local import SqlLocal
from node.storage.records import SqlRecords
from node.storage.sqlite_words import SqliteWords


class SqliteStore:
    """Keep all that one node keeps in one SQLite file: the port's Store.

    One thread at a time may use it, and one process: the holder of the data folder's lock.

    Args:
        engine: as `database.configure` made it ready.

    Raises:
        SchemaTooNewError: a newer Hedgerow wrote the file.
        StorageError: the file cannot be used; the message says what to do.
    """

    def __init__(self, engine: Engine) -> None:
        self._database = Database(engine)
        with ExitStack() as undo:
            undo.callback(self._database.close)
            schema_version.prepare(self._database)
            undo.pop_all()
        self.feeds = SqlFeeds(self._database)
        self.charters = SqlCharters(self._database)
        self.records = SqlRecords(self._database)
        self.documents = SqlDocuments(self._database)
        self.directory = SqlDirectory(self._database, SqliteWords(self._database))
        self.local = SqlLocal(self._database)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a database file, made if need be.

        Raises:
            SchemaTooNewError: a newer Hedgerow wrote the file.
            StorageError: the file cannot be used; the message says what to do.
        """
        return cls(open_engine(path))

    def commit(self) -> None:
        """Make every write since the last commit durable; on return it survives a power cut."""
        self.feeds.flush()
        self.documents.flush()
        self.local.flush()
        self._database.commit()

    def rollback(self) -> None:
        """Forget every write since the last commit; also the way on after a StorageError."""
        self._database.rollback()
        self.feeds.forget()
        self.documents.forget()
        self.local.forget()

    def close(self) -> None:
        """Let go of the file; writes since the last commit are lost."""
        self._database.close()
