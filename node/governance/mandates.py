"""Mandates: which key votes for which seat, as the seat's community decided."""

from collections.abc import Callable, Iterable
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from node.ids import CommunityId, PayloadId
from node.records.approvals import Signatures
from node.records.record import Record
from node.records.statement import Id, Key, Positive, Statement

# Tells whether a community's stewards stand behind a payload, given who signed what.
Approves = Callable[[CommunityId, bytes, Signatures], bool]


class Mandate(Statement):
    """The stewards of a community let `holder` vote for one of its seats.

    Attributes:
        seat: from 1 to the community's seats.
        seq: the highest counts; each grant for a seat takes the next number.
        prev: payload id of the mandate before, null at seq 1.
        revokes_ballots: void what earlier holders of this seat cast.
    """

    kind: ClassVar[str] = "mandate"
    federation: Id
    community: Id
    seat: Annotated[int, Field(ge=1, le=100_000)]
    seq: Positive
    prev: Id | None
    holder: Key
    revokes_ballots: bool

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.prev is None) != (self.seq == 1):
            raise ValueError("the first mandate of a seat follows none, each later one the one before")
        return self


def holding(mandates: Iterable[Record], signatures: Signatures, approves: Approves) -> list[Mandate]:
    """Return the mandates that hold: well formed, and signed by enough of their community's stewards."""
    found = {mandate.payload_id: mandate for mandate in Mandate.among(mandates)}
    return [
        found[payload]
        for payload in sorted(found)
        if approves(CommunityId(found[payload].community), payload, signatures)
    ]


def in_force(mandates: Iterable[Mandate]) -> dict[tuple[bytes, int], Mandate]:
    """Return the mandate that counts for each (community, seat).

    Two different mandates with one number speak against each other: neither counts, nor what is below them,
    until the community grants the next.
    """
    highest: dict[tuple[bytes, int], list[Mandate]] = {}
    for mandate in sorted(mandates, key=lambda m: (m.seq, m.payload_id)):
        seat = (mandate.community, mandate.seat)
        rivals = highest.setdefault(seat, [])
        if rivals and rivals[0].seq < mandate.seq:
            rivals.clear()
        if mandate.payload_id not in {rival.payload_id for rival in rivals}:
            rivals.append(mandate)
    return {seat: rivals[0] for seat, rivals in sorted(highest.items()) if len(rivals) == 1}


def next_mandate(
    held: Iterable[Mandate],
    *,
    federation: bytes,
    community: bytes,
    seat: int,
    holder: bytes,
    revokes_ballots: bool,
) -> Mandate:
    """Return the next mandate for a seat, for the stewards to sign."""
    before = sorted(
        (m for m in held if (m.community, m.seat) == (community, seat)), key=lambda m: (m.seq, m.payload_id)
    )
    last: PayloadId | None = before[-1].payload_id if before else None
    return Mandate(
        federation=federation,
        community=community,
        seat=seat,
        seq=before[-1].seq + 1 if before else 1,
        prev=last,
        holder=holder,
        revokes_ballots=revokes_ballots,
    )
