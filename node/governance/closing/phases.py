"""The states of a decision, from draft to in force, in one table.

A phase follows from statements held and the reader's clock; two readers that hold the same statements differ
at most by their clocks. What is certified stays certified: review can stay or annul its effect, never
change it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from node.records.statement import Part


class Phase(StrEnum):
    """Where a decision stands."""

    DRAFT = "draft"
    OPEN = "open"
    SEALING = "sealing"
    CERTIFIED = "certified"
    UNDER_REVIEW = "under review"
    IN_FORCE = "in force"
    UPHELD = "upheld"
    ANNULLED = "annulled"
    WITHDRAWN = "withdrawn"
    STALLED = "stalled"
    DIVERGED = "diverged"
    FAILED = "failed"


# Before the year 9900, so that every time that follows from windows is still a date.
Moment = Annotated[int, Field(ge=0, le=250_000_000_000)]
# Ten years.
Span = Annotated[int, Field(ge=0, le=315_576_000)]


class Windows(Part):
    """The times of one proposal: `opens` and `closes` in seconds since 1970, the others in seconds.

    Attributes:
        grace: after `closes`, for ballots under way.
        patience: after closes + grace, until witnesses stop waiting for one another's seals.
        review: after that, in which a review may be asked for before the decision takes effect.
        stall: after closes + grace, until witnesses may give the proposal up.
        early: a witness that holds a ballot of every seat seals without waiting for `closes`.
    """

    opens: Moment
    closes: Moment
    grace: Span
    patience: Span
    review: Span
    stall: Span
    early: bool

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.closes <= self.opens:
            raise ValueError("voting must close after it opens")
        return self

    @property
    def seals_from(self) -> int:
        """Return when witnesses seal."""
        return self.closes + self.grace

    @property
    def in_force_from(self) -> int:
        """Return from when witnesses say that nobody asked for a review, so that it takes effect."""
        return self.seals_from + self.patience + self.review

    @property
    def given_up_from(self) -> int:
        """Return from when witnesses may give up."""
        return self.seals_from + self.stall


@dataclass(frozen=True, slots=True)
class Facts:
    """What the statements held say about a proposal, and when they are read.

    Attributes:
        now: the reader's clock, in seconds since 1970.
        withdrawn: by its proposer, before the first seal.
        certified: a value was certified, and it is a result.
        failed: a value was certified, and it gives the proposal up.
        rivals: two values were certified, or one cut was counted in two ways.
        review_asked: a review was opened, by communities or by contested ballots that could change it.
        review_over: enough witnesses said that nobody asked in time.
        stays: the decision waits for the end of its review; else it takes effect as soon as it is certified.
        annulled, upheld: what a later certified decision said about it.
    """

    windows: Windows
    now: int
    withdrawn: bool = False
    certified: bool = False
    failed: bool = False
    rivals: bool = False
    review_asked: bool = False
    review_over: bool = False
    stays: bool = True
    annulled: bool = False
    upheld: bool = False


# The first row that holds names the phase; the last always holds.
TABLE: Final[tuple[tuple[Phase, Callable[[Facts], bool]], ...]] = (
    (Phase.DIVERGED, lambda facts: facts.rivals),
    (Phase.ANNULLED, lambda facts: facts.certified and facts.annulled),
    # Without a review there is nothing to uphold: a refused annulment cuts no time for asking short.
    (Phase.UPHELD, lambda facts: facts.certified and facts.upheld and facts.review_asked),
    (
        Phase.IN_FORCE,
        lambda facts: facts.certified and (facts.review_over or not (facts.stays or facts.review_asked)),
    ),
    (Phase.UNDER_REVIEW, lambda facts: facts.certified and facts.review_asked),
    (Phase.CERTIFIED, lambda facts: facts.certified),
    (Phase.FAILED, lambda facts: facts.failed),
    (Phase.WITHDRAWN, lambda facts: facts.withdrawn),
    (Phase.STALLED, lambda facts: facts.now >= facts.windows.given_up_from),
    (Phase.SEALING, lambda facts: facts.now >= facts.windows.seals_from),
    (Phase.OPEN, lambda facts: facts.now >= facts.windows.opens),
    (Phase.DRAFT, lambda _: True),
)

# Phases in which a decision has its effect; under review it has where the bylaws do not stay it.
ACTING: Final = frozenset({Phase.IN_FORCE, Phase.UPHELD})


def phase(facts: Facts) -> Phase:
    """Return where a decision stands."""
    return next(each for each, holds in TABLE if holds(facts))


def acts(facts: Facts) -> bool:
    """Tell whether a decision has its effect: never uncertified, never while a review stays it."""
    reached = phase(facts)
    return reached in ACTING or (reached is Phase.UNDER_REVIEW and not facts.stays)
