"""What is asked of the table of entries, and what a row of it is."""

from typing import TypeAlias

from sqlalchemy import LargeBinary, bindparam, func, select, update

from node.feeds.entry import Entry
from node.storage import tables

# Rows read at a time: bounds memory when bodies are long, and is small beside what one row costs.
ROWS_PER_READ = 64
ROWS_PER_WALK = 512

_columns = tables.entries.c
EntryRow: TypeAlias = tuple[
    int, int, int, bytes, bytes | None, bytes, int, int, bytes | None, bytes | None, bytes | None
]
ENTRIES = select(
    _columns.arrival,
    _columns.branch,
    _columns.seq,
    _columns.id,
    _columns.prev,
    _columns.body_hash,
    _columns.body_bytes,
    _columns.hours,
    _columns.document,
    _columns.body,
    _columns.signature,
)
SEGMENT = (
    ENTRIES.where(
        _columns.branch == bindparam("branch"),
        _columns.seq.between(bindparam("first"), bindparam("last")),
    )
    .order_by(_columns.seq)
    .limit(ROWS_PER_READ)
)
PLACES = select(_columns.seq, _columns.id, _columns.signature.is_(None), _columns.body.is_(None)).where(
    _columns.branch == bindparam("branch"),
    _columns.seq.between(bindparam("first"), bindparam("last")),
)
ID_AT = select(_columns.id).where(_columns.branch == bindparam("branch"), _columns.seq == bindparam("seq"))
PREV_AT = select(_columns.prev).where(
    _columns.branch == bindparam("branch"), _columns.seq == bindparam("seq")
)
SEQ_OF = (
    select(_columns.seq)
    .where(_columns.branch == bindparam("branch"), _columns.id == bindparam("id"))
    .order_by(_columns.seq.desc())
    .limit(1)
)
OF_DOCUMENT = ENTRIES.where(_columns.document == bindparam("document")).order_by(_columns.arrival)
WITH_BODIES = ENTRIES.where(
    _columns.document.in_(bindparam("documents", expanding=True)), _columns.body.is_not(None)
).order_by(_columns.arrival)
NAMING = (
    select(_columns.document, func.count())
    .where(_columns.document.in_(bindparam("documents", expanding=True)), _columns.body.is_not(None))
    .group_by(_columns.document)
)
WALK = ENTRIES.where(_columns.arrival > bindparam("arrival")).order_by(_columns.arrival).limit(ROWS_PER_WALK)
RECENT = (
    ENTRIES.where(_columns.arrival < bindparam("before"))
    .order_by(_columns.arrival.desc())
    .limit(bindparam("rows"))
)
COUNT = select(func.count()).select_from(tables.entries)
LAST_ARRIVAL = select(func.max(_columns.arrival))
SIGN = (
    update(tables.entries)
    .where(_columns.branch == bindparam("at_branch"), _columns.seq == bindparam("at_seq"))
    .values(signature=bindparam("by_author"))
)
WRITE_BODY = (
    update(tables.entries)
    .where(_columns.branch == bindparam("at_branch"), _columns.seq == bindparam("at_seq"))
    .values(body=bindparam("written", type_=LargeBinary))
)
DROP_BODY = (
    update(tables.entries)
    .where(
        _columns.branch == bindparam("at_branch"),
        _columns.seq == bindparam("at_seq"),
        _columns.id == bindparam("at_id"),
    )
    .values(body=None)
    .execution_options(preserve_rowcount=True)
)


def row_of(entry: Entry, branch: int, arrival: int) -> tuple[object, ...]:
    """Return an entry as a row of the table, in the order of its columns."""
    return (
        arrival,
        branch,
        entry.seq,
        entry.id,
        entry.prev,
        entry.body_hash,
        entry.body_bytes,
        entry.hours,
        entry.document,
        entry.signature,
        entry.body,
    )
