"""The disk of a simulated machine: the store in memory, and a count of what a crash takes from it."""

from collections.abc import Sequence

from node.errors import StorageError
from node.feeds.entry import Entry, FeedKey, Head
from node.keys import PublicKey
from node.storage.memory.feeds import MemoryFeeds
from node.storage.memory.store import MemoryStore


class WatchedFeeds(MemoryFeeds):
    """Count the entries that come a second time, by another way or again after a reconnect."""

    duplicates = 0

    def append(self, entries: Sequence[Entry], *, begins: bool = False) -> list[Entry]:
        """Keep entries as the store does."""
        fresh = super().append(entries, begins=begins)
        self.duplicates += len(entries) - len(fresh)
        return fresh


class Disk(MemoryStore):
    """Keep what was committed; `lose` takes the rest."""

    def __init__(self) -> None:
        super().__init__()
        self.feeds: WatchedFeeds = WatchedFeeds(self._journal)
        self._saved_entries = 0
        # Whether there is no room for anything more.
        self.full = False

    @property
    def unsaved_entries(self) -> int:
        """Return how many entries a crash would take now."""
        return self.feeds.count() - self._saved_entries

    @property
    def saved_entries(self) -> int:
        """Return how many entries are safe."""
        return self._saved_entries

    def commit(self) -> None:
        """Keep every write since the last commit.

        Raises:
            StorageError: the disk is full; nothing was kept.
        """
        if self.full and self._journal._undo:
            raise StorageError("the disk is full: expected room, found none")
        super().commit()
        self._saved_entries = self.feeds.count()

    def lose(self) -> int:
        """Forget what was not committed, as a power cut does, and return how many rows that were."""
        rows = len(self._journal._undo)
        self.rollback()
        assert self.unsaved_entries == 0
        return rows

    def own_ends(self, device: PublicKey) -> dict[str, Head]:
        """Return the ends of a device's feeds by scope; of a forked one the last."""
        ends: dict[str, Head] = {}
        for scope in self.feeds.scopes():
            heads = self.feeds.heads_of(FeedKey(device, scope))
            if heads:
                ends[scope] = heads[-1]
        return ends
