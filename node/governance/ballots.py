"""Ballots: what a seat says about a proposal, signed by the key that its community's mandate names.

A ballot carries its mandate, so that it can be checked by itself: a delegate needs a key, not a node.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, model_validator

from node import ids
from node.errors import PeerError, UserError
from node.governance import answers, entries
from node.governance.answers import Portion, Split
from node.governance.entries import REASON_CHARS_MAX, BallotEntry, Stewards
from node.governance.lending import Borrower
from node.governance.mandates import Approves, Mandate, outside
from node.governance.proposals import Proposal, Roll
from node.ids import CommunityId, PayloadId, RecordId
from node.keys import Signer
from node.limits import OPTIONS_PER_PROPOSAL_MAX
from node.records import record
from node.records.approvals import Approval, Signatures
from node.records.record import Record
from node.records.statement import Id, Positive, Statement

# A mandate's own record and the approvals of further stewards.
MANDATE_RECORDS_MAX = 33


class Ballot(Statement):
    """One seat's word on one proposal; of several by one seat the highest counts.

    Attributes:
        mandate: the records of the mandate that entitles the signer: the mandate first.
        seq: from 1, higher replaces lower by the same voice under the same mandate.
        prev: record id of the ballot it replaces, null at seq 1.
        choice: option numbers from 1, most wanted first; for yes/no exactly one, in the order of `Choice`;
            empty where the seat follows another, or splits its vote.
        split: the parts of a vote that say different things (answers.py), ascending by what they say.
        follows: the seat whose choice counts for this one too (lending.py).
        reason: why, in the delegate's words, on a yes/no question; empty for none.
        entered: of a ballot from paper the first person's entry (entries.py); the signer is the second.
    """

    kind: ClassVar[str] = "ballot"
    proposal: Id
    roll: Id
    community: Id
    seat: Positive
    mandate: Annotated[tuple[bytes, ...], Field(min_length=1, max_length=MANDATE_RECORDS_MAX)]
    seq: Positive
    prev: Id | None
    choice: Annotated[tuple[Positive, ...], Field(max_length=OPTIONS_PER_PROPOSAL_MAX)]
    split: Split = ()
    follows: Borrower | None = None
    reason: Annotated[str, Field(max_length=REASON_CHARS_MAX)] = ""
    entered: bytes | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.prev is None) != (self.seq == 1):
            raise ValueError("the first ballot replaces none, each later one the one before")
        answers.check_shape(self.choice, self.split, follows=self.follows is not None)
        return self


class Voice(IntEnum):
    """Who speaks under a mandate; where several do, the lowest is heard and the others are not."""

    DELEGATE = 1
    # What the delegate marked on paper; its own signature goes before what others say they read.
    PAPER = 2
    SUBSTITUTE = 3


@dataclass(frozen=True, slots=True)
class ValidBallot:
    """A ballot that holds by itself, with its mandate, and who speaks under it.

    Attributes:
        entered_by: of a ballot from paper the keys of the two people, the first one's first.
    """

    id: RecordId
    ballot: Ballot
    mandate: Mandate
    mandate_id: PayloadId
    voice: Voice = Voice.DELEGATE
    entered_by: tuple[bytes, ...] = ()

    @property
    def seat(self) -> tuple[bytes, int]:
        """Return the seat it speaks for: community and number."""
        return (self.ballot.community, self.ballot.seat)

    @property
    def signer(self) -> bytes | None:
        """Return the delegate's or the substitute's key that signed it; None for a ballot from paper."""
        if self.voice is Voice.PAPER:
            return None
        return self.mandate.substitute if self.voice is Voice.SUBSTITUTE else self.mandate.holder

    @property
    def against_instruction(self) -> bool:
        """Tell whether it says something else than its mandate binds it to; it counts all the same."""
        instruction = self.mandate.instruction
        return bool(instruction) and self.ballot.follows is None and instruction != self.ballot.choice


@dataclass(frozen=True, slots=True)
class Paper:
    """What a holder needs to fill in a ballot for one seat."""

    proposal: bytes
    roll: bytes
    community: bytes
    seat: int
    mandate: tuple[bytes, ...]
    next_seq: int
    prev: bytes | None


def paper_of(shown: Mapping[str, Any], seat: Mapping[str, Any]) -> Paper:
    """Return the form to sign for one seat, from what a node shows a key's holder (`show-paper`)."""
    return Paper(
        proposal=ids.parse(shown["proposal"]),
        roll=ids.parse(shown["roll"]),
        community=ids.parse(seat["community"]),
        seat=seat["seat"],
        mandate=tuple(base64.b64decode(raw) for raw in seat["mandate"]),
        next_seq=seat["next_seq"],
        prev=ids.parse(seat["prev"]) if seat["prev"] else None,
    )


def make(
    paper: Paper,
    choice: Sequence[int],
    signer: Signer,
    *,
    split: Sequence[Portion] = (),
    follows: Borrower | None = None,
    reason: str = "",
    entered: bytes | None = None,
) -> Record:
    """Fill in and sign a ballot; this is done where the key is.

    Instead of a choice, `split` says what parts of the vote say, or `follows` the seat that it is lent to;
    `entered` is the first person's entry, where the ballot is from paper.
    """
    ballot = Ballot(
        proposal=paper.proposal,
        roll=paper.roll,
        community=paper.community,
        seat=paper.seat,
        mandate=paper.mandate,
        seq=paper.next_seq,
        prev=paper.prev,
        choice=tuple(choice),
        split=tuple(split),
        follows=follows,
        reason=reason,
        entered=entered,
    )
    return ballot.sign(signer)


def make_entry(
    paper: Paper,
    choice: Sequence[int],
    signer: Signer,
    *,
    split: Sequence[Portion] = (),
    reason: str = "",
) -> Record:
    """Fill in and sign, as the first of two people, what stands on a delegate's paper."""
    entry = BallotEntry(
        proposal=paper.proposal,
        roll=paper.roll,
        community=paper.community,
        seat=paper.seat,
        mandate=record.read(paper.mandate[0]).payload_id,
        seq=paper.next_seq,
        prev=paper.prev,
        choice=tuple(choice),
        split=tuple(split),
        reason=reason,
    )
    return entry.sign(signer)


def check(
    signed: Record,
    proposal: Proposal,
    roll: Roll,
    approves: Approves,
    stewards: Stewards = entries.nobody,
) -> ValidBallot:
    """Check a ballot by itself (closing protocol, R1): proposal, roll, mandate, seat, signature, choice.

    `approves` and `stewards` answer from the charters held.

    Raises:
        UserError: it does not fit this proposal; the sentence says why.
        PeerError: its bytes are not a ballot, or a mandate inside is broken.
    """
    ballot = Ballot.read(signed)
    if ballot.proposal != proposal.id:
        raise UserError("the ballot is for another proposal")
    if ballot.roll != proposal.roll:
        raise UserError("the ballot is for another roll")
    if not 1 <= ballot.seat <= roll.seats_of(ballot.community):
        raise UserError(f"the roll gives that community no seat number {ballot.seat}")
    mandate, records = _read_mandate(ballot)
    if (mandate.federation, mandate.community, mandate.seat) != (
        proposal.federation,
        ballot.community,
        ballot.seat,
    ):
        raise UserError("the ballot's mandate is for another seat")
    voice, entered_by = _voice(signed, ballot, mandate, stewards)
    if reason := outside(mandate, proposal):
        raise UserError(f"the ballot's mandate {reason}")
    if not approves(CommunityId(ballot.community), mandate.payload_id, Signatures(records)):
        raise UserError("the ballot's mandate is not signed by enough stewards of its community")
    if ballot.follows is None:
        answers.check_answer(proposal, ballot.choice, ballot.split)
    else:
        _check_loan(ballot, ballot.follows, proposal, roll)
    answers.check_reason(proposal, ballot.choice, ballot.reason, ballot.split)
    return ValidBallot(signed.id, ballot, mandate, mandate.payload_id, voice, entered_by)


def _check_loan(ballot: Ballot, to: Borrower, proposal: Proposal, roll: Roll) -> None:
    if not proposal.casting.lending:
        raise UserError("the ballot lends the seat's vote, which this question's rules do not allow")
    if to.place == (ballot.community, ballot.seat):
        raise UserError("a seat cannot lend its vote to itself")
    if to.seat > roll.seats_of(to.community):
        raise UserError(f"the ballot lends the seat's vote to a seat that is not on the roll ({to.seat})")


def _read_mandate(ballot: Ballot) -> tuple[Mandate, list[Record]]:
    """Return the mandate inside a ballot, and the records by which it holds."""
    records = [
        _proved(raw) if len(raw) <= _REMEMBERED_BYTES_MAX else record.read(raw) for raw in ballot.mandate
    ]
    mandate = Mandate.read(records[0])
    if any(
        one.payload_id != mandate.payload_id
        and all(approval.of != mandate.payload_id for approval in Approval.among([one]))
        for one in records
    ):
        raise UserError("the ballot carries records that do not belong to its mandate")
    return mandate, records


def _voice(
    signed: Record, ballot: Ballot, mandate: Mandate, stewards: Stewards
) -> tuple[Voice, tuple[bytes, ...]]:
    """Return who speaks: the delegate, the delegate's paper and who entered it, or who stands in for it."""
    if mandate.recalls:
        raise UserError("the ballot's mandate recalls the delegate and names nobody to vote")
    if ballot.entered is not None:
        if not mandate.paper:
            raise UserError("the ballot was entered from paper, and its mandate does not let that be")
        if ballot.follows is not None:
            raise UserError("the ballot was entered from paper and lends the vote: paper makes a choice")
        expected = BallotEntry(
            proposal=ballot.proposal,
            roll=ballot.roll,
            community=ballot.community,
            seat=ballot.seat,
            mandate=mandate.payload_id,
            seq=ballot.seq,
            prev=ballot.prev,
            choice=ballot.choice,
            split=ballot.split,
            reason=ballot.reason,
        )
        return Voice.PAPER, entries.check(signed, ballot.entered, expected, stewards)
    if signed.signer == mandate.holder:
        return Voice.DELEGATE, ()
    if signed.signer == mandate.substitute:
        return Voice.SUBSTITUTE, ()
    raise UserError("the ballot is not signed by the holder its mandate names, nor by the substitute")


# One mandate is inside every ballot cast under it, and these are judged again with each reading of a result.
# Small ones only, so that what strangers send cannot fill the memory: at most some eight megabytes.
_REMEMBERED_BYTES_MAX = 1_024


@lru_cache(maxsize=4_096)
def _proved(raw: bytes) -> Record:
    """Read and prove a record once."""
    return record.read(raw)


def sort_out(
    ballots: Sequence[Record],
    proposal: Proposal,
    roll: Roll,
    approves: Approves,
    stewards: Stewards = entries.nobody,
) -> tuple[list[ValidBallot], list[tuple[RecordId, str]]]:
    """Return the ballots that hold by themselves, sorted by id, and the others with the reason."""
    valid: list[ValidBallot] = []
    rejected: list[tuple[RecordId, str]] = []
    known = {one.id: one for one in ballots}  # Signed twice is stated once.
    for signed in (known[one] for one in sorted(known)):
        try:
            valid.append(check(signed, proposal, roll, approves, stewards))
        except (UserError, PeerError) as error:
            rejected.append((signed.id, str(error)))
    return valid, rejected
