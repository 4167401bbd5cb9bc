"""Joining a federation by invitation, from both sides.

The newcomer asks over a session that is not yet one of neighbours: it shows its charter and a join request
that its stewards signed. The inviter judges secret and expiry alone, publishes the request with a membership
for others to approve, and opens the scope when enough of them did.

Who shares another federation with members needs no invitation: it asks among the members of that one.
"""

from collections.abc import Iterable, Sequence

from pydantic import ValidationError

from node import canonical
from node.clock import Timestamp
from node.engine.drafts import Draft, carry
from node.engine.ports import Store
from node.engine.registry import INVITERS, Registry
from node.errors import PeerError, UnauthorisedPeerError, UserError
from node.federation.founding import Founding
from node.federation.invitation import Invitation, Issued, secret_hash
from node.federation.membership import JoinRequest, Membership
from node.feeds import scopes
from node.identity import community as communities
from node.identity.charter import CHARTER_KINDS
from node.ids import CommunityId, FederationId
from node.keys import Signer
from node.limits import FEDERATIONS_MAX
from node.records import record
from node.records.approvals import Approval, Signatures
from node.records.record import Record
from node.records.statement import Id, Key, Part
from node.replication.handshake import PeerIdentity
from node.replication.messages import Join

# Drawers of the local store: invitations issued, by secret hash; requests of our own, by federation.
INVITATIONS = "invitations"
JOINING = "joining"


class Asking(Part):
    """A request of this community to join.

    Attributes:
        request: the record of the join request.
        approvals: those of further stewards; it is sent once enough of them signed.
        answer: what the inviter said last, in words; empty before it did.
        accepted: whether it took the request up.
    """

    inviter: Key
    addresses: tuple[str, ...]
    secret: Id
    request: bytes
    approvals: tuple[bytes, ...] = ()
    answer: str = ""
    accepted: bool = False


def issue(store: Store, invitation: Invitation) -> None:
    """Remember an invitation so that it can be honoured, but not read from the disk and used."""
    issued = Issued(federation=invitation.federation, expires=invitation.expires)
    store.local.put(INVITATIONS, secret_hash(invitation.secret), canonical.encode(issued.model_dump()))


def ask(store: Store, invitation: Invitation, request: Record) -> None:
    """Remember that this community asks to join; the engine asks whenever the inviter is reached."""
    asking = Asking(
        inviter=invitation.inviter,
        addresses=invitation.addresses,
        secret=invitation.secret,
        request=request.raw,
    )
    store.local.put(JOINING, invitation.federation, canonical.encode(asking.model_dump()))


def approve(store: Store, federation: FederationId, approvals: Iterable[Record]) -> None:
    """Note that further stewards signed this community's request to join a federation."""
    one = dict(asking(store))[federation]
    signed = (*one.approvals, *(approval.raw for approval in approvals))
    changed = one.model_copy(update={"approvals": signed})
    store.local.put(JOINING, federation, canonical.encode(changed.model_dump()))


def asking(store: Store) -> list[tuple[FederationId, Asking]]:
    """Return this community's requests, sorted by federation."""
    return [(FederationId(key), _read_asking(value)) for key, value in store.local.all(JOINING)]


def asked(store: Store, registry: Registry, own: CommunityId) -> frozenset[FederationId]:
    """Return the federations that this community asked to join: by an invitation, or among fellow members."""
    known = registry.federations()
    here = {other for one in known for _, other in among(store, registry, one, by=own)}
    return frozenset(here.union(federation for federation, _ in asking(store)))


def among(
    store: Store, registry: Registry, federation: FederationId, *, by: CommunityId | None = None
) -> dict[tuple[CommunityId, FederationId], tuple[Record, ...]]:
    """Return the requests to join others that stand, signed by enough stewards, among a federation's members.

    Args:
        store: what is held.
        registry: whose stewards sign.
        federation: among whose members.
        by: the community that asks; without it, whoever does.

    Returns:
        By who asks and what it asks to join: the request, and the approvals of it by its further stewards.
    """
    scope, found = scopes.members(federation), dict[tuple[CommunityId, FederationId], tuple[Record, ...]]()
    records = store.records
    rows = records.about(scope, JoinRequest.kind, by) if by else records.of_kind(scope, JoinRequest.kind)
    for row in rows:
        for request in JoinRequest.among([row.record]):
            community, other = CommunityId(request.community), FederationId(request.federation)
            stewards = registry.stewards_of(community)
            if other == federation or row.signer not in stewards:
                continue
            approvals = [one.record for one in records.about(scope, Approval.kind, row.payload_id)]
            signed = (row.record, *(one for one in approvals if one.signer in stewards))
            if registry.approves(community, row.payload_id, Signatures(signed)):
                found.setdefault((community, other), signed)
    return found


def request_for(
    store: Store, own: CommunityId, device: bytes, community: CommunityId
) -> list[tuple[FederationId, Join]]:
    """Return what to ask of a peer that has just proved its device: the requests it invited us to make."""
    found = []
    charter = store.charters.of(own)
    for federation, one in asking(store):
        if one.inviter == device:
            store.local.put(INVITERS, federation, community)
            if not one.accepted and _is_signed(own, one, charter):
                found.append((federation, Join(one.secret, (one.request, *one.approvals, *charter))))
    return found


def _is_signed(own: CommunityId, one: Asking, charter: Sequence[bytes]) -> bool:
    """Tell whether enough stewards of this community signed its request: else the inviter would refuse it."""
    standing = communities.evaluate(own, [record.stored(raw) for raw in charter])
    held = [record.stored(raw) for raw in (one.request, *one.approvals)]
    return standing is not None and standing.approves(held[0].payload_id, Signatures(held))


def answered(store: Store, device: bytes, *, accepted: bool, text: str) -> bool:
    """Note what an inviter answered; tell whether it had been asked."""
    was_asked = False
    for federation, one in asking(store):
        if one.inviter == device and not one.accepted:
            was_asked = True
            changed = one.model_copy(update={"accepted": accepted, "answer": text})
            store.local.put(JOINING, federation, canonical.encode(changed.model_dump()))
    return was_asked


def take_up(
    *,
    store: Store,
    registry: Registry,
    steward: Signer | None,
    own: CommunityId,
    join: tuple[bytes, tuple[bytes, ...]],
    peer: PeerIdentity,
    now: Timestamp,
) -> tuple[FederationId, list[Draft]]:
    """Judge a request that a peer makes by an invitation, and return what to publish for it.

    Raises:
        UserError: the invitation does not serve; the sentence is for the newcomer.
        PeerError: the request's bytes do not hold.
    """
    secret, raws = join
    key = secret_hash(secret)
    community = peer.community
    issued = _serving(store, key, community, now)
    records = [record.read(raw) for raw in raws]
    requests = [one for one in records if one.kind == JoinRequest.kind]
    # Judged by what it brings and kept only once it holds: a link that is never used up fills no disk.
    standing = communities.evaluate(community, records) or registry.community(community)
    if standing is None or peer.device not in standing.devices or peer.device in standing.retirements:
        raise UnauthorisedPeerError("the device that asks does not stand in its community's charter")
    if len(requests) != 1:
        raise PeerError(f"expected one join request, found {len(requests)}")
    request = JoinRequest.read(requests[0])
    if request.federation != issued.federation or request.community != community:
        raise PeerError("the join request is for another federation or another community")
    if not standing.approves(request.payload_id, Signatures(records)):
        raise PeerError("the join request is not signed by enough stewards of its community")
    approvals = [
        one
        for one in records
        if one.signer in standing.stewards.keys
        and any(
            (approval.of, approval.community) == (request.payload_id, community)
            for approval in Approval.among([one])
        )
    ]
    registry.add_charter(community, [one.raw for one in records if one.kind in CHARTER_KINDS])
    used = issued.model_copy(update={"used_by": community})
    store.local.put(INVITATIONS, key, canonical.encode(used.model_dump()))
    federation = FederationId(issued.federation)
    members = registry.members(federation)
    if members is None or community in members.communities:
        return federation, []
    if any(pending.membership.community == community for pending in members.pending):
        return federation, []
    return federation, claimed(requests[0], approvals, steward, own)


def claimed(
    request: Record, approvals: Iterable[Record], steward: Signer | None, own: CommunityId
) -> list[Draft]:
    """Return what a member publishes for a community that asked: its request, and with a key its own word.

    Args:
        request: the community's.
        approvals: of the request, by further stewards of that community.
        steward: who states the membership and approves it; None where the key is elsewhere.
        own: the member's community.
    """
    drafts = [carry(one) for one in (request, *approvals)]
    if steward is not None:
        asks = JoinRequest.read(request)
        membership = Membership(
            federation=asks.federation, community=asks.community, request=request.payload_id
        )
        approval = Approval(of=membership.payload_id, community=own)
        drafts += [carry(membership.sign(steward)), carry(approval.sign(steward))]
    return drafts


def _serving(store: Store, key: bytes, community: CommunityId, now: Timestamp) -> Issued:
    """Return the invitation if it serves this community now; a sentence for the newcomer otherwise."""
    issued = _issued(store, key)
    if issued is None:
        raise UserError("this invitation is not known here: was it made by another community?")
    if issued.expires < now:
        raise UserError("this invitation has expired: ask for a new one")
    if issued.used_by not in (None, community):
        raise UserError("this invitation has been used by another community: ask for a new one")
    return issued


def _issued(store: Store, key: bytes) -> Issued | None:
    value = store.local.get(INVITATIONS, key)
    if value is None:
        return None
    try:
        return Issued.model_validate(canonical.decode(value))
    except ValidationError as error:
        raise AssertionError(f"a stored invitation is broken: {error}") from error


def _read_asking(value: bytes) -> Asking:
    try:
        fields = canonical.decode(value)
        lists = {name: tuple(fields.get(name, ())) for name in ("addresses", "approvals")}
        return Asking.model_validate(fields | lists)
    except ValidationError as error:
        raise AssertionError(f"a stored request is broken: {error}") from error


def take_part(
    store: Store, registry: Registry, *, own: CommunityId, peer: PeerIdentity, founding: bytes
) -> bool:
    """Take a federation in that a peer shares: as a founder, as one who asked, or as its own device.

    Returns:
        Whether it concerns this node. What a later version founds does not, before the upgrade.

    Raises:
        PeerError: the record is no founding record, or does not hold.
    """
    signed = record.read(founding)
    if signed.kind == Founding.kind and not Founding.among([signed]):
        return False
    stated = Founding.read(signed)
    # One of several stewards is enough to be asked: approvals of the others travel in the scope itself.
    asking_us = registry.community(peer.community)
    named = own in stated.founders and asking_us is not None and signed.signer in asking_us.stewards.keys
    if not (named or peer.community == own or stated.federation in asked(store, registry, own)):
        return False
    known = registry.federations()
    if stated.federation not in known and len(known) < FEDERATIONS_MAX:
        registry.add_federation(founding)
    return True
