"""The directory in memory: all rows, searched the plain way."""

from node.directory.search import ListingRow, SearchQuery, search
from node.ids import CommunityId, DocumentId
from node.storage.memory.journal import Journal


class MemoryDirectory:
    """Keep listings and offers ready to be searched: the port's DirectoryStore."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._rows: dict[DocumentId, ListingRow] = {}

    def put(self, row: ListingRow) -> None:
        """Write a row over its former state."""
        self._journal.put(self._rows, row.document_id, row)

    def remove(self, document: DocumentId) -> None:
        """Take a row out; nothing happens when it is not there."""
        self._journal.remove(self._rows, document)

    def offers_of(self, community: CommunityId) -> list[ListingRow]:
        """Return the rows of a community's offers and needs, sorted by id."""
        found = (row for row in self._rows.values() if row.kind != "profile")
        return sorted(
            (row for row in found if row.community_id == community), key=lambda row: row.document_id
        )

    def search(self, query: SearchQuery) -> tuple[int, list[ListingRow]]:
        """Return how many rows fit and one page of them, the nearest first or by name, then by id."""
        answer = search(self._rows.values(), query)
        return answer.total, [hit.row for hit in answer.hits]

    def count(self) -> int:
        """Return the number of rows."""
        return len(self._rows)

    def clear(self) -> None:
        """Empty this cache."""
        self._journal.clear(self._rows)
