"""Questions put to a federation, as the stored records tell them: who put them, who votes, what was cast.

Commands and the witness read through this; nothing is kept here.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from node.clock import MS_PER_SECOND, Timestamp
from node.engine.ports import RecordRow, Store
from node.engine.registry import Registry
from node.errors import ConflictError, NotFoundError, UserError
from node.federation.bylaws import Closing, Passing
from node.federation.membership import Members
from node.feeds import scopes
from node.governance import decisions, mandates, papers
from node.governance.ballots import Ballot
from node.governance.closing.phases import Windows
from node.governance.closing.quorum import WITNESSES_MAX, Quorum
from node.governance.counting import methods
from node.governance.mandates import Mandate
from node.governance.papers import Papers
from node.governance.proposals import Proposal, Roll, Rule, Witness
from node.governance.sizes import SizeAttestation, latest, sizes
from node.ids import CommunityId, FederationId, PayloadId
from node.records import record
from node.records.approvals import Approval, Signatures
from node.records.record import Record


@dataclass(frozen=True, slots=True)
class Question:
    """A proposal that a member's stewards put, with the roll it is decided on."""

    members: Members
    proposal: Proposal
    roll: Roll

    @property
    def scope(self) -> str:
        """Return the scope in which all about it travels."""
        return scopes.members(self.members.founding.federation)


class Questions:
    """Read proposals, rolls, mandates and ballots from the store."""

    def __init__(self, store: Store, registry: Registry) -> None:
        self._store = store
        self._registry = registry

    def find(self, wanted: PayloadId) -> Question:
        """Return a proposal by its id, with its federation and its roll.

        Raises:
            NotFoundError: it is not known here, or its roll is not.
            ConflictError: nobody entitled put it, or its roll does not follow from its own inputs.
        """
        for members, found in self._named(wanted):
            if not self.is_put(members, found):
                raise ConflictError("that proposal was not put by a member's stewards as the bylaws say")
            roll = self.roll_of(members, found)
            if roll is None:
                raise NotFoundError("the roll of that proposal has not arrived yet")
            if not self._roll_stands(members, roll):
                raise ConflictError("the roll of that proposal does not follow from stated sizes and bylaws")
            return Question(members, found, roll)
        raise NotFoundError("no proposal of that id is known here")

    def put(self, members: Members) -> list[Proposal]:
        """Return the proposals put by members as the bylaws say."""
        scope = scopes.members(members.founding.federation)
        return [one for one in Proposal.among(self.stored(scope, Proposal.kind)) if self.is_put(members, one)]

    def is_put(self, members: Members, proposal: Proposal) -> bool:
        """Tell whether a member's stewards put this question, under the federation's own rules."""
        scope = scopes.members(members.founding.federation)
        signed = self.with_payload(scope, Proposal.kind, proposal.id)
        approvals = self._store.records.about(scope, Approval.kind, proposal.id)
        signatures = Signatures([*signed, *(record.stored(row.raw) for row in approvals)])
        rules = members.founding.bylaws
        return (
            proposal.federation == members.founding.federation
            and CommunityId(proposal.proposer) in members.communities
            and (proposal.rule is None or proposal.rule == rule(rules.passing))
            and proposal.windows == windows(rules.closing, opens=proposal.windows.opens)
            # Beyond that nobody can count it: whoever tried would stop at the close.
            and _can_be_counted(proposal)
            and self._registry.approves(CommunityId(proposal.proposer), proposal.id, signatures)
        )

    def roll_of(self, members: Members, proposal: Proposal) -> Roll | None:
        """Return the roll that a proposal names, None while it is not held."""
        scope = scopes.members(members.founding.federation)
        found = Roll.among(self.with_payload(scope, Roll.kind, PayloadId(proposal.roll)))
        return found[0] if found else None

    def present_roll(self, members: Members) -> tuple[Roll | None, list[CommunityId]]:
        """Return the roll that today's attestations give, None without any, and who is not attested."""
        rules = members.founding.bylaws
        known, unattested = sizes(
            members.communities,
            latest(self.attestations(members).values()),
            attesters=rules.sizes.attesters,
            witnesses=rules.sizes.witnesses,
        )
        if not known:
            return None, unattested
        roll = decisions.make_roll(
            members.founding.federation,
            known,
            method=rules.seats.method,
            house=rules.seats.house,
            floor=rules.seats.floor,
            cap=rules.seats.cap,
            witnesses=self._witnesses(one.community for one in known),
        )
        return roll, unattested

    def attestations(self, members: Members) -> dict[bytes, SizeAttestation]:
        """Return all attestations of members that their stewards signed, by payload id, outdated ones too."""
        scope = scopes.members(members.founding.federation)
        found = self.stored(scope, SizeAttestation.kind)
        known = Signatures([*found, *self.stored(scope, Approval.kind)])
        return {
            bytes(one.payload_id): one
            for one in SizeAttestation.among(found)
            if one.federation == members.founding.federation
            and one.attester in members.communities
            and self._registry.approves(CommunityId(one.attester), one.payload_id, known)
        }

    def mandates(self, members: Members) -> list[Mandate]:
        """Return the mandates published in a federation that hold."""
        scope = scopes.members(members.founding.federation)
        found = self.stored(scope, Mandate.kind)
        known = Signatures([*found, *self.stored(scope, Approval.kind)])
        return [
            one
            for one in mandates.holding(found, known, self._registry.approves)
            if one.federation == members.founding.federation
        ]

    def mandate_records(self, members: Members, mandate: Mandate) -> list[bytes]:
        """Return the records by which a mandate holds: its own first, then the approvals it needed."""
        scope = scopes.members(members.founding.federation)
        own = self.with_payload(scope, Mandate.kind, mandate.payload_id)
        return [one.raw for one in [*own, *self.about(scope, Approval.kind, mandate.payload_id)]]

    def ballots(self, question: Question) -> list[Record]:
        """Return the ballots held that name a proposal."""
        return self.about(question.scope, Ballot.kind, question.proposal.id)

    def ballot_rows(self, question: Question) -> list[RecordRow]:
        """Return the same as they are stored, for who has read most of them before."""
        return self._store.records.about(question.scope, Ballot.kind, question.proposal.id)

    def papers(self, question: Question) -> Papers:
        """Return what witnesses signed about a proposal."""
        held = [record.stored(row.raw) for row in self.paper_rows(question)]
        return Papers.of(question.proposal, question.roll, quorum_of(question), held)

    def paper_rows(self, question: Question) -> list[RecordRow]:
        """Return the same as they are stored, and whatever else names it, for who has read most of them."""
        subjects = (papers.instance(question.proposal.id), bytes(question.proposal.id))
        return [
            row
            for kind in papers.KINDS
            for subject in subjects
            for row in self._store.records.about(question.scope, kind, subject)
        ]

    def about(self, scope: str, kind: str, subject: bytes) -> list[Record]:
        """Return the records of a kind that are about something."""
        return [record.stored(row.raw) for row in self._store.records.about(scope, kind, subject)]

    def with_payload(self, scope: str, kind: str, payload: PayloadId) -> list[Record]:
        """Return the records of a kind that state one payload."""
        rows = self._store.records.with_payload(payload)
        return [record.stored(row.raw) for row in rows if row.scope == scope and row.kind == kind]

    def stored(self, scope: str, kind: str) -> list[Record]:
        """Return all records of a kind."""
        return [record.stored(row.raw) for row in self._store.records.of_kind(scope, kind)]

    def _named(self, wanted: PayloadId) -> Iterator[tuple[Members, Proposal]]:
        for federation in self._registry.federations():
            members = self._registry.members(FederationId(federation))
            for found in Proposal.among(self.with_payload(scopes.members(federation), Proposal.kind, wanted)):
                if members is not None and found.federation == federation:
                    yield members, found

    def _roll_stands(self, members: Members, roll: Roll) -> bool:
        """Tell whether a roll is that of members, by their stated sizes and the bylaws, and adds up."""
        rules = members.founding.bylaws
        return (
            roll.federation == members.founding.federation
            and (roll.method, roll.house, roll.floor, roll.cap)
            == (rules.seats.method, rules.seats.house, rules.seats.floor, rules.seats.cap)
            and all(CommunityId(holder.community) in members.communities for holder in roll.holders)
            and all(self._may_witness(one) for one in roll.witnesses)
            and [one.community for one in roll.witnesses]
            == _taking_turns([holder.community for holder in roll.holders])
            and decisions.roll_rests_on(
                roll,
                self.attestations(members),
                attesters=rules.sizes.attesters,
                witnesses=rules.sizes.witnesses,
            )
            and decisions.roll_holds(roll)
        )

    def _witnesses(self, communities: Iterable[CommunityId]) -> tuple[Witness, ...]:
        """Pin for each witnessing community the first of its devices that is not retired, by key."""
        found = []
        for community in _taking_turns(sorted(communities)):
            known = self._registry.community(CommunityId(community))
            if known is not None:
                # Who retired all its devices still has its place, or nobody could put a question.
                standing = set(known.devices) - set(known.retirements) or set(known.devices)
                found.append(Witness(community=community, device=min(standing)))
        return tuple(found)

    def _may_witness(self, witness: Witness) -> bool:
        known = self._registry.community(CommunityId(witness.community))
        return known is not None and witness.device in known.devices


def _can_be_counted(proposal: Proposal) -> bool:
    """Tell whether this version knows the method and can count that many options and seats."""
    if proposal.method == "yes-no/1":
        return True
    try:
        methods.check_question(
            proposal.method.removesuffix("/1"), options=len(proposal.options), seats=proposal.seats
        )
    except UserError:
        return False
    return True


def _taking_turns(communities: Sequence[bytes]) -> list[bytes]:
    """Return which communities witness: all, or as many as may, the lowest ids first."""
    return list(communities[:WITNESSES_MAX])


def quorum_of(question: Question) -> Quorum:
    """Return how many witnesses must agree; what bylaws ask for beyond what can be is taken as far as it can.

    A federation that grew or shrank has another number of witnesses than its bylaws were written for.
    """
    safe = Quorum.of(len(question.roll.witnesses))
    asked = question.members.founding.bylaws.closing.agreeing or safe.needed
    raised = max(safe.needed, min(asked, safe.witnesses - safe.liars))
    return Quorum.of(safe.witnesses, raised=raised)


def rule(passing: Passing) -> Rule:
    """Return the bylaws' rule for yes/no as a proposal carries it."""
    return Rule(
        threshold=(passing.threshold.numerator, passing.threshold.denominator),
        strictly_above=passing.strictly_above,
        of=passing.of,
        quorum=(passing.quorum.numerator, passing.quorum.denominator),
        blocks_stop=passing.blocks_stop,
    )


def windows(closing: Closing, *, opens: int) -> Windows:
    """Return the bylaws' times as a proposal that opens then (seconds since 1970) carries them."""
    return Windows(
        opens=opens,
        closes=opens + closing.voting,
        grace=closing.grace,
        patience=closing.patience,
        review=closing.review,
        stall=closing.stall,
        early=closing.early,
    )


def seconds(now: Timestamp) -> int:
    """Return a time in whole seconds since 1970, as windows count."""
    return now // MS_PER_SECOND
