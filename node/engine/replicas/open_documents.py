"""The documents in memory: as many as fit, the least recently used closed again."""

from collections import OrderedDict
from typing import Final

from node.engine.replicas.opened import OpenDocument
from node.ids import DocumentId

# Some 12,000 cards of three changes each, which take 10 kB apiece. A closed document that is edited is first
# made anew from its entries, which takes several times as long as the edit.
OPEN_BYTES_MAX: Final = 128 * 1024 * 1024


class OpenDocuments:
    """Hold open documents within a bound of memory."""

    def __init__(self, bytes_max: int = OPEN_BYTES_MAX) -> None:
        self._bytes_max = bytes_max
        self._held: OrderedDict[DocumentId, tuple[OpenDocument, int]] = OrderedDict()
        self._bytes = 0

    def __contains__(self, document: DocumentId) -> bool:
        return document in self._held

    def __len__(self) -> int:
        return len(self._held)

    def get(self, document: DocumentId) -> OpenDocument | None:
        """Return a document if it is open."""
        found = self._held.get(document)
        return found[0] if found is not None else None

    def close(self, document: DocumentId) -> None:
        """Forget a document; nothing happens when it is not open."""
        _, size = self._held.pop(document, (None, 0))
        self._bytes -= size

    def keep(self, opened: OpenDocument) -> list[DocumentId]:
        """Hold a document as it stands by now, the last to be closed, and return which were closed for it."""
        self.close(opened.id)
        size = opened.memory_bytes
        self._held[opened.id] = opened, size
        self._bytes += size
        closed = []
        while self._bytes > self._bytes_max and len(self._held) > 1:
            oldest = next(iter(self._held))
            self.close(oldest)
            closed.append(oldest)
        return closed

    def clear(self) -> None:
        """Forget them all."""
        self._held.clear()
        self._bytes = 0
