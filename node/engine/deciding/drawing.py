"""This node in the draw of lots: it binds itself to a secret, agrees whose are called, and shows its own.

A secret is made from this device's signature over the question, and not kept: whoever starts again shows what
it bound itself to. Who shows no secret in time is left out of the next draw, for all to see.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from node import canonical
from node.clock import MS_PER_SECOND, Timestamp
from node.engine.deciding.lots import Lots
from node.engine.deciding.questions import Question, quorum_of
from node.engine.deciding.rounds import Rounds, Voting
from node.engine.drafts import Draft, carry
from node.engine.ports import Store
from node.engine.setup import Keyring
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
    """

    question: Question
    due: Timestamp
    since: Timestamp
    number: int = 1
    called: bool = False
    rounds: Rounds = field(default_factory=Rounds)


class Drawing:
    """Do a witness's duty for the lots of all questions that it witnesses."""

    def __init__(self, store: Store, keyring: Keyring) -> None:
        self._lots = Lots(store)
        self._keyring = keyring
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
        return min((each.due for each in self._draws.values() if each.due < _NEVER), default=None)

    def act(self, now: Timestamp) -> list[tuple[str, tuple[Draft, ...]]]:
        """Return per scope what this node signs now."""
        signed: list[tuple[str, tuple[Draft, ...]]] = []
        for each in [one for _, one in sorted(self._draws.items()) if one.due <= now]:
            records = self._attend(each, now)
            if records:
                signed.append((each.question.scope, tuple(carry(one) for one in records)))
        return signed

    def _attend(self, each: _Draw, now: Timestamp) -> list[Record]:
        """Return what to sign for one lot, and note when to look again."""
        each.due = _NEVER
        question, me = each.question, self._keyring.community
        proposal, quorum = question.proposal, quorum_of(question)
        lot = self._lots.read(question.scope, proposal, question.roll, quorum)
        if lot is None or lot.seed is not None:
            return []
        signed: list[Record] = []
        if me in lot.silent:
            shown = LotReveal(
                question=proposal.id, witness=me, draw=lot.draw, secret=self._secret(proposal.id, lot.draw)
            )
            signed.append(shown.sign(self._keyring.device))
        if (each.number, each.called) != (lot.draw, bool(lot.called)):
            each.number, each.called, each.since = lot.draw, bool(lot.called), now
        if lot.called and now < each.since + _REVEALS_WITHIN:
            each.due = Timestamp(each.since + _REVEALS_WITHIN)
            return signed
        return signed + self._call(each, lot, now)

    def _call(self, each: _Draw, lot: Lot, now: Timestamp) -> list[Record]:
        """Bind this node to a secret for the draw under way, and say whose commitments shall be called."""
        question, me = each.question, self._keyring.community
        proposal, quorum = question.proposal, quorum_of(question)
        draw = lot.draw + 1 if lot.called else lot.draw
        withheld = {*lot.withheld, *lot.silent}
        commits = self._lots.commits(question.scope, proposal, question.roll)
        signed: list[Record] = []
        if me not in withheld and not any((one.witness, one.draw) == (me, draw) for one in commits.values()):
            bound = lottery.commitment(proposal.id, me, draw, self._secret(proposal.id, draw))
            own = LotCommit(question=proposal.id, witness=me, draw=draw, commitment=bound)
            signed.append(own.sign(self._keyring.device))
            commits[signed[0].id] = own
        until = Timestamp(each.since + _COMMITS_WITHIN + (_REVEALS_WITHIN if lot.called else 0))

        def proposed() -> CutValue | None:
            chosen: dict[bytes, RecordId] = {}
            for one in sorted(commits):
                if commits[one].draw == draw and commits[one].witness not in withheld:
                    chosen.setdefault(commits[one].witness, one)
            enough = quorum.needed if now >= until else quorum.witnesses - len(withheld)
            found = lottery.call(proposal.id, draw, chosen.values())
            return found if len(chosen) >= max(enough, quorum.needed) else None

        def confirms(value: CutValue) -> bool:
            return value.proposal == proposal.id and (
                lottery.called(value, draw, commits, quorum) is not None
            )

        votes = self._lots.votes(question.scope, proposal, question.roll, draw)
        about = lottery.instance(proposal.id, draw)
        signed += each.rounds.speak(Voting(about, quorum, votes, proposed, confirms), self._keyring, now)
        each.due = min(each.rounds.ends() or _NEVER, until if now < until else _NEVER)
        return signed

    def _secret(self, question: bytes, draw: int) -> bytes:
        """Return this device's secret for a draw: nobody else can make it, and it makes it again at will."""
        words = canonical.digest("hedgerow/lot-secret/1", question, draw)
        return sha256(self._keyring.device.sign(words)).digest()[:_SECRET_BYTES]
