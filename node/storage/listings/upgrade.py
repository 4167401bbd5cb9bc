"""Brings the directory's tables from format 1 into the present one.

They are a cache, but to make it again from the feeds takes a hundred times longer than to write it anew from
itself. All of it is one transaction: after a power cut it begins again.
"""

from collections.abc import Collection, Iterator
from typing import Final, cast

import structlog
from sqlalchemy import Column, LargeBinary, MetaData, Table, text

from node.errors import StorageError
from node.storage.column_types import TEXT, WHOLE
from node.storage.database import Database
from node.storage.listings.index import DirectoryIndex
from node.storage.listings.store import ListedRow, SqlDirectory, read_listing

# Only tables of format 1 have these; a node that went back one release and rebuilt has them again.
_SIGN: Final = "labels"
_ROWS_AT_ONCE: Final = 500
_log: structlog.typing.FilteringBoundLogger = structlog.get_logger("storage")

_former: Final = Table(
    "former_listings",
    MetaData(),
    Column("row", WHOLE, primary_key=True),
    Column("document_id", LargeBinary),
    Column("community_id", LargeBinary),
    Column("kind", TEXT),
    Column("name", TEXT),
    Column("country", TEXT),
    Column("lat_e7", WHOLE),
    Column("lon_e7", WHOLE),
    Column("confirmed_at", WHOLE),
    Column("tags", TEXT),
    Column("languages", TEXT),
    Column("flags", TEXT),
    Column("text", TEXT),
)
_SET_ASIDE: Final = (
    "DROP TABLE labels",
    "DROP INDEX IF EXISTS listings_document",
    "DROP INDEX IF EXISTS listings_home",
    "DROP INDEX IF EXISTS listings_place",
    "DROP INDEX IF EXISTS listings_name",
    "DROP INDEX IF EXISTS listings_name_start",
    "ALTER TABLE listings RENAME TO former_listings",
)
_HOMES: Final = text(
    "CREATE INDEX IF NOT EXISTS listings_home ON listings (community_id) WHERE kind != 'profile'"
)
_FORGET: Final = ("DROP TABLE IF EXISTS labels", "DROP TABLE IF EXISTS former_listings")


def complete(database: Database) -> None:
    """Make the index that format 3 brought, where it is missing."""
    database.run(_HOMES)


def is_needed(tables: Collection[str]) -> bool:
    """Tell by the names of a database's tables whether they are of format 1."""
    return _SIGN in tables


def upgrade(database: Database, index: DirectoryIndex) -> None:
    """Write the directory's tables anew from those of format 1; the caller commits.

    Tables so damaged that they cannot be read are replaced by empty ones: opening must not fail for the sake
    of a cache, for without it nobody could rebuild.

    Raises:
        StorageError: the database failed; nothing was changed.
    """
    _log.warning("bringing the directory into the new format: 100,000 listings take some minutes")
    directory = SqlDirectory(database, index)
    if not _is_readable(database):
        for statement in _FORGET:
            database.run(text(statement))
        directory.clear()
        _log.warning("the directory was damaged and is empty now: run `hedgerow rebuild`")
        return
    for statement in _SET_ASIDE:
        database.run(text(statement))
    directory.clear()
    for row in _rows(database):
        directory.put(read_listing(row))
    for statement in _FORGET:
        database.run(text(statement))
    _log.warning("the directory is in the new format", listings=directory.count())


def _is_readable(database: Database) -> bool:
    names = ", ".join(column.name for column in _former.columns)
    try:
        database.run(text(f"SELECT {names} FROM listings LIMIT 1")).fetchall()  # noqa: S608 - no text of others
    except StorageError:
        database.rollback()
        return False
    return True


def _rows(database: Database) -> Iterator[ListedRow]:
    """Yield the former listings, a part at a time: all at once may be more than a small machine's memory."""
    last = -1
    while True:
        following = _former.select().where(_former.c.row > last).order_by(_former.c.row).limit(_ROWS_AT_ONCE)
        part = database.rows(following)
        yield from (cast("ListedRow", row) for row in part)
        if len(part) < _ROWS_AT_ONCE:
            return
        last = part[-1][0]
