"""The part of the store that is truth and is sent to others: entries of feeds, and charters."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from node.feeds.entry import Entry, FeedKey, Head
from node.ids import CommunityId, DocumentId, EntryId, RecordId


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
