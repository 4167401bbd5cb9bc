"""What is shared with whom: scopes, communities, heads and fingerprints, per peer.

The one place that decides what may leave this node. A peer that is no member is shown nothing of a members'
scope; of public feeds it is shown those that both sides carry: each other's, and those of the members of
federations that both belong to.
"""

from collections import Counter

from node import canonical
from node.engine.ports import Store
from node.engine.registry import Registry
from node.engine.replicas.wanted import WantedBodies
from node.engine.sessions.views import Views
from node.federation.membership import Members
from node.feeds import scopes
from node.feeds.entry import FeedKey, Head
from node.identity.community import Community
from node.ids import CommunityId, FederationId
from node.limits import FORK_BRANCHES_MAX
from node.replication.messages import FINGERPRINT_BYTES, ClaimedCharter, ClaimedHead
from node.replication.ranges.tree import Range


class Sharing:
    """Decide what a peer community may see, from the registry and the store."""

    def __init__(self, store: Store, registry: Registry, own: CommunityId, wanted: WantedBodies) -> None:
        self._store = store
        self._wanted = wanted
        self._registry = registry
        self._own = own
        self._views = Views(store, registry, wanted)
        # Who is inside each federation, as long as its records say the same.
        self._insiders_before: dict[
            FederationId, tuple[Members, CommunityId | None, frozenset[CommunityId]]
        ] = {}
        self._fingerprints: dict[tuple[str, tuple[CommunityId, ...]], tuple[int, bytes]] = {}
        self._revisions: Counter[str] = Counter()
        self._charter_revision = 0
        self._prepared = False

    def prepare(self) -> None:
        """Make the trees that first sessions ask for, once: when a node starts, not when somebody waits.

        They are those that fellow members are shown; others are made of them.
        """
        if not self._prepared:
            self._prepared = True
            for scope in self.scopes_with(self._own):
                _ = self.tree(scope, self._own).hash  # A hash is computed when it is first asked for.

    def scopes_with(self, peer: CommunityId) -> list[str]:
        """Return the scopes shared with a peer, sorted."""
        shared = [scopes.members(f) for f in self._registry.federations() if self._inside(f, peer)]
        return sorted([scopes.PUBLIC, *shared])

    def communities(self, scope: str, peer: CommunityId) -> tuple[CommunityId, ...]:
        """Return the communities whose feeds in a scope are shared with a peer, sorted."""
        return tuple(sorted(self._carried(scope, peer)))

    def admits(self, feed: FeedKey, peer: CommunityId) -> bool:
        """Tell whether a feed is one that we carry together with this peer."""
        owners = self._registry.communities_of(feed.device)
        return bool(owners) and not owners.isdisjoint(self._carried(feed.scope, peer))

    def tree(self, scope: str, peer: CommunityId) -> Range:
        """Return everything shared with a peer in a scope, as items to compare."""
        return self._views.tree(scope, self.communities(scope, peer), self.chartered(scope, peer))

    def claims(self, feed: FeedKey, peer: CommunityId) -> list[ClaimedHead]:
        """Return all branch ends of one feed, none when it is not shared with this peer."""
        owners = self._registry.communities_of(feed.device).intersection(self._carried(feed.scope, peer))
        if not owners:
            return []
        ends = self._wanted.ends(feed, self._store.feeds.heads_of(feed))
        return [ClaimedHead(min(owners), feed.device, end) for end in ends]

    def tells(self, feed: FeedKey, peer: CommunityId) -> bool:
        """Tell whether a peer hears of a feed's new ends: it is shared, and held whole.

        What is not whole is not claimed: a later comparison tells of it.
        """
        return self.admits(feed, peer) and self._wanted.whole(feed)

    def heads(self, scope: str, peer: CommunityId) -> list[ClaimedHead]:
        """Return the branch ends shared with a peer in a scope, sorted.

        Those of feeds that are full of branches too: who holds fewer of them takes more, until it is as full.
        """
        shared = set(self.communities(scope, peer))
        by_feed: dict[FeedKey, list[Head]] = {}
        for end in self._store.feeds.heads(scope):
            by_feed.setdefault(end.feed, []).append(end.head)
        claims: list[ClaimedHead] = []
        for feed, ends in by_feed.items():
            owners = self._registry.communities_of(feed.device) & shared
            if owners:
                whole = self._wanted.ends(feed, ends)
                claims += [ClaimedHead(min(owners), feed.device, end) for end in whole]
        return sorted(claims, key=lambda c: (c.community, c.device, c.head.seq, c.head.id))

    def chartered(self, scope: str, peer: CommunityId) -> tuple[CommunityId, ...]:
        """Return the communities whose charters are shared in a scope, sorted.

        Beside those whose feeds are, these are the communities that asked to join: without their charters
        nobody could judge whether they asked.
        """
        shared = set(self.communities(scope, peer))
        federation = scopes.federation_of(scope)
        members = self._registry.members(federation) if federation is not None and shared else None
        return tuple(sorted(shared.union(members.claimed if members is not None else ())))

    def charters(self, scope: str, peer: CommunityId) -> list[ClaimedCharter]:
        """Return the digests of the charters that belong to what is shared in a scope."""
        return [
            ClaimedCharter(community, canonical.digest("hedgerow/charter-digest/1", held))
            for community in self.chartered(scope, peer)
            if (held := self._store.charters.of(community))
        ]

    def fingerprint(self, scope: str, peer: CommunityId) -> bytes:
        """Return the flat hash over all heads and charters shared with a peer in a scope.

        For peers that do not speak of ranges (protocol.md, Summary); it costs a walk over all of them.
        """
        shared = self.communities(scope, peer)
        revision = self._revisions[scope] + self._charter_revision
        key = (scope, (*shared, *self.chartered(scope, peer)))
        cached = self._fingerprints.get(key)
        if cached is not None and cached[0] == revision:
            return cached[1]
        claims = self.heads(scope, peer)
        # A feed that is full of branches is compared no more: each node holds whichever came first.
        branches = Counter(one.device for one in claims)
        heads = [
            [h.community, h.device, h.head.seq, h.head.id]
            for h in claims
            if branches[h.device] < FORK_BRANCHES_MAX
        ]
        charters = [[c.community, c.digest] for c in self.charters(scope, peer)]
        found = canonical.digest("hedgerow/fingerprint/1", scope, heads, charters)[:FINGERPRINT_BYTES]
        self._fingerprints[key] = (revision, found)
        return found

    def feed_changed(self, feed: FeedKey) -> None:
        """Note that entries of a feed arrived."""
        self._revisions[feed.scope] += 1
        self._views.feed_changed(feed)

    def charter_changed(self, community: CommunityId, before: Community | None = None) -> None:
        """Note that a charter changed, with how it stood before where devices may have gone from it."""
        self._charter_revision += 1
        self._views.charter_changed(community, before.devices if before is not None else ())

    def _carried(self, scope: str, peer: CommunityId) -> frozenset[CommunityId]:
        """Return the communities whose feeds in a scope are shared with a peer."""
        if scope == scopes.PUBLIC:
            inside = [f for f in self._registry.federations() if self._inside(f, peer)]
            return frozenset((self._own, peer)).union(*map(self._insiders, inside))
        federation_id = scopes.federation_of(scope)
        insiders = self._insiders(federation_id) if federation_id is not None else frozenset()
        if federation_id is None or (peer != self._own and peer not in insiders):
            return frozenset()
        members = self._registry.members(federation_id)
        if members is None or len(members.ever) == len(members.communities):
            return insiders
        # Who was a member once is carried on: what was decided then rests on what it signed.
        return insiders.union(members.ever)

    def _inside(self, federation: FederationId, peer: CommunityId) -> bool:
        """Tell whether the peer may read a federation's scope; this node takes part in it or asked to.

        Founders may before all of them approved, for that is where they approve.
        """
        return peer == self._own or peer in self._insiders(federation)

    def _insiders(self, federation: FederationId) -> frozenset[CommunityId]:
        members, inviter = self._registry.members(federation), self._registry.inviter(federation)
        if members is None:
            return frozenset()
        before = self._insiders_before.get(federation)
        if before is not None and before[0] is members and before[1] == inviter:
            return before[2]
        # Nobody is a member before all founders approved; after it they may be removed like others.
        founders = () if members.founded else map(CommunityId, members.founding.founders)
        insiders = {*members.communities, *founders}
        if inviter is not None:
            # Whoever invited us shows us the records by which we see that it may. It keeps doing so when we
            # see ourselves as members first: in a chain it may be the only neighbour that can show the rest.
            insiders.add(inviter)
        found = frozenset(insiders)
        self._insiders_before[federation] = (members, inviter, found)
        return found
