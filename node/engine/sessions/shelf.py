"""The shelf of one session: what its peer may see and what we carry together with it."""

from collections.abc import Sequence

from node.clock import MS_PER_SECOND, Timestamp
from node.engine.ports import Store
from node.engine.registry import Registry
from node.engine.sessions.quotas import Quotas
from node.engine.sessions.sharing import Sharing
from node.feeds import scopes
from node.feeds.checkpoints import Checkpoint
from node.feeds.entry import Entry, FeedKey, Head
from node.feeds.stretch import Stretch
from node.ids import CommunityId, EntryId
from node.keys import PublicKey
from node.limits import (
    COMPARE_INTERVAL_MS,
    HEADS_MISSING_MAX,
)
from node.replication.messages import KNOWN_PER_WANT_MAX, ClaimedCharter, ClaimedHead
from node.replication.ranges.items import CharterState, charter_place, feed_place
from node.replication.ranges.tree import Range

# A peer that was asked and stays silent this long no longer keeps others from being asked.
_RESERVED_MS_MAX = 30 * MS_PER_SECOND
# Scopes of which a peer may leave something out: all that can be shared with one, and then some.
_SCOPES_LEFT_OUT_MAX = 64


class Reservations:
    """Note which link fetches which branch, so that several peers are not asked for the same."""

    def __init__(self) -> None:
        self._held: dict[tuple[FeedKey, EntryId], tuple[int, Timestamp]] = {}
        # Links that claimed a branch and did not give it, and until when they come last.
        self._failed: dict[tuple[int, FeedKey, EntryId], Timestamp] = {}
        # Branches that a link was asked for and did not give, the oldest first. Of those whoever claims them
        # may be asked, beside others: else a few links that fail in turn keep a branch from a node for ever.
        self._doubted: dict[tuple[FeedKey, EntryId], None] = {}

    def take(self, link: int, branch: tuple[FeedKey, EntryId], now: Timestamp) -> bool:
        """Reserve a branch for a link; False while another link holds it."""
        holder = self._held.get(branch)
        if holder is not None and now >= holder[1]:
            self._doubt(branch)
        if holder is not None and holder[0] != link and branch not in self._doubted:
            return False
        if now < self._failed.get((link, *branch), 0):
            return False
        self._held[branch] = (link, Timestamp(now + _RESERVED_MS_MAX))
        return True

    def give_back(
        self, link: int, branch: tuple[FeedKey, EntryId], *, failed_at: Timestamp | None = None
    ) -> None:
        """End a reservation of this link; after a failure others come first for a while."""
        if self._held.get(branch, (None,))[0] == link:
            del self._held[branch]
        if failed_at is None:
            return
        self._doubt(branch)
        if len(self._failed) < HEADS_MISSING_MAX:
            self._failed[(link, *branch)] = Timestamp(failed_at + COMPARE_INTERVAL_MS)

    def forget(self, link: int) -> None:
        """End all reservations of a link that is gone."""
        self._held = {branch: holder for branch, holder in self._held.items() if holder[0] != link}
        self._failed = {failed: until for failed, until in self._failed.items() if failed[0] != link}

    def _doubt(self, branch: tuple[FeedKey, EntryId]) -> None:
        """Note that a branch was not given by whoever was asked."""
        self._doubted[branch] = None
        if len(self._doubted) > HEADS_MISSING_MAX:
            del self._doubted[next(iter(self._doubted))]


class PeerShelf:
    """Implement replication's `Shelf` for one proved peer."""

    def __init__(
        self,
        *,
        store: Store,
        registry: Registry,
        sharing: Sharing,
        reservations: Reservations,
        quotas: Quotas,
        link: int,
        peer: CommunityId,
    ) -> None:
        self._store = store
        self._registry = registry
        self._sharing = sharing
        self._reservations = reservations
        self._quotas = quotas
        self._link = link
        self._peer = peer
        # By scope: feeds of which the peer takes no more.
        self._left_out: dict[str, frozenset[PublicKey]] = {}

    def shared_scopes(self) -> list[str]:
        """Return the scopes shared with this peer, sorted."""
        return self._sharing.scopes_with(self._peer)

    def tree(self, scope: str) -> Range:
        """Return everything shared with this peer in a scope that both sides take, as items to compare."""
        tree = self._sharing.tree(scope, self._peer)
        left_out = self._left_out.get(scope)
        if left_out or self._quotas.paused:
            for device in sorted((left_out or frozenset()).union(self.paused(scope))):
                place = feed_place(device)
                tree = tree.drop(place) if tree.get(place) is not None else tree
        return tree

    def fingerprint(self, scope: str) -> bytes:
        """Return the flat hash over it, for a peer that does not speak of ranges."""
        return self._sharing.fingerprint(scope, self._peer)

    def heads(self, scope: str) -> list[ClaimedHead]:
        """Return the branch ends shared in a scope, sorted."""
        return self._sharing.heads(scope, self._peer)

    def claims(self, feed: FeedKey) -> list[ClaimedHead]:
        """Return all branch ends of one shared feed."""
        return self._sharing.claims(feed, self._peer)

    def charter(self, scope: str, community: CommunityId) -> ClaimedCharter | None:
        """Return the digest of one charter shared in a scope."""
        item = self.tree(scope).get(charter_place(community))
        known = item.subject if item is not None else None
        return ClaimedCharter(community, known.digest) if isinstance(known, CharterState) else None

    def charters(self, scope: str) -> list[ClaimedCharter]:
        """Return the digests of the charters shared in a scope, sorted by community."""
        return self._sharing.charters(scope, self._peer)

    def charter_records(self, community: CommunityId) -> list[bytes]:
        """Return the charter records of a community shared with this peer, or none."""
        shared = any(
            community in self._sharing.chartered(scope, self._peer) for scope in self.shared_scopes()
        )
        return self._store.charters.of(community) if shared else []

    def admits(self, feed: FeedKey) -> bool:
        """Tell whether this feed is one we carry together with this peer."""
        return self._sharing.admits(feed, self._peer)

    def takes(self, feed: FeedKey) -> bool:
        """Tell whether more of this feed is taken: its community has not used up its quota here."""
        return self._quotas.takes(feed.device)

    def paused(self, scope: str) -> tuple[PublicKey, ...]:
        """Return the devices in a scope of which nothing more is taken for now, sorted."""
        if not self._quotas.paused:
            return ()
        shared = self._quotas.paused.intersection(self._sharing.communities(scope, self._peer))
        known = (self._registry.community(community) for community in shared)
        devices = {device for one in known if one is not None for device in one.devices}
        return tuple(sorted(device for device in devices if not self._quotas.takes(device)))

    def leave_out(self, scope: str, devices: Sequence[PublicKey]) -> None:
        """Compare a scope without these devices' feeds, for the peer takes no more of them."""
        if scope in self._left_out or len(self._left_out) < _SCOPES_LEFT_OUT_MAX:
            self._left_out[scope] = frozenset(devices)

    def holds(self, feed: FeedKey, head: Head) -> bool:
        """Tell whether this entry is held."""
        return self._store.feeds.holds(feed, head)

    def follows(self, feed: FeedKey, later: Head, earlier: Head) -> bool:
        """Tell whether `later` is held and is `earlier` or lies on a branch that goes on from it."""
        if later.seq < earlier.seq or not self._store.feeds.holds(feed, later):
            return False
        return self._store.feeds.fork_point(feed, later.id, [earlier]) == earlier.seq

    def known_points(self, feed: FeedKey, *, dense: bool) -> tuple[Head, ...]:
        """Return the ends of our branches; with `dense`, points further and further back too."""
        ends = self._store.feeds.heads_of(feed)
        points = list(reversed(ends))
        step, seq = 1, ends[-1].seq - 1 if ends else 0
        while dense and seq >= 1:
            points += [Head(seq, found) for found in self._store.feeds.at(feed, seq)]
            seq, step = seq - step, step * 2
        return tuple(points[:KNOWN_PER_WANT_MAX])

    def branch(
        self, feed: FeedKey, head: EntryId, known: Sequence[Head], *, entries_max: int, bytes_max: int
    ) -> list[Entry]:
        """Return a part of a branch from its last known point; empty when not shared or not held."""
        if not self.admits(feed):
            return []
        after, _ = self._start(feed, head, known)
        found = self._store.feeds.path(
            feed,
            head,
            after_seq=after,
            entries_max=entries_max,
            bytes_max=bytes_max,
        )
        # What is held from a place on only is of no use to whoever does not hold what lies before.
        return found if found and found[0].seq == after + 1 else []

    def beginning(self, feed: FeedKey, head: EntryId, known: Sequence[Head]) -> Stretch | None:
        """Return the stretch with the checkpoint from whose place `branch` answers; None for none."""
        if self._registry.checkpoints.holding(feed) is None or not self.admits(feed):
            return None  # Nearly every feed: where its answer begins was worked out for the answer itself.
        _, said = self._start(feed, head, known)
        return self._registry.checkpoints.shown(said) if said is not None else None

    def _start(self, feed: FeedKey, head: EntryId, known: Sequence[Head]) -> tuple[int, Checkpoint | None]:
        """Return behind which place an answer begins, and the checkpoint by which it does."""
        feeds = self._store.feeds
        after = feeds.fork_point(feed, head, known)
        said = self._registry.checkpoints.holding(feed)
        if said is None or after >= said.root.seq or not feeds.fork_point(feed, head, [said.root]):
            return after, None
        return said.root.seq, said

    def founding(self, scope: str) -> bytes | None:
        """Return the founding record of a members' scope."""
        federation = scopes.federation_of(scope)
        return self._registry.founding_record(federation) if federation is not None else None

    def reserve(self, feed: FeedKey, head: EntryId, now: Timestamp) -> bool:
        """Take a branch for fetching by this session, unless another session is at it."""
        if not self._quotas.may_fetch(feed.device):
            return False  # Asked for when others had their turn.
        return self._reservations.take(self._link, (feed, head), now)

    def release(self, feed: FeedKey, head: EntryId, *, failed_at: Timestamp | None = None) -> None:
        """Give a reservation back; after a failure this session waits before it may take it again."""
        self._reservations.give_back(self._link, (feed, head), failed_at=failed_at)
