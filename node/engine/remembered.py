"""A store whose index of records remembers what was asked of it: the same question costs no reading again.

A witness asks after each batch of input who signed what about the questions that are open. With the
database asked each time, a member that publishes thousands of votes, rolls or questions with nothing behind
them makes its neighbours read all of them again with each further one. Here a list that was asked for is kept
and follows what is added and taken away: asking again costs a copy of the list, a record that arrives one
place in it, and each record is read and decoded once (`RecordRow.record`) for as long as its list is kept.

It owns no truth: what it does not remember it asks. Only who writes through it may read through it.
"""

from bisect import bisect_left, insort
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final, TypeAlias

from node.engine.ports import (
    Carrier,
    CharterStore,
    DirectoryStore,
    DocumentStore,
    FeedStore,
    LocalStore,
    RecordRow,
    RecordStore,
    Store,
)
from node.feeds.entry import FeedKey
from node.ids import PayloadId, RecordId

# What is kept at most: ten thousand votes of 31 witnesses each take some 15 MB, decoded three times that.
REMEMBERED_BYTES_MAX: Final = 32 * 1024**2
# What a row weighs beside its bytes, and an empty list.
_ROW_BYTES: Final = 512
_LIST_BYTES: Final = 256

# Scope, kind and subject, the last None for all of the kind; or a payload.
_Question: TypeAlias = tuple[str, str, bytes | None] | PayloadId


@dataclass(slots=True)
class _Kept:
    """The answer to one question, sorted, and what it weighs."""

    rows: list[RecordRow]
    bytes: int


class RememberedRecords:
    """An index of records that remembers answers: the port's RecordStore.

    Args:
        bytes_max: what is kept; the questions asked longest ago go first.
    """

    def __init__(self, records: RecordStore, *, bytes_max: int = REMEMBERED_BYTES_MAX) -> None:
        self._records = records
        self._bytes_max = bytes_max
        self._kept: OrderedDict[_Question, _Kept] = OrderedDict()
        self._bytes = 0

    def add(self, row: RecordRow, carrier: Carrier) -> bool:
        """Index a record under its scope; False when this record was known in this scope already."""
        added = self._records.add(row, carrier)
        if added:
            for question in _questions(row):
                kept = self._kept.get(question)
                if kept is not None:
                    insort(kept.rows, row, key=_place)
                    self._weigh(kept, _weight(row))
            self._make_room()
        return added

    def get(self, record_id: RecordId) -> RecordRow | None:
        """Return a record by its id, from any scope (the lowest scope name first)."""
        return self._records.get(record_id)

    def of_kind(self, scope: str, kind: str) -> list[RecordRow]:
        """Return the records of a kind in a scope, sorted by record id."""
        question = (scope, kind, None)
        rows = self._remembered(question)
        return self._keep(question, self._records.of_kind(scope, kind)) if rows is None else rows

    def about(self, scope: str, kind: str, about: bytes) -> list[RecordRow]:
        """Return the records of a kind that are about this id, sorted by record id."""
        question = (scope, kind, about)
        rows = self._remembered(question)
        return self._keep(question, self._records.about(scope, kind, about)) if rows is None else rows

    def with_payload(self, payload_id: PayloadId) -> list[RecordRow]:
        """Return the records that state this payload, sorted by scope and record id."""
        rows = self._remembered(payload_id)
        return self._keep(payload_id, self._records.with_payload(payload_id)) if rows is None else rows

    def places(self, scope: str, record_id: RecordId) -> list[Carrier]:
        """Return the entries that carry a record."""
        return self._records.places(scope, record_id)

    def carriers(self, scope: str, record_id: RecordId) -> frozenset[FeedKey]:
        """Return the feeds that carry a record in a scope, none where it is not known there."""
        return self._records.carriers(scope, record_id)

    def drop_carried(self, feed: FeedKey, *, after_seq: int) -> list[RecordRow]:
        """Forget the carriers of a feed beyond a seq, and return the records that none carries any more."""
        dropped = self._records.drop_carried(feed, after_seq=after_seq)
        for row in dropped:
            for question in _questions(row):
                kept = self._kept.get(question)
                if kept is not None:
                    index = bisect_left(kept.rows, _place(row), key=_place)
                    assert kept.rows[index].id == row.id, "what is remembered is what is held"
                    del kept.rows[index]
                    self._weigh(kept, -_weight(row))
        return dropped

    def clear(self) -> None:
        """Empty this cache."""
        self._records.clear()
        self.forget()

    def forget(self) -> None:
        """Remember nothing: what is held may be something else."""
        self._kept.clear()
        self._bytes = 0

    def _remembered(self, question: _Question) -> list[RecordRow] | None:
        kept = self._kept.get(question)
        if kept is None:
            return None
        self._kept.move_to_end(question)
        return list(kept.rows)

    def _keep(self, question: _Question, rows: list[RecordRow]) -> list[RecordRow]:
        kept = self._kept[question] = _Kept(list(rows), 0)
        self._weigh(kept, _LIST_BYTES + sum(map(_weight, rows)))
        self._make_room()
        return rows

    def _weigh(self, kept: _Kept, more: int) -> None:
        kept.bytes += more
        self._bytes += more

    def _make_room(self) -> None:
        while self._bytes > self._bytes_max:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= oldest.bytes


class RememberedStore:
    """A store whose records are remembered: the port's Store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._records = RememberedRecords(store.records)

    @property
    def feeds(self) -> FeedStore:
        """Return the entries."""
        return self._store.feeds

    @property
    def charters(self) -> CharterStore:
        """Return the charters."""
        return self._store.charters

    @property
    def records(self) -> RecordStore:
        """Return the index of records."""
        return self._records

    @property
    def documents(self) -> DocumentStore:
        """Return the documents."""
        return self._store.documents

    @property
    def directory(self) -> DirectoryStore:
        """Return the searchable directory."""
        return self._store.directory

    @property
    def local(self) -> LocalStore:
        """Return what only this node knows."""
        return self._store.local

    def commit(self) -> None:
        """Make every write since the last commit durable; on return it survives a power cut."""
        self._store.commit()

    def rollback(self) -> None:
        """Forget every write since the last commit, and with it all that is remembered."""
        self._store.rollback()
        self._records.forget()


def _questions(row: RecordRow) -> set[_Question]:
    """Return the questions whose answers hold a record."""
    return {(row.scope, row.kind, row.about), (row.scope, row.kind, None), row.payload_id}


def _place(row: RecordRow) -> tuple[str, bytes]:
    return row.scope, row.id


def _weight(row: RecordRow) -> int:
    return len(row.raw) + _ROW_BYTES
