"""Who is who: communities, their devices and federations, as the stored records add up.

Everything here is derived from the store and kept in memory until what it was derived from changes. It
answers the two questions that guard all replication: whose is this feed, and does it count.
"""

from collections.abc import Callable, Iterable

from node.engine import claims, ends
from node.engine.checkpoints import Checkpoints
from node.engine.claims import Decided
from node.engine.ends import Standing
from node.engine.ports import RecordRow, Store
from node.federation import membership
from node.federation.founding import Founding
from node.federation.membership import Members
from node.feeds import scopes
from node.feeds.entry import Entry, FeedKey, Head
from node.identity import community, keeping
from node.identity.charter import CHARTER_KINDS, Cut
from node.identity.community import Community
from node.ids import ID_BYTES, CommunityId, FederationId
from node.keys import PublicKey
from node.records import record
from node.records.approvals import Approval, Signatures
from node.replication.handshake import PeerIdentity

# Drawer of the local store: the federations this node takes part in or is invited to, by id, with the
# founding record as value.
FEDERATIONS = "federations"
# By federation, the community that invited this node: noted when it first answers.
INVITERS = "inviters"
# By community and device, devices that a full charter names no more and whose feeds are held: they take room.
FORMER = "former-devices"


class Registry:
    """Answer who is who, from the store.

    Attributes:
        decided: reads what was decided in a federation, given its members as far as they are known. Members
            and decisions rest on one another; both only grow, so they are read in turns until nothing is new.
        pinned: reads which of a community's devices certified rolls name.
        checkpoints: from where on each feed counts.
        behind: tells whether an entry lies behind a body that is kept back (replicas/stops.py).
        touched: hears what a record that arrived is about or states and its kind, None for anything; tells
            whether a decision that was read to its end must be read again.
    """

    decided: Callable[[Members], Decided]
    pinned: Callable[[CommunityId], frozenset[bytes]]
    touched: Callable[[bytes | None, str], bool]

    def __init__(self, store: Store) -> None:
        self._store = store
        self.checkpoints = Checkpoints(store, self._chartered)
        self.decided = lambda _: Decided()
        self.pinned = lambda _: frozenset()
        self.touched = lambda *_: False
        self.behind: Callable[[FeedKey, Head], bool] = lambda *_: False
        # Those that stand on rolls, or spoke about them, as far as any were read: on them decisions rest.
        self.devices_named: set[bytes] = set()
        self._said: dict[FederationId, Decided] = {}
        self._waiting: dict[FederationId, frozenset[str]] = {}
        self._communities: dict[CommunityId, Community] = {}
        self._devices: dict[PublicKey, set[CommunityId]] = {}
        self._members: dict[FederationId, Members] = {}
        # As they were read last, kept when they are to be read anew.
        self._read: dict[FederationId, Members] = {}
        # Where papers of decisions arrived since their effects were read; never between two inputs.
        self._stale: set[FederationId] = set()
        # What approvals came of, for who waits for one (witnessing/awaiting.py) and clears it.
        self.approved: set[bytes] = set()
        # Read once: every entry that goes out to every session asks for them.
        self._federations: list[FederationId] | None = None
        self._inviters: dict[FederationId, CommunityId | None] = {}
        self._former: dict[CommunityId, set[PublicKey]] = {}
        for key, _ in store.local.all(FORMER):
            owner, device = CommunityId(key[:ID_BYTES]), PublicKey(key[ID_BYTES:])
            self._former.setdefault(owner, set()).add(device)
        for known in store.charters.communities():
            self._load(known)

    def community(self, community_id: CommunityId) -> Community | None:
        """Return a community whose charter is held and holds."""
        return self._communities.get(community_id)

    def communities(self) -> list[CommunityId]:
        """Return the communities known, sorted."""
        return sorted(self._communities)

    def community_of(self, device: PublicKey) -> CommunityId | None:
        """Return the community in whose charter a device stands, to show it; of several the lowest."""
        return min(self._devices.get(device, ()), default=None)

    def communities_of(self, device: PublicKey) -> frozenset[CommunityId]:
        """Return all communities in whose charters a device stands.

        One device should stand in one charter. Where it agreed to several, each may count on it: a rule that
        chose one would depend on which charters a node happens to hold.
        """
        return frozenset(self._devices.get(device, ()))

    def former_devices(self, community_id: CommunityId) -> frozenset[PublicKey]:
        """Return devices that a community's full charter named once, and whose feeds are held."""
        return frozenset(self._former.get(community_id, ()))

    def approvers(self, payload_id: bytes, signatures: Signatures) -> set[CommunityId]:
        """Return all communities whose stewards stand behind a payload."""
        return {c for c in signatures.communities(payload_id) if self.approves(c, payload_id, signatures)}

    def stands(self, peer: PeerIdentity | None) -> bool:
        """Tell whether a peer's device stands, unretired, in the charter of the community it claims."""
        known = self._communities.get(peer.community) if peer is not None else None
        return (
            peer is not None
            and known is not None
            and peer.device in known.devices
            and peer.device not in known.retirements
        )

    def add_charter(self, community_id: CommunityId, raws: Iterable[bytes]) -> bool:
        """Keep charter records that a peer or a command brought; tell whether that changed the charter.

        Only what the charter's own keys signed is kept, and of a full charter the same everywhere
        (node/identity/keeping.py): it travels with whatever anybody put beside it, and must not become a
        place to store things.

        Raises:
            PeerError: a record cannot be read or its signature does not hold.
        """
        held = [record.stored(raw) for raw in self._store.charters.of(community_id)]
        known = {one.raw for one in held}
        read = [record.read(raw) for raw in raws if raw not in known]
        kept = keeping.kept(
            community_id,
            [*held, *(one for one in read if one.kind in CHARTER_KINDS)],
            lambda: self.pinned(community_id),
        )
        after = {one.raw for one in kept}
        if after == known or community.evaluate(community_id, kept) is None:
            return False
        for one in held:
            if one.raw not in after:
                self._store.charters.drop(community_id, one.id)
        for one in kept:
            self._store.charters.add(community_id, one.id, one.raw)
        before = self._communities.get(community_id)
        self._load(community_id)
        if not claims.same_say(before, self._communities.get(community_id), self.devices_named):
            self.touched(None, "")
            self._members.clear()
        return True

    def federations(self) -> list[FederationId]:
        """Return the federations this node takes part in or is invited to, sorted."""
        if self._federations is None:
            self._federations = [FederationId(key) for key, _ in self._store.local.all(FEDERATIONS)]
        return list(self._federations)

    def founding_record(self, federation: FederationId) -> bytes | None:
        """Return the founding record of a federation."""
        return self._store.local.get(FEDERATIONS, federation)

    def add_federation(self, raw: bytes) -> FederationId:
        """Keep a founding record.

        Raises:
            PeerError: it is not one.
        """
        founding = Founding.read(record.read(raw))
        self._store.local.put(FEDERATIONS, founding.federation, raw)
        self._federations = None
        self._members.pop(founding.federation, None)
        return founding.federation

    def inviter(self, federation: FederationId) -> CommunityId | None:
        """Return the community whose invitation to a federation this node took up, if it did."""
        if federation not in self._inviters:
            value = self._store.local.get(INVITERS, federation)
            self._inviters[federation] = CommunityId(value) if value is not None else None
        return self._inviters[federation]

    def forget_inviters(self) -> None:
        """Note that an invitation was answered."""
        self._inviters.clear()

    def members(self, federation: FederationId) -> Members | None:
        """Return a federation as its records stand, or None when its founding record is not held."""
        if (cached := self._members.get(federation)) is not None:
            return cached
        if (raw := self.founding_record(federation)) is None:
            return None
        first = record.stored(raw)
        found = claims.held(self._store.records, federation)
        founding, before = Founding.read(first), Decided()
        while True:
            self._members[federation] = members = membership.evaluate(
                founding,
                [first, *found],
                self,
                changes=before.changes,
                amendments=before.amendments,
                named=before.named,
            )
            said = self.decided(members)
            self._waiting[federation], self._said[federation] = said.waiting, said
            if said.said == before.said:
                self._read[federation] = members
                return members
            before = said

    def approves(self, community_id: CommunityId, payload_id: bytes, signatures: Signatures) -> bool:
        """Tell whether a community's stewards stand behind a payload; an unknown community never does."""
        known = self._communities.get(community_id)
        return known is not None and known.approves(payload_id, signatures)

    def stewards_of(self, community_id: CommunityId) -> frozenset[bytes]:
        """Return the keys of a community's stewards, none where its charter is not held."""
        known = self._communities.get(community_id)
        return frozenset(known.stewards.keys) if known is not None else frozenset()

    def is_member(self, federation: bytes, community_id: CommunityId) -> bool:
        """Tell whether a community belongs to a federation."""
        members = self.members(FederationId(federation))
        return members is not None and community_id in members.communities

    def may_write(self, federation: bytes, community_id: CommunityId) -> bool:
        """Tell whether anything counts that a community wrote among a federation's members."""
        members = self.members(FederationId(federation))
        return members is not None and (
            community_id in members.communities or bool(members.lasts(community_id))
        )

    def forget_members(self, scope: str) -> None:
        """Note that a record that bears on membership arrived in this scope."""
        if (federation := scopes.federation_of(scope)) is not None:
            self.forget(federation)

    def arrived(self, scope: str, kind: str, about: bytes | None, payload: bytes) -> bool:
        """Note that a record arrived; tell whether it bears on who belongs to a federation by itself.

        `about` is the id under which it is looked up, `payload` that of what it states: several may sign one.
        Whether it does by what was decided is read once for all that arrived together: `settle`.
        """
        if (federation := scopes.federation_of(scope)) is None:
            return False
        if kind == Approval.kind and about is not None:
            self.approved.add(about)
        again = self.touched(payload, kind) | (about is not None and self.touched(about, kind))
        if claims.bears(self._store.records, federation, kind, about):
            self._members.pop(federation, None)
            return True
        if again or kind in self._waiting.get(federation, ()):
            self._stale.add(federation)
        return False

    def settle(self, scope: str) -> bool:
        """Read what was decided after records arrived; tell whether it changes who belongs there."""
        if (federation := scopes.federation_of(scope)) not in self._stale:
            return False
        self._stale.discard(federation)
        before = self._members.get(federation)
        if before is not None and self._same(federation, before):
            return False
        self._members.pop(federation, None)
        return True

    def _same(self, federation: FederationId, members: Members) -> bool:
        """Tell whether what was decided is as it was when these members were added up."""
        said, before = self.decided(members), self._said[federation]
        self._waiting[federation] = said.waiting
        return said.said == before.said

    def recounted(self, scope: str, dropped: Iterable[RecordRow]) -> None:
        """Note that a feed was counted anew, after these records were dropped that nobody else carries."""
        if any(not self._store.records.carriers(scope, row.id) for row in dropped):
            self.forget_members(scope)
        else:
            self.settle(scope)

    def forget(self, federation: FederationId) -> None:
        """Evaluate a federation's members anew when next asked."""
        self.touched(None, "")
        self._members.pop(federation, None)

    def standing(self, entry: Entry) -> Standing:
        """Tell what of an entry counts: what is allowed, but nothing behind a body that is kept back."""
        behind = self.behind(entry.feed, Head(entry.seq, entry.id))
        return Standing.PAST if behind else self.allowed(entry)

    def allowed(self, entry: Entry) -> Standing:
        """Tell what of an entry may count: charters, a removal and its feed's checkpoints say so."""
        feed, place = entry.feed, Head(entry.seq, entry.id)
        found = ends.standing(feed, place, self._owners(feed), self._among(feed), self._store.feeds)
        return found if self.checkpoints.counts(feed, place) else min(found, Standing.PAST)

    def counts_at(self, feed: FeedKey, place: Head) -> bool:
        """Tell whether an edit at a place of a feed counts."""
        found = ends.standing(feed, place, self._owners(feed), self._among(feed), self._store.feeds)
        return (
            found is Standing.COUNTS and self.checkpoints.counts(feed, place) and not self.behind(feed, place)
        )

    def standing_of(self, feed: FeedKey) -> Standing | None:
        """Tell what of a feed counts where that is the same for all its entries, None where it is not."""
        owners, members = self._owners(feed), self._among(feed)
        if not owners:
            return Standing.NOTHING
        if self.checkpoints.bears_on(feed) or all(ends.of(one, feed, members) for one in owners):
            return None
        return Standing.COUNTS

    def cuts(self, feed: FeedKey) -> list[Cut]:
        """Return where edits of a feed end, for each community that retired its device or was removed."""
        members = self._among(feed)
        return [cut for one in self._owners(feed) for end in ends.of(one, feed, members) for cut in end]

    def _chartered(self, feed: FeedKey, place: Head) -> bool:
        """Tell whether an entry counts as far as charters say: whether it may speak about its feed."""
        return ends.standing(feed, place, self._owners(feed), None, self._store.feeds) is Standing.COUNTS

    def _among(self, feed: FeedKey) -> Members | None:
        # As read last, for they change with thousands of records; who is told that they did asks again.
        federation = scopes.federation_of(feed.scope)
        return self._read.get(federation) if federation is not None else None

    def _owners(self, feed: FeedKey) -> list[Community]:
        return [self._communities[one] for one in self.communities_of(feed.device)]

    def _load(self, community_id: CommunityId) -> None:
        held = [record.stored(raw) for raw in self._store.charters.of(community_id)]
        known = community.evaluate(community_id, held)
        if known is None:
            return
        before = self._communities.get(community_id)
        for device in before.devices.keys() - known.devices.keys() if before is not None else ():
            self._devices[device].discard(community_id)
            feeds = self._store.feeds
            if any(feeds.heads_of(FeedKey(device, scope)) for scope in feeds.scopes()):
                self._store.local.put(FORMER, community_id + device, b"")
                self._former.setdefault(community_id, set()).add(device)
        self._communities[community_id] = known
        self.checkpoints.forget()
        for device in known.devices:
            self._devices.setdefault(device, set()).add(community_id)
