"""Who may read what in a bundle, and whose entries a bundle may bring: as on the wire, asked every time."""

from collections.abc import Iterable
from typing import Final

from node import canonical, ids
from node.canonical import Value
from node.engine.commands.bundles import Assumption
from node.engine.desk import Desk
from node.errors import ConflictError
from node.feeds import scopes
from node.feeds.bundle_items import ClaimedFeed, Claims
from node.feeds.entry import FeedKey, Head
from node.ids import CommunityId, EntryId
from node.keys import PublicKey

# Drawer of the local store: what neighbours said in their last bundle that they hold. By community that
# bundle's id, and by community and feed the ends.
CLAIMS: Final = "bundle-claims"


class Carried:
    """What this node carries, whoever brings it: of a scope, the communities whose feeds it takes.

    Args:
        assumed: what is to be looked at as if it were known here.
    """

    def __init__(self, desk: Desk, assumed: Iterable[Assumption] = ()) -> None:
        self._desk = desk
        self._devices: dict[bytes, set[CommunityId]] = {}
        self._founders: dict[str, set[CommunityId]] = {}
        for one in assumed:
            community = CommunityId(one.community)
            if one.device is not None:
                self._devices.setdefault(one.device, set()).add(community)
            if one.scope is not None:
                # The public pages of fellow members are carried too.
                self._founders.setdefault(one.scope, set()).add(community)
                self._founders.setdefault(scopes.PUBLIC, set()).add(community)
        self._communities: dict[str, frozenset[CommunityId]] = {}
        self._chartered: frozenset[CommunityId] | None = None

    def communities(self, scope: str) -> frozenset[CommunityId]:
        """Return the communities whose feeds of a scope are carried here."""
        if scope not in self._communities:
            found = set(self._desk.sharing.communities(scope, self._desk.own))
            if scope == scopes.PUBLIC:
                found.update(filter(self._desk.moderation.shows_from, self._desk.neighbours.communities()))
            self._communities[scope] = frozenset(found | self._founders.get(scope, set()))
        return self._communities[scope]

    def chartered(self) -> frozenset[CommunityId]:
        """Return the communities whose charters are kept here: of those carried, and of who asked to join."""
        if self._chartered is None:
            desk = self._desk
            shared = (desk.sharing.chartered(scope, desk.own) for scope in desk.sharing.scopes_with(desk.own))
            self._chartered = self.communities(scopes.PUBLIC).union(*shared)
        return self._chartered

    def owner(self, feed: FeedKey) -> CommunityId | None:
        """Return a community to which a feed belongs and that is carried in its scope."""
        return min(self._owners(feed) & self.communities(feed.scope), default=None)

    def is_known(self, feed: FeedKey) -> bool:
        """Tell whether it is known whose a feed is."""
        return bool(self._owners(feed))

    def forget(self) -> None:
        """Ask anew: something came in that bears on it."""
        self._communities.clear()
        self._chartered = None

    def _owners(self, feed: FeedKey) -> frozenset[CommunityId]:
        known = self._desk.registry.communities_of(feed.device)
        return known.union(self._devices.get(feed.device, ()))


class Reader:
    """For whom a bundle is written, and what of this node's it may hold.

    Args:
        peer: the name or id of a community; None for anybody.
        federations: whose own affairs go in; all those shared with the peer when none is named.

    Raises:
        NotFoundError, ConflictError: the peer is not one to whom this node gives anything, or not that.
    """

    def __init__(self, desk: Desk, peer: str | None, federations: tuple[str, ...]) -> None:
        self._desk = desk
        self._carried = Carried(desk)
        self.community = desk.community(peer) if peer is not None else None
        if self.community is None:
            named = [desk.member_of(one).founding.federation for one in federations]
            self.scopes = [*map(scopes.members, sorted(set(named))), scopes.PUBLIC]
            return
        _check_acquainted(desk, self.community)
        shared = desk.sharing.scopes_with(self.community)
        wanted = {scopes.members(desk.federation(one).founding.federation) for one in federations}
        if not wanted <= set(shared):
            raise ConflictError(
                f"{desk.name_of(self.community)} is no member of a federation named here: what its members"
                " share is not written for others"
            )
        # A federation's own affairs say who its members are: they come first.
        self.scopes = sorted(set(shared) & (wanted | {scopes.PUBLIC}) if wanted else shared)

    def communities(self, scope: str) -> frozenset[CommunityId]:
        """Return the communities whose feeds of a scope the reader may have; none of another scope."""
        if scope not in self.scopes:
            return frozenset()
        if self.community is None:
            return self._carried.communities(scope)
        return frozenset(self._desk.sharing.communities(scope, self.community))

    def chartered(self) -> list[CommunityId]:
        """Return the communities whose charters the reader needs, sorted."""
        found: set[CommunityId] = set()
        for scope in self.scopes:
            found |= self.communities(scope)
            if scope != scopes.PUBLIC:
                found.update(self._desk.sharing.chartered(scope, self.community or self._desk.own))
        return sorted(found)


def acquainted(desk: Desk, community: CommunityId) -> bool:
    """Tell whether a community is our own, a neighbour's or a fellow member's, and not kept away here."""
    return desk.moderation.shows_from(community) and community in Carried(desk).communities(scopes.PUBLIC)


def remember(desk: Desk, claimed: Claims) -> None:
    """Keep what a neighbour proved to have said that it holds, in place of what an earlier bundle said.

    A feed has one place here, and only feeds shared with the neighbour have any: however much it claims, it
    fills no more than that.
    """
    local, community = desk.store.local, claimed.community
    if local.get(CLAIMS, community) != claimed.bundle:
        for key, _ in local.all(CLAIMS):
            if key.startswith(community):
                local.remove(CLAIMS, key)
        local.put(CLAIMS, community, claimed.bundle)
    allowed: dict[str, frozenset[CommunityId]] = {}
    for feed, ends in ((one.feed, one.ends) for one in claimed.feeds):
        if feed.scope not in allowed:
            allowed[feed.scope] = frozenset(desk.sharing.communities(feed.scope, community))
        if desk.registry.communities_of(feed.device).isdisjoint(allowed[feed.scope]):
            continue
        place = canonical.digest("hedgerow/bundle-claim/1", feed.scope, feed.device)
        said: Value = [feed.scope, feed.device, [[end.seq, end.id] for end in ends]]
        local.put(CLAIMS, community + place, canonical.encode(said))


def remembered(desk: Desk, community: CommunityId) -> list[ClaimedFeed]:
    """Return what a community said in its last bundle that it holds.

    Raises:
        ConflictError: no bundle of it was read here yet.
    """
    if desk.store.local.get(CLAIMS, community) is None:
        raise ConflictError(
            f"no bundle from {desk.name_of(community)} was read here yet, so nobody knows what it lacks:"
            " write everything, without --since-last"
        )
    found = []
    for key, value in desk.store.local.all(CLAIMS):
        if key.startswith(community) and key != community:
            scope, device, ends = canonical.decode(value)
            heads = tuple(Head(seq, EntryId(entry)) for seq, entry in ends)
            found.append(ClaimedFeed(FeedKey(PublicKey(device), scope), heads))
    return found


def _check_acquainted(desk: Desk, community: CommunityId) -> None:
    if desk.moderation.is_blocked(community):
        raise ConflictError("that community is blocked here: take the block back first")
    if not acquainted(desk, community):
        raise ConflictError(
            "that community is neither a neighbour nor a fellow member: add it first with"
            f" `hedgerow peer add {ids.show(community)}`"
        )
