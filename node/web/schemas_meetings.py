"""Forms of meetings: agenda, minutes, who adopted them."""

from typing import Annotated

from pydantic import Field

from node.web.schemas import Id, Shown


class AgendaPoint(Shown):
    """A point of an agenda."""

    number: int
    title: str
    text: str
    about: Annotated[str | None, Field(description="The id of a question or a petition.")]
    about_kind: Annotated[
        str | None, Field(description="question or petition; null where it is not held here.")
    ]
    about_title: str
    minutes: str


class Meeting(Shown):
    """A meeting."""

    id: Id
    federation: Id
    title: str
    body: Annotated[str | None, Field(description="The id of the body that meets; null for everybody.")]
    body_title: str
    place: str
    begins: Annotated[int | None, Field(description="Seconds since 1970.")]
    minutes_long: Annotated[int, Field(description="How long it is to last; 0 where nobody said.")]
    called_off: bool
    points: tuple[AgendaPoint, ...]
    adopted: Annotated[tuple[str, ...], Field(description="Names of those who adopted the minutes.")]


class MeetingPage(Shown):
    """A part of the meetings of a federation, the latest first."""

    total: Annotated[int, Field(ge=0)]
    meetings: tuple[Meeting, ...]
