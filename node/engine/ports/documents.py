"""What readers see, as the store keeps it: documents, and the directory they are found in. Caches."""

from dataclasses import dataclass
from typing import Protocol

from node.directory.search import ListingRow, SearchQuery
from node.feeds.entry import FeedKey
from node.ids import CommunityId, DocumentId, EntryId


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

    def offers_of(self, community: CommunityId) -> list[ListingRow]:
        """Return the rows of a community's offers and needs, sorted by id."""
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
