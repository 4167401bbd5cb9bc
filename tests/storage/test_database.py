import sqlite3
import stat
from pathlib import Path

import pytest
from sqlalchemy import text

from node.engine.ports import Store
from node.errors import SchemaTooNewError, StoreBusyError, StoreUnavailableError
from node.feeds.entry import Entry
from node.storage import database
from node.storage.schema_version import APPLICATION_ID, SCHEMA_VERSION
from node.storage.sqlite import SqliteStore
from tests.contracts.writing import ANN, ANNS_FEED, carrier, chain, document, head, record


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where a database may be made."""
    return tmp_path / "node.db"


def change(path: Path, *statements: str) -> None:
    """Change a database behind the store's back."""
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def filled(path: Path) -> list[Entry]:
    """Make a database with two entries and return them."""
    store = SqliteStore.open(path)
    kept = chain(ANN, ["1", "2"])
    store.feeds.append(kept)
    store.commit()
    store.close()
    return kept


def test_a_new_file_is_ours_and_the_owners_alone(path: Path) -> None:
    """The file says whose it is and which format it has; log included, nobody else may read it."""
    store = SqliteStore.open(path)
    store.local.put("settings", b"a", b"1")
    store.commit()
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    store.close()
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
    assert connection.execute("SELECT version FROM format").fetchall() == [(SCHEMA_VERSION,)]
    connection.close()


def test_commits_wait_for_the_disk(path: Path) -> None:
    """The connection runs with a write-ahead log and synchronous=FULL; anything less loses what was said."""
    opened = database.Database(database.open_engine(path))
    for pragma, value in (("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("fullfsync", 1)):
        assert opened.run(text(f"PRAGMA {pragma}")).scalar_one() == value
    opened.close()


def test_a_newer_format_is_refused(path: Path) -> None:
    """A file that only a newer Hedgerow reads is left alone, and the message says what to install."""
    filled(path)
    change(path, "UPDATE format SET version = 9, readable_from = 9")
    with pytest.raises(SchemaTooNewError, match="install a newer Hedgerow"):
        SqliteStore.open(path)


def test_a_newer_format_that_we_can_read_is_accepted(path: Path) -> None:
    """The release before an upgrade runs on the upgraded file, so that a steward can go back."""
    kept = filled(path)
    change(path, f"UPDATE format SET version = 9, readable_from = {SCHEMA_VERSION}")
    store = SqliteStore.open(path)
    assert list(store.feeds.walk()) == kept
    store.close()


def test_a_file_without_its_format_is_refused(path: Path) -> None:
    """A file that lost its format row is not guessed at."""
    filled(path)
    change(path, "DELETE FROM format")
    with pytest.raises(StoreUnavailableError, match="expected one format version"):
        SqliteStore.open(path)


def test_another_programs_database_is_refused(path: Path) -> None:
    """A database that somebody else made is not written into."""
    change(path, "CREATE TABLE things (a)")
    with pytest.raises(StoreUnavailableError, match="another program"):
        SqliteStore.open(path)


def test_a_file_that_is_no_database_is_refused(path: Path) -> None:
    """Bytes that are no database are named as such."""
    path.write_bytes(b"This is a shopping list, and a rather long one at that. " * 100)
    with pytest.raises(StoreUnavailableError, match="not a database"):
        SqliteStore.open(path)


def test_a_missing_folder_is_named(path: Path) -> None:
    """A database cannot be opened where there is no folder."""
    with pytest.raises(StoreUnavailableError, match="check that the folder exists"):
        SqliteStore.open(path.parent / "none" / "node.db")


def test_another_writer_makes_the_store_busy(path: Path) -> None:
    """While another program writes, the error says so, and after a rollback the store works on."""
    store = SqliteStore.open(path)
    store._database.run(text("PRAGMA busy_timeout = 10"))
    store.rollback()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    store.local.put("settings", b"a", b"1")
    with pytest.raises(StoreBusyError, match="another program"):
        store.commit()
    other.execute("ROLLBACK")
    other.close()
    store.rollback()
    store.local.put("settings", b"a", b"1")
    store.commit()
    store.close()


def test_what_goes_past_sqlalchemy_shares_its_transaction(path: Path) -> None:
    """A transaction that a hot write began holds SQLAlchemy's statements too: one rollback, one commit."""
    store = SqliteStore.open(path)
    plain = text("INSERT INTO local (drawer, key, value) VALUES ('settings', x'02', x'01')")
    for end, kept in ((store.rollback, []), (store.commit, [(b"\x01", b"1"), (b"\x02", b"\x01")])):
        store.local.put("settings", b"\x01", b"1")
        store.local.flush()
        store._database.run(plain)
        end()
        store._database.rollback()
        assert store.local.all("settings") == kept
        store.rollback()
    store.close()


def test_a_full_disk_is_said_and_keeps_nothing_half_done(path: Path) -> None:
    """On a full disk a batch is refused whole, later writes too until the rollback; then all goes on."""
    kept = filled(path)
    store = SqliteStore.open(path)
    pages = store._database.run(text("PRAGMA page_count")).scalar_one()
    store._database.run(text(f"PRAGMA max_page_count = {pages}"))
    store.rollback()
    store.local.put("settings", b"small", b"1")
    store.feeds.append(chain(ANN, ["x" * 100_000], after=kept[1]))
    with pytest.raises(StoreUnavailableError, match="disk is full"):
        store.feeds.flush()
    store.local.put("settings", b"late", b"1")
    with pytest.raises(StoreUnavailableError, match="roll back before going on"):
        store.local.flush()
    with pytest.raises(StoreUnavailableError, match="roll back before going on"):
        store.commit()
    store.rollback()
    assert store.local.all("settings") == []
    assert list(store.feeds.walk()) == kept
    assert store.feeds.heads_of(ANNS_FEED) == [head(kept[1])]
    store.close()


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ("UPDATE entries SET body = x'00' WHERE seq = 1", "the body of entry 1"),
        ("UPDATE entries SET hours = 1 WHERE seq = 1", "the header of entry 1"),
        ("UPDATE entries SET id = x'00' WHERE seq = 1", "the id of entry 1"),
    ],
)
def test_a_changed_entry_is_found_out(path: Path, damage: str, told: str) -> None:
    """What the disk gives back is checked before anybody relies on it."""
    filled(path)
    change(path, damage)
    store = SqliteStore.open(path)
    with pytest.raises(StoreUnavailableError, match=told):
        list(store.feeds.walk())
    store.close()


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ("UPDATE entries SET prev = zeroblob(32) WHERE seq = 2", "entry 2 .* does not follow"),
        ("DELETE FROM entries WHERE seq = 2", "entry 2 .* is missing"),
    ],
)
def test_a_broken_path_is_found_out(path: Path, damage: str, told: str) -> None:
    """A gap or a break in what is to be sent is told instead of sent."""
    kept = filled(path)
    change(path, damage)
    store = SqliteStore.open(path)
    with pytest.raises(StoreUnavailableError, match=told):
        store.feeds.path(ANNS_FEED, kept[1].id, after_seq=0, entries_max=9, bytes_max=9_999)
    store.close()


def test_the_database_refuses_a_second_entry_at_one_place(path: Path) -> None:
    """Two entries of one branch at one seq cannot be kept, even by a mistake of ours."""
    filled(path)
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        change(
            path,
            "INSERT INTO entries SELECT NULL, branch, seq, id, prev, body_hash, body_bytes, hours, "
            "document, signature, body FROM entries",
        )


def test_damaged_caches_are_told_and_made_again(path: Path) -> None:
    """A cache table that is gone or garbled is named in an error, and clearing makes it anew."""
    store = SqliteStore.open(path)
    store.records.add(record("one"), carrier(1))
    store.documents.put(document("one"))
    store.commit()
    store.close()
    change(
        path,
        "DROP TABLE carriers",
        "DROP TABLE records",
        "DROP TABLE documents",
        "CREATE TABLE documents (a)",
    )
    store = SqliteStore.open(path)
    with pytest.raises(StoreUnavailableError, match="hedgerow rebuild"):
        store.records.get(record("one").id)
    store.rollback()
    fill_again(store)
    store.commit()
    assert store.records.get(record("one").id) == record("one")
    assert store.documents.get(document("one").id) == document("one")
    store.close()


def fill_again(store: Store) -> None:
    """Do what rebuilding does."""
    store.records.clear()
    store.documents.clear()
    store.records.add(record("one"), carrier(1))
    store.documents.put(document("one"))


def test_a_backup_taken_while_running_is_whole(path: Path, tmp_path: Path) -> None:
    """Another process may read and copy the database between two batches."""
    store = SqliteStore.open(path)
    kept = chain(ANN, ["1"])
    store.feeds.append(kept)
    store.commit()
    copy = tmp_path / "copy.db"
    source, target = sqlite3.connect(path), sqlite3.connect(copy)
    source.backup(target)
    source.close()
    target.close()
    store.close()
    found = SqliteStore.open(copy)
    assert list(found.feeds.walk()) == kept
    found.close()
