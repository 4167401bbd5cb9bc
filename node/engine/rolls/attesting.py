"""The attestations of size that count, as the stored records tell it: whose stewards signed them."""

from collections.abc import Iterable

from node.engine.registry import Registry
from node.engine.stored import Stored
from node.federation.membership import Members
from node.feeds import scopes
from node.governance.proposals import Roll
from node.governance.sizes import SizeAttestation
from node.ids import CommunityId, PayloadId
from node.records.approvals import Approval, Signatures
from node.records.record import Record


def of_members(stored: Stored, registry: Registry, members: Members) -> dict[bytes, SizeAttestation]:
    """Return all attestations of members that their stewards signed, by payload id, outdated ones too."""
    scope = scopes.members(members.founding.federation)
    found = stored.of_kind(scope, SizeAttestation.kind)
    named = {one.payload_id for one in found}
    approvals = [one for each in sorted(named) for one in stored.about(scope, Approval.kind, each)]
    return _signed(registry, members, found, approvals)


def of_roll(stored: Stored, registry: Registry, members: Members, roll: Roll) -> dict[bytes, SizeAttestation]:
    """Return those of them that a roll names: whoever publishes others gives nobody work with this roll."""
    scope = scopes.members(members.founding.federation)
    named = sorted({PayloadId(one) for holder in roll.holders for one in holder.attestations})
    found = [one for each in named for one in stored.with_payload(scope, SizeAttestation.kind, each)]
    approvals = [one for each in named for one in stored.about(scope, Approval.kind, each)]
    return _signed(registry, members, found, approvals)


def _signed(
    registry: Registry, members: Members, found: Iterable[Record], approvals: Iterable[Record]
) -> dict[bytes, SizeAttestation]:
    stated, ever = list(found), set(members.ever)
    known = Signatures([*stated, *approvals])
    return {
        bytes(one.payload_id): one
        for one in SizeAttestation.among(stated)
        if one.federation == members.founding.federation
        and one.attester in ever
        and registry.approves(CommunityId(one.attester), one.payload_id, known)
    }
