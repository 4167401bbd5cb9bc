"""What witnesses sign while a decision closes: each a record of its own kind.

A witness is a community on the roll, speaking by the one device key that the roll pins for it. A statement
whose signer is not that device counts for nothing.
"""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from node.limits import WITNESSES_MAX
from node.records.statement import Id, Natural, Nonce, Part, Positive, Statement

# Ballots that one receipt or one seal may name: 3,000 seats that changed their mind now and then.
LISTED_MAX = 4_096
# A receipt covers all ballots that arrived since the witness's last: few are needed.
RECEIPTS_MAX = 1_024
# Nobody gets that far: at six hours a round it takes seven centuries.
ROUND_MAX = 1_000_000

Ids = Annotated[tuple[Id, ...], Field(max_length=LISTED_MAX)]
SealIds = Annotated[tuple[Id, ...], Field(max_length=WITNESSES_MAX)]


def _check_sorted(what: str, found: tuple[bytes, ...]) -> None:
    if list(found) != sorted(set(found)):
        raise ValueError(f"the {what} must be sorted and different")


class Receipt(Statement):
    """The witness holds these ballots and mandates on its disk, and they arrived before closes + grace.

    Attributes:
        listed: record ids, sorted.
    """

    kind: ClassVar[str] = "receipt"
    proposal: Id
    witness: Id
    listed: Annotated[tuple[Id, ...], Field(min_length=1, max_length=LISTED_MAX)]

    @model_validator(mode="after")
    def _check(self) -> Self:
        _check_sorted("ids in a receipt", self.listed)
        return self


class Seal(Statement):
    """All that the witness saw in time: after it, it admits nothing more to this proposal.

    Attributes:
        root: the Merkle tree hash over `listed`, for short proofs (merkle.py).
        listed: record ids of ballots and mandates it gave a receipt for, sorted.
        receipts: record ids of others' receipts that it holds, sorted. A seal can be judged by who holds all
            of these; honest witnesses name only what they hold and pass it on.
    """

    kind: ClassVar[str] = "seal"
    proposal: Id
    witness: Id
    root: Id
    listed: Ids
    receipts: Annotated[tuple[Id, ...], Field(max_length=RECEIPTS_MAX)]

    @model_validator(mode="after")
    def _check(self) -> Self:
        _check_sorted("listed ids", self.listed)
        _check_sorted("receipts", self.receipts)
        return self


class CutValue(Part):
    """What is voted on: these seals, the cut they give, and the result over that cut.

    No seals at all stand for "this proposal failed" (R10): a cut has at least one.
    """

    proposal: Id
    seals: SealIds
    cut: Id
    result: Id

    @model_validator(mode="after")
    def _check(self) -> Self:
        _check_sorted("seals", self.seals)
        return self

    @property
    def failed(self) -> bool:
        """Tell whether this gives the proposal up instead of deciding it."""
        return not self.seals


class Lock(Part):
    """A value that Q witnesses asked for in one round, with the record ids of their words for it."""

    round: Natural
    value: CutValue
    votes: SealIds

    @model_validator(mode="after")
    def _check(self) -> Self:
        _check_sorted("votes of a lock", self.votes)
        return self


class CutVote(Statement):
    """One step of one witness towards a certificate (R8).

    Attributes:
        instance: names what is being agreed on: a proposal, or the next version of a subject (R11).
        step: `pre` asks for a value, `com` commits to it, `rc` moves on to `round`.
        round: from 0.
        value: of `pre` and `com`; null in `rc`.
        lock: of `rc`: the highest lock its sender has, or null.
    """

    kind: ClassVar[str] = "cut-vote"
    instance: Id
    witness: Id
    step: Literal["pre", "com", "rc"]
    round: Annotated[int, Field(ge=0, le=ROUND_MAX)]
    value: CutValue | None
    lock: Lock | None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.value is None) != (self.step == "rc"):
            raise ValueError("asking and committing name a value, moving on names none")
        if self.lock is not None and (self.step != "rc" or self.lock.round >= self.round):
            raise ValueError("only moving on carries a lock, and one of an earlier round")
        if self.step == "rc" and self.round == 0:
            raise ValueError("nobody moves on to the first round")
        return self


class LotCommit(Statement):
    """The witness binds itself to a secret before voting opens (R7).

    Attributes:
        draw: which attempt this is: a draw in which somebody withheld a secret may be repeated without them.
        commitment: SHA-256 of the secret, see `lottery.commitment`.
    """

    kind: ClassVar[str] = "lot-commit"
    question: Id
    witness: Id
    draw: Positive
    commitment: Id


class LotReveal(Statement):
    """The witness shows the secret it bound itself to, once it is certified that its commitment is called."""

    kind: ClassVar[str] = "lot-reveal"
    question: Id
    witness: Id
    draw: Positive
    secret: Nonce
