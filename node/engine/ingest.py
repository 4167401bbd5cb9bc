"""From a stretch that arrived to what it means: prove, keep, then route each body to its index.

Entries are kept whatever their bodies say; a body that is invalid for good gets a verdict and counts for
nothing. What a body means never decides whether its feed is carried on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from node.engine.documents import Documents
from node.engine.ports import Carrier, RecordRow, Store, Verdict
from node.engine.registry import Registry
from node.engine.subjects import subject_of
from node.errors import LimitExceededError, PeerError, RejectedChangeError
from node.federation.membership import MEMBERSHIP_KINDS
from node.feeds import bodies, stretch
from node.feeds.bodies import Body, Kind
from node.feeds.entry import Entry, FeedKey, Head
from node.feeds.stretch import Stretch
from node.ids import CommunityId
from node.keys import PublicKey
from node.limits import FORK_BRANCHES_MAX, WANT_ANSWER_BYTES_MAX
from node.records import record


@dataclass(frozen=True, slots=True)
class Arrival:
    """What came of taking in some entries.

    Attributes:
        fresh: entries not held before, in order; they end at a signature.
        membership_changed: a record among them bears on who belongs to a federation.
    """

    fresh: tuple[Entry, ...] = field(default=())
    membership_changed: bool = False


class Ingest:
    """Take entries in, from peers and from this node's own author alike."""

    def __init__(self, store: Store, registry: Registry, documents: Documents) -> None:
        self._store = store
        self._registry = registry
        self._documents = documents

    def admit(self, sent: Stretch) -> Arrival:
        """Prove and take in a stretch from a peer.

        Raises:
            BadSignatureError: the chain it names is not the one its author signed.
            LimitExceededError: its feed has more branches than a node keeps.
        """
        entries = stretch.prove(sent)
        ends = self._store.feeds.heads_of(sent.feed)
        first = Head(entries[0].seq, entries[0].id)
        grows = sent.prev is not None and Head(sent.first_seq - 1, sent.prev) in ends
        if len(ends) >= FORK_BRANCHES_MAX and not grows and not self._store.feeds.holds(sent.feed, first):
            raise LimitExceededError(f"expected at most {FORK_BRANCHES_MAX} branches of one feed")
        return self.take(entries)

    def take(self, entries: Sequence[Entry]) -> Arrival:
        """Keep proved entries and route what is new."""
        fresh = self._store.feeds.append(entries)
        changed = False
        for entry in fresh:
            changed |= self._route(entry)
        self._documents.settle()
        return Arrival(tuple(fresh), changed)

    def route_again(self, entries: Sequence[Entry]) -> None:
        """Route entries that are held already: `rebuild`, and devices whose charter arrived late."""
        for entry in entries:
            self._route(entry)
        self._documents.settle()

    def route_device(self, device: PublicKey) -> None:
        """Route all of a device's feeds that was kept before its charter was known."""
        for scope in self._store.feeds.scopes():
            feed = FeedKey(device, scope)
            for end in self._store.feeds.heads_of(feed):
                after = 0
                while part := self._store.feeds.path(
                    feed, end.id, after_seq=after, entries_max=4096, bytes_max=WANT_ANSWER_BYTES_MAX
                ):
                    self.route_again(part)
                    after = part[-1].seq

    def recount(self, community: CommunityId) -> None:
        """Take back what a retirement cut off: records that nothing else carries, edits of documents."""
        known = self._registry.community(community)
        assert known is not None
        for device in sorted(known.retirements):
            for scope in self._store.feeds.scopes():
                self._recount_feed(device, scope)

    def _recount_feed(self, device: bytes, scope: str) -> None:
        for end in self._store.feeds.heads(scope):
            if end.feed.device != device:
                continue
            cut = self._registry.cut_seq(end.feed) or 0
            self._store.records.drop_carried(end.feed, after_seq=cut)
            self._registry.forget_members(scope)
            self._documents.reconsider(end, after_seq=cut)

    def _route(self, entry: Entry) -> bool:
        """Route one entry; tell whether it bears on membership."""
        if entry.body is None or not self._registry.counts(entry):
            return False
        try:
            body = bodies.decode(entry.body)
            if body.kind is Kind.RECORD:
                return self._index(entry, body)
            self._documents.take(entry, body)
        except RejectedChangeError as error:
            self._store.documents.put_verdict(Verdict(entry.feed, entry.seq, entry.id, str(error)))
        return False

    def _index(self, entry: Entry, body: Body) -> bool:
        """Index the record in a body; tell whether it bears on membership."""
        if not isinstance(body.content, bytes) or body.document is not None:
            raise RejectedChangeError("expected a record as one byte string")
        try:
            found = record.read(body.content)
            about = subject_of(found)
        except PeerError as error:
            raise RejectedChangeError(f"the record does not hold: {error}") from error
        row = RecordRow(
            id=found.id,
            kind=found.kind,
            scope=entry.feed.scope,
            payload_id=found.payload_id,
            about=about,
            signer=found.signer,
            raw=found.raw,
        )
        self._store.records.add(row, Carrier(entry.feed, entry.seq, entry.id))
        if found.kind not in MEMBERSHIP_KINDS:
            return False
        self._registry.forget_members(entry.feed.scope)
        return True
