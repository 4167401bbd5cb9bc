import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from node.directory.search import SearchQuery
from node.errors import SchemaTooNewError, StoreBusyError, StoreUnavailableError
from node.feeds.entry import Entry
from node.storage.column_types import escaped, unescaped
from node.storage.opening import open_store
from node.storage.postgresql import words as postgres_words
from node.storage.postgresql.changes import CommitListener
from node.storage.postgresql.store import PostgresReader, PostgresStore
from node.storage.schema_version import SCHEMA_VERSION
from tests.contracts.directory_contract import assert_answers_alike, listing, put
from tests.contracts.writing import ANN, ANNS_FEED, carrier, chain, document, head, record
from tests.storage.postgresql.server import Server, running


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Return a server for all tests of this module that do not kill it."""
    with running() as server:
        yield server


@pytest.fixture
def address(server: Server) -> str:
    """Return the address of an empty database."""
    return server.empty()


@pytest.fixture
def store(address: str) -> Iterator[PostgresStore]:
    """Return an empty store."""
    with closing(PostgresStore.open(address)) as store:
        yield store


def filled(address: str) -> list[Entry]:
    """Keep two entries and return them."""
    kept = chain(ANN, ["1", "2"])
    with closing(PostgresStore.open(address)) as store:
        store.feeds.append(kept)
        store.commit()
    return kept


# --- settings and whose database it is ----------------------------------------------------------------


def test_commits_wait_for_the_disk(server: Server, address: str) -> None:
    """Whatever the server's default, our session waits; a node that did not would fork after a power cut."""
    server.execute("ALTER ROLE hedgerow SET synchronous_commit = off")
    try:
        with closing(PostgresStore.open(address)) as store:
            assert store._database.run(text("SHOW synchronous_commit")).scalar_one() == "on"
    finally:
        server.execute("ALTER ROLE hedgerow RESET synchronous_commit")


def test_a_server_that_does_not_wait_for_the_disk_is_refused() -> None:
    """With fsync off a power cut takes back what was acknowledged, so such a server is no home for a node."""
    with (
        running({"fsync": "off"}) as careless,
        pytest.raises(StoreUnavailableError, match="expected fsync on"),
    ):
        PostgresStore.open(careless.address())


def test_another_encoding_is_refused(server: Server) -> None:
    """A database that cannot hold every text is refused, with the command that makes one that can."""
    server.execute("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0")
    with pytest.raises(StoreUnavailableError, match=r"found LATIN1: .*`createdb --encoding=UTF8"):
        PostgresStore.open(server.address("latin"))


def test_a_newer_format_is_refused(server: Server, address: str) -> None:
    """A database that only a newer Hedgerow reads is left alone, by writers and by readers."""
    filled(address)
    server.execute("UPDATE format SET version = 9, readable_from = 9")
    for opening in (PostgresStore.open, PostgresReader.open):
        with pytest.raises(SchemaTooNewError, match="install a newer Hedgerow"):
            opening(address)


def test_a_newer_format_that_we_can_read_is_accepted(server: Server, address: str) -> None:
    """The release before an upgrade runs on the upgraded database, so that a steward can go back."""
    kept = filled(address)
    server.execute(f"UPDATE format SET version = 9, readable_from = {SCHEMA_VERSION}")
    with closing(PostgresStore.open(address)) as store:
        assert list(store.feeds.walk()) == kept


def test_another_programs_database_is_refused(server: Server, address: str) -> None:
    """A database that somebody else uses is not written into."""
    server.execute("CREATE TABLE things (a integer)")
    with pytest.raises(StoreUnavailableError, match="another program"):
        PostgresStore.open(address)
    assert server.ask("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace") == [
        ("things",)
    ]


def test_a_database_that_is_not_there_is_named_without_its_password(server: Server) -> None:
    """The message says what to check, and no part of it is the password of the address."""
    address = server.address("none").replace("hedgerow@", "hedgerow:s3cret@")
    with pytest.raises(
        StoreUnavailableError, match=r'cannot be reached: check .* "none" does not exist'
    ) as found:
        PostgresStore.open(address)
    assert "s3cret" not in str(found.value)


def test_damaged_caches_are_told_and_made_again(server: Server, address: str) -> None:
    """A cache table that is gone or garbled is named in an error, and clearing makes it anew."""
    with closing(PostgresStore.open(address)) as store:
        store.records.add(record("one"), carrier(1))
        store.documents.put(document("one"))
        store.directory.put(listing("one"))
        store.commit()
    server.execute(
        "DROP TABLE carriers, records, documents, listings, listing_texts, listing_words, odd_listing_words",
        "CREATE TABLE documents (a integer)",
        "CREATE TABLE listing_words (a integer)",
    )
    with closing(PostgresStore.open(address)) as store:
        with pytest.raises(StoreUnavailableError, match="hedgerow rebuild"):
            store.records.get(record("one").id)
        store.local.put("settings", b"late", b"1")
        with pytest.raises(StoreUnavailableError, match="roll back before going on"):
            store.commit()
        store.rollback()
        for cache in (store.records, store.documents, store.directory):
            cache.clear()
        store.records.add(record("one"), carrier(1))
        store.documents.put(document("one"))
        store.directory.put(listing("one"))
        store.commit()
        assert store.records.get(record("one").id) == record("one")
        assert store.documents.get(document("one").id) == document("one")
        assert store.directory.search(SearchQuery(words=("one",))) == (1, [listing("one")])


def test_a_changed_entry_is_found_out(server: Server, address: str) -> None:
    """What the database gives back is checked before anybody relies on it."""
    filled(address)
    server.execute("UPDATE entries SET body = 'x' WHERE seq = 1")
    with (
        closing(PostgresStore.open(address)) as store,
        pytest.raises(StoreUnavailableError, match="the body of"),
    ):
        list(store.feeds.walk())


# --- one writer ---------------------------------------------------------------------------------------


def test_a_second_writer_is_refused_and_told_who_holds_the_lock(address: str, store: PostgresStore) -> None:
    """Two nodes on one database would sign one number twice; the second learns which process to stop."""
    with pytest.raises(StoreBusyError, match=f"another node writes .*process {os.getpid()} on "):
        PostgresStore.open(address)
    store.local.put("settings", b"a", b"1")
    store.commit()
    store.close()
    with closing(PostgresStore.open(address)) as next_writer:
        assert next_writer.local.all("settings") == [(b"a", b"1")]


_HOLD = """
import sys
from node.storage.postgresql.store import PostgresStore
store = PostgresStore.open(sys.argv[1])
store.local.put("settings", b"half", b"done")
print("ready", flush=True)
sys.stdin.read()
"""


def test_a_killed_writer_makes_room_for_the_next(address: str) -> None:
    """The lock goes with the process that held it, and so does what that one had not committed."""
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLD, address], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"ready\n"
    with pytest.raises(StoreBusyError, match=f"process {holder.pid} on "):
        PostgresStore.open(address)
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    with closing(PostgresStore.open(address)) as store:
        assert store.local.all("settings") == []


# --- readers ------------------------------------------------------------------------------------------


def test_a_reader_sees_what_is_committed_and_nothing_else(address: str, store: PostgresStore) -> None:
    """A reader keeps to one state until it refreshes, sees no write before its commit, then all of it."""
    kept = chain(ANN, ["1", "2"])
    with closing(PostgresReader.open(address)) as reader:
        assert reader.feeds.heads_of(ANNS_FEED) == []
        store.feeds.append(kept)
        store.directory.put(listing("new"))
        reader.refresh()
        assert reader.feeds.heads_of(ANNS_FEED) == []
        store.commit()
        assert reader.feeds.heads_of(ANNS_FEED) == []
        assert reader.directory.count() == 0
        reader.refresh()
        assert reader.feeds.heads_of(ANNS_FEED) == [head(kept[1])]
        assert list(reader.feeds.walk()) == kept
        assert reader.directory.search(SearchQuery(words=("new",))) == (1, [listing("new")])


def test_a_reader_writes_nothing(address: str, store: PostgresStore) -> None:
    """The database itself refuses a reader's write, and the reader goes on after a rollback."""
    with closing(PostgresReader.open(address)) as reader:
        reader.local.put("settings", b"a", b"1")
        with pytest.raises(StoreUnavailableError, match="takes no writes here"):
            reader.local.flush()
        reader.rollback()
        with pytest.raises(StoreUnavailableError, match="takes no writes here"):
            reader.feeds.append(chain(ANN, ["1"]))
        reader.commit()
        assert reader.feeds.count() == 0
    assert store.local.all("settings") == []


def test_a_reader_needs_a_node_that_has_written(address: str) -> None:
    """A reader makes no tables; in an empty database it says what to start."""
    with pytest.raises(StoreUnavailableError, match="start the node that writes first"):
        PostgresReader.open(address)


def test_readers_are_told_of_each_commit(address: str, store: PostgresStore) -> None:
    """Commits that wrote are heard, many as one; a commit of nothing and a rollback are not."""
    with CommitListener(address) as listener:
        store.commit()
        store.local.put("settings", b"a", b"1")
        store.rollback()
        assert store.local.get("settings", b"a") is None
        store.commit()
        assert not listener.wait(timeout_s=0)
        for number in range(3):
            store.local.put("settings", bytes([number]), b"1")
            store.commit()
        assert listener.wait(timeout_s=10)
        assert not listener.wait(timeout_s=0)


_READ = """
import sys
from node.storage.postgresql.store import PostgresReader
from node.storage.postgresql.changes import CommitListener
with CommitListener(sys.argv[1]) as listener:
    reader = PostgresReader.open(sys.argv[1])
    print(reader.feeds.count(), flush=True)
    while reader.feeds.count() < 2:
        assert listener.wait(timeout_s=30)
        reader.refresh()
    print(reader.feeds.count())
    reader.close()
"""


def test_a_reader_in_another_process_follows(address: str, store: PostgresStore) -> None:
    """A process that waits for the writer's call sees the entries as soon as they are committed."""
    other = subprocess.Popen([sys.executable, "-c", _READ, address], stdout=subprocess.PIPE)
    assert other.stdout is not None
    assert other.stdout.readline() == b"0\n"
    store.feeds.append(chain(ANN, ["1", "2"]))
    store.commit()
    assert other.communicate(timeout=30)[0] == b"2\n"
    assert other.returncode == 0


def test_a_listener_that_lost_its_server_says_so(server: Server, address: str) -> None:
    """A listener never waits for a server that is gone."""
    with CommitListener(address) as listener:
        server.end("listener")
        with pytest.raises(StoreUnavailableError, match="was lost"):
            listener.wait(timeout_s=10)


# --- losing the server --------------------------------------------------------------------------------


def test_a_lost_connection_is_told_and_never_replaced(server: Server, address: str) -> None:
    """After a break nothing works until the store is opened anew: the lock is gone too."""
    store = PostgresStore.open(address)
    store.local.put("settings", b"a", b"1")
    server.end("writer")
    with pytest.raises(
        StoreUnavailableError, match="was lost: check that the server runs, then start the node"
    ):
        store.commit()
    store.rollback()
    for doing in (store.commit, store.feeds.count, lambda: store.feeds.append(chain(ANN, ["1"]))):
        with pytest.raises(StoreUnavailableError, match="was lost"):
            doing()
    store.close()
    with closing(PostgresStore.open(address)) as found:
        assert found.local.all("settings") == []


def test_entries_that_meet_a_lost_connection_are_refused(server: Server, address: str) -> None:
    """A break while many entries are being written is told like any other."""
    store = PostgresStore.open(address)
    kept = chain(ANN, ["1", "2"])
    store.feeds.append(kept[:1])
    server.end("writer")
    with pytest.raises(StoreUnavailableError, match="was lost"):
        store._database.fill(postgres_words._words, [])
    with pytest.raises(StoreUnavailableError, match="was lost"):
        store.feeds.append(kept)
    store.rollback()
    store.close()


def test_a_full_disk_is_said_and_keeps_nothing_half_done(address: str) -> None:
    """A batch refused by the server is refused whole; after the rollback all goes on."""
    kept = filled(address)
    with closing(PostgresStore.open(address)) as store:
        store.local.put("settings", b"small", b"1")
        with pytest.raises(StoreUnavailableError, match="server's disk is full"):
            store._database.run(
                text("DO $$ BEGIN RAISE EXCEPTION 'no space' USING ERRCODE = '53100'; END $$")
            )
        with pytest.raises(StoreUnavailableError, match="roll back before going on"):
            store.commit()
        store.rollback()
        assert store.local.all("settings") == []
        assert list(store.feeds.walk()) == kept


def test_a_killed_server_loses_nothing_acknowledged() -> None:
    """Whenever every process of the server is killed, the next start holds each acknowledged batch whole."""
    with running() as doomed:
        for number in range(5):
            kept = kill_while_writing(doomed, number)
            assert kept, "nothing was written before the server was killed"
            with closing(PostgresStore.open(doomed.address())) as store:
                found = list(store.feeds.walk())
                assert found[: len(kept)] == kept
                assert len(found) in (len(kept), len(kept) + 3), "a batch was kept in part"
                assert store.directory.count() == len(found) // 3


def test_a_store_that_does_not_wait_for_the_disk_is_found_out() -> None:
    """With synchronous_commit off the same kills do take acknowledged batches: the test can fail a store."""
    with running() as doomed:
        assert any(lost_something(doomed, number) for number in range(10))


def lost_something(server: Server, number: int) -> bool:
    """Kill the server under a store that does not wait, and tell whether it lost what it had acknowledged."""
    server.empty()
    kept = kill_while_writing(server, number, setting="SET synchronous_commit = off")
    with closing(PostgresStore.open(server.address())) as store:
        return store.feeds.count() < len(kept)


# How often it is looked whether a batch was acknowledged, a hundred times a second.
_LOOKS_MAX = 6_000


def kill_while_writing(server: Server, number: int, setting: str = "SELECT 1") -> list[Entry]:
    """Write until the server is killed, start it again, and return every entry that was acknowledged."""
    store = PostgresStore.open(server.address())
    store._database.run(text(setting))
    store.commit()
    kept = list(store.feeds.walk())
    striking = threading.Thread(target=strike, args=(server, kept, number * 0.007))
    striking.start()
    with pytest.raises(StoreUnavailableError, match="was lost"):
        write_on(store, kept)
    striking.join()
    store.rollback()
    store.close()
    server.start()
    return kept


def write_on(store: PostgresStore, kept: list[Entry]) -> None:
    """Write batches of three entries and a listing for ever; `kept` has what was acknowledged."""
    while True:
        grown = chain(ANN, ["a", "b", "c"], after=kept[-1] if kept else None)
        store.feeds.append(grown)
        store.directory.put(listing("page", number=len(kept)))
        store.commit()
        kept += grown


def strike(server: Server, kept: list[Entry], after_s: float) -> None:
    """Kill the server a moment after one more batch was acknowledged, each time another moment."""
    before = len(kept)
    for _ in range(_LOOKS_MAX):
        if len(kept) > before:
            break
        threading.Event().wait(0.01)
    threading.Event().wait(0.05 + after_s)
    server.kill()


# --- texts and words ----------------------------------------------------------------------------------


@given(
    st.text(st.sampled_from("\x00\x01\x02a"), max_size=6),
    st.text(st.sampled_from("\x00\x01\x02a"), max_size=6),
)
def test_any_text_is_kept_and_sorted_as_it_is(one: str, other: str) -> None:
    """What PostgreSQL cannot hold is written otherwise, comes back as it was and sorts where it belongs."""
    assert unescaped(escaped(one)) == one
    assert "\x00" not in escaped(one)
    assert (escaped(one) < escaped(other)) == (one < other)


def test_no_listing_and_no_question_is_too_odd(store: PostgresStore) -> None:
    """Zero characters, endless words, names beyond an index and a text of very many words are all found."""
    endless = "x" * postgres_words.WORD_CHARS_MAX
    many = " ".join(f"\u4e00{number}" * 8 for number in range(30_000))
    rows = [
        listing("zero \x00 \x01", tags=("a\x00b", "t" * 5_000)),
        listing("endless", text=endless + "end"),
        listing("other", text=endless + "other"),
        listing("\ufdfa" * 200),
        listing("many", text=many),
    ]
    put(store, *rows)
    store.commit()
    questions = [
        SearchQuery(),
        SearchQuery(tag="a\x00b"),
        SearchQuery(tag="a\x00"),
        SearchQuery(country="\x00"),
        SearchQuery(tag="t" * 5_000),
        SearchQuery(tag="t" * 4_999),
        SearchQuery(words=(endless,)),
        SearchQuery(words=(endless + "e",)),
        SearchQuery(words=(endless + "end", "endless")),
        SearchQuery(words=(endless + "endx",)),
        SearchQuery(words=("\u4e000\u4e000", "\u4e0029999")),
        SearchQuery(words=("\u4e000\u4e000", "endless")),
    ]
    for query in questions:
        assert_answers_alike(store, rows, query)


# --- the address --------------------------------------------------------------------------------------


def test_one_address_chooses_the_store(address: str) -> None:
    """The same call opens a file or a database."""
    with closing(open_store(address)) as store:
        assert isinstance(store, PostgresStore)


_WITHOUT_DRIVER = """
import sys
sys.modules["psycopg"] = None
from node.storage.opening import open_store
open_store(sys.argv[1])
"""


def test_a_missing_driver_is_named(address: str) -> None:
    """Where the optional driver is not installed, the message says how to get it."""
    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT_DRIVER, address], check=False, capture_output=True, text=True
    )
    assert "ConfigError: expected the driver for PostgreSQL" in done.stderr
    assert "pip install 'hedgerow[postgresql]'" in done.stderr
