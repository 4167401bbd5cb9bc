"""The small synchronous port through which the core reads and writes what is kept.

Memory and SQLite implement it, one contract suite tests both. All writes belong to one open transaction that
the reactor commits or rolls back; reads see the writes of the same transaction.

What is truth and what is cache (design, section 2): `feeds`, `charters` and `local` are truth. `records`,
`documents` and `directory` are caches that `rebuild` empties and fills again from the feeds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from node.directory.search import ListingRow, SearchQuery
from node.feeds.entry import Entry, FeedKey, Head
from node.ids import CommunityId, DocumentId, EntryId, PayloadId, RecordId
from node.keys import PublicKey
from node.records import record
from node.records.record import Record


@dataclass(frozen=True, slots=True)
class FeedHead:
    """One end of one feed; a forked feed has several."""

    feed: FeedKey
    head: Head


class FeedStore(Protocol):
    """Entries of all feeds and branches. Truth."""

    def scopes(self) -> list[str]:
        """Return the scopes in which anything is held, sorted."""
        ...

    def heads(self, scope: str) -> list[FeedHead]:
        """Return every branch end in a scope, sorted by device, seq, id."""
        ...

    def heads_of(self, feed: FeedKey) -> list[Head]:
        """Return the branch ends of one feed, sorted by seq, id; empty when nothing is held."""
        ...

    def holds(self, feed: FeedKey, head: Head) -> bool:
        """Tell whether this very entry is held."""
        ...

    def at(self, feed: FeedKey, seq: int) -> list[EntryId]:
        """Return the ids held at one place of a feed, sorted: several where branches run side by side."""
        ...

    def append(self, entries: Sequence[Entry], *, begins: bool = False) -> list[Entry]:
        """Keep consecutive entries of one branch and return those that were not held before.

        The entry before the first is held, or the first has seq 1, or a branch `begins` there: what lies
        before it may come later and joins it. The last is signed, joins, or is before the commit. Entries
        already held are left as they are, but a signature or a body they lacked is kept; one that had no body
        is returned again. A branch end moves, or a new branch begins.
        """
        ...

    def drop_bodies(self, entries: Sequence[Entry]) -> None:
        """Forget the bodies of entries that are held; their headers stay."""
        ...

    def path(
        self, feed: FeedKey, head: EntryId, *, after_seq: int, entries_max: int, bytes_max: int
    ) -> list[Entry]:
        """Return the entries behind `after_seq` on the branch that ends at `head`, in order.

        Stops before either bound would be passed (but gives at least up to the first signature), and always
        ends at a signed entry. Empty when the head is not held; begins later where the branch does.
        """
        ...

    def fork_point(self, feed: FeedKey, head: EntryId, known: Sequence[Head]) -> int:
        """Return the highest seq among `known` on the branch ending at `head` or right before it, else 0."""
        ...

    def of_document(self, document: DocumentId) -> list[Entry]:
        """Return the entries whose body names the document, in order of arrival."""
        ...

    def with_bodies(self, documents: Sequence[DocumentId]) -> dict[DocumentId, list[Entry]]:
        """Return the entries of each of these documents whose bodies are held, in order of arrival."""
        ...

    def naming(self, documents: Sequence[DocumentId]) -> dict[DocumentId, int]:
        """Return how many entries that name each of these documents are held with their bodies."""
        ...

    def walk(self) -> Iterator[Entry]:
        """Yield every entry held, in order of arrival."""
        ...

    def recent(self, *, limit: int, before: int | None = None) -> list[tuple[int, Entry]]:
        """Return the newest entries with their arrival numbers, newest first, for people to read."""
        ...

    def count(self) -> int:
        """Return the number of entries held."""
        ...


class CharterStore(Protocol):
    """The records that say who a community is. Truth: they travel outside feeds."""

    def add(self, community: CommunityId, record_id: RecordId, raw: bytes) -> bool:
        """Keep one charter record; False when it was held already."""
        ...

    def drop(self, community: CommunityId, record_id: RecordId) -> None:
        """Keep one charter record no more; nothing happens when it is not held."""
        ...

    def of(self, community: CommunityId) -> list[bytes]:
        """Return the charter records of a community, sorted by record id."""
        ...

    def communities(self) -> list[CommunityId]:
        """Return the communities whose charter is held, sorted."""
        ...


@dataclass(frozen=True, slots=True)
class Carrier:
    """Where a record arrived: an entry may later stop counting, and with it what it alone carried."""

    feed: FeedKey
    seq: int
    entry: EntryId


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One record as indexed.

    Attributes:
        about: the 32-byte id the statement is about (the payload an approval names, the proposal of a
            ballot), or None.
    """

    id: RecordId
    kind: str
    scope: str
    payload_id: PayloadId
    about: bytes | None
    signer: PublicKey
    raw: bytes
    _read: list[Record] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def record(self) -> Record:
        """Return the record itself; it is read once, and kept as long as this row is."""
        if not self._read:
            self._read.append(record.stored(self.raw))
        return self._read[0]


class RecordStore(Protocol):
    """Records found in feeds, by kind and subject. Cache."""

    def add(self, row: RecordRow, carrier: Carrier) -> bool:
        """Index a record under its scope; False when this record was known in this scope already.

        A further carrier of a known record is noted.
        """
        ...

    def get(self, record_id: RecordId) -> RecordRow | None:
        """Return a record by its id, from any scope (the lowest scope name first)."""
        ...

    def of_kind(self, scope: str, kind: str) -> list[RecordRow]:
        """Return the records of a kind in a scope, sorted by record id."""
        ...

    def about(self, scope: str, kind: str, about: bytes) -> list[RecordRow]:
        """Return the records of a kind that are about this id, sorted by record id."""
        ...

    def with_payload(self, payload_id: PayloadId) -> list[RecordRow]:
        """Return the records that state this payload, sorted by scope and record id."""
        ...

    def carriers(self, scope: str, record_id: RecordId) -> frozenset[FeedKey]:
        """Return the feeds that carry a record in a scope, none where it is not known there."""
        ...

    def drop_carried(self, feed: FeedKey, *, after_seq: int) -> list[RecordRow]:
        """Forget the carriers of a feed beyond a seq, and return the records that none carries any more."""
        ...

    def clear(self) -> None:
        """Empty this cache."""
        ...


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document as last materialised.

    Attributes:
        genesis: canonical bytes of the genesis.
        state: our own Automerge save; empty where nobody needs it, for it is made from the entries.
        tree: canonical bytes of what a reader sees.
    """

    id: DocumentId
    type: str
    owner: CommunityId
    scope: str
    genesis: bytes
    state: bytes
    tree: bytes


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a body counts for nothing; shown to stewards."""

    feed: FeedKey
    seq: int
    entry: EntryId
    reason: str


class DocumentStore(Protocol):
    """Documents as their entries make them, and what was rejected on the way. Cache."""

    def put(self, row: DocumentRow) -> None:
        """Write a document over its former state."""
        ...

    def get(self, document: DocumentId) -> DocumentRow | None:
        """Return a document."""
        ...

    def of_type(
        self, kind: str, *, after: DocumentId | None = None, limit: int | None = None
    ) -> list[DocumentRow]:
        """Return the documents of a type, sorted by id: all, or only the first behind one of them."""
        ...

    def remove(self, document: DocumentId) -> None:
        """Take a document out; nothing happens when it is not there."""
        ...

    def drop_verdict(self, verdict: Verdict) -> None:
        """Take a note back, whatever its reason: the entry is judged anew."""
        ...

    def put_verdict(self, verdict: Verdict) -> None:
        """Note that an entry's body counts for nothing."""
        ...

    def verdicts(self) -> list[Verdict]:
        """Return all such notes, sorted by scope, device, seq, entry."""
        ...

    def clear(self) -> None:
        """Empty this cache."""
        ...


class DirectoryStore(Protocol):
    """Listings and offers ready to be searched and exported. Cache."""

    def put(self, row: ListingRow) -> None:
        """Write a row over its former state, and its words into the index."""
        ...

    def remove(self, document: DocumentId) -> None:
        """Take a row out; nothing happens when it is not there."""
        ...

    def search(self, query: SearchQuery) -> tuple[int, list[ListingRow]]:
        """Return how many rows fit and one page of them, best first, then by id."""
        ...

    def count(self) -> int:
        """Return the number of rows."""
        ...

    def clear(self) -> None:
        """Empty this cache."""
        ...


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
