"""Forms of meetings: agenda, minutes, who adopted them."""

from typing import Annotated

from pydantic import Field

from node.directory.meeting import MINUTES_LONG_MAX, MOMENT_MAX, POINTS_MAX
from node.web.schemas.parts import DIGITS, ID_PATTERN, INTEGRAL, Asked, Id, Name, Readable, Shown, Text


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


class Adopter(Shown):
    """Somebody who adopted minutes, as a steward of the community notes."""

    name: str
    community: str


class AdoptedMinutes(Shown):
    """A text that somebody adopted."""

    minutes: Annotated[Id, Field(description="The name of this text and no other.")]
    by: tuple[Adopter, ...]
    unchanged: Annotated[bool, Field(description="The meeting's card still says just that.")]
    held: Annotated[bool, Field(description="False: the text has not arrived here.")]
    title: str
    place: str
    begins: Annotated[int | None, Field(description="Seconds since 1970.")]
    points: tuple[AgendaPoint, ...]


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
    adopted: Annotated[
        tuple[AdoptedMinutes, ...],
        Field(description="What was adopted, whatever the card says since; most adopters first."),
    ]


class NewMeeting(Asked):
    """A meeting to call."""

    title: Readable
    body: Annotated[Id | None, Field(description="Which body meets; left out: everybody.")] = None
    place: Name | None = None
    begins: Annotated[int | None, Field(ge=0, le=MOMENT_MAX, description="Seconds since 1970."), INTEGRAL] = (
        None
    )
    minutes_long: Annotated[
        int | None, Field(ge=1, le=MINUTES_LONG_MAX, description="How long it is to last."), INTEGRAL
    ] = None


class MeetingCalled(Shown):
    """A meeting as it was called."""

    meeting: Id
    federation: Id
    title: str


class MeetingPlace(Asked):
    """Which meeting is meant, in the path."""

    meeting: Id


class PointPlace(MeetingPlace):
    """Which point of an agenda is meant, in the path."""

    point: Annotated[int, Field(ge=1, le=POINTS_MAX, description="Its number on the agenda."), DIGITS]


class NewPoint(Asked):
    """A point to put at the end of an agenda."""

    title: Readable
    text: Text = ""
    about: Annotated[Id | None, Field(description="The question or petition that it is about.")] = None


class ChangedPoint(Asked):
    """What a point shall say from now on; what is left out stays."""

    title: Readable | None = None
    text: Text | None = None
    about: Annotated[
        Annotated[str, Field(pattern=f"{ID_PATTERN}|^$", max_length=52)] | None,
        Field(description="The question or petition that it is about; empty: none."),
    ] = None
    minutes: Annotated[Text | None, Field(description="What was said and decided.")] = None


class PointKept(Shown):
    """A point as it stands on the agenda now."""

    meeting: Id
    title: Annotated[str, Field(description="Of the meeting.")]
    point: int


class PointRemoved(Shown):
    """A point was taken off the agenda."""

    meeting: Id
    title: Annotated[str, Field(description="Of the meeting.")]


class NewAdoption(Asked):
    """Somebody of this community adopts the minutes as they are now, or takes that back."""

    name: Readable
    adopt: bool = True


class Adopting(Shown):
    """Who adopted minutes of a meeting by now."""

    meeting: Id
    minutes: Annotated[Id | None, Field(description="The name of the text adopted; null: taken back.")]
    adopted: tuple[str, ...]


class MeetingPage(Shown):
    """A part of the meetings of a federation, the latest first."""

    total: Annotated[int, Field(ge=0)]
    meetings: tuple[Meeting, ...]
