"""How many bodies that name a document are held: remembered as far as it was asked.

Of what comes it is asked at once whether all that is held came just now. Who is new here is sent the headers
of a document and later its epoch, and each time the database would look through its rows.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from node.feeds.entry import Entry
from node.ids import DocumentId

# Documents remembered: some 8 MB.
_REMEMBERED_MAX: Final = 65_536


class NamedBodies:
    """Follow every write of a store's entries."""

    def __init__(self) -> None:
        self._counts: dict[DocumentId, int] = {}

    def forget(self) -> None:
        """Remember nothing: what is held may be something else."""
        self._counts.clear()

    def known(self, documents: Sequence[DocumentId]) -> dict[DocumentId, int]:
        """Return the counts of those of some documents that are remembered."""
        counts = self._counts
        return {document: counts[document] for document in documents if document in counts}

    def learn(self, counts: Mapping[DocumentId, int]) -> None:
        """Remember what the database counted."""
        if len(self._counts) + len(counts) > _REMEMBERED_MAX:
            self._counts.clear()
        self._counts |= counts

    def came(self, entries: Iterable[Entry]) -> None:
        """Count entries that are held from now on, or with their bodies from now on."""
        counts = self._counts
        for entry in entries:
            if entry.body is not None and entry.document in counts:
                counts[entry.document] += 1

    def went(self, entries: Iterable[Entry]) -> None:
        """Forget what entries named whose bodies are dropped."""
        for entry in entries:
            if entry.document is not None:
                self._counts.pop(entry.document, None)
