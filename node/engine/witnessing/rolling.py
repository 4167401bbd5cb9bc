"""This node as a witness of rolls: it votes for the roll it computes, as soon as somebody asks for the next.

Whoever puts a question on sizes that changed publishes the roll they give; where a device was retired that
the last roll names, nobody needs to ask. That is only a call: each witness computes the roll from its own
records and asks for that one, so nobody can leave a member out or use outdated sizes alone. Witnesses that
compute different rolls come together by the rounds and locks of R8: one roll a version is certified at most.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from node.clock import Timestamp
from node.engine.drafts import Draft, carry
from node.engine.ports import Store
from node.engine.registry import Registry
from node.engine.rolls import chains, pacing, sizing
from node.engine.rolls.chains import Panel
from node.engine.rolls.rolls import Rolls
from node.engine.setup import Keyring
from node.engine.witnessing import joining
from node.engine.witnessing.joining import Begun
from node.engine.witnessing.resting import Resting
from node.engine.witnessing.rounds import Rounds, Voting
from node.engine.witnessing.spreading import Spread, Spreading
from node.errors import UserError
from node.federation.membership import JoinRequest, Members, Membership
from node.feeds import scopes
from node.governance.closing import subjects
from node.governance.closing.agreement import Agreement
from node.governance.closing.statements import CutValue, CutVote
from node.governance.proposals import Roll
from node.governance.sizes import SizeAttestation
from node.ids import CommunityId, FederationId
from node.records.approvals import Approval
from node.records.record import Record

# Several records that arrive together are answered together.
_GATHER = Timestamp(300)
_NEVER = Timestamp(2**62)
# Kinds of record after which the next roll of a federation is looked at again.
_BEARING = frozenset(
    {Roll.kind, CutVote.kind, SizeAttestation.kind, JoinRequest.kind, Membership.kind, Approval.kind}
)


@dataclass(slots=True)
class _Next:
    """The next roll of one federation, as far as this node must remember.

    Attributes:
        due: when to look at it again.
        after: the version of the last roll that was found certified.
        spread: what was looked at when others' papers were last carried on.
        began: the version that is asked for, and what counted here when that began.
    """

    due: Timestamp
    after: int = 0
    began: tuple[int, Begun] | None = None
    rounds: Rounds = field(default_factory=Rounds)
    spread: Spread = field(default_factory=Spread)


class Rolling:
    """Do a witness's duty for the rolls of all federations of this node.

    Args:
        sure: tells whether this node knows what it signed before in a scope (recalling.py).
    """

    def __init__(
        self,
        store: Store,
        registry: Registry,
        keyring: Keyring,
        sure: Callable[[str], bool],
        spreading: Spreading,
    ) -> None:
        self._rolls = Rolls(store, registry)
        self._resting = Resting(store, registry)
        self._spreading = spreading
        self._registry = registry
        self._keyring = keyring
        self._sure = sure
        self._next: dict[FederationId, _Next] = {}
        self._latest = Timestamp(0)
        self._looked_around = False

    def arrived(self, scope: str, kinds: Iterable[str], now: Timestamp) -> None:
        """Note what kinds of record are new in a scope."""
        federation = scopes.federation_of(scope)
        if federation is not None and not _BEARING.isdisjoint(kinds):
            each = self._next.setdefault(FederationId(federation), _Next(_NEVER))
            each.due = min(each.due, Timestamp(now + _GATHER))

    def next_due(self) -> Timestamp | None:
        """Return when there is something to do next."""
        if not self._looked_around:
            return Timestamp(0)
        waiting = [(one, each.due) for one, each in self._next.items() if each.due < _NEVER]
        return min((due for one, due in waiting if self._sure(scopes.members(one))), default=None)

    def act(self, now: Timestamp) -> list[tuple[str, tuple[Draft, ...]]]:
        """Return per scope what this node signs now."""
        if not self._looked_around:
            self._looked_around = True
            self._next = {federation: _Next(now) for federation in self._registry.federations()}
        if now < self._latest:  # The clock was set back: what was due by the wrong time is due now.
            for each in self._next.values():
                each.due, each.rounds.began = now, None
        self._latest = now
        signed: list[tuple[str, tuple[Draft, ...]]] = []
        due = sorted(one for one, each in self._next.items() if each.due <= now)
        for federation in [one for one in due if self._sure(scopes.members(one))]:
            each = self._next[federation]
            each.due = _NEVER
            members = self._registry.members(federation)
            if members is not None:
                records = self._attend(members, each, now)
                if records:
                    signed.append((scopes.members(federation), tuple(carry(one) for one in records)))
        return signed

    def _attend(self, members: Members, each: _Next, now: Timestamp) -> list[Record]:
        """Return what to sign about the next roll, and note when to look again."""
        panel = self._rolls.newest(members)
        me = self._keyring.community
        if self._rolls.speaks(panel, me) != self._keyring.device.public:
            return []
        found = self._certified(members, panel, each) + self._came_in(members, panel)
        held = self._rolls.agreement(members, panel)
        rules = members.bylaws(members.following(panel.bylaws)) or members.founding.bylaws
        day = sizing.next_look(panel.roll, rules, now) or _NEVER
        each.due = day
        called = self._rolls.called(members, panel) or sizing.is_due(panel.roll, rules, now)
        if not (held.begun or called or self._rolls.displaced(panel)):
            return found
        if each.began is None or each.began[0] != panel.version:
            each.began = (panel.version, joining.begun(self._rolls, members))
        stand_in = panel.stand_in(me, self._keyring.device.public)
        asked = held.of_witness(me, stand_in)
        if not asked:
            # A call alone may stand for months, and whoever is put out meanwhile would have a say all along.
            each.began = (panel.version, replace(each.began[1], active=frozenset(members.active)))
        turn = _Turn(self._rolls, members, panel, now, each.began[1])
        voting = Voting(
            held,
            turn.proposed,
            turn.confirms,
            stand_in,
            joining=sorted(panel.pinned),
            includes=lambda value: turn.includes(value, asked),
        )
        signed = each.rounds.speak(voting, self._keyring, now)
        if signed and turn.unpublished is not None:
            signed.insert(0, turn.unpublished.sign(self._keyring.device))
        rests = pacing.until(self._registry, members.founding.federation) or _NEVER
        each.due = min(each.rounds.ends() or _NEVER, day, rests)
        return found + signed + self._behind(members, panel, each, held)

    def _certified(self, members: Members, panel: Panel, each: _Next) -> list[Record]:
        """Return what to carry on of the roll that a panel speaks by, when that was found to be certified."""
        if panel.roll is None or panel.version == each.after:
            return []
        each.after, each.spread = panel.version, Spread()
        scope = scopes.members(members.founding.federation)
        last, certificate = self._rolls.settling(members, panel)
        if certificate is None:
            return []
        resting = list(self._resting.named(members, last, panel.roll))
        return self._spreading.certified(scope, [certificate], resting=resting)

    def _came_in(self, members: Members, panel: Panel) -> list[Record]:
        """Return what to carry on of how newcomers came in: else to some they are members, to others none."""
        roll, scope = panel.roll, scopes.members(members.founding.federation)
        known = chains.named(roll) if roll is not None else set(map(CommunityId, members.founding.founders))
        new = [one for one in members.active if one not in known]
        papers = (paper for one in new for paper in self._resting.joined(scope, members, one))
        return self._spreading.shown(scope, papers) if new else []

    def _behind(self, members: Members, panel: Panel, each: _Next, agreement: Agreement) -> list[Record]:
        """Return what to carry on so that all can judge the rolls that this node asks for."""
        me, scope = self._keyring.community, scopes.members(members.founding.federation)
        stand_in = panel.stand_in(me, self._keyring.device.public)

        def named() -> Iterator[bytes]:
            own = agreement.of_witness(me, stand_in)
            for lock in [vote.lock for vote in own if vote.lock is not None]:
                yield from lock.votes
            asked = dict.fromkeys(vote.value.proposal for vote in reversed(own) if vote.value is not None)
            for roll in [self._rolls.find(members, one) for one in asked]:
                yield from self._resting.named(members, panel, roll) if roll is not None else ()

        return self._spreading.behind(scope, each.spread, agreement, me, named=named, stand_in=stand_in)


class _Turn:
    """One look at the next roll of a federation."""

    def __init__(self, rolls: Rolls, members: Members, panel: Panel, now: Timestamp, began: Begun) -> None:
        self._rolls, self._members, self._panel, self._now = rolls, members, panel, now
        self._began = began
        self.unpublished: Roll | None = None

    def proposed(self) -> CutValue | None:
        """Return what this node asks for: the roll it computes, None while nothing on it has changed."""
        roll = self._computed()
        if roll is None:
            return None
        if self._rolls.find(self._members, roll.payload_id) is None:
            self.unpublished = roll
        return subjects.roll_value(roll.payload_id)

    def _computed(self) -> Roll | None:
        try:
            roll, _ = self._rolls.present(self._members, self._now)
        except UserError:
            return None  # The bylaws' floors and caps cannot be met with so many members.
        return roll if roll is not None and roll.version == self._panel.version + 1 else None

    def includes(self, value: CutValue, own: Sequence[CutVote]) -> bool:
        """Tell whether an honest witness whose turn it is may ask for a roll, as far as this node knows."""
        asked = sorted((one for one in own if one.step == "pre"), key=lambda one: one.round)
        named = [one.value.proposal for one in asked if one.value is not None]
        mine = [roll for one in named if (roll := self._rolls.find(self._members, one)) is not None]
        theirs = self._rolls.find(self._members, value.proposal)
        if theirs is None or not mine or not named or mine[-1].payload_id != named[-1]:
            return False
        now = self._computed()
        return joining.may_ask_for(
            theirs,
            [*([now] if now is not None else []), *mine],
            self._began,
            rolls=self._rolls,
            members=self._members,
            panel=self._panel,
        )

    def confirms(self, value: CutValue) -> bool:
        """Tell whether this node holds the roll that a value names and finds that it stands (R9).

        A quorum that asked for it, some of it honest, says that it leaves nobody out.
        """
        if not subjects.is_roll_value(value):
            return False
        if self.unpublished is not None and self.unpublished.payload_id == value.proposal:
            return True
        roll = self._rolls.find(self._members, value.proposal)
        return (
            roll is not None
            and (roll.version, roll.previous) == (self._panel.version + 1, self._panel.id)
            and self._rolls.stands(self._members, roll)
        )
