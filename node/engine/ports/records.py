"""The part of the store that finds records by what they are about. Cache."""

from dataclasses import dataclass, field
from typing import Protocol

from node.feeds.entry import FeedKey
from node.ids import EntryId, PayloadId, RecordId
from node.keys import PublicKey
from node.records import record
from node.records.record import Record


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

    @classmethod
    def of(cls, read: Record, *, scope: str, about: bytes | None) -> "RecordRow":
        """Return the row of a record that was just read and proved: it need not be read again."""
        row = cls(read.id, read.kind, scope, read.payload_id, about, read.signer, read.raw)
        row._read.append(read)
        return row

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

    def places(self, scope: str, record_id: RecordId) -> list[Carrier]:
        """Return the entries that carry a record in a scope, sorted by device, seq and entry."""
        ...

    def drop_carried(self, feed: FeedKey, *, after_seq: int) -> list[RecordRow]:
        """Forget the carriers of a feed beyond a seq, and return the records that none carries any more."""
        ...

    def clear(self) -> None:
        """Empty this cache."""
        ...
