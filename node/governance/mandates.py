"""Mandates: which key votes for which seat, on what and for how long, as the seat's community decided."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from node.governance.closing.phases import Moment
from node.governance.lending import Borrower
from node.governance.proposals import Proposal
from node.ids import CommunityId, PayloadId
from node.limits import OPTIONS_PER_PROPOSAL_MAX
from node.records.approvals import Signatures
from node.records.record import Record
from node.records.statement import Id, Key, Positive, Statement

# Tells whether a community's stewards stand behind a payload, given who signed what.
Approves = Callable[[CommunityId, bytes, Signatures], bool]

# What a question can be, for a mandate that is for some of them only.
QuestionKind = Literal["election", "yes-no"]


class Mandate(Statement):
    """The stewards of a community say who votes for one of its seats.

    It says nothing about a question that it does not cover (`outside`): there the mandate before it counts.

    Attributes:
        seat: from 1 to the community's seats.
        seq: the highest that covers a question counts there; each grant for a seat takes the next number.
        prev: payload id of the mandate before, null at seq 1.
        holder: the delegate's key; null for one who votes on paper only, for a vote that is lent, and where
            it is neither, to recall whoever held the seat.
        paper: the delegate may also vote on paper, which two people of the charter enter (entries.py).
        substitute: votes where the delegate does not: its ballot counts only if none of the delegate's does.
        since, until: the term, in seconds since 1970: covers questions whose voting opens from the one to
            before the other. Whoever is delegate when voting opens is so until it ends.
        kinds: covers only such questions; of any kind when empty.
        question: covers only this proposal.
        lends: the seat whose vote counts for this one where no ballot of it is in (lending.py).
        instruction: the choice that binds the delegate on `question`; empty for a free mandate.
        revokes_ballots: void what earlier holders of this seat cast.
    """

    kind: ClassVar[str] = "mandate"
    federation: Id
    community: Id
    seat: Annotated[int, Field(ge=1, le=100_000)]
    seq: Positive
    prev: Id | None
    holder: Key | None
    paper: bool = False
    substitute: Key | None = None
    since: Moment | None = None
    until: Moment | None = None
    kinds: Annotated[tuple[QuestionKind, ...], Field(max_length=2)] = ()
    question: Id | None = None
    instruction: Annotated[tuple[Positive, ...], Field(max_length=OPTIONS_PER_PROPOSAL_MAX)] = ()
    lends: Borrower | None = None
    revokes_ballots: bool

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.prev is None) != (self.seq == 1):
            raise ValueError("the first mandate of a seat follows none, each later one the one before")
        if self.recalls and (self.substitute is not None or self.instruction):
            raise ValueError("a recall names nobody and instructs nobody")
        if self.holder is not None and self.holder == self.substitute:
            raise ValueError("a substitute is somebody else than the delegate")
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise ValueError("a term ends after it begins")
        if list(self.kinds) != sorted(set(self.kinds)):
            raise ValueError("the kinds of question must be sorted and different")
        if self.lends is not None and self.lends.place == (self.community, self.seat):
            raise ValueError("a seat lends its vote to another one")
        if self.instruction and self.question is None:
            raise ValueError("an instruction is for one question, which the mandate names")
        return self

    @property
    def recalls(self) -> bool:
        """Tell whether it lets nobody vote."""
        return self.holder is None and not self.paper and self.lends is None


def outside(mandate: Mandate, proposal: Proposal) -> str:
    """Return why a mandate says nothing about a question; empty where it covers it.

    The question's own window decides, nobody's clock: all nodes find the same, for ever.
    """
    opens = proposal.windows.opens
    if mandate.until is not None and opens >= mandate.until:
        return "had expired when voting on this question opened"
    if mandate.since is not None and opens < mandate.since:
        return "began only after voting on this question opened"
    if mandate.question is not None and mandate.question != proposal.id:
        return "is for another question only"
    kind = kind_of(proposal)
    if mandate.kinds and kind not in mandate.kinds:
        return f"is for another kind of question ({', '.join(mandate.kinds)}), and this one is {kind}"
    return ""


def kind_of(proposal: Proposal) -> QuestionKind:
    """Return which kind of question a proposal is."""
    return "yes-no" if proposal.method == "yes-no/1" else "election"


def holding(mandates: Iterable[Record], signatures: Signatures, approves: Approves) -> list[Mandate]:
    """Return the mandates that hold: well formed, and signed by enough of their community's stewards."""
    found = {mandate.payload_id: mandate for mandate in Mandate.among(mandates)}
    return [
        found[payload]
        for payload in sorted(found)
        if approves(CommunityId(found[payload].community), payload, signatures)
    ]


def in_force(
    mandates: Iterable[Mandate], proposal: Proposal | None = None
) -> dict[tuple[bytes, int], Mandate]:
    """Return the mandate that counts for each (community, seat): on a question, if one is given.

    Two different mandates with one number speak against each other: neither counts, nor what is below them,
    until the community grants the next.
    """
    return newest(one for one in mandates if proposal is None or not outside(one, proposal))


def newest(mandates: Iterable[Mandate]) -> dict[tuple[bytes, int], Mandate]:
    """Return the mandate with the highest number of each seat; none where two share it."""
    highest: dict[tuple[bytes, int], list[Mandate]] = {}
    for mandate in sorted(mandates, key=lambda m: (m.seq, m.payload_id)):
        seat = (mandate.community, mandate.seat)
        rivals = highest.setdefault(seat, [])
        if rivals and rivals[0].seq < mandate.seq:
            rivals.clear()
        if mandate.payload_id not in {rival.payload_id for rival in rivals}:
            rivals.append(mandate)
    return {seat: rivals[0] for seat, rivals in sorted(highest.items()) if len(rivals) == 1}


def standing(mandates: Iterable[Mandate]) -> list[Mandate]:
    """Return the mandates that may count for some question: those below no newer one without limits.

    Sorted by seat, the newest first; rivals of one number are left out.
    """
    by_place: dict[tuple[bytes, int, int], dict[PayloadId, Mandate]] = {}
    for one in mandates:
        by_place.setdefault((one.community, one.seat, -one.seq), {})[one.payload_id] = one
    found = []
    covered: set[tuple[bytes, int]] = set()
    for (community, seat, _), rivals in sorted(by_place.items()):
        if (community, seat) in covered:
            continue
        (first, *others) = rivals.values()
        if not others:
            found.append(first)
        if any(not _limited(one) for one in rivals.values()):
            covered.add((community, seat))
    return found


def _limited(mandate: Mandate) -> bool:
    """Tell whether there can be a question that a mandate does not cover."""
    term = (mandate.since, mandate.until)
    return term != (None, None) or bool(mandate.kinds) or mandate.question is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the next mandate of a seat says; the fields are those of `Mandate`."""

    holder: bytes | None
    paper: bool = False
    substitute: bytes | None = None
    since: int | None = None
    until: int | None = None
    kinds: tuple[QuestionKind, ...] = ()
    question: bytes | None = None
    instruction: tuple[int, ...] = ()
    lends: Borrower | None = None
    revokes_ballots: bool = False


def next_mandate(
    held: Iterable[Mandate], *, federation: bytes, community: bytes, seat: int, terms: Terms
) -> Mandate:
    """Return the next mandate for a seat, for the stewards to sign.

    Raises:
        pydantic.ValidationError: the terms do not fit together.
    """
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
        holder=terms.holder,
        paper=terms.paper,
        substitute=terms.substitute,
        since=terms.since,
        until=terms.until,
        kinds=tuple(sorted(terms.kinds)),
        question=terms.question,
        instruction=terms.instruction,
        lends=terms.lends,
        revokes_ballots=terms.revokes_ballots,
    )
