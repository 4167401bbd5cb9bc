"""Membership: who belongs to a federation, as a function of the records in its members' scope.

A community asks by a `JoinRequest` that its stewards sign; any member states a `Membership` for it; it holds
once as many members as the bylaws say approved. The number is absolute and at most the number of founders, so
more records never take a member away and the order in which they come makes no difference.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field

from node.federation.founding import Founding, Stewards, missing_founders
from node.ids import CommunityId
from node.limits import NAME_CHARS_MAX
from node.records.approvals import Signatures
from node.records.record import Record
from node.records.statement import Id, Nonce, Statement


class JoinRequest(Statement):
    """A community's stewards ask to join.

    Attributes:
        name: what the community calls itself, for the members who have not met it; empty before its page is.
    """

    kind: ClassVar[str] = "join"
    federation: Id
    community: Id
    name: Annotated[str, Field(max_length=NAME_CHARS_MAX)]
    nonce: Nonce


class Membership(Statement):
    """A community that asked by `request` shall be a member; other members approve this payload."""

    kind: ClassVar[str] = "membership"
    federation: Id
    community: Id
    request: Id


MEMBERSHIP_KINDS = ("founding", "join", "membership", "approval")


@dataclass(frozen=True, slots=True)
class Pending:
    """A community that asked and is not yet a member."""

    membership: Membership
    name: str
    approved_by: tuple[CommunityId, ...]
    approvals_needed: int


@dataclass(frozen=True, slots=True)
class Members:
    """A federation as its records stand.

    Attributes:
        founded: whether all founders approved; before that there are no members.
        communities: sorted.
        pending: sorted by community.
        awaited: founders whose approval is missing.
        claimed: every community that some record would make a member, held or not: their charters are needed
            to judge it.
    """

    founding: Founding
    founded: bool
    communities: tuple[CommunityId, ...]
    pending: tuple[Pending, ...]
    awaited: tuple[CommunityId, ...]
    claimed: tuple[CommunityId, ...]


def evaluate(founding: Founding, records: Iterable[Record], stewards: Stewards) -> Members:
    """Add up the membership records of a federation."""
    known = sorted({record.id: record for record in records}.values(), key=lambda record: record.id)
    signatures = Signatures(known)
    awaited = missing_founders(founding, signatures, stewards)
    federation = founding.payload_id
    requests = {bytes(r.payload_id): r for r in JoinRequest.among(known) if r.federation == federation}
    claims = [
        _Claim(claim, requests[claim.request].name, stewards.approvers(claim.payload_id, signatures))
        for claim in sorted(Membership.among(known), key=lambda claim: claim.payload_id)
        if claim.federation == federation and _asked(claim, requests, signatures, stewards)
    ]
    needed = founding.bylaws.admission.approvals
    members = {CommunityId(c) for c in founding.founders} if not awaited else set()
    grown = bool(members)
    while grown:  # A new member's approval may complete the next one's number.
        admitted = {
            CommunityId(one.membership.community) for one in claims if len(one.approvers & members) >= needed
        }
        grown = not admitted <= members
        members |= admitted
    pending: dict[bytes, Pending] = {}
    for one in claims:
        if CommunityId(one.membership.community) not in members:
            approved = tuple(sorted(one.approvers & members))
            pending.setdefault(one.membership.community, Pending(one.membership, one.name, approved, needed))
    return Members(
        founding=founding,
        founded=not awaited,
        communities=tuple(sorted(members)),
        pending=tuple(pending[community] for community in sorted(pending)),
        awaited=tuple(awaited),
        claimed=tuple(
            sorted({CommunityId(m.community) for m in Membership.among(known) if m.federation == federation})
        ),
    )


@dataclass(frozen=True, slots=True)
class _Claim:
    """A membership that its community asked for, and who stands behind it."""

    membership: Membership
    name: str
    approvers: set[CommunityId]


def _asked(
    membership: Membership,
    requests: Mapping[bytes, JoinRequest],
    signatures: Signatures,
    stewards: Stewards,
) -> bool:
    """Tell whether the community itself asked: nobody is made a member against its will."""
    request = requests.get(membership.request)
    return (
        request is not None
        and request.community == membership.community
        and stewards.approves(CommunityId(request.community), membership.request, signatures)
    )
