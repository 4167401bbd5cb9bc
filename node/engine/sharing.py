"""What is shared with whom: scopes, communities, heads and fingerprints, per peer.

The one place that decides what may leave this node. A peer that is no member is shown nothing of a members'
scope; of public feeds it is shown those that both sides carry: each other's, and those of the members of
federations that both belong to.
"""

from collections import Counter

from node import canonical
from node.engine.ports import Store
from node.engine.registry import Registry
from node.feeds import scopes
from node.feeds.entry import FeedKey
from node.ids import CommunityId, FederationId
from node.limits import FORK_BRANCHES_MAX
from node.replication.messages import FINGERPRINT_BYTES, ClaimedCharter, ClaimedHead


class Sharing:
    """Decide what a peer community may see, from the registry and the store."""

    def __init__(self, store: Store, registry: Registry, own: CommunityId) -> None:
        self._store = store
        self._registry = registry
        self._own = own
        self._fingerprints: dict[tuple[str, tuple[CommunityId, ...]], tuple[int, bytes]] = {}
        self._revisions: Counter[str] = Counter()
        self._charter_revision = 0

    def scopes_with(self, peer: CommunityId) -> list[str]:
        """Return the scopes shared with a peer, sorted."""
        shared = [scopes.members(f) for f in self._registry.federations() if self._inside(f, peer)]
        return sorted([scopes.PUBLIC, *shared])

    def communities(self, scope: str, peer: CommunityId) -> tuple[CommunityId, ...]:
        """Return the communities whose feeds in a scope are shared with a peer, sorted."""
        if scope == scopes.PUBLIC:
            shared = {self._own, peer}
            for federation in self._registry.federations():
                if self._inside(federation, peer):
                    shared.update(self._insiders(federation))
            return tuple(sorted(shared))
        federation_id = scopes.federation_of(scope)
        if federation_id is None or not self._inside(federation_id, peer):
            return ()
        return tuple(sorted(self._insiders(federation_id)))

    def admits(self, feed: FeedKey, peer: CommunityId) -> bool:
        """Tell whether a feed is one that we carry together with this peer."""
        owners = self._registry.communities_of(feed.device)
        return bool(owners) and not owners.isdisjoint(self.communities(feed.scope, peer))

    def heads(self, scope: str, peer: CommunityId) -> list[ClaimedHead]:
        """Return the branch ends shared with a peer in a scope, sorted."""
        shared = set(self.communities(scope, peer))
        ends = self._store.feeds.heads(scope)
        branches = Counter(end.feed.device for end in ends)
        claims: list[ClaimedHead] = []
        for end in ends:
            # A feed that is full of branches is compared no more: each node holds whichever came first.
            owners = self._registry.communities_of(end.feed.device) & shared
            if owners and branches[end.feed.device] < FORK_BRANCHES_MAX:
                claims.append(ClaimedHead(min(owners), end.feed.device, end.head))
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
        """Return the hash over all heads and charters shared with a peer in a scope.

        Two peers whose fingerprints are equal hold the same entries (protocol.md, Comparing).
        """
        shared = self.communities(scope, peer)
        revision = self._revisions[scope] + self._charter_revision
        key = (scope, (*shared, *self.chartered(scope, peer)))
        cached = self._fingerprints.get(key)
        if cached is not None and cached[0] == revision:
            return cached[1]
        heads = [[h.community, h.device, h.head.seq, h.head.id] for h in self.heads(scope, peer)]
        charters = [[c.community, c.digest] for c in self.charters(scope, peer)]
        found = canonical.digest("hedgerow/fingerprint/1", scope, heads, charters)[:FINGERPRINT_BYTES]
        self._fingerprints[key] = (revision, found)
        return found

    def feeds_changed(self, scope: str) -> None:
        """Note that entries arrived in a scope."""
        self._revisions[scope] += 1

    def charters_changed(self) -> None:
        """Note that a charter grew."""
        self._charter_revision += 1

    def _inside(self, federation: FederationId, peer: CommunityId) -> bool:
        """Tell whether the peer may read a federation's scope; this node takes part in it or asked to.

        Founders may before all of them approved, for that is where they approve.
        """
        return peer == self._own or peer in self._insiders(federation)

    def _insiders(self, federation: FederationId) -> set[CommunityId]:
        members = self._registry.members(federation)
        if members is None:
            return set()
        insiders = {*members.communities, *map(CommunityId, members.founding.founders)}
        inviter = self._registry.inviter(federation)
        if inviter is not None:
            # Whoever invited us shows us the records by which we see that it may. It keeps doing so when we
            # see ourselves as members first: in a chain it may be the only neighbour that can show the rest.
            insiders.add(inviter)
        return insiders
