"""The tables of a node's database, as SQLAlchemy knows them, on SQLite and on PostgreSQL alike.

Owns names, types, keys and indexes, and which tables are truth and which are cache. Says nothing about
pragmas (database.py), versions (schema_version.py) or queries (one module per part of the port).

Costs decided the shape. A random hash as primary key halves the rate of inserts, so entries hang on integers:
a *branch* is one line of a feed, from where it leaves its parent to its end, and (branch, seq) is unique. The
path of a head is then a range scan per branch, and the database itself refuses a second entry at one place.
Ids are plain bytes here; the modules that read rows give them their types back.
Tables are STRICT on SQLite, which then refuses a value of another type instead of keeping it.
"""

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, MetaData, Named, Table, TypedColumns

from node.storage.column_types import TEXT, WHOLE

metadata = MetaData()


class _FormatColumns(TypedColumns):
    version: Named[int] = Column(WHOLE, primary_key=True, autoincrement=False)
    readable_from: Named[int] = Column(WHOLE, nullable=False)


class _BranchColumns(TypedColumns):
    branch: Named[int] = Column(WHOLE, primary_key=True, autoincrement=False)
    device: Named[bytes] = Column(LargeBinary, nullable=False)
    scope: Named[str] = Column(TEXT, nullable=False)
    parent: Named[int | None] = Column(WHOLE, ForeignKey("branches.branch"))
    after_seq: Named[int] = Column(WHOLE, nullable=False)
    end_seq: Named[int] = Column(WHOLE, nullable=False)
    end_id: Named[bytes] = Column(LargeBinary, nullable=False)


class _EntryColumns(TypedColumns):
    arrival: Named[int] = Column(WHOLE, primary_key=True, autoincrement=False)
    branch: Named[int] = Column(WHOLE, ForeignKey("branches.branch"), nullable=False)
    seq: Named[int] = Column(WHOLE, nullable=False)
    id: Named[bytes] = Column(LargeBinary, nullable=False)
    prev: Named[bytes | None] = Column(LargeBinary)
    body_hash: Named[bytes] = Column(LargeBinary, nullable=False)
    body_bytes: Named[int] = Column(WHOLE, nullable=False)
    hours: Named[int] = Column(WHOLE, nullable=False)
    document: Named[bytes | None] = Column(LargeBinary)
    signature: Named[bytes | None] = Column(LargeBinary)
    # Last, so that a scan of the other columns need not read the pages that a long body runs over.
    body: Named[bytes | None] = Column(LargeBinary)


class _CharterColumns(TypedColumns):
    community: Named[bytes] = Column(LargeBinary, primary_key=True)
    record: Named[bytes] = Column(LargeBinary, primary_key=True)
    raw: Named[bytes] = Column(LargeBinary, nullable=False)


class _LocalColumns(TypedColumns):
    drawer: Named[str] = Column(TEXT, primary_key=True)
    key: Named[bytes] = Column(LargeBinary, primary_key=True)
    value: Named[bytes] = Column(LargeBinary, nullable=False)


class _RecordColumns(TypedColumns):
    row: Named[int] = Column(WHOLE, primary_key=True)
    id: Named[bytes] = Column(LargeBinary, nullable=False)
    kind: Named[str] = Column(TEXT, nullable=False)
    scope: Named[str] = Column(TEXT, nullable=False)
    payload_id: Named[bytes] = Column(LargeBinary, nullable=False)
    about: Named[bytes | None] = Column(LargeBinary)
    signer: Named[bytes] = Column(LargeBinary, nullable=False)
    raw: Named[bytes] = Column(LargeBinary, nullable=False)


class _CarrierColumns(TypedColumns):
    record: Named[int] = Column(WHOLE, ForeignKey("records.row"), primary_key=True, autoincrement=False)
    device: Named[bytes] = Column(LargeBinary, primary_key=True)
    scope: Named[str] = Column(TEXT, primary_key=True)
    seq: Named[int] = Column(WHOLE, primary_key=True, autoincrement=False)
    entry: Named[bytes] = Column(LargeBinary, primary_key=True)


class _DocumentColumns(TypedColumns):
    row: Named[int] = Column(WHOLE, primary_key=True)
    id: Named[bytes] = Column(LargeBinary, nullable=False)
    type: Named[str] = Column(TEXT, nullable=False)
    owner: Named[bytes] = Column(LargeBinary, nullable=False)
    scope: Named[str] = Column(TEXT, nullable=False)
    genesis: Named[bytes] = Column(LargeBinary, nullable=False)
    state: Named[bytes] = Column(LargeBinary, nullable=False)
    tree: Named[bytes] = Column(LargeBinary, nullable=False)


class _VerdictColumns(TypedColumns):
    scope: Named[str] = Column(TEXT, primary_key=True)
    device: Named[bytes] = Column(LargeBinary, primary_key=True)
    seq: Named[int] = Column(WHOLE, primary_key=True, autoincrement=False)
    entry: Named[bytes] = Column(LargeBinary, primary_key=True)
    reason: Named[str] = Column(TEXT, nullable=False)


# --- truth -------------------------------------------------------------------------------------------
# One row: which version wrote the file, and the oldest version that may still use it.
format_ = Table("format", metadata, _FormatColumns, sqlite_strict=True)
branches = Table("branches", metadata, _BranchColumns, sqlite_strict=True)
entries = Table("entries", metadata, _EntryColumns, sqlite_strict=True)
Index("entries_place", entries.c.branch, entries.c.seq, unique=True)
Index(
    "entries_document",
    entries.c.document,
    entries.c.arrival,
    sqlite_where=entries.c.document.is_not(None),
    postgresql_where=entries.c.document.is_not(None),
)
charters = Table("charters", metadata, _CharterColumns, sqlite_strict=True, sqlite_with_rowid=False)
local = Table("local", metadata, _LocalColumns, sqlite_strict=True, sqlite_with_rowid=False)

# --- cache: `rebuild` empties and fills these again --------------------------------------------------
records = Table("records", metadata, _RecordColumns, sqlite_strict=True)
Index("records_id", records.c.id, records.c.scope, unique=True)
Index("records_about", records.c.scope, records.c.kind, records.c.about)
Index("records_payload", records.c.payload_id)
carriers = Table("carriers", metadata, _CarrierColumns, sqlite_strict=True, sqlite_with_rowid=False)
Index("carriers_place", carriers.c.scope, carriers.c.device, carriers.c.seq)
documents = Table("documents", metadata, _DocumentColumns, sqlite_strict=True)
Index("documents_id", documents.c.id, unique=True)
Index("documents_type", documents.c.type, documents.c.id)
verdicts = Table("verdicts", metadata, _VerdictColumns, sqlite_strict=True, sqlite_with_rowid=False)
