"""Records found in feeds, by kind and subject, in a database. Cache."""

from typing import TypeAlias

from sqlalchemy import bindparam, delete, exists, select

from node.engine.ports import Carrier, RecordRow
from node.feeds.entry import FeedKey
from node.ids import ID_BYTES, EntryId, PayloadId, RecordId
from node.keys import PublicKey
from node.storage import tables
from node.storage.database import Database
from node.storage.upserts import Upsert

_columns = tables.records.c
_carriers = tables.carriers.c
_IndexedRow: TypeAlias = tuple[bytes, str, str, bytes, bytes | None, bytes, bytes]
_RECORDS = select(
    _columns.id,
    _columns.kind,
    _columns.scope,
    _columns.payload_id,
    _columns.about,
    _columns.signer,
    _columns.raw,
)
_ADD = Upsert(tables.records)
_ADD_CARRIER = Upsert(tables.carriers)
_ROW_OF = select(_columns.row).where(_columns.id == bindparam("of"), _columns.scope == bindparam("within"))
_GET = _RECORDS.where(_columns.id == bindparam("of")).order_by(_columns.scope).limit(1)
_of_kind = (_columns.scope == bindparam("within"), _columns.kind == bindparam("sort"))
_OF_KIND = _RECORDS.where(*_of_kind).order_by(_columns.id)
_ABOUT = _RECORDS.where(*_of_kind, _columns.about == bindparam("subject")).order_by(_columns.id)
_WITH_PAYLOAD = _RECORDS.where(_columns.payload_id == bindparam("payload")).order_by(
    _columns.scope, _columns.id
)
_CARRIERS = (
    select(_carriers.device, _carriers.scope)
    .join(tables.records, _columns.row == _carriers.record)
    .where(_columns.id == bindparam("of"), _columns.scope == bindparam("within"))
    .distinct()
)
_PLACES = (
    select(_carriers.device, _carriers.scope, _carriers.seq, _carriers.entry)
    .join(tables.records, _columns.row == _carriers.record)
    .where(_columns.id == bindparam("of"), _columns.scope == bindparam("within"))
    .order_by(_carriers.device, _carriers.seq, _carriers.entry)
)
_beyond = (
    _carriers.scope == bindparam("feed_scope"),
    _carriers.device == bindparam("feed_device"),
    _carriers.seq > bindparam("after_seq"),
)
_CARRIED_BEYOND = select(_carriers.record).where(*_beyond).distinct()
_DROP_CARRIERS = delete(tables.carriers).where(*_beyond)
_UNCARRIED = select(*_RECORDS.selected_columns).where(
    _columns.row == bindparam("number"), ~exists().where(_carriers.record == bindparam("number"))
)
_DROP = delete(tables.records).where(_columns.row == bindparam("number"))


class SqlRecords:
    """Index records under their scope, with what carries them: the port's RecordStore."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, row: RecordRow, carrier: Carrier) -> bool:
        """Index a record under its scope; False when this record was known in this scope already."""
        assert len(row.id) == len(row.payload_id) == len(carrier.entry) == ID_BYTES
        assert row.about is None or len(row.about) == ID_BYTES
        assert row.raw
        added = self._database.upsert(_ADD, _values(row))
        number = self._database.plain(_ROW_OF, {"of": row.id, "within": row.scope})[0][0]
        self._database.upsert(
            _ADD_CARRIER,
            {
                "record": number,
                "device": carrier.feed.device,
                "scope": carrier.feed.scope,
                "seq": carrier.seq,
                "entry": carrier.entry,
            },
        )
        return added

    def get(self, record_id: RecordId) -> RecordRow | None:
        """Return a record by its id, from any scope (the lowest scope name first)."""
        found = self._database.plain(_GET, {"of": record_id})
        return _record(found[0]) if found else None

    def of_kind(self, scope: str, kind: str) -> list[RecordRow]:
        """Return the records of a kind in a scope, sorted by record id."""
        return [_record(row) for row in self._database.plain(_OF_KIND, {"within": scope, "sort": kind})]

    def about(self, scope: str, kind: str, about: bytes) -> list[RecordRow]:
        """Return the records of a kind that are about this id, sorted by record id."""
        values = {"within": scope, "sort": kind, "subject": about}
        return [_record(row) for row in self._database.plain(_ABOUT, values)]

    def with_payload(self, payload_id: PayloadId) -> list[RecordRow]:
        """Return the records that state this payload, sorted by scope and record id."""
        return [_record(row) for row in self._database.plain(_WITH_PAYLOAD, {"payload": payload_id})]

    def carriers(self, scope: str, record_id: RecordId) -> frozenset[FeedKey]:
        """Return the feeds that carry a record in a scope, none where it is not known there."""
        rows = self._database.rows(_CARRIERS, {"of": record_id, "within": scope})
        return frozenset(FeedKey(PublicKey(row.device), row.scope) for row in rows)

    def places(self, scope: str, record_id: RecordId) -> list[Carrier]:
        """Return the entries that carry a record in a scope, sorted by device, seq and entry."""
        rows = self._database.rows(_PLACES, {"of": record_id, "within": scope})
        return [
            Carrier(FeedKey(PublicKey(row.device), row.scope), row.seq, EntryId(row.entry)) for row in rows
        ]

    def drop_carried(self, feed: FeedKey, *, after_seq: int) -> list[RecordRow]:
        """Forget the carriers of a feed beyond a seq; drop and return the records that none carries any more.

        They come sorted by scope and record id.
        """
        beyond = {"feed_scope": feed.scope, "feed_device": feed.device, "after_seq": after_seq}
        touched = [row.record for row in self._database.rows(_CARRIED_BEYOND, beyond)]
        self._database.run(_DROP_CARRIERS, beyond)
        dropped: list[RecordRow] = []
        for number in touched:
            for row in self._database.plain(_UNCARRIED, {"number": number}):
                dropped.append(_record(row))
                self._database.run(_DROP, {"number": number})
        return sorted(dropped, key=lambda record: (record.scope, record.id))

    def clear(self) -> None:
        """Empty this cache, making its tables anew, whatever became of them."""
        self._database.remake(tables.records, tables.carriers)


def _values(row: RecordRow) -> dict[str, object]:
    return {
        "id": row.id,
        "kind": row.kind,
        "scope": row.scope,
        "payload_id": row.payload_id,
        "about": row.about,
        "signer": row.signer,
        "raw": row.raw,
    }


def _record(row: _IndexedRow) -> RecordRow:
    record_id, kind, scope, payload_id, about, signer, raw = row
    return RecordRow(RecordId(record_id), kind, scope, PayloadId(payload_id), about, PublicKey(signer), raw)
