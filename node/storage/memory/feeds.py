"""Entries in memory: found by id, walked backwards along `prev`."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from node.engine.ports import FeedHead
from node.feeds.entry import Entry, FeedKey, Head
from node.ids import DocumentId, EntryId
from node.keys import PublicKey
from node.storage.chains import assert_chain, portion
from node.storage.memory.journal import Journal


class MemoryFeeds:
    """Keep the entries of all feeds and branches: the port's FeedStore."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        # An id covers device, scope and seq, so one dictionary serves all feeds.
        self._entries: dict[EntryId, Entry] = {}
        self._arrivals: dict[int, EntryId] = {}
        self._places: dict[tuple[FeedKey, int], dict[EntryId, None]] = {}
        self._ends: dict[str, dict[PublicKey, dict[EntryId, Head]]] = {}
        self._naming: dict[DocumentId, dict[int, EntryId]] = {}
        # Entries that are not held though those behind them are, with what begins behind each.
        self._unheld: dict[EntryId, dict[EntryId, None]] = {}

    def scopes(self) -> list[str]:
        """Return the scopes in which anything is held, sorted."""
        return sorted(self._ends)

    def heads(self, scope: str) -> list[FeedHead]:
        """Return every branch end in a scope, sorted by device, seq, id."""
        return [
            FeedHead(FeedKey(device, scope), head)
            for device, ends in sorted(self._ends.get(scope, {}).items())
            for head in _sorted(ends)
        ]

    def heads_of(self, feed: FeedKey) -> list[Head]:
        """Return the branch ends of one feed, sorted by seq, id; empty when nothing is held."""
        return _sorted(self._ends.get(feed.scope, {}).get(feed.device, {}))

    def holds(self, feed: FeedKey, head: Head) -> bool:
        """Tell whether this very entry is held."""
        entry = self._entries.get(head.id)
        return entry is not None and entry.feed == feed and entry.seq == head.seq

    def at(self, feed: FeedKey, seq: int) -> list[EntryId]:
        """Return the ids held at one place of a feed, sorted: several where branches run side by side."""
        return sorted(self._places.get((feed, seq), ()))

    def append(self, entries: Sequence[Entry], *, begins: bool = False) -> list[Entry]:
        """Keep consecutive entries of one branch and return those that were not held before."""
        assert_chain(entries)
        fresh: list[Entry] = []
        filled: list[Entry] = []
        for entry in entries:
            held = self._entries.get(entry.id)
            if held is None:
                if entry.prev is not None and entry.prev not in self._entries:
                    assert begins, "the entry before is not held"
                    assert entry is entries[0]
                    self._journal.put(self._journal.within(self._unheld, entry.prev), entry.id, None)
                self._add(entry)
                fresh.append(entry)
                continue
            lacked_signature = held.signature is None and entry.signature is not None
            if lacked_signature:
                assert not fresh, "an entry is held without the one before"
                held = replace(held, signature=entry.signature)
            if held.body is None and entry.body is not None:
                held = replace(held, body=entry.body)
                filled.append(held)
            self._journal.put(self._entries, entry.id, held)
        if fresh:
            joined = [entry for entry in fresh if entry.id in self._unheld]
            for entry in joined:
                self._journal.remove(self._unheld, entry.id)
            self._move_end(fresh[0], fresh[-1], ends=fresh[-1] not in joined)
        return filled + fresh

    def drop_bodies(self, entries: Sequence[Entry]) -> None:
        """Forget the bodies of entries that are held; their headers stay."""
        for entry in entries:
            held = self._entries[entry.id]
            self._journal.put(self._entries, entry.id, replace(held, body=None))

    def path(
        self, feed: FeedKey, head: EntryId, *, after_seq: int, entries_max: int, bytes_max: int
    ) -> list[Entry]:
        """Return the entries behind `after_seq` on the branch that ends at `head`, in order."""
        backwards = []
        entry = self._of(feed, head)
        while entry is not None and entry.seq > after_seq:
            backwards.append(entry)
            entry = self._entries.get(entry.prev) if entry.prev is not None else None
        return portion(reversed(backwards), entries_max=entries_max, bytes_max=bytes_max)

    def fork_point(self, feed: FeedKey, head: EntryId, known: Sequence[Head]) -> int:
        """Return the highest seq among `known` that lies on the branch ending at `head`, 0 for none."""
        wanted = {candidate.id: candidate.seq for candidate in known}
        entry = self._of(feed, head)
        while entry is not None:
            if wanted.get(entry.id) == entry.seq:
                return entry.seq
            if entry.prev is not None and wanted.get(entry.prev) == entry.seq - 1:
                return entry.seq - 1  # It need not be held: the header behind it names it.
            entry = self._entries.get(entry.prev) if entry.prev is not None else None
        return 0

    def of_document(self, document: DocumentId) -> list[Entry]:
        """Return the entries whose body names the document, in order of arrival."""
        return [self._entries[entry_id] for _, entry_id in sorted(self._naming.get(document, {}).items())]

    def with_bodies(self, documents: Sequence[DocumentId]) -> dict[DocumentId, list[Entry]]:
        """Return the entries of each of these documents whose bodies are held, in order of arrival."""
        return {
            document: [entry for entry in self.of_document(document) if entry.body is not None]
            for document in documents
        }

    def naming(self, documents: Sequence[DocumentId]) -> dict[DocumentId, int]:
        """Return how many entries that name each of these documents are held with their bodies."""
        return {document: len(held) for document, held in self.with_bodies(documents).items()}

    def walk(self) -> Iterator[Entry]:
        """Yield every entry held, in order of arrival."""
        arrival = 1
        while arrival in self._arrivals:
            yield self._entries[self._arrivals[arrival]]
            arrival += 1

    def recent(self, *, limit: int, before: int | None = None) -> list[tuple[int, Entry]]:
        """Return the newest entries with their arrival numbers, newest first, for people to read."""
        assert limit >= 0
        newest = len(self._arrivals) if before is None else min(before - 1, len(self._arrivals))
        return [
            (arrival, self._entries[self._arrivals[arrival]])
            for arrival in range(newest, max(0, newest - limit), -1)
        ]

    def count(self) -> int:
        """Return the number of entries held."""
        return len(self._entries)

    def _of(self, feed: FeedKey, entry_id: EntryId) -> Entry | None:
        entry = self._entries.get(entry_id)
        return entry if entry is not None and entry.feed == feed else None

    def _add(self, entry: Entry) -> None:
        arrival = len(self._arrivals) + 1
        self._journal.put(self._entries, entry.id, entry)
        self._journal.put(self._arrivals, arrival, entry.id)
        self._journal.put(self._journal.within(self._places, (entry.feed, entry.seq)), entry.id, None)
        if entry.document is not None:
            self._journal.put(self._journal.within(self._naming, entry.document), arrival, entry.id)

    def _move_end(self, first: Entry, last: Entry, *, ends: bool) -> None:
        devices = self._journal.within(self._ends, last.feed.scope)
        held: dict[EntryId, Head] = self._journal.within(devices, last.feed.device)
        if first.prev is not None:
            self._journal.remove(held, first.prev)
        if ends:
            self._journal.put(held, last.id, Head(last.seq, last.id))


def _sorted(ends: dict[EntryId, Head]) -> list[Head]:
    return sorted(ends.values(), key=lambda head: (head.seq, head.id))
