"""A disk that loses power, under the real store.

A file system made with apsw keeps account of every write, cut, sync and deletion. When the power goes, what
is left is everything before each file's last sync, and of what came later some 512-byte sectors: torn,
reordered, all or none, as drives do. The files that remain are then opened as any node would open them.
"""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import apsw
from sqlalchemy import Engine, NullPool, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from node.errors import StorageError
from node.feeds import bodies, stretch
from node.feeds.bodies import Kind
from node.feeds.entry import Entry, FeedKey, Head
from node.keys import KeyPair
from node.storage.database import configure
from node.storage.sqlite import SqliteStore
from tests.storage import apsw_driver

DATABASE = "node.db"
SECTOR_BYTES = 512
AUTHOR = KeyPair(bytes([7]) * 32)
FEED = FeedKey(AUTHOR.public, "public")
_BATCHES = ("state", b"batches")


@dataclass(frozen=True, slots=True)
class _Write:
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class _Truncate:
    size: int


class Disk:
    """What is durable, what is on its way, and when the power goes.

    Args:
        rng: decides what survives of the unsynced.
        cut_after: operations until the power goes.
    """

    def __init__(self, rng: random.Random, cut_after: int) -> None:
        self._rng = rng
        self._left = cut_after
        # The node makes the database's file and syncs its folder before SQLite opens it.
        self._durable = {DATABASE: bytearray()}
        self._pending: dict[str, list[_Write | _Truncate]] = {}
        self._deleted: dict[str, bytearray] = {}

    @property
    def is_dead(self) -> bool:
        """Tell whether the power is gone."""
        return self._left <= 0

    def write(self, name: str, offset: int, data: bytes) -> None:
        """Take a write that may be lost until the next sync."""
        self._step()
        self._pending.setdefault(name, []).append(_Write(offset, bytes(data)))

    def truncate(self, name: str, size: int) -> None:
        """Take a change of length that may be lost until the next sync."""
        self._step()
        self._pending.setdefault(name, []).append(_Truncate(size))

    def sync(self, name: str) -> None:
        """Make durable what a file was given.

        With the first sync of a new log or journal SQLite syncs the folder too (UNIXFILE_DIRSYNC in
        os_unix.c), which makes its name durable and every deletion before.
        """
        self._step()
        if name not in self._durable:
            self._durable[name] = bytearray()
            self._deleted.clear()
        for operation in self._pending.pop(name, []):
            _apply(self._durable[name], operation)

    def delete(self, name: str, *, durable: bool) -> None:
        """Take a file away; unless its folder is synced it may come back."""
        self._step()
        self._pending.pop(name, None)
        content = self._durable.pop(name, None)
        if content is not None and not durable:
            self._deleted[name] = content

    def after_crash(self) -> dict[str, bytes]:
        """Return the files as the next start finds them."""
        for name, content in self._deleted.items():
            if self._rng.random() < 0.5:
                # The name leads to the old file again, and what was written to a new one is nowhere.
                self._durable[name] = content
                self._pending.pop(name, None)
        for name, operations in self._pending.items():
            if name in self._durable or self._rng.random() < 0.5:
                content = self._durable.setdefault(name, bytearray())
                self._survive(content, operations)
        return {name: bytes(content) for name, content in self._durable.items()}

    def _survive(self, content: bytearray, operations: list[_Write | _Truncate]) -> None:
        """Apply all, none or any subset of the unsynced sectors."""
        share = self._rng.choice((0.0, 0.5, 0.5, 0.95, 1.0))
        for operation in operations:
            match operation:
                case _Truncate():
                    if self._rng.random() < share:
                        _apply(content, operation)
                case _Write(offset, data):
                    for start in range(0, len(data), SECTOR_BYTES):
                        if self._rng.random() < share:
                            _apply(content, _Write(offset + start, data[start : start + SECTOR_BYTES]))

    def _step(self) -> None:
        self._left -= 1
        if self.is_dead:
            raise apsw.IOError("the power is gone")


def _apply(content: bytearray, operation: _Write | _Truncate) -> None:
    match operation:
        case _Truncate(size):
            del content[size:]
            content.extend(bytes(size - len(content)))
        case _Write(offset, data):
            content.extend(bytes(max(0, offset - len(content))))
            content[offset : offset + len(data)] = data


class _LossySystem(apsw.VFS):
    """Pass everything through to real files and tell the disk."""

    def __init__(self, name: str, disk: Disk) -> None:
        self.disk = disk
        super().__init__(name, "")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> "_LossyFile":  # noqa: N802 - named by SQLite
        return _LossyFile(name, flags, self.disk)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802, FBT001 - named by SQLite
        self.disk.delete(Path(filename).name, durable=bool(syncdir))
        super().xDelete(filename, syncdir)


class _LossyFile(apsw.VFSFile):
    def __init__(self, name: str | apsw.URIFilename | None, flags: list[int], disk: Disk) -> None:
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        self._name = Path(path).name if isinstance(path, str) else None
        self._disk = disk
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - named by SQLite
        if self._name is not None:
            self._disk.write(self._name, offset, data)
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802 - named by SQLite
        if self._name is not None:
            self._disk.truncate(self._name, newsize)
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802, ARG002 - named by SQLite
        # Durability is the disk's account here; a real sync would only cost time.
        if self._name is not None:
            self._disk.sync(self._name)


@dataclass(slots=True)
class Acknowledged:
    """What a node was told is kept: by number of batches, the end of the feed after each."""

    ends: list[Head | None] = field(default_factory=lambda: [None])
    chain: list[Entry] = field(default_factory=list)
    batches: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """What the next start found."""

    integrity: str
    batches: int
    acknowledged: int
    is_whole: bool
    seq: int
    seq_acknowledged: int


def cut_power(seed: int, folder: Path, *, synchronous: str = "FULL") -> Found:
    """Write batches until the power goes, start again from what is left, and say what was found."""
    rng = random.Random(seed)
    disk = Disk(rng, rng.randrange(1, 120) if rng.random() < 0.15 else rng.randrange(60, 1_200))
    told = Acknowledged()
    before, after = folder / "before", folder / "after"
    before.mkdir()
    after.mkdir()
    with _mounted(f"lossy-{synchronous}-{seed}", disk) as system:
        while not disk.is_dead:
            _one_process(_engine(before / DATABASE, system, synchronous), rng, told, disk)
    for name, content in disk.after_crash().items():
        (after / name).write_bytes(content)
    return _look(after / DATABASE, told)


def _one_process(engine: Engine, rng: random.Random, told: Acknowledged, disk: Disk) -> None:
    """Run a node until the power goes, or until it stops in good order."""
    try:
        with closing(SqliteStore(engine)) as store:
            for _ in range(rng.randrange(1, 40)):
                _one_batch(store, rng, told)
    except StorageError:
        assert disk.is_dead


def _one_batch(store: SqliteStore, rng: random.Random, told: Acknowledged) -> None:
    """Publish a few entries as their author does: read the own end, write behind it, commit, believe."""
    heads = store.feeds.heads_of(FEED)
    head = heads[-1] if heads else None
    texts = [rng.randbytes(rng.randrange(20, 5_000)) for _ in range(rng.randrange(1, 6))]
    written = [bodies.encode(Kind.RECORD, text, salt=bytes(16)) for text in texts]
    entries = stretch.make(FEED, head, written, hours=500_000, signer=AUTHOR)
    store.feeds.append(entries)
    store.local.put(*_BATCHES, str(told.batches + 1).encode())
    if rng.random() < 0.1:
        store.rollback()
        return
    # The commit that the power interrupts may have reached the disk: both answers are right for it.
    del told.ends[told.batches + 1 :], told.chain[head.seq if head else 0 :]
    told.ends.append(Head(entries[-1].seq, entries[-1].id))
    told.chain.extend(entries)
    store.commit()
    told.batches += 1


def _look(path: Path, told: Acknowledged) -> Found:
    """Open what is left as a node does and compare it with what was acknowledged."""
    store = SqliteStore.open(path)
    batches = int(store.local.get(*_BATCHES) or b"0")
    heads = store.feeds.heads_of(FEED)
    end = told.ends[batches]
    held = list(store.feeds.walk())
    is_whole = heads == ([end] if end else []) and held == told.chain[: end.seq if end else 0]
    store.close()
    with sqlite3.connect(path) as connection:
        integrity = connection.execute("PRAGMA integrity_check").fetchone()[0]
    connection.close()
    acknowledged = told.ends[told.batches]
    return Found(
        integrity=integrity,
        batches=batches,
        acknowledged=told.batches,
        is_whole=is_whole,
        seq=heads[-1].seq if heads else 0,
        seq_acknowledged=acknowledged.seq if acknowledged else 0,
    )


def _engine(path: Path, system: str, synchronous: str) -> Engine:
    """Return an engine configured as the node's own, on the lossy disk."""
    engine = configure(
        create_engine(
            "sqlite://",
            module=apsw_driver,
            creator=partial(apsw_driver.Connection, str(path), system),
            poolclass=NullPool,
        )
    )

    def hurry(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        # The log is written back every few commits instead of every few hundred, so that cuts land there too.
        cursor.execute("PRAGMA wal_autocheckpoint = 20")
        cursor.execute(f"PRAGMA synchronous = {synchronous}")
        cursor.close()

    event.listen(engine, "connect", hurry)
    return engine


@contextmanager
def _mounted(name: str, disk: Disk) -> Iterator[str]:
    system = _LossySystem(name, disk)
    try:
        yield name
    finally:
        system.unregister()
