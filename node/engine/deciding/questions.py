"""Questions put to a federation, as the stored records tell them: who put them, who votes, what was cast.

Commands and the witness read through this; nothing is kept here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from node.clock import MS_PER_SECOND, Timestamp
from node.engine.deciding import asked, granted
from node.engine.deciding.lots import Lots
from node.engine.deciding.turnouts import elects_as_said, turnout
from node.engine.ports import RecordRow, Store
from node.engine.registry import Registry
from node.engine.rolls.rolls import Rolls, RollStanding, quorum_for
from node.errors import ConflictError, NotFoundError, PeerError
from node.federation import bylaws
from node.federation.bylaws import Bylaws, Closing, Passing
from node.federation.membership import Members
from node.feeds import scopes
from node.governance import papers
from node.governance.ballots import Ballot
from node.governance.closing.lottery import Lot
from node.governance.closing.phases import Windows
from node.governance.closing.quorum import Quorum
from node.governance.closing.review import Withdraw
from node.governance.closing.statements import CutVote
from node.governance.mandates import Mandate
from node.governance.papers import Papers
from node.governance.proposals import WHOLE_BALLOTS, Casting, Proposal, Roll, Rule
from node.governance.sizes import SizeAttestation
from node.ids import CommunityId, FederationId, PayloadId
from node.records.approvals import Approval, Signatures
from node.records.record import Record


@dataclass(frozen=True, slots=True)
class Question:
    """A proposal that a member's stewards put, with the roll it is decided on."""

    members: Members
    proposal: Proposal
    roll: Roll

    @property
    def rules(self) -> Bylaws:
        """Return the bylaws that it is decided by."""
        found = self.members.bylaws(self.roll.bylaws)
        assert found is not None  # Else its roll would not stand.
        return found

    @property
    def outlived(self) -> bool:
        """Tell whether it was put when its proposer had no say, or its bylaws did not hold any more.

        Witnesses leave it alone; what they certified stands.
        """
        proposer, opens = CommunityId(self.proposal.proposer), self.proposal.windows.opens
        return self.members.outlived(proposer, self.roll.bylaws, opens=opens)

    @property
    def scope(self) -> str:
        """Return the scope in which all about it travels."""
        return scopes.members(self.members.founding.federation)


class Questions:
    """Read proposals, rolls, mandates and ballots from the store."""

    def __init__(self, store: Store, registry: Registry) -> None:
        self._store = store
        self._registry = registry
        self.rolls = Rolls(store, registry)
        self.lots = Lots(store)

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
            if not self.rolls.stands(members, roll):
                raise ConflictError("the roll of that proposal does not follow from stated sizes and bylaws")
            return Question(members, found, roll)
        raise NotFoundError("no proposal of that id is known here")

    def put(self, members: Members) -> list[Proposal]:
        """Return the proposals put by members as the bylaws say."""
        scope = scopes.members(members.founding.federation)
        return [one for one in Proposal.among(self.stored(scope, Proposal.kind)) if self.is_put(members, one)]

    def has_put(self, members: Members, wanted: PayloadId) -> bool:
        """Tell whether a question of this id was put by a member as the bylaws say."""
        scope = scopes.members(members.founding.federation)
        return any(
            self.is_put(members, one)
            for one in Proposal.among(self.with_payload(scope, Proposal.kind, wanted)[:1])
        )

    def is_put(self, members: Members, proposal: Proposal) -> bool:
        """Tell whether a member's stewards put this question, under the federation's own rules."""
        scope = scopes.members(members.founding.federation)
        signed = self.with_payload(scope, Proposal.kind, proposal.id)
        approvals = self._store.records.about(scope, Approval.kind, proposal.id)
        signatures = Signatures([*signed, *(row.record for row in approvals)])
        roll = self.roll_of(members, proposal)
        # As long as the roll is under way, by any of the bylaws.
        named = [members.founding.federation, *(one.id for one in members.amendments)]
        known = map(members.bylaws, named if roll is None else [roll.bylaws])
        return (
            proposal.federation == members.founding.federation
            and CommunityId(proposal.proposer) in members.ever
            and any(rules is not None and _fits(proposal, rules, roll) for rules in known)
            and (not _changes_bylaws(proposal) or amended(members, proposal) is not None)
            and self._registry.approves(CommunityId(proposal.proposer), proposal.id, signatures)
        )

    def rules(self, members: Members, roll: Roll) -> Bylaws:
        """Return the bylaws that a question on this roll goes by."""
        return members.bylaws(roll.bylaws) or members.founding.bylaws

    def present_rules(self, members: Members) -> Bylaws:
        """Return the bylaws that hold now: what the next roll is made under."""
        named = members.following(self.rolls.newest(members).bylaws)
        return members.bylaws(named) or members.founding.bylaws

    def roll_of(self, members: Members, proposal: Proposal) -> Roll | None:
        """Return the roll that a proposal names, None while it is not held."""
        return self.rolls.find(members, proposal.roll)

    def present_roll(self, members: Members, now: Timestamp) -> tuple[Roll | None, list[CommunityId]]:
        """Return the roll that today's attestations give, None without any, and who is not attested."""
        return self.rolls.present(members, now)

    def attestations(self, members: Members) -> dict[bytes, SizeAttestation]:
        """Return all attestations of members that their stewards signed, by payload id, outdated ones too."""
        return self.rolls.attestations(members)

    def asked(self, members: Members) -> asked.Asked:
        """Return the questions with an effect that are held, put properly or not."""
        return asked.of(members.founding.federation, self._store, self._registry)

    def mandates(self, members: Members) -> list[Mandate]:
        """Return the mandates published in a federation that hold."""
        return list(self.granted(members).values())

    def granted(self, members: Members) -> Mapping[PayloadId, Mandate]:
        """Return the same by payload id, as it is kept: nobody copies it."""
        return granted.holding(members.founding.federation, self._store, self._registry)

    def mandate_records(self, members: Members, mandate: Mandate) -> list[bytes]:
        """Return the records by which a mandate holds: its own first, then the approvals it needed.

        Of its community's stewards and no more than it takes: a ballot carries them, and strangers, who may
        sign the same, must not fill it. Of two ways to say it, all nodes give the same.
        """
        scope = scopes.members(members.founding.federation)
        community = self._registry.community(CommunityId(mandate.community))
        assert community is not None, "a mandate of a community that is not known does not hold"
        entitled = community.stewards.keys

        def rank(one: Record) -> tuple[bool, bool, bytes, bytes]:
            return (one.kind != Mandate.kind, one.signer not in entitled, one.signer, one.id)

        own = self.with_payload(scope, Mandate.kind, mandate.payload_id)
        approvals = self.about(scope, Approval.kind, mandate.payload_id)
        # Where no steward signed the mandate's own record, all approved it, it still goes first.
        first, *others = sorted([*own, *approvals], key=rank)
        signed = {one.signer: one for one in reversed([first, *others]) if one.signer in entitled}
        needed = sorted(signed.values(), key=rank)[: community.stewards.threshold]
        return [first.raw, *(one.raw for one in needed if one.id != first.id)]

    def ballots(self, question: Question) -> list[Record]:
        """Return the ballots held that name a proposal."""
        return self.about(question.scope, Ballot.kind, question.proposal.id)

    def ballot_rows(self, question: Question) -> list[RecordRow]:
        """Return the same as they are stored, for who has read most of them before."""
        return self._store.records.about(question.scope, Ballot.kind, question.proposal.id)

    def papers(self, question: Question) -> Papers:
        """Return what witnesses signed about a proposal."""
        held = [row.record for row in self.paper_rows(question)]
        found = Papers.of(question.proposal, question.roll, quorum_of(question), held)
        return found.with_seed(self.seed(question))

    def paper_rows(self, question: Question) -> list[RecordRow]:
        """Return the same as they are stored, and whatever else names it, for who has read most of them.

        Votes about a question whose roll does not stand in the chain are as if nobody had signed them (R11).
        """
        subjects = (papers.instance(question.proposal.id), bytes(question.proposal.id))
        certified = self.roll_standing(question) is RollStanding.CERTIFIED
        return [
            row
            for kind in papers.KINDS
            if certified or kind != CutVote.kind
            for subject in subjects
            for row in self._store.records.about(question.scope, kind, subject)
        ]

    def roll_standing(self, question: Question) -> RollStanding:
        """Tell where the roll of a question stands in the chain of rolls."""
        return self.rolls.standing(question.members, question.roll)

    def lot(self, question: Question) -> Lot | None:
        """Return how far the lot of a question has come, None where none is drawn."""
        return self.lots.read(question.scope, question.proposal, question.roll, quorum_of(question))

    def seed(self, question: Question) -> bytes | None:
        """Return what orders ties: a drawn lot, None while it is awaited, or what follows from the nonce."""
        lot = self.lot(question)
        return lot.seed if lot is not None else question.proposal.lot_seed

    def taken_back(self, question: Question) -> bool:
        """Tell whether the stewards of its proposer withdrew a question; the witnesses certify it or not."""
        found = self.about(question.scope, Withdraw.kind, question.proposal.id)
        return any(
            self._registry.approves(
                CommunityId(question.proposal.proposer), one.payload_id, self.signatures(question.scope, one)
            )
            for one in found
        )

    def signatures(self, scope: str, stated: Record) -> Signatures:
        """Return who stands behind a payload, by the records held in a scope."""
        own = self.with_payload(scope, stated.kind, stated.payload_id)
        return Signatures([*own, *self.about(scope, Approval.kind, stated.payload_id)])

    def about(self, scope: str, kind: str, subject: bytes) -> list[Record]:
        """Return the records of a kind that are about something."""
        return [row.record for row in self._store.records.about(scope, kind, subject)]

    def with_payload(self, scope: str, kind: str, payload: PayloadId) -> list[Record]:
        """Return the records of a kind that state one payload."""
        rows = self._store.records.with_payload(payload)
        return [row.record for row in rows if row.scope == scope and row.kind == kind]

    def stored(self, scope: str, kind: str) -> list[Record]:
        """Return all records of a kind."""
        return [row.record for row in self._store.records.of_kind(scope, kind)]

    def _named(self, wanted: PayloadId) -> Iterator[tuple[Members, Proposal]]:
        for federation in self._registry.federations():
            members = self._registry.members(FederationId(federation))
            for found in Proposal.among(self.with_payload(scopes.members(federation), Proposal.kind, wanted)):
                if members is not None and found.federation == federation:
                    yield members, found


def quorum_of(question: Question) -> Quorum:
    """Return how many witnesses of a question must agree."""
    return quorum_on(question.roll, question.rules)


def quorum_on(roll: Roll, rules: Bylaws) -> Quorum:
    """Return the same for all questions on a roll."""
    return quorum_for(len(roll.witnesses), rules.closing.agreeing)


def _fits(proposal: Proposal, rules: Bylaws, roll: Roll | None) -> bool:
    """Tell whether a question is put as some bylaws say."""
    entitled = rules.proposing.by == "members" or roll is None or roll.seats_of(proposal.proposer) > 0
    return (
        entitled
        and proposal.rule in (None, *ways_to_pass(proposal, rules))
        and timed(proposal.windows, rules.closing)
        and proposal.casting == casting(rules, proposal.method)
        and proposal.turnout == turnout(rules, election=proposal.rule is None)
        and elects_as_said(proposal, rules, roll)
    )


def amended(members: Members, proposal: Proposal) -> Bylaws | None:
    """Return the bylaws that a question would put in the place of its own; None where it would not.

    How many approve a newcomer cannot be changed: memberships that hold by approvals would fall.
    """
    effect = proposal.effect
    if effect is None or effect.act != "bylaws" or effect.content is None:
        return None
    try:
        found = bylaws.decode(effect.content)
    except PeerError:
        return None
    return found if found.admission == members.founding.bylaws.admission else None


def _changes_bylaws(proposal: Proposal) -> bool:
    return proposal.effect is not None and proposal.effect.act == "bylaws"


def ways_to_pass(proposal: Proposal, rules: Bylaws) -> list[Rule]:
    """Return the rules by which bylaws let a question pass: to annul may be as hard as what is annulled."""
    if proposal.effect is not None and proposal.effect.amends:
        return [rule(rules.amending)]
    return [rule(one) for one in (rules.passing, *([rules.amending] if proposal.is_appeal else []))]


def casting(rules: Bylaws, method: str) -> Casting:
    """Return the bylaws' word about what seats may do with their votes as a proposal carries it."""
    parts = 1 if method in WHOLE_BALLOTS else rules.casting.parts
    return Casting(lending=rules.casting.lending, parts=parts)


def rule(passing: Passing) -> Rule:
    """Return the bylaws' rule for yes/no as a proposal carries it."""
    return Rule(
        threshold=(passing.threshold.numerator, passing.threshold.denominator),
        strictly_above=passing.strictly_above,
        of=passing.of,
        quorum=(passing.quorum.numerator, passing.quorum.denominator),
        blocks_stop=passing.blocks_stop,
        block_reasons=passing.block_reasons,
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


def timed(given: Windows, closing: Closing) -> bool:
    """Tell whether windows are those that the bylaws' times give, near the end of all time too."""
    spans = {name: getattr(closing, name) for name in ("grace", "patience", "review", "stall", "early")}
    return given.model_dump() == {"opens": given.opens, "closes": given.opens + closing.voting, **spans}


def seconds(now: Timestamp) -> int:
    """Return a time in whole seconds since 1970, as windows count."""
    return now // MS_PER_SECOND
