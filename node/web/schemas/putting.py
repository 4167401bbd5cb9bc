"""Forms of putting questions: one to put, one as it was put, and the list of them."""

from typing import Annotated

from pydantic import Field

from node.governance.spending import AMOUNT_MAX, PROJECTS_MAX, VOTES_NEEDED_MAX
from node.limits import OPTIONS_PER_PROPOSAL_MAX
from node.web.schemas.bonds import NewFilling
from node.web.schemas.parts import INTEGRAL, Agreeing, Asked, Id, Name, Shown, Stated, Text

_Amount = Annotated[int, Field(ge=1, le=AMOUNT_MAX), INTEGRAL]


class NewBudget(Asked):
    """What a question about a budget shares out; its options are the projects."""

    money: _Amount
    unit: Annotated[str, Field(min_length=1, max_length=40, description="Such as euro, cents or hours.")]
    costs: Annotated[
        tuple[_Amount, ...],
        Field(min_length=1, max_length=PROJECTS_MAX, description="Of each option, in their order."),
    ]
    needed: Annotated[
        int | None,
        Field(
            ge=1,
            le=VOTES_NEEDED_MAX,
            description="How many votes a project needs; with `budget-greedy-threshold`, and with no other.",
        ),
        INTEGRAL,
    ] = None


class NewProposal(Asked):
    """A question to put: an election with options and seats, a budget with options, or neither: yes or no."""

    title: Name
    text: Text = ""
    method: Annotated[str, Field(max_length=40)] = "yes-no"
    options: Annotated[tuple[Name, ...], Field(max_length=OPTIONS_PER_PROPOSAL_MAX)] = ()
    seats: Annotated[int, Field(ge=1, le=1_000), INTEGRAL] = 1
    opens_in: Annotated[
        int | None,
        Field(
            ge=0,
            le=2_592_000,
            description="Seconds until voting opens. By default none, or a day where further stewards of the"
            " community must sign the question first.",
        ),
        INTEGRAL,
    ] = None
    budget: Annotated[
        NewBudget | None, Field(description="For a budget, by `budget` or a method that begins so.")
    ] = None
    fills: Annotated[
        NewFilling | None, Field(description="For an election: the places of a body that it fills.")
    ] = None


class ProposalOpened(Stated):
    """A question as it was put."""

    proposal: Id
    roll: Id
    method: str
    seats_on_roll: int
    opens: Annotated[int, Field(description="When voting opens, in seconds since 1970.")]
    closes: Annotated[int, Field(description="When voting ends, in seconds since 1970.")]
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
    opens: Annotated[int, Field(description="When voting opens, in seconds since 1970.")]
    closes: Annotated[int, Field(description="When voting ends, in seconds since 1970.")]
    replaced: Annotated[bool, Field(description="A revision stands in its place.")]
    state: Annotated[
        str, Field(description="The phase it is in, such as open or in force; waiting while its roll is.")
    ]
    verdict: Annotated[str | None, Field(description="What was decided, once that is certified.")]
    quorum: Annotated[Agreeing | None, Field(description="Null while its roll is not held.")]


class ProposalPage(Shown):
    """A part of the questions put so far."""

    total: Annotated[int, Field(ge=0)]
    proposals: tuple[ProposalSummary, ...]
