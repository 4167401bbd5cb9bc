"""Forms of deciding: proposals, papers to fill in, ballots, results stage by stage."""

from typing import Annotated

from pydantic import Field

from node.web.schemas.bonds import Filled, PetitionNamed, QuestionNamed, Revised
from node.web.schemas.parts import Agreeing, Asked, Id, Key, NamedCommunity, Shown

_BASE64 = "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
Votes = Annotated[int, Field(description="Votes in units of 0.00001.")]


class ProposalPlace(Asked):
    """Which proposal is meant, in the path."""

    proposal: Id


class Project(Shown):
    """A project of a budget."""

    id: Annotated[int, Field(description="Its place in `options`, from 1.")]
    name: str
    cost: Annotated[int, Field(description="In whole units.")]


class Budget(Shown):
    """What a question about a budget shares out."""

    money: Annotated[int, Field(description="In whole units.")]
    unit: str
    needed: Annotated[int | None, Field(description="How many votes a project needs; null: no number.")]
    projects: tuple[Project, ...]


class Proposal(Shown):
    """A question."""

    proposal: Id
    roll: Id
    title: str
    text: str
    method: str
    options: tuple[str, ...]
    to_elect: int
    parts: Annotated[int, Field(description="Into how many equal parts a vote may be split; 1: not at all.")]
    budget: Annotated[Budget | None, Field(description="Null: it shares out no money.")]


class PaperParameters(Asked):
    """Whose paper."""

    holder: Annotated[Key, Field(description="The key that votes.")]


class PaperSeat(NamedCommunity):
    """A seat that a key votes for."""

    seat: int
    mandate: Annotated[tuple[str, ...], Field(description="Records in base64 by which the mandate holds.")]
    next_seq: int
    prev: Id | None
    as_substitute: Annotated[
        bool, Field(description="The key stands in for the delegate, whose own ballot goes before.")
    ]
    instruction: Annotated[
        tuple[int, ...], Field(description="What the community decided; empty for a free mandate.")
    ]


class RefusedSeat(NamedCommunity):
    """A seat for which a key was named and may not vote here."""

    seat: int
    reason: Annotated[str, Field(description="What its mandate lacks, as the end of a sentence.")]


class Paper(Proposal):
    """What a key needs to vote, to be signed where the key is."""

    fills: Annotated[Filled | None, Field(description="The places of a body that it fills, and by whom.")]
    seats: tuple[PaperSeat, ...]
    refused: tuple[RefusedSeat, ...]


class NewBallots(Asked):
    """Ballots signed elsewhere, for one proposal."""

    ballots: Annotated[
        tuple[Annotated[str, Field(pattern=_BASE64, min_length=4, max_length=64 * 1024)], ...],
        Field(min_length=1, max_length=1_000, description="Signed ballots in base64."),
    ]


class Receipts(Shown):
    """Who has confirmed a ballot so far; a moment after it was handed in that is nobody yet."""

    ballot: Id
    witnesses: Annotated[int, Field(description="How many witness this question.")]
    confirmed_by: Annotated[tuple[str, ...], Field(description="Communities whose witness signed a receipt.")]
    needed: Annotated[int, Field(description="How many receipts make sure that it will count.")]
    safe: bool


class BallotsCast(Shown):
    """The ballots' numbers, to find them again in the result, and how far each is confirmed."""

    proposal: Id
    ballots: tuple[Id, ...]
    receipts: tuple[Receipts, ...]


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


class Portion(Shown):
    """Some parts of a vote that is split, and what they say."""

    parts: int
    chosen: tuple[str, ...]


class Remark(NamedCommunity):
    """A ballot that counts and was not simply cast by the delegate as it liked."""

    seat: int
    ballot: Id
    chosen: tuple[str, ...]
    split: Annotated[tuple[Portion, ...], Field(description="Of a split vote, in place of what was chosen.")]
    reason: Annotated[str, Field(description="Why, in the delegate's words; empty for none.")]
    by: Annotated[str, Field(description="`delegate`, `paper` or `substitute`.")]
    entered_by: Annotated[
        tuple[Key, ...], Field(description="The keys of the two people who entered it from paper.")
    ]
    instruction: Annotated[tuple[str, ...], Field(description="What the community had decided, if anything.")]
    against_instruction: bool


class Loan(NamedSeat):
    """A seat whose vote is lent to another."""

    to: NamedSeat
    until_recalled: Annotated[bool, Field(description="By its mandate; otherwise by its own ballot.")]
    takes: Annotated[Id | None, Field(description="The ballot whose choice counts for it, if any.")]
    chosen: tuple[str, ...]
    split: Annotated[tuple[Portion, ...], Field(description="Of a split vote, in place of what was chosen.")]
    against_instruction: bool


class Outcome(Shown):
    """What was decided in a few fields."""

    verdict: str
    elected: tuple[str, ...] | None = None
    votes: dict[str, int] | None = None


class ProjectCounted(Project):
    """A project of a budget, and whether the count pays it."""

    funded: bool


class BudgetCounted(Shown):
    """What a budget shares out, and what the count makes of it."""

    money: Annotated[int, Field(description="In whole units.")]
    unit: str
    needed: Annotated[int | None, Field(description="How many votes a project needs; null: no number.")]
    projects: tuple[ProjectCounted, ...]
    spent: int
    left: int
    added: Annotated[int | None, Field(description="What Add1 gave every vote; null by methods without it.")]
    released: Annotated[bool, Field(description="A line for each funded project is released now.")]


class Effect(Shown):
    """What a question does by itself once it passed and is in force."""

    act: Annotated[str, Field(description="`admit`, `suspend`, `restore`, `remove`, `bylaws`, `form`, …")]
    in_words: str
    target: Annotated[Id | None, Field(description="The community or the decision it is about.")]
    name: str
    amount: int | None
    unit: str


class RequestForReview(NamedCommunity):
    """A community that asks that a decision be looked at again."""

    reason: str


class Review(Shown):
    """Who may still object to a decision, and who did."""

    until: Annotated[int, Field(description="Seconds since 1970.")]
    asked_by: Annotated[str, Field(description="`seated`: communities with a seat on it; `members`: all.")]
    needed: Annotated[int, Field(description="How many communities must ask.")]
    stays: Annotated[bool, Field(description="The decision waits for the end of its review.")]
    opened: bool
    over: Annotated[bool, Field(description="The witnesses said that nobody asked in time.")]
    requests: tuple[RequestForReview, ...]


class LotState(Shown):
    """How far the witnesses have drawn the lot that orders ties."""

    draw: Annotated[int, Field(description="From 1; one more for each draw that somebody held up.")]
    drawn: bool
    awaited: Annotated[tuple[str, ...], Field(description="Communities whose secret is not shown yet.")]
    withheld: Annotated[tuple[str, ...], Field(description="Communities that kept a secret back before.")]


class Turnout(Shown):
    """How many took part in an election, and how many must or nobody is elected."""

    of: Annotated[str, Field(description="seats or communities")]
    present: int
    needed: int
    total: int
    reached: bool


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
    lot: LotState | None
    abstains_here: Annotated[
        str, Field(description="Why this node signs nothing about it as a witness; empty where it does.")
    ]
    effect: Annotated[Effect | None, Field(description="Null: it only says something.")]
    acts: Annotated[bool, Field(description="It has its effect now.")]
    taken_back: Annotated[bool, Field(description="Its proposer withdrew it, certified or not.")]
    review: Review
    method: str
    verdict: str
    turnout: Annotated[Turnout | None, Field(description="Null: no number is asked for.")]
    passing: Annotated[str | None, Field(description="When it passes, in words; null for an election.")]
    budget: Annotated[BudgetCounted | None, Field(description="Null: it shares out no money.")]
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
    parts: Annotated[int, Field(description="Votes are counted in so many parts each, as they may be split.")]
    seats_voted: int
    not_voted: tuple[NamedSeat, ...]
    void: tuple[SeatName, ...]
    rejected: tuple[RejectedBallot, ...]
    set_aside: Annotated[
        tuple[RejectedBallot, ...],
        Field(description="Ballots that hold and do not count: replaced, recalled, overruled, late."),
    ]
    loans: tuple[Loan, ...]
    remarks: tuple[Remark, ...]
    ballots: tuple[Id, ...]
    supersedes: Annotated[Revised | None, Field(description="The question that this one revises.")]
    superseded_by: Annotated[tuple[QuestionNamed, ...], Field(description="What stands in its place.")]
    petition: Annotated[PetitionNamed | None, Field(description="The petition that it answers.")]
    fills: Annotated[Filled | None, Field(description="The places of a body that it fills.")]
    result_id: Annotated[str, Field(description="Equal on all nodes that count the same.")]
    count_id: str
