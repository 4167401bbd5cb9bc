"""Documents as last materialised, and verdicts, in a database. Cache."""

from typing import TypeAlias

from sqlalchemy import LargeBinary, Row, bindparam, delete, select

from node.engine.ports import DocumentRow, Verdict
from node.feeds.entry import FeedKey
from node.ids import ID_BYTES, CommunityId, DocumentId, EntryId
from node.keys import PublicKey
from node.storage import tables
from node.storage.database import Database
from node.storage.upserts import Upsert

_columns = tables.documents.c
_DocumentRow: TypeAlias = Row[bytes, str, bytes, str, bytes, bytes, bytes]
_DOCUMENTS = select(
    _columns.id,
    _columns.type,
    _columns.owner,
    _columns.scope,
    _columns.genesis,
    _columns.state,
    _columns.tree,
)
_PUT = Upsert(tables.documents, "id")
_GET = _DOCUMENTS.where(_columns.id == bindparam("document"))
# No id comes before the empty one.
_OF_TYPE = _DOCUMENTS.where(
    _columns.type == bindparam("kind"), _columns.id > bindparam("after", b"", LargeBinary)
).order_by(_columns.id)

_REMOVE = delete(tables.documents).where(_columns.id == bindparam("document"))

_verdicts = tables.verdicts.c
_DROP_VERDICT = delete(tables.verdicts).where(
    _verdicts.scope == bindparam("of_scope"),
    _verdicts.device == bindparam("of_device"),
    _verdicts.seq == bindparam("of_seq"),
    _verdicts.entry == bindparam("of_entry"),
)
_AT = ("of_scope", "of_device", "of_seq", "of_entry")
_ANY_VERDICT = select(_verdicts.seq).limit(1)
_VERDICT = ("scope", "device", "seq", "entry", "reason")
_PUT_VERDICT = Upsert(tables.verdicts, "scope", "device", "seq", "entry")
_VERDICTS = select(
    _verdicts.scope, _verdicts.device, _verdicts.seq, _verdicts.entry, _verdicts.reason
).order_by(_verdicts.scope, _verdicts.device, _verdicts.seq, _verdicts.entry)


class SqlDocuments:
    """Keep documents as their entries make them: the port's DocumentStore."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # Written in this transaction and not yet sent to the database: many rows go in one statement.
        self._pending: dict[DocumentId, DocumentRow] = {}
        # Likewise by (scope, device, seq, entry) the reason, None where a verdict was taken back.
        self._verdicts: dict[tuple[str, bytes, int, bytes], str | None] = {}
        # Whether the database has any verdict, None while nobody looked: nearly always there is none, and
        # every document that is made takes back those on its entries.
        self._has_verdicts: bool | None = None

    def put(self, row: DocumentRow) -> None:
        """Write a document over its former state; the database has it after `flush`."""
        assert len(row.id) == len(row.owner) == ID_BYTES
        assert row.genesis
        self._pending[row.id] = row

    def flush(self) -> None:
        """Send what was put to the database, before it commits or is asked about several documents."""
        if self._pending:
            self._database.upsert_all(_PUT, [_values(self._pending[key]) for key in sorted(self._pending)])
            self._pending.clear()
        if self._verdicts:
            ordered = sorted(self._verdicts.items(), key=lambda one: one[0])
            dropped = [dict(zip(_AT, place, strict=True)) for place, reason in ordered if reason is None]
            noted = [
                dict(zip(_VERDICT, (*place, reason), strict=True))
                for place, reason in ordered
                if reason is not None
            ]
            if dropped:
                self._database.change_all(_DROP_VERDICT, dropped)
            if noted:
                self._has_verdicts = True
                self._database.upsert_all(_PUT_VERDICT, noted)
            self._verdicts.clear()

    def forget(self) -> None:
        """Drop what was not sent: the transaction was rolled back."""
        self._pending.clear()
        self._verdicts.clear()
        self._has_verdicts = None

    def get(self, document: DocumentId) -> DocumentRow | None:
        """Return a document."""
        pending = self._pending.get(document)
        if pending is not None:
            return pending
        row = self._database.one(_GET, {"document": document})
        return _document(row) if row is not None else None

    def of_type(
        self, kind: str, *, after: DocumentId | None = None, limit: int | None = None
    ) -> list[DocumentRow]:
        """Return the documents of a type, sorted by id: all, or only the first behind one of them."""
        self.flush()
        found = self._database.rows(_OF_TYPE.limit(limit), {"kind": kind, "after": after or b""})
        return [_document(row) for row in found]

    def remove(self, document: DocumentId) -> None:
        """Take a document out; nothing happens when it is not there."""
        self._pending.pop(document, None)
        self._database.run(_REMOVE, {"document": document})

    def drop_verdict(self, verdict: Verdict) -> None:
        """Take a note back, whatever its reason: the entry is judged anew."""
        if self._has_verdicts is None:
            self._has_verdicts = self._database.one(_ANY_VERDICT) is not None
        if self._verdicts or self._has_verdicts:
            self._verdicts[_place(verdict)] = None

    def put_verdict(self, verdict: Verdict) -> None:
        """Note that an entry's body counts for nothing; a second verdict replaces the first."""
        assert len(verdict.entry) == ID_BYTES
        self._verdicts[_place(verdict)] = verdict.reason

    def verdicts(self) -> list[Verdict]:
        """Return all such notes, sorted by scope, device, seq, entry."""
        self.flush()
        return [
            Verdict(FeedKey(PublicKey(row.device), row.scope), row.seq, EntryId(row.entry), row.reason)
            for row in self._database.rows(_VERDICTS)
        ]

    def clear(self) -> None:
        """Empty this cache, making its tables anew, whatever became of them."""
        self.forget()
        self._database.remake(tables.documents, tables.verdicts)


def _place(verdict: Verdict) -> tuple[str, bytes, int, bytes]:
    return verdict.feed.scope, verdict.feed.device, verdict.seq, verdict.entry


def _values(row: DocumentRow) -> dict[str, object]:
    return {
        "id": row.id,
        "type": row.type,
        "owner": row.owner,
        "scope": row.scope,
        "genesis": row.genesis,
        "state": row.state,
        "tree": row.tree,
    }


def _document(row: _DocumentRow) -> DocumentRow:
    document, kind, owner, scope, genesis, state, tree = row
    return DocumentRow(DocumentId(document), kind, CommunityId(owner), scope, genesis, state, tree)
