"""The papers of a closing: what witnesses signed about one proposal, and what follows from it.

The same function of the same papers for a witness, for a reader, and for an auditor with a file.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from node import canonical
from node.governance import decisions
from node.governance.ballots import ValidBallot
from node.governance.closing import cut as cuts
from node.governance.closing.agreement import Agreement, VoteHeld
from node.governance.closing.cut import Cut, ReceiptHeld, SealHeld
from node.governance.closing.quorum import Quorum
from node.governance.closing.statements import CutValue, CutVote, Receipt, Seal
from node.governance.decisions import Result
from node.governance.mandates import Mandate
from node.governance.proposals import Proposal, Roll
from node.ids import PayloadId, RecordId
from node.keys import PublicKey
from node.records.record import Record

# The kinds of record that make up a closing, in the order in which they are signed.
KINDS = (Receipt.kind, Seal.kind, CutVote.kind)


@dataclass(frozen=True, slots=True)
class Cast:
    """The ballots and mandates held for a proposal, each judged by itself.

    Attributes:
        rejected: ballots that do not hold, with the reason. They are held, and count for nothing.
    """

    valid: Mapping[RecordId, ValidBallot]
    rejected: Mapping[RecordId, str]
    mandates: Mapping[PayloadId, Mandate]

    def lacks(self, listed: Iterable[bytes]) -> list[bytes]:
        """Return the listed ids of which nothing is held."""
        return [
            one
            for one in listed
            if RecordId(one) not in self.valid
            and RecordId(one) not in self.rejected
            and PayloadId(one) not in self.mandates
        ]


@dataclass(frozen=True, slots=True)
class Counted:
    """A cut, and the count of what is in it."""

    cut: Cut
    result: Result

    @property
    def value(self) -> CutValue:
        """Return what a witness votes for that counted this."""
        return cuts.value(self.cut, self.result.result_id)


@dataclass(frozen=True, slots=True)
class Papers:
    """What the witnesses of a roll signed about one proposal; build it with `of`.

    Attributes:
        agreement: the votes, sorted out.
        lot_seed: orders ties; None as long as the lot is not drawn, so that nothing is counted.
    """

    proposal: Proposal
    roll: Roll
    quorum: Quorum
    seals: tuple[SealHeld, ...]
    receipts: Mapping[RecordId, ReceiptHeld]
    votes: tuple[VoteHeld, ...]
    agreement: Agreement
    lot_seed: bytes | None

    @classmethod
    def of(cls, proposal: Proposal, roll: Roll, quorum: Quorum, records: Iterable[Record]) -> "Papers":
        """Sort records out; what no witness of the roll signed with its device counts for nothing."""
        nobody = Agreement.of(instance(proposal.id), quorum, ())
        empty = cls(proposal, roll, quorum, (), MappingProxyType({}), (), nobody, proposal.lot_seed)
        return empty.plus(records)

    def with_seed(self, lot_seed: bytes | None) -> "Papers":
        """Return these papers with another order of ties."""
        return self if lot_seed == self.lot_seed else replace(self, lot_seed=lot_seed)

    def plus(self, records: Iterable[Record]) -> "Papers":
        """Return these papers and more of them."""
        proposal, roll = self.proposal, self.roll
        panel = {one.community: PublicKey(one.device) for one in roll.witnesses}
        seals = {one.id: one for one in self.seals}
        receipts = dict(self.receipts)
        votes = {one.id: one for one in self.votes}
        fresh: list[VoteHeld] = []
        closing = instance(proposal.id)
        for signed in records:
            for receipt in Receipt.among([signed]):
                if receipt.proposal == proposal.id and panel.get(receipt.witness) == signed.signer:
                    receipts[signed.id] = ReceiptHeld(signed.id, receipt)
            for seal in Seal.among([signed]):
                if seal.proposal == proposal.id and panel.get(seal.witness) == signed.signer:
                    seals[signed.id] = SealHeld(signed.id, seal)
            for vote in CutVote.among([signed]):
                if vote.instance == closing and panel.get(vote.witness) == signed.signer:
                    votes[signed.id] = VoteHeld(signed.id, vote)
                    fresh.append(votes[signed.id])
        return Papers(
            proposal,
            roll,
            self.quorum,
            tuple(seals[one] for one in sorted(seals)),
            MappingProxyType(receipts),
            tuple(votes[one] for one in sorted(votes)),
            # A liar may have signed thousands of votes: each is sorted out once.
            self.agreement.plus(fresh) if fresh else self.agreement,
            self.lot_seed,
        )

    def is_sealed(self, me: bytes) -> bool:
        """Tell whether an honest witness sealed: oneself, or more than may lie, who may seal at any time."""
        sealed = {one.seal.witness for one in self.seals}
        return me in sealed or len(sealed) > self.quorum.liars

    def usable_seals(self) -> list[SealHeld]:
        """Return the seals that go into a cut proposed now."""
        return cuts.usable(self.seals, self.receipts, self.proposal.id)

    def count(self, seals: Sequence[bytes], cast: Cast) -> Counted | None:
        """Return the cut of exactly these seals with its count, None while something of it is not held."""
        named = set(seals)
        chosen = [one for one in self.seals if one.id in named]
        found = cuts.cut(self.proposal.id, chosen, self.receipts, self.quorum)
        if found is None or len(chosen) != len(named) or cast.lacks(found.counted) or self.lot_seed is None:
            return None
        inside = set(found.counted)
        result = decisions.count_valid(
            self.proposal,
            self.roll,
            [cast.valid[one] for one in sorted(cast.valid) if one in inside],
            [(one, cast.rejected[one]) for one in sorted(cast.rejected) if one in inside],
            [cast.mandates[one] for one in sorted(cast.mandates) if one in inside],
            lot_seed=self.lot_seed,
        )
        return Counted(found, result)

    def contested(self, counted: Counted, cast: Cast) -> bool:
        """Tell whether contested ballots, were they counted, would change what was decided.

        One of which nothing is held changes nothing: else a single witness stays every decision by listing an
        id that it made up. Whoever has the ballot can publish it.
        """
        if not counted.cut.contested:
            return False
        inside = {*counted.cut.counted, *counted.cut.contested}
        other = decisions.count_valid(
            self.proposal,
            self.roll,
            [cast.valid[one] for one in sorted(cast.valid) if one in inside],
            (),
            [cast.mandates[one] for one in sorted(cast.mandates) if one in inside],
            lot_seed=self.lot_seed,
        )
        ours = counted.result.outcome
        return (ours.verdict, [p.option for p in ours.elected]) != (
            other.outcome.verdict,
            [p.option for p in other.outcome.elected],
        )


def instance(proposal: bytes) -> bytes:
    """Return what the votes that close a proposal name."""
    return canonical.digest("hedgerow/closing/1", proposal)
