"""Ballots from paper: what each of two people enters, one without the other.

A delegate who is not at a device marks a sheet of paper. Two people named in the community's charter each
enter what stands there and sign it with their own key. The ballot is what the second one signs, with the
entry of the first inside: it holds only when both say the same.
"""

from collections.abc import Callable, Collection
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from node.errors import UserError
from node.governance import answers
from node.governance.answers import Split
from node.ids import CommunityId
from node.limits import OPTIONS_PER_PROPOSAL_MAX
from node.records import record
from node.records.record import Record
from node.records.statement import Id, Positive, Statement

# As long as a report about a listing; what needs more room is a thread or a proposal of its own.
REASON_CHARS_MAX = 1_000

# Tells whose keys a community's charter names as stewards'.
Stewards = Callable[[CommunityId], Collection[bytes]]


class BallotEntry(Statement):
    """The signer read this from the paper of a seat's delegate.

    Attributes:
        mandate: payload id of the mandate under which it is cast.
        seq, prev, choice, split, reason: as in the ballot that it is for, so that an entry serves no other.
    """

    kind: ClassVar[str] = "ballot-entry"
    proposal: Id
    roll: Id
    community: Id
    seat: Positive
    mandate: Id
    seq: Positive
    prev: Id | None
    choice: Annotated[tuple[Positive, ...], Field(max_length=OPTIONS_PER_PROPOSAL_MAX)]
    split: Split = ()
    reason: Annotated[str, Field(max_length=REASON_CHARS_MAX)] = ""

    @model_validator(mode="after")
    def _check(self) -> Self:
        answers.check_shape(self.choice, self.split)
        return self


def nobody(_community: CommunityId) -> Collection[bytes]:
    """Name no stewards: for a reader without charters no ballot from paper holds."""
    return ()


def check(second: Record, first: bytes, expected: BallotEntry, stewards: Stewards) -> tuple[bytes, bytes]:
    """Check that two people of the community entered the same; return their keys, the first one's first.

    Args:
        second: the ballot's own record.
        first: the other person's entry.
        expected: what both must have entered.
        stewards: answers from the charters held.

    Raises:
        UserError: they did not; the sentence says why.
        PeerError: the entry's bytes are no entry.
    """
    entry = record.read(first)
    entered = BallotEntry.read(entry)
    if entry.signer == second.signer:
        raise UserError("the ballot was entered from paper by one person twice: two different people must")
    named = stewards(CommunityId(expected.community))
    if entry.signer not in named or second.signer not in named:
        raise UserError(
            "the ballot was entered from paper by somebody whom the community's charter does not name"
        )
    said = {"choice": expected.choice, "split": expected.split, "reason": expected.reason}
    if entered.model_copy(update=said) != expected:
        raise UserError("the first person's entry from paper is for another ballot")
    if entered != expected:
        raise UserError(
            "the two people who entered the ballot from paper say different things: it is not counted"
        )
    return entry.signer, second.signer
