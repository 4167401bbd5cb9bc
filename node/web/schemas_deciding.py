"""Forms of deciding: proposals, papers to fill in, ballots, results stage by stage."""

from typing import Annotated

from pydantic import Field

from node.limits import OPTIONS_PER_PROPOSAL_MAX
from node.web.schemas import INTEGRAL, Asked, Id, Key, Name, NamedCommunity, Shown, Text

_BASE64 = "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
Votes = Annotated[int, Field(description="Votes in units of 0.00001.")]


class NewProposal(Asked):
    """A question to put: an election with options and seats, or a yes/no question with neither."""

    title: Name
    text: Text = ""
    method: Annotated[str, Field(max_length=40)] = "yes-no"
    options: Annotated[tuple[Name, ...], Field(max_length=OPTIONS_PER_PROPOSAL_MAX)] = ()
    seats: Annotated[int, Field(ge=1, le=1_000), INTEGRAL] = 1


class ProposalOpened(Shown):
    """A question as it was put."""

    proposal: Id
    roll: Id
    method: str
    seats_on_roll: int
    without_a_seat: Annotated[tuple[str, ...], Field(description="Members whose size is not stated yet.")]


class ProposalSummary(Shown):
    """A question in a list."""

    id: Id
    federation: Id
    title: str
    method: str
    proposer: str
    ballots: int
    seats: int


class ProposalPage(Shown):
    """A part of the questions put so far."""

    total: Annotated[int, Field(ge=0)]
    proposals: tuple[ProposalSummary, ...]


class ProposalPlace(Asked):
    """Which proposal is meant, in the path."""

    proposal: Id


class Proposal(Shown):
    """A question."""

    proposal: Id
    roll: Id
    title: str
    text: str
    method: str
    options: tuple[str, ...]
    to_elect: int


class PaperParameters(Asked):
    """Whose paper."""

    holder: Annotated[Key, Field(description="The key that votes.")]


class PaperSeat(NamedCommunity):
    """A seat that a key votes for."""

    seat: int
    mandate: Annotated[tuple[str, ...], Field(description="Records in base64 by which the mandate holds.")]
    next_seq: int
    prev: Id | None


class Paper(Proposal):
    """What a key needs to vote, to be signed where the key is."""

    seats: tuple[PaperSeat, ...]


class NewBallots(Asked):
    """Ballots signed elsewhere, for one proposal."""

    ballots: Annotated[
        tuple[Annotated[str, Field(pattern=_BASE64, min_length=4, max_length=64 * 1024)], ...],
        Field(min_length=1, max_length=1_000, description="Signed ballots in base64."),
    ]


class BallotsCast(Shown):
    """Receipts, to find the ballots again in the result."""

    proposal: Id
    ballots: tuple[Id, ...]


class SeatName(Shown):
    """A seat of a community."""

    community: Id
    seat: int


class NamedSeat(NamedCommunity):
    """A seat of a community, with the community's name."""

    seat: int


class Placed(Shown):
    """An option that was elected or excluded."""

    id: Annotated[int, Field(description="The option's place in `options`, from 1.")]
    name: str
    stage: int


class Stage(Shown):
    """One stage of a count."""

    stage: int
    totals_1e5: Annotated[tuple[Votes, ...], Field(description="A number an option, in their order.")]


class Lot(Shown):
    """A tie that was broken by lot; options by their places from 1."""

    stage: int
    purpose: str
    tied: tuple[int, ...]
    chosen: int


class RejectedBallot(Shown):
    """A ballot that does not count."""

    ballot: Id
    reason: str


class Outcome(Shown):
    """What was decided in a few fields."""

    verdict: str
    elected: tuple[str, ...] | None = None
    votes: dict[str, int] | None = None


class Agreeing(Shown):
    """How many witnesses must agree to close."""

    witnesses: int
    needed: int
    in_words: str


class Result(Shown):
    """A question as counted here and now."""

    proposal: Id
    federation: Id
    title: str
    state: Annotated[
        str,
        Field(description="`provisional` until a certified result was counted again here; then the phase."),
    ]
    phase: Annotated[
        str, Field(description="`draft`, `open`, `sealing`, `certified`, `in force`, `failed`, …")
    ]
    why_provisional: str | None = None
    opens: Annotated[int, Field(description="Seconds since 1970.")]
    closes: Annotated[int, Field(description="Seconds since 1970.")]
    in_force_from: Annotated[int, Field(description="Seconds since 1970.")]
    quorum: Agreeing
    sealed: Annotated[tuple[str, ...], Field(description="Communities whose seal is held.")]
    not_sealed: tuple[str, ...]
    lying: Annotated[tuple[str, ...], Field(description="Communities that signed two things in one place.")]
    contested: tuple[Id, ...]
    contested_could_change_it: bool
    method: str
    verdict: str
    outcome: Outcome
    options: tuple[str, ...]
    seats: int
    valid: int
    quota_1e5: Votes
    elected: tuple[Placed, ...]
    excluded: tuple[Placed, ...]
    stages: tuple[Stage, ...]
    lots: tuple[Lot, ...]
    roll_seats: int
    seats_voted: int
    not_voted: tuple[NamedSeat, ...]
    void: tuple[SeatName, ...]
    rejected: tuple[RejectedBallot, ...]
    ballots: tuple[Id, ...]
    result_id: Annotated[str, Field(description="Equal on all nodes that count the same.")]
    count_id: str
