"""A shelf in memory for tests of the session, and two sessions that talk to each other."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from node import canonical
from node.clock import Timestamp
from node.feeds import stretch
from node.feeds.entry import Entry, FeedKey, Head
from node.feeds.stretch import Stretch
from node.ids import CommunityId, EntryId
from node.keys import PublicKey
from node.limits import FORK_BRANCHES_MAX
from node.replication import messages
from node.replication.comparing import Manner
from node.replication.messages import ClaimedCharter, ClaimedHead, Message
from node.replication.outcomes import Admit, AdmitCharter, Outcome, Say
from node.replication.ranges import items
from node.replication.ranges.items import Item
from node.replication.ranges.tree import Range, build
from node.replication.session import Session
from tests import builders

NOW = Timestamp(1_790_000_000_000)
BINDING = bytes(range(32))
COMMUNITY = CommunityId(builders.identifier("the one community of these tests"))


@dataclass
class FakeShelf:
    """What one side holds and may share.

    Attributes:
        owners: whose feeds are carried, by device; another's are not admitted.
        answer_max: how many entries one answer holds.
        elsewhere: branches that another session is fetching.
        failed: branches given back as not to be had here.
        full: devices of which no more is taken.
        left_out: by scope, devices of which the peer takes no more.
    """

    scopes: list[str] = field(default_factory=lambda: ["public"])
    owners: dict[PublicKey, CommunityId] = field(default_factory=dict)
    entries: dict[EntryId, Entry] = field(default_factory=dict)
    records: dict[CommunityId, list[bytes]] = field(default_factory=dict)
    foundings: dict[str, bytes] = field(default_factory=dict)
    answer_max: int = 1_000
    elsewhere: set[EntryId] = field(default_factory=set)
    reserved: set[EntryId] = field(default_factory=set)
    failed: list[EntryId] = field(default_factory=list)
    full: set[PublicKey] = field(default_factory=set)
    left_out: dict[str, frozenset[PublicKey]] = field(default_factory=dict)

    def put(self, *entries: Entry) -> "FakeShelf":
        """Hold entries."""
        self.entries.update((one.id, one) for one in entries)
        return self

    def shared_scopes(self) -> list[str]:
        """Return the scopes shared with the peer."""
        return sorted(self.scopes)

    def fingerprint(self, scope: str) -> bytes:
        """Return a hash over heads and charters, as protocol.md says."""
        heads = [[h.community, h.device, h.head.seq, h.head.id] for h in self.heads(scope)]
        charters = [[c.community, c.digest] for c in self.charters(scope)]
        return canonical.digest("hedgerow/fingerprint/1", scope, heads, charters)[:16]

    def heads(self, scope: str) -> list[ClaimedHead]:
        """Return the branch ends of the feeds carried in a scope."""
        ends = [
            ClaimedHead(self.owners[feed.device], feed.device, end)
            for feed in sorted({e.feed for e in self.entries.values()}, key=lambda f: (f.device, f.scope))
            if feed.scope == scope and feed.device in self.owners
            for end in self.known_points(feed, dense=False)
        ]
        return sorted(ends, key=lambda c: (c.community, c.device, c.head.seq, c.head.id))

    def charters(self, scope: str) -> list[ClaimedCharter]:
        """Return the digests of the charters held, shared in every scope."""
        del scope
        return [
            ClaimedCharter(one, canonical.digest("hedgerow/charter-digest/1", held))
            for one, held in sorted(self.records.items())
        ]

    def tree(self, scope: str) -> Range:
        """Return the items of the feeds and charters held."""
        feeds: list[Item] = []
        for device in {one.feed.device for one in self.entries.values() if one.feed.scope == scope}:
            if device in self.owners and device not in self.left_out.get(scope, self.full) | self.full:
                points = self.known_points(FeedKey(device, scope), dense=False)
                ends = sorted(points, key=lambda head: (head.seq, head.id))
                feeds.append(items.of_feed(scope, device, ends if len(ends) < FORK_BRANCHES_MAX else ()))
        return build([*feeds, *(items.of_charter(c.community, c.digest) for c in self.charters(scope))])

    def claims(self, feed: FeedKey) -> list[ClaimedHead]:
        """Return the branch ends of one feed."""
        return [one for one in self.heads(feed.scope) if one.device == feed.device]

    def charter(self, scope: str, community: CommunityId) -> ClaimedCharter | None:
        """Return the digest of one charter."""
        return next((one for one in self.charters(scope) if one.community == community), None)

    def follows(self, feed: FeedKey, later: Head, earlier: Head) -> bool:
        """Tell whether one entry is another, or comes after it on a branch."""
        at: EntryId | None = later.id
        while at is not None and at in self.entries and self.entries[at].feed == feed:
            if at == earlier.id:
                return True
            at = self.entries[at].prev
        return False

    def charter_records(self, community: CommunityId) -> list[bytes]:
        """Return the records of a charter, if it is held."""
        return self.records.get(community, [])

    def admits(self, feed: FeedKey) -> bool:
        """Tell whether a feed is carried together with the peer."""
        return feed.device in self.owners and feed.scope in self.scopes

    def takes(self, feed: FeedKey) -> bool:
        """Tell whether more of a feed is taken."""
        return feed.device not in self.full

    def paused(self, scope: str) -> tuple[PublicKey, ...]:
        """Return the devices of which nothing more is taken."""
        del scope
        return tuple(sorted(self.full))

    def leave_out(self, scope: str, devices: Sequence[PublicKey]) -> None:
        """Compare a scope without these."""
        self.left_out[scope] = frozenset(devices)

    def holds(self, feed: FeedKey, head: Head) -> bool:
        """Tell whether an entry is held."""
        found = self.entries.get(head.id)
        return found is not None and (found.feed, found.seq) == (feed, head.seq)

    def known_points(self, feed: FeedKey, *, dense: bool) -> tuple[Head, ...]:
        """Return the ends of the branches, or all entries."""
        own = [one for one in self.entries.values() if one.feed == feed]
        inner = set() if dense else {one.prev for one in own}
        points = [Head(one.seq, one.id) for one in own if one.id not in inner]
        return tuple(sorted(points, key=lambda head: (-head.seq, head.id)))[: messages.KNOWN_PER_WANT_MAX]

    def branch(
        self, feed: FeedKey, head: EntryId, known: Sequence[Head], *, entries_max: int, bytes_max: int
    ) -> list[Entry]:
        """Return the first entries of a branch behind its last known point."""
        del bytes_max
        stop = {one.id for one in known}
        path: list[Entry] = []
        at: EntryId | None = head
        while at is not None and at in self.entries and at not in stop and self.entries[at].feed == feed:
            path.append(self.entries[at])
            at = path[-1].prev
        return path[::-1][: min(self.answer_max, entries_max)] if self.admits(feed) else []

    def beginning(
        self,
        feed: FeedKey,  # noqa: ARG002 - all is given from the beginning here
        head: EntryId,  # noqa: ARG002 - as above
        known: Sequence[Head],  # noqa: ARG002 - as above
    ) -> Stretch | None:
        """Begin no answer at a place."""
        return None

    def founding(self, scope: str) -> bytes | None:
        """Return the founding record of a members' scope."""
        return self.foundings.get(scope)

    def reserve(self, feed: FeedKey, head: EntryId, now: Timestamp) -> bool:
        """Take a branch unless another session is at it."""
        del feed, now
        if head in self.elsewhere:
            return False
        self.reserved.add(head)
        return True

    def release(self, feed: FeedKey, head: EntryId, *, failed_at: Timestamp | None = None) -> None:
        """Give a branch back."""
        del feed
        self.reserved.discard(head)
        if failed_at is not None:
            self.failed.append(head)


def feed_of(name: str, count: int, *, scope: str = "public", after: Sequence[Entry] = ()) -> list[Entry]:
    """Return entries of a device's feed, each signed by itself."""
    signer = builders.key(name)
    feed = FeedKey(signer.public, scope)
    written = list(after)
    for number in range(count):
        end = builders.head(written) if written else None
        body = f"{name} {scope} {len(after)} {number}".encode()
        written += stretch.make(feed, end, [body], hours=1, signer=signer)
    return written[len(after) :]


def said(outcomes: Sequence[Outcome]) -> list[Message]:
    """Return what shall be said, asserting that nothing else shall be done."""
    assert all(isinstance(one, Say) for one in outcomes), outcomes
    return [one.message for one in outcomes if isinstance(one, Say)]


@dataclass
class Conversation:
    """Two sessions whose words reach each other in order, as encoded bytes."""

    near: FakeShelf
    far: FakeShelf
    by_ranges: bool = False
    words: int = 0
    bytes: int = 0

    def run(self, words_max: int = 2_000) -> "Conversation":
        """Compare and talk until both are silent.

        Raises:
            AssertionError: they never stop.
        """
        shelves = (self.near, self.far)
        sessions = tuple(
            Session(shelf, manner=Manner(BINDING, begins=begins) if self.by_ranges else None)
            for shelf, begins in zip(shelves, (True, False), strict=True)
        )
        queue = [(1 - side, one) for side in (0, 1) for one in said(sessions[side].compare())]
        while queue:
            self.words += 1
            assert self.words <= words_max, "they never stop"
            side, message = queue.pop(0)
            raw = messages.encode(message)
            self.bytes += len(raw)
            read = messages.decode(raw)
            for outcome in sessions[side].receive(read, NOW):
                queue += [(1 - side, one) for one in self._do(shelves[side], sessions[side], outcome)]
        return self

    def _do(self, shelf: FakeShelf, session: Session, outcome: Outcome) -> list[Message]:
        match outcome:
            case Say(message):
                return [message]
            case Admit(sent):
                shelf.put(*(replace(one) for one in stretch.prove(sent)))
            case AdmitCharter(community, records):
                shelf.records[community] = sorted({*shelf.records.get(community, []), *records})
            case _:
                return []
        return said(session.advance(NOW))
