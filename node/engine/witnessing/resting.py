"""What a witness's word rests on that others may not hold.

About a question that is what others signed about it, the question itself, and whatever the seals list that
the witness goes by: who lacks one ballot of a cut cannot count it. About a roll it is the roll, and the sizes
and members that are new on it: witnesses compute a roll from what they hold, and follow another's only where
they hold what it names. What a certified roll named before is old: whoever goes by that roll has it.
"""

from collections.abc import Iterable, Iterator

from node.engine.deciding.questions import Question
from node.engine.ports import Store
from node.engine.registry import Registry
from node.engine.rolls import chains
from node.engine.rolls.chains import Panel
from node.engine.stored import Stored
from node.engine.witnessing import turns
from node.federation.membership import JoinRequest, Members, Membership
from node.feeds import scopes
from node.governance.closing.review import Withdraw
from node.governance.mandates import Mandate
from node.governance.papers import Cast, Papers
from node.governance.proposals import Proposal, Roll
from node.governance.sizes import SizeAttestation
from node.ids import CommunityId, PayloadId, RecordId
from node.records.approvals import Approval, Signatures
from node.records.record import Record


class Resting:
    """Name the records that rolls, and votes about questions, rest on."""

    def __init__(self, store: Store, registry: Registry) -> None:
        self._stored = Stored(store)
        self._registry = registry

    def named(self, members: Members, panel: Panel, roll: Roll) -> Iterator[RecordId]:
        """Yield the ids of the records behind a roll that are new since the last one, itself first.

        Of a payload only what the stewards signed who stand behind it: strangers may sign the same.
        """
        scope = scopes.members(members.founding.federation)
        last = panel.roll
        yield from (one.id for one in self._stored.with_payload(scope, Roll.kind, roll.payload_id)[:1])
        holders = last.holders if last is not None else ()
        old = {named for one in holders for named in one.attestations}
        for holder in roll.holders:
            for named in map(PayloadId, holder.attestations):
                if named not in old:
                    said = self._stored.with_payload(scope, SizeAttestation.kind, named)
                    by = [CommunityId(one.attester) for one in SizeAttestation.among(said[:1])]
                    yield from self._stated(scope, said, named, by)
        known = set(map(CommunityId, members.founding.founders))
        known |= chains.named(last) if last is not None else set()
        for community in sorted(chains.named(roll) - known):
            yield from self.joined(scope, members, community)

    def gone_by(self, question: Question, held: Papers, cast: Cast, me: bytes) -> Iterator[bytes]:
        """Yield what others need to judge what a witness signs about a question, what it listed last."""
        scope = question.scope
        yield from turns.voted_by(held, me)
        yield from self._put(scope, question.proposal)
        for one in dict.fromkeys(turns.listed_by(held, me)):
            mandate = cast.mandates.get(PayloadId(one))
            yield from [one] if mandate is None else self._mandate(scope, mandate)

    def _put(self, scope: str, proposal: Proposal) -> Iterator[RecordId]:
        """Yield the ids of the records by which a question was put, and those by which it was taken back."""
        by = [CommunityId(proposal.proposer)]
        said = self._stored.with_payload(scope, Proposal.kind, proposal.id)
        yield from self._stated(scope, said, proposal.id, by)
        back = self._stored.about(scope, Withdraw.kind, proposal.id)
        for payload in sorted({one.payload_id for one in back}):
            yield from self._stated(scope, back, payload, by)

    def _mandate(self, scope: str, mandate: Mandate) -> Iterator[RecordId]:
        """Yield the ids of the records by which a mandate holds."""
        said = self._stored.with_payload(scope, Mandate.kind, mandate.payload_id)
        yield from self._stated(scope, said, mandate.payload_id, [CommunityId(mandate.community)])

    def joined(self, scope: str, members: Members, community: CommunityId) -> Iterator[RecordId]:
        """Yield by what a community came in: of several ways the one that most members approved."""
        ever = set(members.ever)
        ways = []
        for signed in self._stored.about(scope, Membership.kind, community):
            for claim in Membership.among([signed]):
                approvals = self._stored.about(scope, Approval.kind, signed.payload_id)
                signatures = Signatures([signed, *approvals])
                approvers = self._registry.approvers(signed.payload_id, signatures) & ever
                ways.append((-len(approvers), signed.id, signed, claim, sorted(approvers)))
        for _, _, signed, claim, by in sorted(ways, key=lambda one: one[:2])[:1]:
            asked = self._stored.with_payload(scope, JoinRequest.kind, PayloadId(claim.request))
            yield from self._stated(scope, asked, PayloadId(claim.request), [community])
            yield from self._stated(scope, [signed], signed.payload_id, by)

    def _stated(
        self, scope: str, said: list[Record], payload: PayloadId, by: Iterable[CommunityId]
    ) -> Iterator[RecordId]:
        """Yield the records by which communities stand behind a payload."""
        keys = {key for one in by for key in self._registry.stewards_of(one)}
        yield from ([one.id for one in said if one.signer in keys] or [one.id for one in said[:1]])
        approvals = self._stored.about(scope, Approval.kind, payload)
        yield from (one.id for one in approvals if one.signer in keys)
