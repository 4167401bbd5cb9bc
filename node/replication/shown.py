"""What one peer has shown of what it holds, over all its connections, and what is odd about it.

Two things are noticed. A peer *went back* when it shows an end of a feed that lies before one it has shown:
its node was restored from an old copy, or it hides the newest. A peer *shows less* when, comparison after
comparison, it lacks an end that it was told of long ago and may hold: it does not take it, or says so.
Neither costs anybody anything: what is found is shown to the steward, together with who shows more.

Messages of one connection come in the order in which they were sent, a node never takes back what it has
told (persist before send), and of two connections with one peer only one is listened to. So what a peer says
later is what it held later, and "it showed more before" needs no clock and no patience.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from node.clock import Timestamp
from node.feeds.entry import FeedKey, Head
from node.ids import CommunityId
from node.keys import PublicKey
from node.limits import COMPARE_INTERVAL_MS, FORK_BRANCHES_MAX, HEADS_MISSING_MAX
from node.replication.messages import ClaimedHead
from node.replication.ranges.items import FeedEnds, feed_place
from node.replication.ranges.tree import Range

# A peer that is told of an end asks for it within a round trip; three comparisons later it does not want it.
SHOWS_LESS_AFTER_MS = 3 * COMPARE_INTERVAL_MS
# Feeds of which one peer is noticed to lack the end, in one scope: more are a peer that has only just begun.
LAGS_MAX = 1_000
WENT_BACK_MAX = 64

# Tells whether, in this feed, the first head is the second or lies on a branch that goes on from it.
Follows = Callable[[FeedKey, Head, Head], bool]


class Oddity(Enum):
    """What is odd about what a peer shows."""

    WENT_BACK = "went back"
    SHOWS_LESS = "shows less"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a steward should know about a neighbour.

    Attributes:
        community: whose feed it is.
        known: the end that the peer showed before, or has been told of.
        shown: the place it shows now, None if it has shown none since.
        since: when it was first noticed.
    """

    oddity: Oddity
    feed: FeedKey
    community: CommunityId
    known: Head
    shown: int | None
    since: Timestamp


@dataclass(slots=True)
class _Lag:
    """An end that a peer lacks.

    Attributes:
        noted: the comparison in which it was last seen to lack it.
    """

    claim: ClaimedHead
    since: Timestamp
    noted: int


@dataclass(slots=True)
class _Scope:
    """What a peer has shown of one scope.

    Attributes:
        equal: all that was held when both sides last held the same.
        claimed: ends that it has claimed since then.
    """

    equal: Range | None = None
    equal_at: Timestamp | None = None
    comparison: int = 0
    claimed: dict[PublicKey, Head] = field(default_factory=dict)
    lags: dict[PublicKey, list[_Lag]] = field(default_factory=dict)


class Shown:
    """Remember what one peer has shown; kept as long as this process runs."""

    def __init__(self) -> None:
        self._scopes: dict[str, _Scope] = {}
        self._went_back: dict[tuple[FeedKey, Head], Finding] = {}

    def equal(self, scope: str, tree: Range, now: Timestamp) -> None:
        """Note that the peer named the fingerprint of all that is held here: it has shown all of it."""
        known = self._scopes.setdefault(scope, _Scope())
        known.equal, known.equal_at = tree, now
        known.claimed.clear()
        known.lags.clear()

    def equal_at(self, scope: str) -> Timestamp | None:
        """Return when both sides last held the same, on this connection or an earlier one."""
        known = self._scopes.get(scope)
        return known.equal_at if known is not None else None

    def differs(self, scope: str) -> None:
        """Note that a further comparison has begun: what it does not bring up again is no longer lacked."""
        known = self._scopes.setdefault(scope, _Scope())
        for device, lags in list(known.lags.items()):
            known.lags[device] = [lag for lag in lags if lag.noted == known.comparison]
            if not known.lags[device]:
                del known.lags[device]
        known.comparison += 1

    def lacks(self, scope: str, claim: ClaimedHead, now: Timestamp, follows: Follows) -> None:
        """Note that the peer's ranges lack an end that is held here and that it is told of."""
        known = self._scopes.setdefault(scope, _Scope())
        if claim.device not in known.lags and len(known.lags) >= LAGS_MAX:
            return
        lags = known.lags.setdefault(claim.device, [])
        earlier = [lag for lag in lags if follows(FeedKey(claim.device, scope), claim.head, lag.claim.head)]
        for lag in earlier:
            lag.noted = known.comparison
        if not earlier and len(lags) < FORK_BRANCHES_MAX:
            lags.append(_Lag(claim, now, known.comparison))

    def claims(self, scope: str, claim: ClaimedHead, now: Timestamp, follows: Follows, *, held: bool) -> None:
        """Note an end that the peer claims to hold; `held` tells whether it is held here too."""
        known = self._scopes.setdefault(scope, _Scope())
        feed, head = FeedKey(claim.device, scope), claim.head
        for before in self.ends(feed) if held else ():
            went_back = before.seq > head.seq and follows(feed, before, head)
            if went_back and len(self._went_back) < WENT_BACK_MAX:
                found = Finding(Oddity.WENT_BACK, feed, claim.community, before, head.seq, now)
                self._went_back.setdefault((feed, before), found)
        # An end further on that is not held here may well include what it seemed to lack.
        known.lags[claim.device] = [
            lag
            for lag in known.lags.pop(claim.device, [])
            if not (follows(feed, head, lag.claim.head) if held else head.seq >= lag.claim.head.seq)
        ]
        if not known.lags[claim.device]:
            del known.lags[claim.device]
        if claim.device in known.claimed or len(known.claimed) < HEADS_MISSING_MAX:
            known.claimed[claim.device] = head

    def ends(self, feed: FeedKey) -> tuple[Head, ...]:
        """Return the ends of a feed that the peer has shown."""
        known = self._scopes.get(feed.scope)
        if known is None:
            return ()
        item = known.equal.get(feed_place(feed.device)) if known.equal is not None else None
        before = item.subject.ends if item is not None and isinstance(item.subject, FeedEnds) else ()
        claimed = known.claimed.get(feed.device)
        return before if claimed is None or claimed in before else (*before, claimed)

    def behind(self, scope: str) -> int:
        """Return how many feeds the peer was last seen to lack the end of."""
        known = self._scopes.get(scope)
        return len(known.lags) if known is not None else 0

    def findings(self, now: Timestamp) -> list[Finding]:
        """Return what is odd about this peer, the longest known first."""
        found = list(self._went_back.values())
        for scope, known in sorted(self._scopes.items()):
            for device, lags in sorted(known.lags.items()):
                claimed = known.claimed.get(device)
                found += [
                    Finding(
                        Oddity.SHOWS_LESS,
                        FeedKey(device, scope),
                        lag.claim.community,
                        lag.claim.head,
                        claimed.seq if claimed is not None else None,
                        lag.since,
                    )
                    for lag in lags
                    if now >= lag.since + SHOWS_LESS_AFTER_MS
                ]
        return sorted(found, key=lambda one: (one.since, one.feed.scope, one.feed.device, one.known.id))
