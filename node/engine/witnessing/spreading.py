"""Others' papers that this node's own word rests on, carried in its own feed where they may not reach all.

A feed that has many branches, or more of them than others take, shows each of the others something else, and
a device that its charter comes to name no more takes along what only its feed carries (reaching.py). A seal,
a lock or a certificate is judged only by who holds all that it names. So there is one rule: whoever signs
what rests on such papers carries them on in its own feed, whoever signed them, each once. Nothing is carried
while there are no such feeds and the votes come together.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from node.engine.ports import Store
from node.engine.registry import Registry
from node.engine.witnessing.reaching import Doubt, Reaching, Turns
from node.feeds.entry import FeedKey
from node.governance.closing import witness
from node.governance.closing.agreement import Agreement, Certificate
from node.governance.closing.statements import LISTED_MAX, RECEIPTS_MAX, CutVote
from node.governance.proposals import Roll
from node.ids import RecordId
from node.keys import PublicKey
from node.records import record
from node.records.record import Record

# Drawer of the local store: ids of the records of others that this node carried on.
CARRIED: Final = "carried-papers"
# So many papers are carried in a round that did not come together, and twice as many in each that follows.
_IN_A_ROUND: Final = 16
# So many of what one decision rests on: all that it may list, and what else it goes by.
_OF_A_DECISION: Final = 2 * LISTED_MAX
# Certificates that are watched in case somebody does not see them: the latest.
_CERTIFICATES_MAX: Final = 8
# Of what a certificate rests on, beside its votes, so much is shown to who does not see it. One late vote
# must not make all witnesses carry the sizes of a thousand members.
_RESTING_MAX: Final = 64


@dataclass(slots=True)
class Spread:
    """What was looked at when papers about one agreement were last carried on.

    Attributes:
        apart: the round in which enough witnesses were without agreeing, 0 in the first.
        doubt: by whose feeds papers might be lost.
        said: how many votes this node had signed, fewer than none before the first look.
    """

    apart: int = 0
    doubt: Doubt = Doubt()  # noqa: RUF009  # It does not change.
    said: int = -1


@dataclass(slots=True)
class _Certified:
    """A certificate that somebody may not see.

    Attributes:
        papers: ids of what shows it.
        seen: ids of the votes that were looked at.
    """

    scope: str
    round: int
    papers: tuple[RecordId, ...]
    seen: set[RecordId]


class Spreading:
    """Choose what to carry on, each record once."""

    def __init__(self, store: Store, registry: Registry, device: PublicKey) -> None:
        self._store = store
        self._reaching = Reaching(store, registry)
        self._device = device
        # By instance.
        self._certified: dict[bytes, _Certified] = {}

    def forked(self, scope: str, roll: Roll) -> tuple[bytes, ...]:
        """Return the witnesses whose device's feed has branches here, as the roll lists them."""
        return tuple(one.community for one in roll.witnesses if self._is_forked(scope, PublicKey(one.device)))

    def behind(
        self,
        scope: str,
        last: Spread,
        agreement: Agreement,
        me: bytes,
        *,
        named: Callable[[], Iterable[bytes]],
        stand_in: bytes = b"",
        witnesses: Sequence[bytes] = (),
    ) -> list[Record]:
        """Return what to carry on so that all can judge what this node goes by.

        Args:
            scope: of the federation.
            last: what was looked at the last time; it is changed here.
            agreement: the one that this node takes part in.
            me: its community.
            named: returns the ids of the records that this node goes by, those first that others need most.
            stand_in: as in `agreement.VoteHeld`, of this device.
            witnesses: who takes turns with what all of them hold; where none are named, each carries it.
        """
        now_in = witness.round_of(agreement, me, stand_in)
        said = len(agreement.of_witness(me, stand_in))
        moved = {vote.witness for vote in agreement.moved_to(now_in)} if now_in else set()
        # Enough of them are here and move on together: what they miss is papers, not witnesses.
        apart = now_in if len(moved) >= agreement.quorum.needed else 0
        doubt = self._reaching.doubt(scope)
        if (apart, doubt, said) == (last.apart, last.doubt, last.said):
            return []
        last.apart, last.doubt, last.said = apart, doubt, said
        if not apart and not doubt:
            return []
        ids = [RecordId(one) for one in named()]
        turns = Turns(witnesses, me, agreement.quorum)
        found = self._fresh(scope, ids, most=RECEIPTS_MAX, doubt=doubt, turns=turns) if doubt else []
        if apart:
            found += self._fresh(scope, ids, most=_IN_A_ROUND << min(apart, 6), of_all=True)
        return found

    def certified(
        self,
        scope: str,
        certificates: Sequence[Certificate],
        *,
        resting: Sequence[RecordId] = (),
    ) -> list[Record]:
        """Return what to carry on of certificates; further votes about them show who does not see them.

        Args:
            scope: of the federation.
            certificates: which were found.
            resting: what else others need to read them.
        """
        found: list[Record] = []
        doubt = self._reaching.doubt(scope)
        for each in certificates:
            papers = (*each.votes, *resting)
            shown = papers[: len(each.votes) + _RESTING_MAX]
            self._certified[each.instance] = _Certified(scope, each.round, shown, set())
            found += self._fresh(scope, papers, most=RECEIPTS_MAX, doubt=doubt) if doubt else []
        while len(self._certified) > _CERTIFICATES_MAX:
            self._certified.pop(next(iter(self._certified)))
        return found

    def lasting(self, scope: str, resting: Iterable[RecordId]) -> list[Record]:
        """Return what to carry on of what a decision rests on, so that nobody can undo it, or hide it."""
        doubt = self._reaching.doubt(scope)
        return self._fresh(scope, resting, most=_OF_A_DECISION, doubt=doubt) if doubt else []

    def shown(self, scope: str, named: Iterable[RecordId]) -> list[Record]:
        """Return which of some papers to carry on: those that only feeds with branches carry."""
        doubt = Doubt(branching=self._reaching.doubt(scope).branching)
        return self._fresh(scope, named, most=RECEIPTS_MAX, doubt=doubt) if doubt else []

    def unseen(self, scope: str) -> list[Record]:
        """Return the certificates that somebody who still votes does not seem to see."""
        found: list[Record] = []
        for instance, each in list(self._certified.items()):
            rows = self._store.records.about(scope, CutVote.kind, instance) if each.scope == scope else []
            new = [record.stored(row.raw) for row in rows if row.id not in each.seen]
            each.seen.update(row.id for row in rows)
            if any(vote.round > each.round for vote in CutVote.among(new)):
                found += self._fresh(scope, each.papers, most=RECEIPTS_MAX, of_all=True)
                del self._certified[instance]
        return found

    def _fresh(
        self,
        scope: str,
        named: Iterable[RecordId],
        *,
        most: int,
        doubt: Doubt = Doubt(),  # noqa: B008  # It does not change.
        turns: Turns | None = None,
        of_all: bool = False,
    ) -> list[Record]:
        """Return the first of these, of all or of what is carried only by feeds in doubt; none a second time.

        What only a passing device carries all hold: each sees to its share of that, where they take turns.
        """
        lost = doubt.branching | doubt.passing
        found: list[Record] = []
        for one in dict.fromkeys(named):
            if len(found) >= most:
                break
            carriers = {feed.device for feed in self._store.records.carriers(scope, one)}
            if not carriers or self._device in carriers:
                continue
            mine = turns is None or carriers <= doubt.branching or turns.has(one)
            row = self._store.records.get(one) if of_all or (carriers <= lost and mine) else None
            if row is not None and self._store.local.get(CARRIED, one) is None:
                self._store.local.put(CARRIED, one, b"")
                found.append(record.stored(row.raw))
        return found

    def _is_forked(self, scope: str, device: PublicKey) -> bool:
        return len(self._store.feeds.heads_of(FeedKey(device, scope))) > 1
