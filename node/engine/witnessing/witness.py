"""This node as a witness: it gives receipts, seals and votes, each time its papers or the clock ask for it.

What it signs is published like everything else, so it is on the disk before anybody sees it; what it signed
before is read back from there, so a crash changes nothing. In memory are only what it may forget: how long a
round has lasted, and what it need not work out twice.
"""

from collections.abc import Iterable

from node.clock import MS_PER_SECOND, Timestamp
from node.engine.deciding import lots
from node.engine.deciding.evidence import Evidence
from node.engine.deciding.questions import Question, Questions, seconds
from node.engine.deciding.reviewing import Reviewing
from node.engine.drafts import Draft, carry
from node.engine.ports import Store
from node.engine.registry import Registry
from node.engine.rolls.rolls import RollStanding
from node.engine.setup import Keyring
from node.engine.witnessing.awaiting import Awaiting, Wait
from node.engine.witnessing.drawing import Drawing
from node.engine.witnessing.recalling import Comparisons, Recollection
from node.engine.witnessing.resting import Resting
from node.engine.witnessing.rolling import Rolling
from node.engine.witnessing.sightings import Sighting, Sightings
from node.engine.witnessing.spreading import Spreading
from node.engine.witnessing.turns import Open, Turn, round_ends
from node.errors import ConflictError, NotFoundError
from node.federation.membership import JoinRequest, Membership
from node.feeds import scopes
from node.governance import choosing, closed, mandates, papers
from node.governance.ballots import Ballot, Voice
from node.governance.closing import listing, merkle, witness
from node.governance.closing.review import Withdraw
from node.governance.closing.statements import CutVote, Receipt, Seal
from node.governance.closing.witness import View
from node.governance.mandates import Mandate
from node.governance.papers import Cast, Papers
from node.governance.proposals import Proposal, Roll
from node.governance.sizes import SizeAttestation
from node.ids import PayloadId
from node.records.approvals import Approval
from node.records.record import Record
from node.records.statement import Statement

# Several ballots or votes that arrive together are answered together.
_GATHER = Timestamp(300)
_NEVER = Timestamp(2**62)
# Kinds of record after which a proposal is looked at again.
_BEARING = frozenset(
    {Proposal.kind, Roll.kind, Ballot.kind, Mandate.kind, Withdraw.kind, Approval.kind}
    | {*papers.KINDS, *lots.KINDS}
)
# Kinds of record by which a question not taken up yet may turn out to be put, on a roll that stands.
_GROUNDS = frozenset(
    {Proposal.kind, Roll.kind, SizeAttestation.kind, JoinRequest.kind, Membership.kind, Approval.kind}
)


class Witnessing:
    """Do a witness's duty for all proposals of all federations of this node.

    Args:
        comparisons: tells whether a neighbour held what this node holds since it started.
    """

    def __init__(self, store: Store, registry: Registry, keyring: Keyring, comparisons: Comparisons) -> None:
        self._questions = Questions(store, registry)
        self._registry = registry
        self._keyring = keyring
        self._recollection = Recollection(store, registry, keyring.community, comparisons)
        sure = self._recollection.is_sure
        self._evidence = Evidence(store, registry)
        self._resting = Resting(store, registry)
        self._reviewing = Reviewing(self._questions, registry, keyring, sure, self._lasting)
        self._spreading = Spreading(store, registry, keyring.device.public)
        self._drawing = Drawing(store, keyring, sure, self._spreading)
        self._agreeing = (Rolling(store, registry, keyring, sure, self._spreading), self._drawing)
        self._sightings = Sightings(store)
        # Scopes in which a vote came, so that somebody may not see what is certified.
        self._voted: set[str] = set()
        self._open: dict[PayloadId, Open] = {}
        self._awaiting = Awaiting(store, registry)
        # Closed, or not this node's to witness.
        self._ended: set[PayloadId] = set()
        self._latest = Timestamp(0)
        self._looked_around = False

    def arrived(self, scope: str, kinds: Iterable[str], now: Timestamp) -> None:
        """Note what kinds of record are new in a scope."""
        if scopes.federation_of(scope) is None:
            return
        for duty in self._agreeing:
            duty.arrived(scope, kinds, now)
        if CutVote.kind in kinds:
            self._voted.add(scope)
        soon = Timestamp(now + _GATHER)
        if not _BEARING.isdisjoint(kinds):
            for each in self._open.values():
                if each.question.scope == scope:
                    each.due = min(each.due, soon)
        if not _GROUNDS.isdisjoint(kinds):
            self._look_around(soon)

    def next_due(self) -> Timestamp | None:
        """Return when there is something to do next."""
        if not self._looked_around:
            return Timestamp(0)
        times = [each.due for each in self._open.values() if self._may_sign(each)]
        duties = (self._awaiting, self._recollection, *self._agreeing)
        times += [one for duty in duties if (one := duty.next_due()) is not None]
        return min([*times, self._reviewing.next_due()])

    def wants_comparing(self, now: Timestamp) -> bool:
        """Tell whether a duty waits for a comparison with a neighbour, and it is time to ask for one."""
        return self._recollection.wants_comparing(now)

    def act(self, now: Timestamp) -> list[tuple[str, tuple[Draft, ...]]]:
        """Return per scope what this node signs now."""
        self._recollection.at(now)
        if not self._looked_around:
            self._looked_around = True
            self._look_around(now)
        self._notice_the_clock(now)
        for wait in self._awaiting.take_due(now):
            self._take_up(wait, now)
        signed = [one for duty in self._agreeing for one in duty.act(now)]
        due = [one for one, each in self._open.items() if each.due <= now and self._may_sign(each)]
        for proposal in due:
            each = self._open[proposal]
            records = self._attend(each, now)
            if records:
                signed.append((each.question.scope, tuple(carry(one) for one in records)))
            if each.ended:
                del self._open[proposal]
                self._drawing.end(proposal)
                self._ended.add(proposal)
        signed += [(scope, tuple(map(carry, records))) for scope, records in self._reviewing.act(now)]
        for scope in sorted(filter(self._recollection.is_sure, self._voted)):
            signed.append((scope, tuple(carry(one) for one in self._spreading.unseen(scope))))
            self._voted.remove(scope)
        return signed

    def _is_known(self, proposal: PayloadId) -> bool:
        return proposal in self._open or proposal in self._ended

    def _may_sign(self, each: Open) -> bool:
        """Tell whether this node knows what it signed before (recalling.py)."""
        return self._recollection.is_sure(each.question.scope)

    def _notice_the_clock(self, now: Timestamp) -> None:
        """Look at everything again when the clock was set back: what was due by the wrong time is due now."""
        if now < self._latest:
            for each in self._open.values():
                each.due, each.round_began = now, None
            self._awaiting.clock_set_back(now)
        self._latest = now

    def _look_around(self, when: Timestamp) -> None:
        """Find questions not looked at yet, and note when those that are put were first seen."""
        for wait in self._awaiting.something_came(when, self._is_known):
            self._see(wait, when)

    def _see(self, wait: Wait, when: Timestamp) -> None:
        members = self._registry.members(wait.federation)
        # Who was removed since has its duty still for questions whose roll names it.
        if wait.put or members is None or self._keyring.community not in members.ever:
            return
        wait.put = self._questions.has_put(members, wait.proposal)
        if wait.put:
            newest = self._questions.rolls.newest(members).version
            self._sightings.note(wait.proposal, Sighting(seconds(when), newest))

    def _take_up(self, wait: Wait, now: Timestamp) -> None:
        """Witness a question if the roll names this device; forget it if it does not; else let it wait."""
        self._see(wait, now)
        try:
            question = self._questions.find(wait.proposal) if wait.put else None
        except (NotFoundError, ConflictError):
            question = None
        if question is None:
            # An approval of it may still arrive, its roll, or the attestations and charters that it rests on.
            self._awaiting.put_off(wait, now)
            return
        proposal = wait.proposal
        self._awaiting.end(wait)
        device = self._keyring.device.public
        named = any(
            (one.community, one.device) == (self._keyring.community, device)
            for one in question.roll.witnesses
        )
        sighting = self._sightings.of(proposal)
        assert sighting is not None, "it was noted when it was first seen to be put"
        windows = question.proposal.windows
        if named and not question.outlived and not sighting.abstains(question.proposal, question.roll):
            late = sighting.too_late_for_receipts(windows)
            in_time = self._sightings.lot_in_time(proposal)
            self._open[proposal] = Open(question, due=now, seen_late=late, lot_in_time=in_time)
            self._drawing.begin(question, now)
        else:
            self._ended.add(proposal)

    def _attend(self, each: Open, now: Timestamp) -> list[Record]:
        """Return what to sign for one proposal, and note when to look again."""
        question, clock = each.question, seconds(now)
        windows = question.proposal.windows
        held = each.kept.papers(question, self._questions)
        each.due = _NEVER
        if held.agreement.certificates():
            self._watch(each, held)
            found = self._spreading.certified(question.scope, held.agreement.certificates())
            first = each.ended and not self._reviewing.said(question)  # Which sees to it once more.
            return found + self._lasting(question) if first else found
        cast = each.kept.cast(question, self._questions, self._registry)
        if clock < windows.opens:
            each.due = Timestamp(windows.opens * MS_PER_SECOND)
            return []
        me = self._keyring.community
        sealed = any(one.seal.witness == me for one in held.seals)
        if not each.lot_in_time and held.lot_seed is not None and clock < windows.seals_from:
            each.lot_in_time = True
            self._sightings.note_lot(question.proposal.id)
        signed: list[Record] = []
        if not sealed and not each.may_seal(held, me):
            each.due = Timestamp(windows.given_up_from * MS_PER_SECOND)
            taken_back = self._questions.taken_back(question)
            return self._vote(each, held, cast, now) if taken_back or clock >= windows.given_up_from else []
        if not sealed and clock < windows.seals_from and not each.seen_late:
            signed += self._receipts(held, cast)
            held = held.plus(signed)
        if not sealed and clock < windows.seals_from and not (windows.early and _all_voted(question, cast)):
            if self._questions.taken_back(question) and not held.is_sealed(me):
                return signed + self._vote(each, held, cast, now)
            each.due = Timestamp(windows.seals_from * MS_PER_SECOND)
            return signed
        if not sealed:
            signed.append(self._seal(question.scope, held, cast))
            held = held.plus(signed[-1:])
        return signed + self._vote(each, held, cast, now)

    def _watch(self, each: Open, held: Papers) -> None:
        """Leave a certified decision to its review, once all of it is held."""
        each.ended = self._reviewing.said(each.question)
        if each.ended:
            return  # Old decisions are not counted again at every start.
        found = closed.read(held, each.kept.cast(each.question, self._questions, self._registry))
        each.ended = not found.certified or found.rivals or found.counted is not None
        if found.stands is not None:
            self._reviewing.begin(each.question)

    def _receipts(self, held: Papers, cast: Cast) -> list[Record]:
        """Give receipts for what arrived since the last ones."""
        me = self._keyring.community
        given = {
            one
            for each in held.receipts.values()
            if each.receipt.witness == me
            for one in each.receipt.listed
        }
        fresh = listing.fresh(held.roll, cast.valid.values(), cast.mandates.values(), given)
        if not fresh:
            return []
        return [self._sign(Receipt(proposal=held.proposal.id, witness=me, listed=tuple(fresh)))]

    def _seal(self, scope: str, held: Papers, cast: Cast) -> Record:
        """Close the book over all that this node gave a receipt for."""
        me = self._keyring.community
        own = [each.receipt for each in held.receipts.values() if each.receipt.witness == me]
        listed = tuple(sorted({one for each in own for one in each.listed}))
        others = {one: each for one, each in held.receipts.items() if each.receipt.witness != me}
        named = listing.receipts(
            others,
            listed,
            {*cast.valid, *cast.mandates},
            enough=held.quorum.honest_among,
            forked=self._spreading.forked(scope, held.roll),
        )
        return self._sign(
            Seal(
                proposal=held.proposal.id,
                witness=me,
                root=merkle.root(listed),
                listed=listed,
                receipts=tuple(named),
            )
        )

    def _sign(self, statement: Statement) -> Record:
        return statement.sign(self._keyring.device)

    def _vote(self, each: Open, held: Papers, cast: Cast, now: Timestamp) -> list[Record]:
        """Return the votes to sign now (R8), and note when this round has lasted too long."""
        me = self._keyring.community
        signed: list[Record] = []
        if self._questions.roll_standing(each.question) is not RollStanding.CERTIFIED:
            return []  # Looked at again with every vote that arrives, those that certify the roll too.
        taken_back = self._questions.taken_back(each.question)
        forked = self._spreading.forked(each.question.scope, held.roll)
        while True:
            turn = Turn(each, held, cast, me, seconds(now), taken_back, forked)
            agreement = held.agreement
            self._time_round(each, witness.round_of(agreement, me), now, lasts=witness.lasts(agreement, me))
            overdue = each.round_began is not None and now >= round_ends(each)
            vote = witness.next_vote(View(agreement, me, turn.proposed, turn.confirms, overdue))
            if vote is None:
                break
            signed.append(self._sign(vote))
            held = held.plus(signed[-1:])
        if not held.agreement.certificates():
            each.due = min(turn.next_times(), default=_NEVER)
        return signed + self._spreading.behind(
            each.question.scope,
            each.spread,
            held.agreement,
            me,
            named=lambda: self._resting.gone_by(each.question, held, cast, me),
            witnesses=[one.community for one in held.roll.witnesses],
        )

    def _lasting(self, question: Question) -> list[Record]:
        """Return what to carry on so that what was decided cannot be undone, or differ from node to node."""
        named = (one.id for one in self._evidence.behind(question))  # Read only where there is any doubt.
        return self._spreading.lasting(question.scope, named)

    def _time_round(self, each: Open, round_number: int, now: Timestamp, *, lasts: bool) -> None:
        """Note when time began to pass in the round of this node."""
        if round_number != each.round_number:
            each.round_number, each.round_began = round_number, None
        if each.round_began is None and lasts:
            each.round_began = now


def _all_voted(question: Question, cast: Cast) -> bool:
    """Tell whether every seat's own delegate has voted, so that nobody is shut out by an early end.

    A substitute's ballot, or one under a mandate that is not the seat's newest, does not speak for who may
    still vote.
    """
    proposal, roll = question.proposal, question.roll
    force = mandates.in_force(cast.mandates.values(), proposal)
    chosen = choosing.choose(cast.valid.values(), cast.mandates.values(), proposal, roll).counted
    voted = [
        one
        for one in chosen
        if one.voice is not Voice.SUBSTITUTE
        and one.seat in force
        and force[one.seat].payload_id == one.mandate_id
    ]
    return len(voted) == roll.seats
