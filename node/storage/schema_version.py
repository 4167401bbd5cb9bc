"""Which shape of database this build writes and which it can read, and whether a SQLite file is ours.

Raise SCHEMA_VERSION with every change to tables.py or directory_tables.py and say below what changed. Raise
READABLE_FROM only when the former release could no longer work on the file: a steward must be able to go back
one release.

Log:
    1: first release: branches, entries, charters, local; caches records, carriers, documents, verdicts,
       listings, labels, listing_words.
    2: listings without their texts (listing_texts) and with places on the sphere; what labels held stands in
       listing_words. Brought over at opening (directory_upgrade.py). The release before can be gone back to:
       it asks for one `hedgerow rebuild`, and the way forward again is the same.
    3: an index of the offers of each community, which are where its page says. Made at opening; those written
       before say no place until `hedgerow rebuild`, or until the page is written again.
"""

from collections.abc import Collection

from sqlalchemy import delete, insert, select, text

from node.errors import SchemaTooNewError, StoreUnavailableError
from node.storage import sqlite_words, tables
from node.storage.database import Database
from node.storage.listings import upgrade as directory_upgrade
from node.storage.listings.index import DirectoryIndex

SCHEMA_VERSION = 3
# The oldest build that can use a file written by this one.
READABLE_FROM = 1
# "HEDG" in ASCII, in the file's own header: tells our file from any other SQLite database.
APPLICATION_ID = 0x48454447

_TABLES = select(text("name")).select_from(text("sqlite_schema"))


def prepare(database: Database) -> None:
    """Create the tables in an empty SQLite file, or check that this build may use the file.

    Creation is one transaction: after a power cut the file is either still empty or whole.

    Raises:
        SchemaTooNewError: a newer Hedgerow wrote it.
        StoreUnavailableError: the file belongs to another program, or is no usable database.
    """
    found = [row[0] for row in database.rows(_TABLES)]
    if _number(database, "application_id") == APPLICATION_ID:
        check(database)
        bring_up(database, found, sqlite_words.SqliteWords(database))
    elif not found:
        create(database)
        sqlite_words.create_words(database)
        database.run(text(f"PRAGMA application_id = {APPLICATION_ID}"))
    else:
        raise StoreUnavailableError(
            "expected a Hedgerow database, found tables of another program: choose another data folder"
        )
    database.commit()


def create(database: Database) -> None:
    """Create the tables that every database has, and note the version."""
    database.create(*tables.metadata.sorted_tables)
    database.run(insert(tables.format_), {"version": SCHEMA_VERSION, "readable_from": READABLE_FROM})


def bring_up(database: Database, found: Collection[str], index: DirectoryIndex) -> None:
    """Bring tables of a former format into this one; the caller commits.

    Args:
        database: that `check` has let pass.
        found: the names of its tables.
        index: the directory's, as this database keeps it.
    """
    version = database.rows(select(tables.format_.c.version))[0].version
    if directory_upgrade.is_needed(found):
        directory_upgrade.upgrade(database, index)
    elif version < SCHEMA_VERSION:
        directory_upgrade.complete(database)
    else:
        return
    database.run(delete(tables.format_))
    database.run(insert(tables.format_), {"version": SCHEMA_VERSION, "readable_from": READABLE_FROM})


def check(database: Database) -> None:
    """Make sure that this build may use the database.

    Raises:
        SchemaTooNewError: a newer Hedgerow wrote it.
        StoreUnavailableError: it lost its version.
    """
    found = database.rows(select(tables.format_.c.version, tables.format_.c.readable_from))
    if len(found) != 1:
        raise StoreUnavailableError(
            f"expected one format version, found {len(found)}: restore the database from a backup"
        )
    version, readable_from = found[0]
    if readable_from > SCHEMA_VERSION:
        raise SchemaTooNewError(
            f"expected format {SCHEMA_VERSION}, found {version}, which a build of format {readable_from} or "
            "newer reads: install a newer Hedgerow, or restore a backup made before the upgrade"
        )


def _number(database: Database, pragma: str) -> int:
    found = database.run(text(f"PRAGMA {pragma}")).scalar_one()
    assert isinstance(found, int)
    return found
