"""Whether a PostgreSQL database is empty, ours or somebody else's. Versions: schema_version.py."""

from typing import Final

from sqlalchemy import func, select, text

from node.errors import StoreUnavailableError
from node.storage import schema_version, tables
from node.storage.database import Database
from node.storage.listings import upgrade as directory_upgrade
from node.storage.postgresql import words as postgres_words

_TRUTH: Final = frozenset(
    table.name for table in (tables.format_, tables.branches, tables.entries, tables.charters, tables.local)
)
# In the schema where new tables go, nearly always "public"; r and p are tables, partitioned or not.
_TABLES: Final = select(text("relname::text AS name")).select_from(
    text("pg_catalog.pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')")
)
_SCHEMA: Final = select(func.current_schema())


def prepare(database: Database) -> None:
    """Create the tables in an empty database, or check that this build may use it.

    Creation is one transaction: whatever happens, the database is either still empty or whole.

    Raises:
        SchemaTooNewError: a newer Hedgerow wrote it.
        StoreUnavailableError: it belongs to another program, or is not usable.
    """
    found = _found(database)
    if not found:
        schema_version.create(database)
        postgres_words.create_words(database)
    elif found >= _TRUTH:
        schema_version.check(database)
        schema_version.bring_up(database, found, postgres_words.PostgresWords(database))
    else:
        raise StoreUnavailableError(
            "expected a Hedgerow database, found tables of another program: give the node another database"
        )
    database.commit()


def check(database: Database) -> None:
    """Make sure that a node keeps its store in this database, and that this build can read it.

    Raises:
        SchemaTooNewError: a newer Hedgerow wrote it.
        StoreUnavailableError: no node has written here yet, or it is not usable.
    """
    found = _found(database)
    if not found >= _TRUTH:
        raise StoreUnavailableError(
            "expected a Hedgerow database, found none: start the node that writes first"
        )
    schema_version.check(database)
    if directory_upgrade.is_needed(found):
        raise StoreUnavailableError(
            "expected the database in this release's format, found an older one: start the node that writes "
            "first, it brings the database up"
        )
    database.rollback()


def _found(database: Database) -> frozenset[str]:
    if database.rows(_SCHEMA)[0][0] is None:
        raise StoreUnavailableError(
            "expected a schema to keep tables in, found none: set the user's search_path"
        )
    return frozenset(row[0] for row in database.rows(_TABLES))
