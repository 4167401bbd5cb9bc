"""Which certified decisions act: the pure function from a federation's papers to who belongs and what holds.

Nothing is stored and nothing is carried out: whoever asks who is a member, or which bylaws hold, gets what
the papers held say. So a restart, a rebuild, or papers in another order change nothing, and an effect cannot
happen twice.
"""

from collections import OrderedDict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self

from node.engine.deciding import chains
from node.engine.deciding.judging import kept_of
from node.engine.deciding.questions import Questions, amended
from node.engine.deciding.rolls import Rolls
from node.engine.deciding.standing import read_standing
from node.engine.ports import Store
from node.engine.registry import Decided, Registry
from node.errors import ConflictError, NotFoundError
from node.federation.membership import Amendment, Change, ChangeAct, Members
from node.feeds import scopes
from node.governance import papers
from node.governance.ballots import Ballot
from node.governance.closing.phases import Facts, Phase, acts, phase
from node.governance.closing.review import ReviewEnd, ReviewRequest
from node.governance.closing.statements import CutVote
from node.governance.effects import Effect
from node.governance.mandates import Mandate
from node.governance.proposals import Proposal, Roll
from node.governance.sizes import SizeAttestation
from node.ids import CommunityId, EntryId, PayloadId, RecordId
from node.keys import PublicKey
from node.records.approvals import Approval

# The last papers that a decision needs to act, and all others where something was certified without them.
_FIRST = frozenset({Proposal.kind})
# Of rolls any of the chain: what is certified before that is whole is not looked at.
_LAST = _FIRST | {CutVote.kind, ReviewRequest.kind, ReviewEnd.kind, Roll.kind}
_ALL = _LAST | {Ballot.kind, Mandate.kind, SizeAttestation.kind, *papers.KINDS}


# What questions stand on beside members and certified rolls.
_GROUND = frozenset({Roll.kind, SizeAttestation.kind})
# Members and decisions are read in turns until nothing is new; so many of these turns are remembered.
_GROUNDS_MAX = 16
# A question may be 20,000 characters long; of more than these each is decoded again when it is read.
_DECODED_MAX = 2_048

_ABOUT_MEMBERS: dict[str, ChangeAct] = {
    "admit": "admit",
    "suspend": "suspend",
    "restore": "restore",
    "remove": "remove",
}


@dataclass(frozen=True, slots=True)
class Acting:
    """A question with an effect, and how far it has come.

    Attributes:
        phase: None where its roll is not held or does not stand.
        counted: nothing is certified about it, or that was counted again here.
        passed: a certified result says so.
        acts: it has its effect.
    """

    proposal: Proposal
    effect: Effect
    phase: Phase | None
    counted: bool
    passed: bool
    acts: bool

    @property
    def order(self) -> tuple[int, bytes]:
        """Return its place among the decisions: when its voting ended, then its id."""
        return (self.proposal.windows.closes, self.proposal.id)

    @property
    def since(self) -> int:
        """Return from when everybody could know that it has its effect, in seconds since 1970."""
        return self.proposal.windows.in_force_from


@dataclass(frozen=True, slots=True)
class _Ground:
    """What of a federation its questions stand on.

    Attributes:
        federation: its id.
        rolls: the certified ones by id, the first first.
        ever: all that were members at some time.
        bylaws: the decisions that changed the bylaws, by id.
    """

    federation: bytes
    rolls: tuple[PayloadId, ...]
    ever: frozenset[CommunityId]
    bylaws: frozenset[bytes]

    @classmethod
    def of(cls, members: Members, rolls: Sequence[Roll]) -> Self:
        """Return what questions stand on with these members."""
        amendments = frozenset(one.id for one in members.amendments)
        named = tuple(one.payload_id for one in rolls)
        return cls(members.founding.federation, named, frozenset(members.ever), amendments)

    def extends(self, other: Self) -> bool:
        """Tell whether all of another is part of this."""
        return (
            self.federation == other.federation
            and self.rolls[: len(other.rolls)] == other.rolls
            and self.ever >= other.ever
            and self.bylaws >= other.bylaws
        )


@dataclass(frozen=True, slots=True)
class _Read:
    """What the papers of one question say, leaving out what others say about it.

    Attributes:
        facts: None where its roll is not held or does not stand.
        stands: a certified result was counted again here and is not in dispute.
        let: the bylaws let it act by itself.
    """

    facts: Facts | None
    stands: bool = False
    passed: bool = False
    let: bool = False

    @property
    def idle(self) -> bool:
        """Tell whether nothing is certified about it, or its roll is not held or does not stand."""
        return self.facts is None or not (self.facts.certified or self.facts.rivals)

    @property
    def settled(self) -> bool:
        """Tell whether only more papers about this very question could change it."""
        facts = self.facts
        if facts is None:
            return False
        return facts.failed or facts.withdrawn or (self.stands and (not self.passed or acts(facts)))


class Enacting:
    """Read what decisions of a federation do.

    What is settled is not read again before another paper about it arrives, nor is that about which nothing
    is certified before something it stands on changes: who puts thousands of questions makes others read
    each once. What was settled holds as long as all that it stood on does: where a roll falls, or a decision
    about bylaws or members, it is read again. In memory only.
    """

    def __init__(self, store: Store, registry: Registry) -> None:
        self._store = store
        self._registry = registry
        self._questions = Questions(store, registry)
        # With what each stood on.
        self._settled: dict[PayloadId, tuple[_Ground, _Read]] = {}
        # By ground, questions about which nothing is certified; None for one that is not put.
        self._idle: OrderedDict[_Ground, dict[PayloadId, _Read | None]] = OrderedDict()
        # Rolls found not to stand, by id, for the time of one reading: many questions may name one.
        self._fallen: set[bytes] = set()
        # By record, a question with an effect; None for one without.
        self._decoded: dict[RecordId, Proposal | None] = {}
        # By what papers name, the question they are about.
        self._about: dict[bytes, PayloadId] = {}

    def touched(self, about: bytes | None, kind: str) -> bool:
        """Note that a paper arrived, or with None that anything may have changed; tell whether it matters."""
        if about is None:
            self._settled.clear()
            self._idle.clear()
            return True
        if kind in _GROUND or (kind == Approval.kind and self._is_attestation(PayloadId(about))):
            self._idle.clear()
        known = self._about.get(about)
        if known is None:
            return False
        for idle in self._idle.values():
            idle.pop(known, None)
        return self._settled.pop(known, None) is not None

    def read(self, members: Members) -> list[Acting]:
        """Return the questions that have an effect, in the order in which their voting ends."""
        ground = _Ground.of(members, self._questions.rolls.certified(members))
        self._idle[ground] = self._idle.pop(ground, {})
        if len(self._idle) > _GROUNDS_MAX:
            self._idle.popitem(last=False)
        self._fallen.clear()
        found = [
            (one, one.effect, read)
            for one in sorted(self._known(members), key=lambda each: (each.windows.closes, each.id))
            if one.effect is not None
            for read in self._papers(members, ground, one)
        ]
        appeals: dict[bytes | None, list[tuple[Proposal, bool]]] = {}
        for one, effect, read in found:
            if effect.act == "annul" and read.stands:
                appeals.setdefault(effect.target, []).append((one, read.passed))
        said = {
            one.id: {passed for appeal, passed in appeals.get(one.id, ()) if appeal.annuls(one)}
            for one, _, _ in found
        }
        return [_acting(one, effect, read, said[one.id]) for one, effect, read in found]

    def decided(self, members: Members) -> Decided:
        """Return what certified decisions say about members and bylaws."""
        changes, amendments, waiting = list[Change](), list[Amendment](), _FIRST
        for one in self.read(members):
            effect = one.effect
            if not one.acts:
                waiting |= _LAST if one.counted else _ALL
            if not one.passed:
                continue
            act = _ABOUT_MEMBERS.get(effect.act)
            if act is not None and effect.target is not None:
                lasts = tuple((PublicKey(it.device), it.seq, EntryId(it.entry)) for it in effect.lasts)
                changes.append(Change(act, CommunityId(effect.target), one.order, one.since, one.acts, lasts))
            bylaws, roll = amended(members, one.proposal), self._questions.roll_of(members, one.proposal)
            if bylaws is not None and roll is not None:
                amendments.append(Amendment(one.proposal.id, roll.bylaws, bylaws, one.since, one.acts))
        if any(one.acts and one.act in ("suspend", "remove") for one in changes):
            # Approvals of who has no say any more count for those whom a roll named before.
            waiting |= {CutVote.kind, Roll.kind}
            named = frozenset[CommunityId]().union(
                *map(chains.named, self._questions.rolls.certified(members))
            )
            return Decided(tuple(changes), tuple(amendments), named, waiting)
        return Decided(tuple(changes), tuple(amendments), waiting=waiting)

    def _known(self, members: Members) -> Collection[Proposal]:
        """Return the questions held that have an effect, put properly or not."""
        found = {}
        for row in self._store.records.of_kind(scopes.members(members.founding.federation), Proposal.kind):
            if row.id in self._decoded:
                one = self._decoded[row.id]
            else:
                one = next((one for one in Proposal.among([row.record]) if one.effect), None)
                if len(self._decoded) < _DECODED_MAX or one is None:
                    self._decoded[row.id] = one
            if one is not None:
                found[row.payload_id] = one
        return found.values()

    def _papers(self, members: Members, ground: _Ground, proposal: Proposal) -> Iterator[_Read]:
        """Yield what the papers of a question say, nothing for one that is not put."""
        named, idle = proposal.id, self._idle[ground]
        stood, settled = self._settled.get(named, (ground, None))
        read = settled if ground.extends(stood) else None
        if read is None and named in idle:
            read = idle[named]
        elif read is None:
            self._about[named] = self._about[papers.instance(named)] = named
            read = self._anew(proposal) if self._questions.is_put(members, proposal) else None
            if read is not None and read.settled:
                self._settled[named] = ground, read
            elif read is None or read.idle:
                idle[named] = read
        if read is not None:
            yield read

    def _is_attestation(self, named: PayloadId) -> bool:
        return any(row.kind == SizeAttestation.kind for row in self._store.records.with_payload(named))

    def _anew(self, proposal: Proposal) -> _Read:
        if proposal.roll in self._fallen:
            return _Read(None)
        try:
            question = self._questions.find(proposal.id)
        except (NotFoundError, ConflictError):
            self._fallen.add(proposal.roll)
            return _Read(None)
        held = kept_of(question, self._registry).papers(question, self._questions)
        if not held.agreement.certificates():  # As nearly always: nothing is counted for it.
            return _Read(Facts(proposal.windows, proposal.windows.opens))
        standing = read_standing(question, self._questions, self._registry)
        assert proposal.effect is not None
        return _Read(
            facts=replace(standing.facts, annulled=False, upheld=False),
            stands=standing.closed.stands is not None,
            passed=standing.passed,
            let=question.rules.effects.let(proposal.effect.act),
        )


def _acting(proposal: Proposal, effect: Effect, read: _Read, said: set[bool]) -> Acting:
    """Put together what a question's papers say and what certified questions about it said."""
    if read.facts is None:
        return Acting(proposal, effect, None, counted=False, passed=False, acts=False)
    facts = read.facts
    counted = read.stands or not facts.certified
    if effect.act != "annul":  # Such a decision is final.
        facts = replace(facts, annulled=True in said, upheld=said == {False})
    does = read.passed and read.stands and read.let and acts(facts)
    return Acting(proposal, effect, phase(facts), counted=counted, passed=read.passed, acts=does)


def attach(registry: Registry, store: Store) -> None:
    """Let a registry read what was decided."""
    enacting = Enacting(store, registry)

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
    """Return the questions of a federation that have an effect, read anew."""
    return Enacting(store, registry).read(members)
