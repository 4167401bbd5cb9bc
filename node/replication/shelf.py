"""The port through which a session reads what it may know and send."""

from collections.abc import Sequence
from typing import Protocol

from node.clock import Timestamp
from node.feeds.entry import Entry, FeedKey, Head
from node.feeds.stretch import Stretch
from node.ids import CommunityId, EntryId
from node.keys import PublicKey
from node.replication.messages import ClaimedCharter, ClaimedHead
from node.replication.ranges.tree import Range


class Shelf(Protocol):
    """What a session may know and send, for one peer. Every answer is as of now."""

    def shared_scopes(self) -> list[str]:
        """Return the scopes shared with this peer, sorted."""
        ...

    def tree(self, scope: str) -> Range:
        """Return everything shared with this peer in a scope, as items to compare."""
        ...

    def fingerprint(self, scope: str) -> bytes:
        """Return the flat hash over it, for a peer that does not speak of ranges."""
        ...

    def heads(self, scope: str) -> list[ClaimedHead]:
        """Return the branch ends shared in a scope, sorted."""
        ...

    def claims(self, feed: FeedKey) -> list[ClaimedHead]:
        """Return all branch ends of one shared feed."""
        ...

    def charter(self, scope: str, community: CommunityId) -> ClaimedCharter | None:
        """Return the digest of one charter shared in a scope."""
        ...

    def charters(self, scope: str) -> list[ClaimedCharter]:
        """Return the digests of the charters shared in a scope, sorted by community."""
        ...

    def charter_records(self, community: CommunityId) -> list[bytes]:
        """Return the charter records of a community shared with this peer, or none."""
        ...

    def admits(self, feed: FeedKey) -> bool:
        """Tell whether this feed is one we carry: its device is in a charter of a community in the scope."""
        ...

    def takes(self, feed: FeedKey) -> bool:
        """Tell whether more of this feed is taken: its community has not used up its quota here."""
        ...

    def paused(self, scope: str) -> tuple[PublicKey, ...]:
        """Return the devices in a scope of which nothing more is taken for now, sorted."""
        ...

    def leave_out(self, scope: str, devices: Sequence[PublicKey]) -> None:
        """Compare a scope without these devices' feeds, for the peer takes no more of them."""
        ...

    def holds(self, feed: FeedKey, head: Head) -> bool:
        """Tell whether this entry is held."""
        ...

    def follows(self, feed: FeedKey, later: Head, earlier: Head) -> bool:
        """Tell whether `later` is held and is `earlier` or lies on a branch that goes on from it."""
        ...

    def known_points(self, feed: FeedKey, *, dense: bool) -> tuple[Head, ...]:
        """Return the ends of our branches; with `dense`, points further and further back too."""
        ...

    def branch(
        self, feed: FeedKey, head: EntryId, known: Sequence[Head], *, entries_max: int, bytes_max: int
    ) -> list[Entry]:
        """Return a part of a branch from its last known point; empty when not shared or not held.

        It stays within the bounds, but goes on by one signature at least.
        """
        ...

    def beginning(self, feed: FeedKey, head: EntryId, known: Sequence[Head]) -> Stretch | None:
        """Return the stretch with the checkpoint from whose place `branch` answers; None for none."""
        ...

    def founding(self, scope: str) -> bytes | None:
        """Return the founding record of a members' scope."""
        ...

    def reserve(self, feed: FeedKey, head: EntryId, now: Timestamp) -> bool:
        """Take a branch for fetching by this session, unless another session is at it."""
        ...

    def release(self, feed: FeedKey, head: EntryId, *, failed_at: Timestamp | None = None) -> None:
        """Give a reservation back; after a failure this session waits before it may take it again."""
        ...
