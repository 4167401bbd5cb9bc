"""The lot of a question, as the stored records tell it: each of them is read once, however many there are."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from node.engine.ports import RecordRow, Store
from node.governance.closing import lottery
from node.governance.closing.agreement import Agreement, VoteHeld
from node.governance.closing.lottery import Lot
from node.governance.closing.quorum import Quorum
from node.governance.closing.statements import CutVote, LotCommit, LotReveal
from node.governance.proposals import Proposal, Roll
from node.ids import RecordId
from node.keys import PublicKey
from node.records.record import Record

# The kinds of record that make up a draw, beside the votes on its call.
KINDS = (LotCommit.kind, LotReveal.kind)

# What is kept of so many draws and questions: a few are open at a time.
_KEPT_MAX: Final = 32


@dataclass(slots=True)
class _Heard:
    """What was read of the records of one kind about one question or draw.

    Attributes:
        rows: what it was read from.
        ids: of these.
    """

    rows: Sequence[RecordRow] = ()
    ids: set[RecordId] = field(default_factory=set)
    commits: dict[RecordId, LotCommit] = field(default_factory=dict)
    reveals: dict[RecordId, LotReveal] = field(default_factory=dict)
    agreement: Agreement | None = None

    def new(self, rows: Sequence[RecordRow]) -> list[Record] | None:
        """Return the records that came since, None where some went away."""
        if rows == self.rows:
            return []
        new = [row for row in rows if row.id not in self.ids]
        if len(self.ids) + len(new) != len(rows):
            return None
        self.rows = rows
        self.ids.update(row.id for row in new)
        return [row.record for row in new]


class Lots:
    """Read lots from the store. In memory only, and made again at will."""

    def __init__(self, store: Store) -> None:
        self._store = store
        # By kind and by what the records are about.
        self._kept: OrderedDict[tuple[str, bytes], _Heard] = OrderedDict()

    def read(self, scope: str, proposal: Proposal, roll: Roll, quorum: Quorum) -> Lot | None:
        """Return how far the lot of a question has come, None where none is drawn."""
        if not lottery.is_needed(proposal.method, len(roll.witnesses)):
            return None
        return lottery.read(
            proposal.id,
            quorum,
            self._commits(scope, proposal, roll),
            self._reveals(scope, proposal, roll).values(),
            lambda draw: self.agreement(scope, proposal, roll, quorum, draw),
        )

    def commits(self, scope: str, proposal: Proposal, roll: Roll) -> dict[RecordId, LotCommit]:
        """Return the commitments held, by record id, for the caller to keep."""
        return dict(self._commits(scope, proposal, roll))

    def agreement(self, scope: str, proposal: Proposal, roll: Roll, quorum: Quorum, draw: int) -> Agreement:
        """Return the votes about the call of a draw, or on letting the one before it stand, sorted out."""
        instance = lottery.instance(proposal.id, draw)
        heard, new = self._hear(scope, CutVote.kind, instance)
        if heard.agreement is None or heard.agreement.quorum != quorum:
            heard.agreement = Agreement.of(instance, quorum, ())
            new = [row.record for row in heard.rows]
        votes = [
            VoteHeld(signed.id, one)
            for signed in new
            for one in CutVote.among([signed])
            if _by(one.witness, signed, roll)
        ]
        if votes:
            heard.agreement = heard.agreement.plus(votes)
        return heard.agreement

    def shown(self, scope: str, proposal: Proposal, roll: Roll, lot: Lot) -> list[RecordId]:
        """Return the ids of the records that show the secrets of the called."""
        return [
            named
            for named, one in self._reveals(scope, proposal, roll).items()
            if one.draw == lot.draw and one.witness in lot.called
            if lottery.commitment(proposal.id, one.witness, one.draw, one.secret)
            == lot.called[one.witness].commitment
        ]

    def _commits(self, scope: str, proposal: Proposal, roll: Roll) -> dict[RecordId, LotCommit]:
        heard, new = self._hear(scope, LotCommit.kind, proposal.id)
        for signed in new:
            for one in LotCommit.among([signed]):
                if _may_draw(one, signed, roll):
                    heard.commits[signed.id] = one
        return heard.commits

    def _reveals(self, scope: str, proposal: Proposal, roll: Roll) -> dict[RecordId, LotReveal]:
        heard, new = self._hear(scope, LotReveal.kind, proposal.id)
        for signed in new:
            for one in LotReveal.among([signed]):
                if _may_draw(one, signed, roll):
                    heard.reveals[signed.id] = one
        return heard.reveals

    def _hear(self, scope: str, kind: str, about: bytes) -> tuple[_Heard, list[Record]]:
        """Return what was read of some records, and those that came since."""
        rows = self._store.records.about(scope, kind, about)
        heard = self._kept.pop((kind, about), None) or _Heard()
        new = heard.new(rows)
        if new is None:
            heard = _Heard()
            new = heard.new(rows) or []
        self._kept[kind, about] = heard
        while len(self._kept) > _KEPT_MAX:
            self._kept.popitem(last=False)
        return heard, new


def _may_draw(said: LotCommit | LotReveal, signed: Record, roll: Roll) -> bool:
    """Tell whether a word is by a witness, for one of the draws that are read."""
    return said.draw <= len(roll.witnesses) + 1 and _by(said.witness, signed, roll)


def _by(witness: bytes, signed: Record, roll: Roll) -> bool:
    """Tell whether the device that a roll pins for a witness signed a record."""
    return any(one.community == witness and PublicKey(one.device) == signed.signer for one in roll.witnesses)
