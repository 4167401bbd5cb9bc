"""Forms of what binds a question to others: what it revises, what stands in its place, what it fills."""

from typing import Annotated

from pydantic import Field

from node.directory.body import BODY_PLACES_MAX, TERM_DAYS_MAX
from node.directory.meeting import MOMENT_MAX
from node.limits import OPTIONS_PER_PROPOSAL_MAX
from node.web.schemas.parts import INTEGRAL, Asked, Id, Key, Name, Shown, Stated


class QuestionNamed(Shown):
    """Another question."""

    proposal: Id
    title: str


class Change(Shown):
    """Lines that stand in place of others."""

    part: Annotated[str, Field(description="title, text, options, seats or method")]
    line: Annotated[int, Field(description="Of the old text, from 1; 0 for other parts.")]
    taken_out: tuple[str, ...]
    put_in: tuple[str, ...]


class Revised(QuestionNamed):
    """The question in whose place this one stands, and what was changed."""

    changes: tuple[Change, ...]


class PetitionNamed(Shown):
    """A petition."""

    petition: Id
    title: str


class FilledBy(Shown):
    """An option of an election that fills a body, and who it is."""

    option: int
    name: str
    key: Annotated[Key | None, Field(description="The key that the election would put there.")]
    stands_for: Annotated[
        tuple[str, ...], Field(description="Communities whose stewards say that this person stands for them.")
    ]
    known_as: Annotated[
        tuple[str, ...], Field(description="Where else the key is known from, such as steward of Hillside.")
    ]


class NewFilling(Asked):
    """The places of a body that a new election fills."""

    body: Id
    places: Annotated[
        tuple[Annotated[int, Field(ge=1, le=BODY_PLACES_MAX), INTEGRAL], ...],
        Field(max_length=BODY_PLACES_MAX, description="Their numbers; empty: all."),
    ] = ()
    starts: Annotated[
        int | None,
        Field(
            ge=0, le=MOMENT_MAX, description="Seconds since 1970; left out: once the decision is in force."
        ),
        INTEGRAL,
    ] = None
    term_days: Annotated[
        int | None, Field(ge=1, le=TERM_DAYS_MAX, description="Left out: the body's usual term."), INTEGRAL
    ] = None
    keys: Annotated[
        dict[Name, Key],
        Field(
            max_length=OPTIONS_PER_PROPOSAL_MAX,
            description="For some options the key with which that person may step down.",
        ),
    ] = Field(default_factory=dict)


class Withdrawn(Stated):
    """A question that its community takes back; it counts once the witnesses certify it."""

    proposal: Id
    title: str


class Filled(Shown):
    """The places of a body that an election fills."""

    body: Id
    title: str
    places: tuple[int, ...]
    acts: Annotated[bool, Field(description="False where the bylaws leave it to people to fill them.")]
    starts: Annotated[int, Field(description="Seconds since 1970.")]
    ends: Annotated[int, Field(description="Seconds since 1970.")]
    options: tuple[FilledBy, ...]
