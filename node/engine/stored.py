"""Records of one kind, about one thing or of one payload, read from the store as they were signed."""

from node.engine.ports import Store
from node.ids import PayloadId
from node.records.record import Record


class Stored:
    """Read records from the store."""

    def __init__(self, store: Store) -> None:
        self._records = store.records

    def about(self, scope: str, kind: str, subject: bytes) -> list[Record]:
        """Return the records of a kind that are about something."""
        return [row.record for row in self._records.about(scope, kind, subject)]

    def anything_about(self, scope: str, kind: str, subject: bytes) -> bool:
        """Tell whether a record of a kind is about something; none is read for it."""
        return bool(self._records.about(scope, kind, subject))

    def with_payload(self, scope: str, kind: str, payload: PayloadId) -> list[Record]:
        """Return the records of a kind that state one payload."""
        rows = self._records.with_payload(payload)
        return [row.record for row in rows if row.scope == scope and row.kind == kind]

    def of_kind(self, scope: str, kind: str) -> list[Record]:
        """Return all records of a kind."""
        return [row.record for row in self._records.of_kind(scope, kind)]
