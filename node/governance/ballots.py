"""Ballots: what a seat says about a proposal, signed by the key that its community's mandate names.

A ballot carries its mandate, so that it can be checked by itself: a delegate needs a key, not a node.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, model_validator

from node import ids
from node.errors import PeerError, UserError
from node.governance.choices import Choice
from node.governance.mandates import Approves, Mandate
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
        seq: from 1, higher replaces lower under the same mandate.
        prev: record id of the ballot it replaces, null at seq 1.
        choice: option numbers from 1, most wanted first; for yes/no exactly one, in the order of `Choice`.
    """

    kind: ClassVar[str] = "ballot"
    proposal: Id
    roll: Id
    community: Id
    seat: Positive
    mandate: Annotated[tuple[bytes, ...], Field(min_length=1, max_length=MANDATE_RECORDS_MAX)]
    seq: Positive
    prev: Id | None
    choice: Annotated[tuple[Positive, ...], Field(min_length=1, max_length=OPTIONS_PER_PROPOSAL_MAX)]

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.prev is None) != (self.seq == 1):
            raise ValueError("the first ballot replaces none, each later one the one before")
        return self


@dataclass(frozen=True, slots=True)
class ValidBallot:
    """A ballot that holds by itself, with its mandate."""

    id: RecordId
    ballot: Ballot
    mandate: Mandate
    mandate_id: PayloadId

    @property
    def seat(self) -> tuple[bytes, int]:
        """Return the seat it speaks for: community and number."""
        return (self.ballot.community, self.ballot.seat)


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


def make(paper: Paper, choice: Sequence[int], signer: Signer) -> Record:
    """Fill in and sign a ballot; this is done where the key is."""
    ballot = Ballot(
        proposal=paper.proposal,
        roll=paper.roll,
        community=paper.community,
        seat=paper.seat,
        mandate=paper.mandate,
        seq=paper.next_seq,
        prev=paper.prev,
        choice=tuple(choice),
    )
    return ballot.sign(signer)


def check_choice(proposal: Proposal, choice: Sequence[int]) -> None:
    """Check that a choice fits the question.

    Raises:
        UserError: an option that is not on the paper, one named twice, or more than yes/no can hold.
    """
    count = len(Choice) if proposal.method == "yes-no/1" else len(proposal.options)
    for number in choice:
        if not 1 <= number <= count:
            raise UserError(f"expected options from 1 to {count}, found {number}")
    if len(set(choice)) != len(choice):
        raise UserError("expected each option at most once")
    if proposal.method == "yes-no/1" and len(choice) != 1:
        raise UserError("a yes/no question takes exactly one answer")
    if not choice:
        raise UserError("expected at least one option")


def check(signed: Record, proposal: Proposal, roll: Roll, approves: Approves) -> ValidBallot:
    """Check a ballot by itself (closing protocol, R1): proposal, roll, mandate, seat, signature, choice.

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
    if (mandate.federation, mandate.community, mandate.seat) != (
        proposal.federation,
        ballot.community,
        ballot.seat,
    ):
        raise UserError("the ballot's mandate is for another seat")
    if mandate.holder != signed.signer:
        raise UserError("the ballot is not signed by the holder its mandate names")
    if not approves(CommunityId(ballot.community), mandate.payload_id, Signatures(records)):
        raise UserError("the ballot's mandate is not signed by enough stewards of its community")
    check_choice(proposal, ballot.choice)
    return ValidBallot(signed.id, ballot, mandate, mandate.payload_id)


# One mandate is inside every ballot cast under it, and these are judged again with each reading of a result.
# Small ones only, so that what strangers send cannot fill the memory: at most some eight megabytes.
_REMEMBERED_BYTES_MAX = 1_024


@lru_cache(maxsize=4_096)
def _proved(raw: bytes) -> Record:
    """Read and prove a record once."""
    return record.read(raw)


def sort_out(
    ballots: Sequence[Record], proposal: Proposal, roll: Roll, approves: Approves
) -> tuple[list[ValidBallot], list[tuple[RecordId, str]]]:
    """Return the ballots that hold by themselves, sorted by id, and the others with the reason."""
    valid: list[ValidBallot] = []
    rejected: list[tuple[RecordId, str]] = []
    known = {one.id: one for one in ballots}  # Signed twice is stated once.
    for signed in (known[one] for one in sorted(known)):
        try:
            valid.append(check(signed, proposal, roll, approves))
        except (UserError, PeerError) as error:
            rejected.append((signed.id, str(error)))
    return valid, rejected
