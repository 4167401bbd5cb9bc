"""The store on disk and its twin in memory give the same answers to the same doings, whatever they are."""

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from node.directory.search import ListingRow, SearchQuery
from node.engine.ports import Store
from node.feeds import entry
from node.feeds.entry import Entry, FeedKey, Head
from node.ids import CommunityId, DocumentId, EntryId, RecordId
from node.storage.memory.store import MemoryStore
from node.storage.opening import OpenStore
from node.storage.sqlite import SqliteStore
from tests.contracts.directory_contract import assert_answers_alike, listings, queries
from tests.contracts.writing import (
    ANN,
    BEN,
    MEMBERS,
    PUBLIC,
    body,
    carrier,
    document,
    head,
    identifier,
    record,
    verdict,
)

FEEDS = (FeedKey(ANN.public, PUBLIC), FeedKey(BEN.public, PUBLIC), FeedKey(ANN.public, MEMBERS))
SCOPES = (PUBLIC, MEMBERS)
UNKNOWN = Head(2, EntryId(identifier("unknown")))
_Answer = TypeVar("_Answer")

feeds = st.sampled_from(FEEDS)
scopes = st.sampled_from(SCOPES)
names = st.sampled_from(("a", "b", "c"))
kinds = st.sampled_from(("ballot", "mandate"))
seqs = st.integers(1, 4)
values = st.binary(max_size=3)


class StoresAlike(RuleBasedStateMachine):
    """Do the same to both stores and hold their answers against each other."""

    @initialize()
    def begin(self) -> None:
        """Begin with two empty stores."""
        self.disk: OpenStore = self.empty_disk()
        self.memory = MemoryStore()
        self.chains: list[list[Entry]] = []
        self.listings: dict[DocumentId, ListingRow] = {}
        self.committed = (self.chains[:], self.listings.copy())

    def empty_disk(self) -> OpenStore:
        """Return an empty store on disk."""
        memory = Path("/dev/shm")
        self.folder = tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None)
        return self.same_disk()

    def same_disk(self) -> OpenStore:
        """Return the store on disk as the next process finds it."""
        return SqliteStore.open(Path(self.folder.name) / "node.db")

    def both(self, ask: Callable[[Store], _Answer]) -> _Answer:
        """Ask both and return their one answer."""
        answer = ask(self.memory)
        assert ask(self.disk) == answer
        return answer

    @rule(
        feed=feeds,
        pick=st.integers(0, 100),
        keep=st.integers(0, 6),
        signatures=st.lists(st.booleans(), max_size=4),
        first=st.integers(0, 6),
        resign=st.booleans(),
    )
    def append(
        self, feed: FeedKey, pick: int, keep: int, signatures: list[bool], first: int, *, resign: bool
    ) -> None:
        """Begin a chain, lead one on, fork one anywhere, or bring known entries again, newly signed."""
        own = [chain for chain in self.chains if chain[0].feed == feed]
        known = own[pick % len(own)][:keep] if own else []
        if resign:
            known = [replace(one, signature=bytes([pick]) * 64) for one in known]
        grown = list(known)
        for signed in signatures:
            grown.append(link(feed, grown, f"{pick % 2}", signed=signed))
        begin = min(first, len(known))
        self.both(lambda store: store.feeds.append(grown[begin:]))
        if grown:
            self.chains.append(grown)

    @rule(name=names, kind=kinds, scope=scopes, seq=seqs, feed=feeds, about=st.none() | names)
    def add_record(
        self, name: str, kind: str, scope: str, seq: int, feed: FeedKey, about: str | None
    ) -> None:
        """Index a record with one more carrier."""
        row = record(f"{name} {kind} {about}", kind=kind, scope=scope, about=about)
        self.both(lambda store: store.records.add(row, carrier(seq, feed=feed)))

    @rule(feed=feeds, after_seq=st.integers(0, 4))
    def drop_carried(self, feed: FeedKey, after_seq: int) -> None:
        """Forget what a feed carries beyond a place."""
        self.both(lambda store: store.records.drop_carried(feed, after_seq=after_seq))

    @rule(name=names, kind=kinds, state=values, seq=seqs, scope=scopes)
    def put_document(self, name: str, kind: str, state: bytes, seq: int, scope: str) -> None:
        """Write a document and a verdict."""
        self.both(lambda store: store.documents.put(document(name, kind=kind, state=state)))
        self.both(lambda store: store.documents.put_verdict(verdict(seq, scope=scope, reason=name)))

    @rule(drawer=names, key=values, value=values, name=names)
    def put_local(self, drawer: str, key: bytes, value: bytes, name: str) -> None:
        """Write a local value, and a charter record."""
        community, number = CommunityId(identifier(drawer)), RecordId(identifier(name))
        self.both(lambda store: store.local.put(drawer, key, value))
        self.both(lambda store: store.charters.add(community, number, name.encode()))

    @rule(drawer=names, key=values)
    def remove_local(self, drawer: str, key: bytes) -> None:
        """Take a local value out."""
        self.both(lambda store: store.local.remove(drawer, key))

    @rule(rows=st.lists(listings, min_size=1, max_size=6))
    def put_listings(self, rows: list[ListingRow]) -> None:
        """Put listings into the directory."""
        for row in rows:
            self.listings[row.document_id] = row
            self.memory.directory.put(row)
            self.disk.directory.put(row)

    @rule(row=listings)
    def remove_listing(self, row: ListingRow) -> None:
        """Take a listing out."""
        self.listings.pop(row.document_id, None)
        self.both(lambda store: store.directory.remove(row.document_id))

    @rule(asked=st.lists(queries, min_size=3, max_size=3))
    def search(self, asked: list[SearchQuery]) -> None:
        """Search the directory."""
        for query in asked:
            assert_answers_alike(self.memory, self.listings.values(), query)
            assert_answers_alike(self.disk, self.listings.values(), query)

    @rule(part=st.sampled_from(("records", "documents", "directory")))
    def clear(self, part: str) -> None:
        """Empty a cache."""
        self.both(lambda store: getattr(store, part).clear())
        if part == "directory":
            self.listings.clear()

    @rule()
    def commit(self) -> None:
        """Keep all for good."""
        self.both(lambda store: store.commit())
        self.committed = (self.chains[:], self.listings.copy())

    @rule(crash=st.booleans())
    def rollback(self, *, crash: bool) -> None:
        """Undo all since the last commit, by a crash or by a command."""
        self.memory.rollback()
        if crash:
            self.disk.close()
            self.disk = self.same_disk()
        else:
            self.disk.rollback()
        self.chains, self.listings = self.committed[0][:], self.committed[1].copy()

    @invariant()
    def caches_are_alike(self) -> None:
        """Every question about the caches and local values has one answer."""
        for scope in SCOPES:
            for kind in ("ballot", "mandate"):
                self.both(lambda store, at=scope, of=kind: store.records.of_kind(at, of))  # type: ignore[misc] # bound early
        for kind in ("ballot", "mandate"):
            self.both(lambda store, of=kind: store.documents.of_type(of))  # type: ignore[misc] # bound early
        self.both(lambda store: store.documents.verdicts())
        self.both(lambda store: [store.local.all(drawer) for drawer in "abc"])
        self.both(lambda store: [store.charters.of(found) for found in store.charters.communities()])
        self.both(lambda store: store.directory.count())

    @invariant()
    def feeds_are_alike(self) -> None:
        """Every question about entries has one answer."""
        self.both(lambda store: [store.feeds.heads(scope) for scope in store.feeds.scopes()])
        self.both(lambda store: [store.feeds.heads_of(feed) for feed in FEEDS])
        self.both(lambda store: [store.feeds.at(feed, seq) for feed in FEEDS for seq in range(12)])
        self.both(lambda store: list(store.feeds.walk()))
        self.both(lambda store: (store.feeds.count(), store.feeds.recent(limit=3, before=5)))
        self.both(lambda store: [store.feeds.of_document(DocumentId(identifier(name))) for name in "01"])

    @rule(after_seq=st.integers(0, 5), entries_max=st.integers(1, 6), bytes_max=st.integers(0, 200))
    def ask_paths(self, after_seq: int, entries_max: int, bytes_max: int) -> None:
        """Ask for the path and the fork point of every entry that was ever brought."""
        known = [head(one) for chain in self.chains for one in chain[-1:]] + [UNKNOWN]
        for feed, end in sorted({(one.feed, head(one)) for chain in self.chains for one in chain}, key=repr):
            bounds = {"after_seq": after_seq, "entries_max": entries_max, "bytes_max": bytes_max}
            self.both(lambda store, of=feed, at=end.id, to=bounds: store.feeds.path(of, at, **to))  # type: ignore[misc] # bound early
            self.both(lambda store, of=feed, at=end.id: store.feeds.fork_point(of, at, known))  # type: ignore[misc] # bound early
            self.both(lambda store, of=feed, at=end: store.feeds.holds(of, at))  # type: ignore[misc] # bound early

    def teardown(self) -> None:
        """Take the files away."""
        if hasattr(self, "disk"):
            self.disk.close()
        if hasattr(self, "folder"):
            self.folder.cleanup()


def link(feed: FeedKey, before: list[Entry], text: str, *, signed: bool) -> Entry:
    """Return an entry to follow these, under a stand-in for a signature."""
    return entry.build(
        feed,
        seq=len(before) + 1,
        prev=before[-1].id if before else None,
        body=body(text, text),
        hours=1,
        signature=bytes(64) if signed else None,
    )


TestStoresAlike = StoresAlike.TestCase
TestStoresAlike.settings = settings(
    max_examples=40, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
