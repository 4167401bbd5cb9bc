"""The store in memory: the twin of the one on disk, for the simulator and for tests.

It answers as SQLite does and forgets what was not committed as a crash would; tests/contracts holds both to
the same claims.
"""

from node.engine.ports import DocumentRow, Verdict
from node.ids import CommunityId, DocumentId, EntryId, RecordId
from node.keys import PublicKey
from node.storage.memory.directory import MemoryDirectory
from node.storage.memory.feeds import MemoryFeeds
from node.storage.memory.journal import Journal
from node.storage.memory.records import MemoryRecords


class MemoryStore:
    """Keep all that one node keeps, for as long as the process lives: the port's Store."""

    def __init__(self) -> None:
        self._journal = Journal()
        self.feeds = MemoryFeeds(self._journal)
        self.charters = MemoryCharters(self._journal)
        self.records = MemoryRecords(self._journal)
        self.documents = MemoryDocuments(self._journal)
        self.directory = MemoryDirectory(self._journal)
        self.local = MemoryLocal(self._journal)

    def commit(self) -> None:
        """Keep every write since the last commit, whatever rollback may come."""
        self._journal.commit()

    def rollback(self) -> None:
        """Forget every write since the last commit, at a cost in proportion to their number."""
        self._journal.rollback()


class MemoryCharters:
    """Keep the records that say who a community is: the port's CharterStore."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._charters: dict[CommunityId, dict[RecordId, bytes]] = {}

    def add(self, community: CommunityId, record_id: RecordId, raw: bytes) -> bool:
        """Keep one charter record; False when it was held already."""
        if record_id in self._charters.get(community, {}):
            return False
        self._journal.put(self._journal.within(self._charters, community), record_id, raw)
        return True

    def drop(self, community: CommunityId, record_id: RecordId) -> None:
        """Keep one charter record no more; nothing happens when it is not held."""
        self._journal.remove(self._charters.get(community, {}), record_id)

    def of(self, community: CommunityId) -> list[bytes]:
        """Return the charter records of a community, sorted by record id."""
        return [raw for _, raw in sorted(self._charters.get(community, {}).items())]

    def communities(self) -> list[CommunityId]:
        """Return the communities whose charter is held, sorted."""
        return sorted(self._charters)


class MemoryDocuments:
    """Keep documents as their entries make them: the port's DocumentStore."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._documents: dict[DocumentId, DocumentRow] = {}
        self._types: dict[str, dict[DocumentId, None]] = {}
        self._verdicts: dict[tuple[str, PublicKey, int, EntryId], Verdict] = {}

    def put(self, row: DocumentRow) -> None:
        """Write a document over its former state."""
        before = self._documents.get(row.id)
        if before is not None and before.type != row.type:
            self._journal.remove(self._types[before.type], row.id)
        self._journal.put(self._documents, row.id, row)
        self._journal.put(self._journal.within(self._types, row.type), row.id, None)

    def get(self, document: DocumentId) -> DocumentRow | None:
        """Return a document."""
        return self._documents.get(document)

    def of_type(
        self, kind: str, *, after: DocumentId | None = None, limit: int | None = None
    ) -> list[DocumentRow]:
        """Return the documents of a type, sorted by id: all, or only the first behind one of them."""
        found = sorted(one for one in self._types.get(kind, {}) if after is None or one > after)
        return [self._documents[document] for document in found[:limit]]

    def remove(self, document: DocumentId) -> None:
        """Take a document out; nothing happens when it is not there."""
        row = self._documents.get(document)
        if row is not None:
            self._journal.remove(self._documents, document)
            self._journal.remove(self._types[row.type], document)

    def drop_verdict(self, verdict: Verdict) -> None:
        """Take a note back, whatever its reason: the entry is judged anew."""
        place = (verdict.feed.scope, verdict.feed.device, verdict.seq, verdict.entry)
        self._journal.remove(self._verdicts, place)

    def put_verdict(self, verdict: Verdict) -> None:
        """Note that an entry's body counts for nothing; a second verdict replaces the first."""
        place = (verdict.feed.scope, verdict.feed.device, verdict.seq, verdict.entry)
        self._journal.put(self._verdicts, place, verdict)

    def verdicts(self) -> list[Verdict]:
        """Return all such notes, sorted by scope, device, seq, entry."""
        return [verdict for _, verdict in sorted(self._verdicts.items())]

    def clear(self) -> None:
        """Empty this cache."""
        self._journal.clear(self._documents)
        self._journal.clear(self._types)
        self._journal.clear(self._verdicts)


class MemoryLocal:
    """Keep neighbours' addresses, invitations, settings: the port's LocalStore."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._drawers: dict[str, dict[bytes, bytes]] = {}

    def get(self, drawer: str, key: bytes) -> bytes | None:
        """Return one value."""
        return self._drawers.get(drawer, {}).get(key)

    def put(self, drawer: str, key: bytes, value: bytes) -> None:
        """Write one value over its former one."""
        self._journal.put(self._journal.within(self._drawers, drawer), key, value)

    def remove(self, drawer: str, key: bytes) -> None:
        """Take one value out; nothing happens when it is not there."""
        self._journal.remove(self._drawers.get(drawer, {}), key)

    def all(self, drawer: str) -> list[tuple[bytes, bytes]]:
        """Return the keys and values of a drawer, sorted by key."""
        return sorted(self._drawers.get(drawer, {}).items())
