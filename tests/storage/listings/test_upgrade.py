import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from node.directory.search import ListingRow, SearchQuery
from node.errors import StoreUnavailableError
from node.storage.postgresql.store import PostgresReader, PostgresStore
from node.storage.schema_version import SCHEMA_VERSION
from node.storage.sqlite import SqliteStore
from tests.contracts.directory_contract import assert_answers_alike, listing
from tests.storage.postgresql.server import Server, running

# The tables of format 1 as its release made them, and one row as it wrote it.
_SQLITE_FORMER = """
DROP TABLE listings; DROP TABLE listing_texts; DROP TABLE listing_words;
CREATE TABLE listings (
    "row" INTEGER NOT NULL, document_id BLOB NOT NULL, community_id BLOB NOT NULL, kind TEXT NOT NULL,
    name TEXT NOT NULL, name_key TEXT NOT NULL, country TEXT, lat_e7 INTEGER, lon_e7 INTEGER,
    confirmed_at INTEGER, tags TEXT NOT NULL, languages TEXT NOT NULL, flags TEXT NOT NULL,
    text TEXT NOT NULL, PRIMARY KEY ("row")
) STRICT;
CREATE UNIQUE INDEX listings_document ON listings (document_id);
CREATE INDEX listings_place ON listings (lat_e7, lon_e7);
CREATE INDEX listings_name ON listings (name_key, document_id);
CREATE TABLE labels (
    label TEXT NOT NULL, listing INTEGER NOT NULL, PRIMARY KEY (label, listing),
    FOREIGN KEY(listing) REFERENCES listings ("row") ON DELETE CASCADE
) WITHOUT ROWID, STRICT;
CREATE INDEX labels_listing ON labels (listing);
CREATE VIRTUAL TABLE listing_words USING fts5(words, tokenize = 'ascii', detail = none, prefix = '1 2 3');
INSERT INTO listing_words (rowid, words) VALUES (1, 'former');
UPDATE format SET version = 1;
"""
_POSTGRES_FORMER = """
DROP TABLE listings, listing_texts, listing_words, odd_listing_words;
CREATE TABLE listings (
    "row" BIGSERIAL NOT NULL, document_id BYTEA NOT NULL, community_id BYTEA NOT NULL,
    kind TEXT COLLATE "C" NOT NULL, name TEXT COLLATE "C" NOT NULL, name_key TEXT COLLATE "C" NOT NULL,
    country TEXT COLLATE "C", lat_e7 BIGINT, lon_e7 BIGINT, confirmed_at BIGINT,
    tags TEXT COLLATE "C" NOT NULL, languages TEXT COLLATE "C" NOT NULL, flags TEXT COLLATE "C" NOT NULL,
    text TEXT COLLATE "C" NOT NULL, PRIMARY KEY ("row")
);
CREATE UNIQUE INDEX listings_document ON listings (document_id);
CREATE INDEX listings_place ON listings (lat_e7, lon_e7);
CREATE INDEX listings_name_start ON listings (left(name_key, 100));
CREATE TABLE labels (
    label TEXT COLLATE "C" NOT NULL, listing BIGINT NOT NULL, PRIMARY KEY (label, listing),
    FOREIGN KEY(listing) REFERENCES listings ("row") ON DELETE CASCADE
);
CREATE INDEX labels_listing ON labels (listing);
CREATE TABLE listing_words (listing BIGINT PRIMARY KEY, words TSVECTOR NOT NULL);
CREATE INDEX listing_words_words ON listing_words USING gin (words);
UPDATE format SET version = 1;
"""
_INSERT = (
    "INSERT INTO listings (document_id, community_id, kind, name, name_key, country, lat_e7, lon_e7,"
    " confirmed_at, tags, languages, flags, text) VALUES ({})"
)
ROWS = [
    listing("Gärtnerei", text="spade", tags=("garden",), country="DE", languages=("de",), place=(48, 9)),
    listing("need", kind="need", tags=("Garden",)),
    *(listing("many", number=number, place=(number % 90, 0)) for number in range(600)),
]
QUERIES = (
    SearchQuery(limit=500),
    SearchQuery(words=("spa",), tag="GARDEN", country="DE", language="de", kind="profile"),
    SearchQuery(tag="garden"),
    SearchQuery(words=("former",)),
    SearchQuery(near=ROWS[0].location, within_km=500),
)


def written(row: ListingRow) -> tuple[object, ...]:
    """Return a listing as format 1 wrote it."""
    lists = [str(list(texts)).replace("'", '"') for texts in (row.tags, row.languages, row.flags)]
    return (
        bytes(row.document_id),
        bytes(row.community_id),
        row.kind,
        row.name,
        row.name.lower(),
        row.country,
        row.lat_e7,
        row.lon_e7,
        row.confirmed_at,
        *lists,
        row.text,
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a database of format 1 with listings."""
    path = tmp_path / "node.db"
    with closing(SqliteStore.open(path)) as store:
        store.local.put("settings", b"a", b"kept")
        store.commit()
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(_SQLITE_FORMER)
        connection.executemany(_INSERT.format(", ".join("?" * 13)), map(written, ROWS))
        connection.commit()
    return path


def of_file(path: Path, question: str) -> list[tuple[object, ...]]:
    """Ask a database behind the store's back."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(question).fetchall()


def test_a_former_directory_is_brought_over(path: Path) -> None:
    """Opening a data folder of the release before finds every listing by all it was found by, once."""
    for _ in range(2):
        with closing(SqliteStore.open(path)) as store:
            for query in QUERIES:
                assert_answers_alike(store, ROWS, query)
            assert store.local.get("settings", b"a") == b"kept"
    assert of_file(path, "SELECT version, readable_from FROM format") == [(SCHEMA_VERSION, 1)]
    assert of_file(path, "SELECT name FROM sqlite_schema WHERE name IN ('labels', 'former_listings')") == []


def test_who_went_back_and_rebuilt_comes_forward_again(path: Path) -> None:
    """Tables of format 1 in a file that says it has a newer one are brought over as well."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"UPDATE format SET version = {SCHEMA_VERSION}")
        # What the release before does not know, it leaves.
        connection.execute("CREATE TABLE listing_texts (row INTEGER PRIMARY KEY, text TEXT)")
        connection.commit()
    with closing(SqliteStore.open(path)) as store:
        assert_answers_alike(store, ROWS, QUERIES[0])


def test_a_directory_without_its_later_index_gets_it(path: Path) -> None:
    """A file of format 2 has the index of offers after it was opened, and says so; others are left alone."""
    SqliteStore.open(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP INDEX listings_home")
        connection.execute("UPDATE format SET version = 2")
        connection.commit()
    with closing(SqliteStore.open(path)) as store:
        assert_answers_alike(store, ROWS, QUERIES[0])
    assert of_file(path, "SELECT name FROM sqlite_schema WHERE name = 'listings_home'")
    assert of_file(path, "SELECT version FROM format") == [(SCHEMA_VERSION,)]


@pytest.mark.parametrize(
    "damage", ["DROP TABLE listings", "ALTER TABLE listings DROP COLUMN text", "DROP TABLE listing_words"]
)
def test_a_damaged_former_directory_does_not_bar_the_way(path: Path, damage: str) -> None:
    """A cache that cannot be read is emptied at opening, or nobody could open the node to rebuild."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(damage)
        connection.commit()
    with closing(SqliteStore.open(path)) as store:
        kept = len(ROWS) if "listing_words" in damage else 0
        assert store.directory.count() == kept
        assert store.local.get("settings", b"a") == b"kept"
        store.directory.put(ROWS[0])
        assert store.directory.search(SearchQuery(words=("spade",))) == (1, [ROWS[0]])


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Return a PostgreSQL server."""
    with running() as server:
        yield server


def test_a_former_directory_is_brought_over_in_postgresql(server: Server) -> None:
    """The writer brings the database over; a reader that comes before says what to do."""
    address = server.empty()
    PostgresStore.open(address).close()
    server.execute(*filter(str.strip, _POSTGRES_FORMER.split(";")))
    with psycopg.connect(address) as connection, connection.cursor() as cursor:
        cursor.executemany(_INSERT.format(", ".join(["%s"] * 13)).encode(), list(map(written, ROWS)))
    with pytest.raises(StoreUnavailableError, match="start the node that writes first"):
        PostgresReader.open(address)
    with closing(PostgresStore.open(address)) as store:
        for query in QUERIES:
            assert_answers_alike(store, ROWS, query)
    with closing(PostgresReader.open(address)) as reader:
        assert_answers_alike(reader, ROWS, QUERIES[1])
    assert server.ask("SELECT version, readable_from FROM format") == [(SCHEMA_VERSION, 1)]
