"""Forms of what binds a question to others: what it amends, what stands in its place, what it fills."""

from typing import Annotated

from pydantic import Field

from node.web.schemas import Id, Shown


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


class Amended(QuestionNamed):
    """The question in whose place this one stands, and what was changed."""

    changes: tuple[Change, ...]


class PetitionNamed(Shown):
    """A petition."""

    petition: Id
    title: str


class Filled(Shown):
    """The places of a body that an election fills."""

    body: Id
    title: str
    places: tuple[int, ...]
    starts: Annotated[int, Field(description="Seconds since 1970.")]
    ends: Annotated[int, Field(description="Seconds since 1970.")]
