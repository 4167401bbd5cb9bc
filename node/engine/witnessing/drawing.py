"""This node in the draw of lots: it binds itself to a secret, agrees whose are called, and shows its own.

A secret is made from this device's signature over the question, and not kept: whoever starts again shows what
it bound itself to. Who shows no secret in time is left out of the next draw, for all to see.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from node import canonical
from node.clock import MS_PER_SECOND, Timestamp
from node.engine.deciding.lots import Lots
from node.engine.deciding.questions import Question, quorum_of
from node.engine.drafts import Draft, carry
from node.engine.ports import Store
from node.engine.setup import Keyring
from node.engine.witnessing.rounds import Rounds, Voting
from node.engine.witnessing.spreading import Spread, Spreading
from node.governance.closing import lottery
from node.governance.closing.lottery import Lot
from node.governance.closing.statements import CutValue, CutVote, LotCommit, LotReveal
from node.ids import PayloadId, RecordId
from node.records.record import Record

# Several records that arrive together are answered together.
_GATHER: Final = Timestamp(300)
_NEVER: Final = Timestamp(2**62)
# How long a draw waits for witnesses that have not bound themselves, once there are enough.
_COMMITS_WITHIN: Final = Timestamp(5 * MS_PER_SECOND)
# How long a called witness has to show its secret before the others draw again without it.
_REVEALS_WITHIN: Final = Timestamp(20 * MS_PER_SECOND)
_BEARING: Final = frozenset({LotCommit.kind, LotReveal.kind, CutVote.kind})
_SECRET_BYTES: Final = 16


@dataclass(slots=True)
class _Draw:
    """The draw of one question's lot.

    Attributes:
        due: when to look at it again.
        number: the draw that `since` is about.
        since: when this node began to wait for commitments, or for secrets.
        called: whether it waits for secrets.
        settled: whether the lot is drawn, so that nothing is left to do.
        spread: what was looked at when others' papers were last carried on.
    """

    question: Question
    due: Timestamp
    since: Timestamp
    number: int = 1
    called: bool = False
    settled: bool = False
    spread: Spread = field(default_factory=Spread)
    rounds: Rounds = field(default_factory=Rounds)


class Drawing:
    """Do a witness's duty for the lots of all questions that it witnesses.

    Args:
        sure: tells whether this node knows what it signed before in a scope (recalling.py).
    """

    def __init__(
        self, store: Store, keyring: Keyring, sure: Callable[[str], bool], spreading: Spreading
    ) -> None:
        self._lots = Lots(store)
        self._keyring = keyring
        self._sure = sure
        self._spreading = spreading
        self._draws: dict[PayloadId, _Draw] = {}

    def begin(self, question: Question, now: Timestamp) -> None:
        """Draw the lot of a question, if one is needed."""
        if lottery.is_needed(question.proposal.method, len(question.roll.witnesses)):
            self._draws.setdefault(question.proposal.id, _Draw(question, due=now, since=now))

    def end(self, proposal: PayloadId) -> None:
        """Leave a question that is decided."""
        self._draws.pop(proposal, None)

    def arrived(self, scope: str, kinds: Iterable[str], now: Timestamp) -> None:
        """Note what kinds of record are new in a scope."""
        if not _BEARING.isdisjoint(kinds):
            for each in self._draws.values():
                if each.question.scope == scope:
                    each.due = min(each.due, Timestamp(now + _GATHER))

    def next_due(self) -> Timestamp | None:
        """Return when there is something to do next."""
        waiting = [each for each in self._draws.values() if each.due < _NEVER]
        return min((each.due for each in waiting if self._sure(each.question.scope)), default=None)

    def act(self, now: Timestamp) -> list[tuple[str, tuple[Draft, ...]]]:
        """Return per scope what this node signs now."""
        signed: list[tuple[str, tuple[Draft, ...]]] = []
        due = [one for _, one in sorted(self._draws.items()) if one.due <= now]
        for each in [one for one in due if self._sure(one.question.scope)]:
            records = self._attend(each, now)
            if records:
                signed.append((each.question.scope, tuple(carry(one) for one in records)))
        return signed

    def _attend(self, each: _Draw, now: Timestamp) -> list[Record]:
        """Return what to sign for one lot, and note when to look again."""
        each.due = _NEVER
        question, me = each.question, self._keyring.community
        proposal, quorum = question.proposal, quorum_of(question)
        lot = None if each.settled else self._lots.read(question.scope, proposal, question.roll, quorum)
        if lot is None:
            return []
        signed: list[Record] = []
        if (each.number, each.called, each.settled) != (lot.draw, bool(lot.called), lot.seed is not None):
            each.number, each.called, each.since = lot.draw, bool(lot.called), now
            each.settled = lot.seed is not None
            signed += self._certified(question, lot)
        if each.settled:
            return signed
        if me in lot.silent:
            shown = LotReveal(
                question=proposal.id, witness=me, draw=lot.draw, secret=self._secret(proposal.id, lot.draw)
            )
            signed.append(shown.sign(self._keyring.device))
        if lot.called and lot.drawn is None and now < each.since + _REVEALS_WITHIN:
            each.due = Timestamp(each.since + _REVEALS_WITHIN)
            return signed
        return signed + self._call(each, lot, now)

    def _certified(self, question: Question, lot: Lot) -> list[Record]:
        """Return what to carry on of what is certified about a lot by now."""
        settled = lot.draw + 1 if lot.seed is not None else lot.draw
        held = self._lots.agreement(
            question.scope, question.proposal, question.roll, quorum_of(question), settled
        )
        return self._spreading.certified(question.scope, held.certificates())

    def _call(self, each: _Draw, lot: Lot, now: Timestamp) -> list[Record]:
        """Say that the draw stands, or bind this node for the next one and say whom that shall call."""
        question, me = each.question, self._keyring.community
        proposal, quorum = question.proposal, quorum_of(question)
        draw = lot.draw + 1 if lot.called else lot.draw
        withheld = {*lot.withheld, *lot.silent}
        commits = self._lots.commits(question.scope, proposal, question.roll)
        stands = lottery.standing(proposal.id, lot.draw, lot.drawn) if lot.drawn is not None else None
        signed: list[Record] = []
        bound_before = any((one.witness, one.draw) == (me, draw) for one in commits.values())
        if stands is None and me not in withheld and not bound_before:
            bound = lottery.commitment(proposal.id, me, draw, self._secret(proposal.id, draw))
            own = LotCommit(question=proposal.id, witness=me, draw=draw, commitment=bound)
            signed.append(own.sign(self._keyring.device))
            commits[signed[0].id] = own
        until = Timestamp(each.since + _COMMITS_WITHIN + (_REVEALS_WITHIN if lot.called else 0))

        def proposed() -> CutValue | None:
            if stands is not None:
                return stands
            left_out = withheld | lottery.bound_twice(commits.values(), draw)
            chosen = [
                one for one, bound in commits.items() if bound.draw == draw and bound.witness not in left_out
            ]
            enough = quorum.needed if now >= until else quorum.witnesses - len(left_out)
            found = lottery.call(proposal.id, draw, chosen)
            return found if len(chosen) >= max(enough, quorum.needed) else None

        def confirms(value: CutValue) -> bool:
            # Of those who ask for another draw some are honest: they waited, and did not hold all secrets.
            again = lottery.called(value, draw, commits, quorum) is not None
            return value == stands or (value.proposal == proposal.id and again)

        held = self._lots.agreement(question.scope, proposal, question.roll, quorum, draw)
        signed += each.rounds.speak(Voting(held, proposed, confirms), self._keyring, now)
        each.due = min(each.rounds.ends() or _NEVER, until if now < until else _NEVER)
        return signed + self._behind(each, lot, draw, commits)

    def _behind(
        self, each: _Draw, lot: Lot, draw: int, commits: Mapping[RecordId, LotCommit]
    ) -> list[Record]:
        """Return what to carry on so that all can judge whom this node would call and what it was shown."""
        question, me = each.question, self._keyring.community
        agreement = self._lots.agreement(
            question.scope, question.proposal, question.roll, quorum_of(question), draw
        )

        def named() -> Iterator[bytes]:
            yield from self._lots.shown(question.scope, question.proposal, question.roll, lot)
            for vote in agreement.of_witness(me):
                yield from vote.lock.votes if vote.lock is not None else ()
                yield from vote.value.seals if vote.value is not None else ()
            for liar in lottery.bound_twice(commits.values(), draw):
                of_draw = sorted(one for one, bound in commits.items() if bound.draw == draw)
                yield from [one for one in of_draw if commits[one].witness == liar][:2]

        return self._spreading.behind(question.scope, each.spread, agreement, me, named=named)

    def _secret(self, question: bytes, draw: int) -> bytes:
        """Return this device's secret for a draw: nobody else can make it, and it makes it again at will."""
        words = canonical.digest("hedgerow/lot-secret/1", question, draw)
        return sha256(self._keyring.device.sign(words)).digest()[:_SECRET_BYTES]
