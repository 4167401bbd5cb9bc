"""The index of records in memory."""

from node.engine.ports import Carrier, RecordRow
from node.feeds.entry import FeedKey
from node.ids import PayloadId, RecordId
from node.storage.memory.journal import Journal


class MemoryRecords:
    """Index records under their scope, with what carries them: the port's RecordStore."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._scopes: dict[RecordId, dict[str, RecordRow]] = {}
        self._kinds: dict[tuple[str, str], dict[RecordId, RecordRow]] = {}
        self._subjects: dict[tuple[str, str, bytes], dict[RecordId, RecordRow]] = {}
        self._payloads: dict[PayloadId, dict[tuple[str, RecordId], RecordRow]] = {}
        self._carriers: dict[tuple[str, RecordId], dict[Carrier, None]] = {}
        self._carried: dict[FeedKey, dict[tuple[Carrier, str, RecordId], None]] = {}

    def add(self, row: RecordRow, carrier: Carrier) -> bool:
        """Index a record under its scope; False when this record was known in this scope already."""
        assert row.raw
        known = row.scope in self._scopes.get(row.id, {})
        if not known:
            self._enter(row)
        self._journal.put(self._journal.within(self._carriers, (row.scope, row.id)), carrier, None)
        carried = self._journal.within(self._carried, carrier.feed)
        self._journal.put(carried, (carrier, row.scope, row.id), None)
        return not known

    def get(self, record_id: RecordId) -> RecordRow | None:
        """Return a record by its id, from any scope (the lowest scope name first)."""
        scopes = self._scopes.get(record_id)
        return scopes[min(scopes)] if scopes else None

    def of_kind(self, scope: str, kind: str) -> list[RecordRow]:
        """Return the records of a kind in a scope, sorted by record id."""
        return [row for _, row in sorted(self._kinds.get((scope, kind), {}).items())]

    def about(self, scope: str, kind: str, about: bytes) -> list[RecordRow]:
        """Return the records of a kind that are about this id, sorted by record id."""
        return [row for _, row in sorted(self._subjects.get((scope, kind, about), {}).items())]

    def with_payload(self, payload_id: PayloadId) -> list[RecordRow]:
        """Return the records that state this payload, sorted by scope and record id."""
        return [row for _, row in sorted(self._payloads.get(payload_id, {}).items())]

    def carriers(self, scope: str, record_id: RecordId) -> frozenset[FeedKey]:
        """Return the feeds that carry a record in a scope, none where it is not known there."""
        return frozenset(one.feed for one in self._carriers.get((scope, record_id), ()))

    def places(self, scope: str, record_id: RecordId) -> list[Carrier]:
        """Return the entries that carry a record in a scope, sorted by device, seq and entry."""
        carriers = self._carriers.get((scope, record_id), ())
        return sorted(carriers, key=lambda one: (one.feed.device, one.seq, one.entry))

    def drop_carried(self, feed: FeedKey, *, after_seq: int) -> list[RecordRow]:
        """Forget the carriers of a feed beyond a seq; drop and return the records that none carries any more.

        They come sorted by scope and record id.
        """
        carried = self._carried.get(feed, {})
        dropped: list[RecordRow] = []
        for carrier, scope, record_id in [place for place in carried if place[0].seq > after_seq]:
            self._journal.remove(carried, (carrier, scope, record_id))
            carriers = self._carriers[scope, record_id]
            self._journal.remove(carriers, carrier)
            if not carriers:
                row = self._scopes[record_id][scope]
                dropped.append(row)
                self._strike(row)
        return sorted(dropped, key=lambda row: (row.scope, row.id))

    def clear(self) -> None:
        """Empty this cache."""
        self._journal.clear(self._scopes)
        self._journal.clear(self._kinds)
        self._journal.clear(self._subjects)
        self._journal.clear(self._payloads)
        self._journal.clear(self._carriers)
        self._journal.clear(self._carried)

    def _enter(self, row: RecordRow) -> None:
        put, within = self._journal.put, self._journal.within
        put(within(self._scopes, row.id), row.scope, row)
        put(within(self._kinds, (row.scope, row.kind)), row.id, row)
        put(within(self._payloads, row.payload_id), (row.scope, row.id), row)
        if row.about is not None:
            put(within(self._subjects, (row.scope, row.kind, row.about)), row.id, row)

    def _strike(self, row: RecordRow) -> None:
        remove = self._journal.remove
        remove(self._scopes[row.id], row.scope)
        remove(self._kinds[row.scope, row.kind], row.id)
        remove(self._payloads[row.payload_id], (row.scope, row.id))
        if row.about is not None:
            remove(self._subjects[row.scope, row.kind, row.about], row.id)
