"""Which certified decisions act: the pure function from a federation's papers to who belongs and what holds.

Nothing is stored and nothing is carried out: whoever asks who is a member, or which bylaws hold, gets what
the papers held say. So a restart, a rebuild, or papers in another order change nothing, and an effect cannot
happen twice.
"""

from collections import OrderedDict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import Final
from weakref import ReferenceType, WeakKeyDictionary, ref

from node.engine.claims import Decided
from node.engine.deciding.acting import Acting, Ground, Told, heard, joined, with_appeals
from node.engine.deciding.asked import Asked
from node.engine.deciding.judging import kept_of
from node.engine.deciding.questions import Questions, amended
from node.engine.deciding.standing import read_alone
from node.engine.ports import Store
from node.engine.registry import Registry
from node.engine.rolls import chains
from node.engine.rolls.rolls import Rolls
from node.errors import ConflictError, NotFoundError
from node.federation.membership import Amendment, Change, ChangeAct, Members
from node.governance import papers
from node.governance.ballots import Ballot
from node.governance.closing.phases import Facts, Phase
from node.governance.closing.review import ReviewEnd, ReviewRequest
from node.governance.closing.statements import CutVote
from node.governance.mandates import Mandate
from node.governance.proposals import Proposal, Roll
from node.governance.sizes import SizeAttestation
from node.ids import CommunityId, EntryId, PayloadId
from node.keys import PublicKey
from node.records.approvals import Approval

# The last papers that a decision needs to act, and all others where something was certified without them.
_FIRST = frozenset({Proposal.kind})
# Of rolls any of the chain: what is certified before that is whole is not looked at.
_LAST = _FIRST | {CutVote.kind, ReviewRequest.kind, ReviewEnd.kind, Roll.kind}
_ALL = _LAST | {Ballot.kind, Mandate.kind, SizeAttestation.kind, *papers.KINDS}
# What a cut lists that is about no question: a certified result that could not be counted may wait for it.
_COUNTED_WITH = frozenset({Mandate.kind, Approval.kind})
# Members and decisions are read in turns until nothing is new; so many of these turns are remembered.
_GROUNDS_MAX = 16

_ABOUT_MEMBERS: dict[str, ChangeAct] = {
    "admit": "admit",
    "suspend": "suspend",
    "restore": "restore",
    "remove": "remove",
}


@dataclass(slots=True)
class _Look:
    """What the questions of one federation do on one ground.

    Attributes:
        asked: the questions that this was read from.
        taken: how many of them were read.
        told: what the papers of each say; None for one that is not put.
        again: those about which something came since.
        later: those of them that are read when somebody asks: members and bylaws do not rest on them.
        counted, uncounted: those that do not act, by whether more papers may be needed to count them.
        changes, amendments: what those that passed do, with their place among the decisions.
    """

    asked: Asked
    taken: int = 0
    told: dict[PayloadId, Told | None] = field(default_factory=dict)
    again: set[PayloadId] = field(default_factory=set)
    later: set[PayloadId] = field(default_factory=set)
    counted: set[PayloadId] = field(default_factory=set)
    uncounted: set[PayloadId] = field(default_factory=set)
    changes: dict[PayloadId, Change] = field(default_factory=dict)
    amendments: dict[PayloadId, tuple[tuple[int, bytes], Amendment]] = field(default_factory=dict)

    def join(self, one: PayloadId) -> Acting | None:
        """Return how far a question has come; None for one that is not put."""
        proposal, told = self.asked.get(one), self.told.get(one)
        if told is None or proposal.effect is None:
            return None
        return joined(proposal, proposal.effect, told, self.said(proposal))

    def said(self, proposal: Proposal) -> set[bool]:
        """Return what certified questions whether to annul a decision said: whether they passed."""
        appeals = self.asked.appeals.get(proposal.id, ())
        known = [(self.asked.get(one), self.told.get(one)) for one in appeals]
        return heard(proposal, ((appeal, told) for appeal, told in known if told is not None))


class Enacting:
    """Read what decisions of a federation do.

    What was read of a question is kept until a paper about it comes, or of the roll it waits for: who puts
    thousands of questions makes others read each once. What was settled holds as long as all that it stood on
    does: where a roll falls, or a decision about bylaws or members, it is read again. In memory only.
    """

    def __init__(self, store: Store, registry: Registry) -> None:
        self._store = store
        self._registry = registry
        self._questions = Questions(store, registry)
        # With what each stood on.
        self._settled: dict[PayloadId, tuple[Ground, Told]] = {}
        self._looks: OrderedDict[Ground, _Look] = OrderedDict()
        # Rolls found not to stand, by id, for the time of one reading: many questions may name one.
        self._fallen: set[bytes] = set()
        # By what papers name, the questions that they may change; of rolls the questions that wait for one.
        self._about: dict[bytes, set[PayloadId]] = {}
        self._waiting: dict[bytes, set[PayloadId]] = {}
        # By what a roll needs to stand, those rolls.
        self._parts: dict[bytes, set[bytes]] = {}
        self._incomplete: set[PayloadId] = set()

    def touched(self, about: bytes | None, kind: str) -> bool:
        """Note that a paper arrived, or with None that anything may have changed; tell whether it matters."""
        if about is None:
            for each in (self._settled, self._looks, self._about, self._waiting, self._parts):
                each.clear()
            self._incomplete.clear()
            return True
        again = set(self._about.get(about, ()))
        for roll in self._parts.get(about, ()):
            again |= self._waiting.pop(roll, set())
        if kind in _COUNTED_WITH:
            again |= self._incomplete
        if not again:
            return False
        for look in self._looks.values():
            look.again |= again
        settled = again & self._settled.keys()
        for one in settled:
            del self._settled[one]
        # An approval may be the last that a question, or a request for its review, takes.
        return bool(settled) or kind == Approval.kind

    def read(self, members: Members) -> list[Acting]:
        """Return the questions that have an effect, in the order in which their voting ends."""
        look = self._look(members, every=True)
        found = [one for one in map(look.join, look.asked.order) if one is not None]
        return sorted(found, key=lambda one: one.order)

    def told(self, members: Members, proposal: Proposal) -> Told:
        """Return what is known of a question, with what others said about it, as of no time."""
        look = self._look(members, {proposal.id})
        found = look.told.get(proposal.id)
        if found is None:
            ground = next(reversed(self._looks))
            settled = self._kept(ground, proposal.id)
            found = self._anew(members, ground, proposal) if settled is None else settled
        if found.facts is None:
            return found
        return replace(found, facts=with_appeals(proposal, found.facts, look.said(proposal)))

    def decided(self, members: Members) -> Decided:
        """Return what certified decisions say about members and bylaws."""
        look, waiting = self._look(members), _FIRST
        if look.counted:
            waiting |= _LAST
        if look.uncounted:
            waiting |= _ALL
        changes = tuple(sorted(look.changes.values(), key=lambda one: one.order))
        amendments = tuple(one for _, one in sorted(look.amendments.values(), key=lambda each: each[0]))
        if any(one.acts and one.act in ("suspend", "remove") for one in changes):
            # Approvals of who has no say any more count for those whom a roll named before.
            waiting |= {CutVote.kind, Roll.kind}
            named = frozenset[CommunityId]().union(
                *map(chains.named, self._questions.rolls.certified(members))
            )
            return Decided(changes, amendments, named, waiting)
        return Decided(changes, amendments, waiting=waiting)

    def _look(self, members: Members, wanted: Collection[PayloadId] = (), *, every: bool = False) -> _Look:
        """Return what the questions held do, reading those that are new or about which something came.

        Of others than members and bylaws rest on only the wanted ones, or every one.
        """
        ground = Ground.of(members, self._questions.rolls.certified(members))
        asked = self._questions.asked(members)
        look = self._looks.pop(ground, None)
        if look is None or look.asked is not asked:
            look = _Look(asked)
        self._looks[ground] = look
        while len(self._looks) > _GROUNDS_MAX:
            self._looks.popitem(last=False)
        come = {one for one in look.again if asked.knows(one)} | set(asked.order[look.taken :])
        look.later |= come - asked.bearing
        again = come & asked.bearing | (look.later if every else look.later.intersection(wanted))
        self._fallen.clear()
        for one in sorted(again):
            look.told[one] = self._told(members, ground, asked.get(one))
        targets = {effect.target for one in again if (effect := asked.get(one).effect) is not None}
        for one in again | {PayloadId(each) for each in targets if each is not None}:
            if asked.knows(one):
                self._enter(members, look, one)
        look.later -= again
        look.again.clear()
        look.taken = len(asked.order)
        return look

    def _enter(self, members: Members, look: _Look, one: PayloadId) -> None:
        """Note what one question does."""
        for each in (look.counted, look.uncounted):
            each.discard(one)
        look.changes.pop(one, None)
        look.amendments.pop(one, None)
        found = look.join(one)
        if found is None:
            return
        if not found.acts:
            (look.counted if found.counted else look.uncounted).add(one)
        if not found.passed:
            return
        effect = found.effect
        act = _ABOUT_MEMBERS.get(effect.act)
        if act is not None and effect.target is not None:
            lasts = tuple((PublicKey(it.device), it.seq, EntryId(it.entry)) for it in effect.lasts)
            target = CommunityId(effect.target)
            look.changes[one] = Change(act, target, found.order, found.since, found.acts, lasts)
        bylaws, roll = amended(members, found.proposal), self._questions.roll_of(members, found.proposal)
        if bylaws is not None and roll is not None:
            annulled = found.phase is Phase.ANNULLED
            amendment = Amendment(one, roll.bylaws, bylaws, found.since, found.acts, annulled)
            look.amendments[one] = found.order, amendment

    def _kept(self, ground: Ground, named: PayloadId) -> Told | None:
        stood, settled = self._settled.get(named, (ground, None))
        return settled if ground.extends(stood) else None

    def _told(self, members: Members, ground: Ground, proposal: Proposal) -> Told | None:
        """Return what the papers of a question say, None where it is not put."""
        settled = self._kept(ground, proposal.id)
        if settled is not None:
            return settled
        if not self._questions.is_put(members, proposal):
            self._note(proposal.id, [proposal.id])
            self._wait(members, proposal)
            return None
        return self._anew(members, ground, proposal)

    def _anew(self, members: Members, ground: Ground, proposal: Proposal) -> Told:
        """Read what the papers of a question say, and note what may change it."""
        self._note(proposal.id, [proposal.id, papers.instance(proposal.id)])
        found = self._read(proposal)
        if found.facts is None:
            self._wait(members, proposal)
        if found.settled:
            self._settled[proposal.id] = ground, found
        self._incomplete.discard(proposal.id)
        if found.incomplete:
            self._incomplete.add(proposal.id)
        return found

    def _note(self, question: PayloadId, about: Iterable[bytes]) -> None:
        for one in about:
            self._about.setdefault(one, set()).add(question)

    def _wait(self, members: Members, proposal: Proposal) -> None:
        """Note what may still come that a question's roll needs."""
        self._waiting.setdefault(proposal.roll, set()).add(proposal.id)
        self._parts.setdefault(proposal.roll, set()).add(proposal.roll)
        roll = self._questions.roll_of(members, proposal)
        if roll is not None and proposal.roll not in self._parts.get(roll.previous, ()):
            for part in {roll.previous, *(one for holder in roll.holders for one in holder.attestations)}:
                self._parts.setdefault(part, set()).add(proposal.roll)

    def _read(self, proposal: Proposal) -> Told:
        if proposal.roll in self._fallen:
            return Told(None)
        try:
            question = self._questions.find(proposal.id)
        except (NotFoundError, ConflictError):
            self._fallen.add(proposal.roll)
            return Told(None)
        held = kept_of(question, self._registry).papers(question, self._questions)
        if not (held.agreement.certificates() or held.agreement.diverging()):
            # As nearly always: nothing is counted for it.
            return Told(Facts(proposal.windows, proposal.windows.opens))
        standing = read_alone(question, self._questions, self._registry)
        counted = standing.closed.stands
        asked = self._questions.about(question.scope, ReviewRequest.kind, proposal.id)
        self._note(proposal.id, (one.payload_id for one in asked))
        lacking = standing.cast.lacks(counted.cut.contested) if counted is not None else ()
        self._note(proposal.id, lacking)
        effect = proposal.effect
        return Told(
            facts=standing.facts,
            stands=counted is not None,
            verdict=counted.result.outcome.verdict.value if counted is not None else "",
            passed=standing.passed,
            let=effect is not None and question.rules.effects.let(effect.act),
        )


# By registry, what reads for it what was decided.
_ATTACHED: Final[WeakKeyDictionary[Registry, ReferenceType[Enacting]]] = WeakKeyDictionary()


def attach(registry: Registry, store: Store) -> None:
    """Let a registry read what was decided."""
    enacting = Enacting(store, registry)
    _ATTACHED[registry] = ref(enacting)  # The registry itself holds it, by what is set here.

    def touched(about: bytes | None, kind: str) -> bool:
        doubted = chains.touched(registry, about, kind)
        return enacting.touched(about, kind) or doubted

    def pinned(community: CommunityId) -> frozenset[bytes]:
        """Return the devices by which certified rolls let a community speak: they go before others."""
        known = filter(None, map(registry.members, registry.federations()))
        rolls = (roll for members in known for roll in Rolls(store, registry).certified(members))
        return frozenset(one.device for roll in rolls for one in roll.witnesses if one.community == community)

    registry.decided, registry.touched = enacting.decided, touched
    registry.pinned = pinned


def read(store: Store, registry: Registry, members: Members) -> list[Acting]:
    """Return the questions of a federation that have an effect."""
    return _of(store, registry).read(members)


def told(store: Store, registry: Registry, members: Members, proposal: Proposal) -> Told:
    """Return what is known of a question, of any kind: what was settled is not counted again."""
    return _of(store, registry).told(members, proposal)


def _of(store: Store, registry: Registry) -> Enacting:
    attached = _ATTACHED.get(registry)
    return (attached() if attached is not None else None) or Enacting(store, registry)
