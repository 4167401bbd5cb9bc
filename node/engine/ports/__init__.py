"""The small synchronous port through which the core reads and writes what is kept.

Memory and SQLite implement it, one contract suite tests both. All writes belong to one open transaction that
the reactor commits or rolls back; reads see the writes of the same transaction.

What is truth and what is cache (design, section 2): `feeds`, `charters` and `local` are truth. `records`,
`documents` and `directory` are caches that `rebuild` empties and fills again from the feeds.
"""

from typing import Protocol

from node.engine.ports.documents import DirectoryStore, DocumentRow, DocumentStore, Verdict
from node.engine.ports.feeds import CharterStore, FeedHead, FeedStore
from node.engine.ports.records import Carrier, RecordRow, RecordStore

__all__ = [
    "Carrier",
    "CharterStore",
    "DirectoryStore",
    "DocumentRow",
    "DocumentStore",
    "FeedHead",
    "FeedStore",
    "LocalStore",
    "RecordRow",
    "RecordStore",
    "Store",
    "Verdict",
]


class LocalStore(Protocol):
    """What only this node knows: neighbours' addresses, invitations, settings. Truth, never sent."""

    def get(self, drawer: str, key: bytes) -> bytes | None:
        """Return one value."""
        ...

    def put(self, drawer: str, key: bytes, value: bytes) -> None:
        """Write one value over its former one."""
        ...

    def remove(self, drawer: str, key: bytes) -> None:
        """Take one value out; nothing happens when it is not there."""
        ...

    def all(self, drawer: str) -> list[tuple[bytes, bytes]]:
        """Return the keys and values of a drawer, sorted by key."""
        ...


class Store(Protocol):
    """All that one node keeps, under one transaction at a time."""

    @property
    def feeds(self) -> FeedStore:
        """Return the entries."""
        ...

    @property
    def charters(self) -> CharterStore:
        """Return the charters."""
        ...

    @property
    def records(self) -> RecordStore:
        """Return the index of records."""
        ...

    @property
    def documents(self) -> DocumentStore:
        """Return the documents."""
        ...

    @property
    def directory(self) -> DirectoryStore:
        """Return the searchable directory."""
        ...

    @property
    def local(self) -> LocalStore:
        """Return what only this node knows."""
        ...

    def commit(self) -> None:
        """Make every write since the last commit durable; on return it survives a power cut."""
        ...

    def rollback(self) -> None:
        """Forget every write since the last commit."""
        ...
