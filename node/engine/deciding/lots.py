"""The lot of a question, as the stored records tell it."""

from node.engine.ports import Store
from node.engine.stored import Stored
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


class Lots:
    """Read lots from the store."""

    def __init__(self, store: Store) -> None:
        self._stored = Stored(store)

    def read(self, scope: str, proposal: Proposal, roll: Roll, quorum: Quorum) -> Lot | None:
        """Return how far the lot of a question has come, None where none is drawn."""
        if not lottery.is_needed(proposal.method, len(roll.witnesses)):
            return None
        return lottery.read(
            proposal.id,
            quorum,
            self.commits(scope, proposal, roll),
            [
                one
                for signed in self._stored.about(scope, LotReveal.kind, proposal.id)
                for one in LotReveal.among([signed])
                if _by(one.witness, signed, roll)
            ],
            lambda draw: self.agreement(scope, proposal, roll, quorum, draw),
        )

    def commits(self, scope: str, proposal: Proposal, roll: Roll) -> dict[RecordId, LotCommit]:
        """Return the commitments held, by record id."""
        return {
            signed.id: one
            for signed in self._stored.about(scope, LotCommit.kind, proposal.id)
            for one in LotCommit.among([signed])
            if _by(one.witness, signed, roll)
        }

    def votes(self, scope: str, proposal: Proposal, roll: Roll, draw: int) -> list[VoteHeld]:
        """Return the votes held about the call of a draw."""
        about = lottery.instance(proposal.id, draw)
        return [
            VoteHeld(signed.id, one)
            for signed in self._stored.about(scope, CutVote.kind, about)
            for one in CutVote.among([signed])
            if _by(one.witness, signed, roll)
        ]

    def agreement(self, scope: str, proposal: Proposal, roll: Roll, quorum: Quorum, draw: int) -> Agreement:
        """Return the votes about the call of a draw, or on letting the one before it stand, sorted out."""
        votes = self.votes(scope, proposal, roll, draw)
        return Agreement.of(lottery.instance(proposal.id, draw), quorum, votes)

    def shown(self, scope: str, proposal: Proposal, roll: Roll, lot: Lot) -> list[RecordId]:
        """Return the ids of the records that show the secrets of the called."""
        return [
            signed.id
            for signed in self._stored.about(scope, LotReveal.kind, proposal.id)
            for one in LotReveal.among([signed])
            if _by(one.witness, signed, roll) and one.draw == lot.draw and one.witness in lot.called
            if lottery.commitment(proposal.id, one.witness, one.draw, one.secret)
            == lot.called[one.witness].commitment
        ]

    def proof(self, scope: str, proposal: Proposal, roll: Roll, lot: Lot | None) -> list[Record]:
        """Return the records that prove a lot, none where there is none."""
        if lot is None:
            return []
        return [
            *(one for kind in KINDS for one in self._stored.about(scope, kind, proposal.id)),
            *(
                one
                for draw in range(1, lot.draw + 2)  # Where the next would be called it is said to stand.
                for one in self._stored.about(scope, CutVote.kind, lottery.instance(proposal.id, draw))
                if any(_by(vote.witness, one, roll) for vote in CutVote.among([one]))
            ),
        ]


def _by(witness: bytes, signed: Record, roll: Roll) -> bool:
    """Tell whether the device that a roll pins for a witness signed a record."""
    return any(one.community == witness and PublicKey(one.device) == signed.signer for one in roll.witnesses)
