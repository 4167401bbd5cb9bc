"""Others' papers that this node's own word rests on, carried in its own feed where they may not reach all.

A witness whose feed has many branches, or more of them than others take, can show each of the others
something else. What only it carries, some may never hold; and a seal, a lock or a certificate is judged only
by who holds all that it names. Whoever goes by such a paper therefore passes it on as its own. Nothing is
carried while no feed has branches and the votes come together.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from node.engine.ports import Store
from node.feeds.entry import FeedKey
from node.governance.closing import witness
from node.governance.closing.agreement import Agreement, Certificate
from node.governance.closing.statements import RECEIPTS_MAX, CutVote
from node.governance.proposals import Roll
from node.ids import RecordId
from node.keys import PublicKey
from node.records import record
from node.records.record import Record

# Drawer of the local store: ids of the records of others that this node carried on.
CARRIED: Final = "carried-papers"
# So many papers are carried in a round that did not come together, and twice as many in each that follows.
_IN_A_ROUND: Final = 16
# Certificates that are watched in case somebody does not see them: the latest.
_CERTIFICATES_MAX: Final = 8


@dataclass(slots=True)
class Spread:
    """What was looked at when papers about one agreement were last carried on.

    Attributes:
        apart: the round in which enough witnesses were without agreeing, 0 in the first.
        forked: the witnesses whose feed had branches.
        said: how many votes this node had signed.
    """

    apart: int = 0
    forked: tuple[bytes, ...] = ()
    said: int = 0


@dataclass(slots=True)
class _Certified:
    """A certificate that somebody may not see.

    Attributes:
        seen: ids of the votes that were looked at.
    """

    scope: str
    round: int
    votes: tuple[RecordId, ...]
    seen: set[RecordId]


class Spreading:
    """Choose what to carry on, each record once."""

    def __init__(self, store: Store, device: PublicKey) -> None:
        self._store = store
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
        forked: tuple[bytes, ...],
        named: Callable[[], Iterable[bytes]],
    ) -> list[Record]:
        """Return what to carry on so that all can judge what this node goes by.

        Args:
            scope: of the federation.
            last: what was looked at the last time; it is changed here.
            agreement: the one that this node takes part in.
            me: its community.
            forked: the witnesses whose feed has branches.
            named: returns the ids of the records that this node goes by, those first that others need most.
        """
        now_in, said = witness.round_of(agreement, me), len(agreement.of_witness(me))
        moved = {vote.witness for vote in agreement.moved_to(now_in)} if now_in else set()
        # Enough of them are here and move on together: what they miss is papers, not witnesses.
        apart = now_in if len(moved) >= agreement.quorum.needed else 0
        if (apart, forked, said) == (last.apart, last.forked, last.said):
            return []
        last.apart, last.forked, last.said = apart, forked, said
        if not apart and not forked:
            return []
        ids = [RecordId(one) for one in named()]
        found = self._fresh(scope, ids, most=RECEIPTS_MAX, of_all=False) if forked else []
        if apart:
            found += self._fresh(scope, ids, most=_IN_A_ROUND << min(apart, 6), of_all=True)
        return found

    def certified(self, scope: str, certificates: Sequence[Certificate]) -> list[Record]:
        """Return what to carry on of certificates; further votes about them show who does not see them."""
        found: list[Record] = []
        for each in certificates:
            self._certified[each.instance] = _Certified(scope, each.round, each.votes, set())
            found += self._fresh(scope, each.votes, most=RECEIPTS_MAX, of_all=False)
        while len(self._certified) > _CERTIFICATES_MAX:
            self._certified.pop(next(iter(self._certified)))
        return found

    def unseen(self, scope: str) -> list[Record]:
        """Return the certificates that somebody who still votes does not seem to see."""
        found: list[Record] = []
        for instance, each in list(self._certified.items()):
            rows = self._store.records.about(scope, CutVote.kind, instance) if each.scope == scope else []
            new = [record.stored(row.raw) for row in rows if row.id not in each.seen]
            each.seen.update(row.id for row in rows)
            if any(vote.round > each.round for vote in CutVote.among(new)):
                found += self._fresh(scope, each.votes, most=RECEIPTS_MAX, of_all=True)
                del self._certified[instance]
        return found

    def _fresh(self, scope: str, named: Iterable[RecordId], *, most: int, of_all: bool) -> list[Record]:
        """Return the first of these that others signed, of all or with a forked feed, and not carried yet."""
        found: list[Record] = []
        for one in dict.fromkeys(named):
            row = self._store.records.get(one) if len(found) < most else None
            if row is None or row.signer == self._device:
                continue
            at_risk = of_all or self._is_forked(scope, row.signer)
            if at_risk and self._store.local.get(CARRIED, one) is None:
                self._store.local.put(CARRIED, one, b"")
                found.append(record.stored(row.raw))
        return found

    def _is_forked(self, scope: str, device: PublicKey) -> bool:
        return len(self._store.feeds.heads_of(FeedKey(device, scope))) > 1
