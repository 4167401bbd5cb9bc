"""Commands about meetings: calling them, their agenda, and their minutes."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from node.directory.meeting import MINUTES_LONG_MAX, MOMENT_MAX, POINTS_MAX
from node.engine.commands.ask import Ask, Name, Text

Moment = Annotated[int, Field(ge=0, le=MOMENT_MAX)]
Place = Annotated[int, Field(ge=1, le=POINTS_MAX)]


class CallMeeting(Ask):
    """Call a meeting of a body, or of everybody: {federation, meeting, title}.

    `begins` in seconds since 1970.
    """

    command: Literal["call-meeting"] = "call-meeting"
    federation: str | None = None
    title: Name
    body: Name | None = None
    place: Name | None = None
    begins: Moment | None = None
    minutes_long: Annotated[int, Field(ge=1, le=MINUTES_LONG_MAX)] | None = None


class ChangeMeeting(Ask):
    """Change when, where or whether a meeting is: {meeting, title}; what is left out stays."""

    command: Literal["change-meeting"] = "change-meeting"
    meeting: Name
    title: Name | None = None
    place: Name | None = None
    begins: Moment | None = None
    minutes_long: Annotated[int, Field(ge=1, le=MINUTES_LONG_MAX)] | None = None
    called_off: bool | None = None


class WritePoint(Ask):
    """Put a point on a meeting's agenda, or change one: {meeting, point, title}.

    `point` is the number of one on the agenda, from 1; without it a new one is put at the end. `about` is the
    id of a question or petition; "" takes it off. `minutes` is what was said and decided.
    """

    command: Literal["write-point"] = "write-point"
    meeting: Name
    point: Place | None = None
    title: Name | None = None
    text: Text | None = None
    about: Annotated[str, Field(max_length=52)] | None = None
    minutes: Text | None = None


class RemovePoint(Ask):
    """Take a point off the agenda: {meeting, title}. One that has minutes stays."""

    command: Literal["remove-point"] = "remove-point"
    meeting: Name
    point: Place


class AdoptMinutes(Ask):
    """Note that somebody of this community adopted a meeting's minutes as they are now, or take it back.

    {meeting, title, minutes, adopted: [names]}; `minutes` names the text.
    """

    command: Literal["adopt-minutes"] = "adopt-minutes"
    meeting: Name
    name: Name
    adopt: bool = True


class ListMeetings(Ask):
    """The meetings of a federation, the latest first: {federation, name, meetings: [as `ShowMeeting`]}."""

    command: Literal["list-meetings"] = "list-meetings"
    question: ClassVar[bool] = True
    federation: str | None = None


class ShowMeeting(Ask):
    """A meeting by its id or title.

    {id, federation, title, body, body_title, place, begins, minutes_long, called_off, points: [{number, key,
    title, text, about, about_kind, about_title, minutes}], adopted: [{minutes, by: [{name, community}],
    unchanged, held, title, place, begins, points}]}. `points` is what the card says now; `adopted` are the
    texts that somebody adopted, each by its name, `unchanged` where the card still says just that. A text
    that has not arrived here is not `held`.
    """

    command: Literal["show-meeting"] = "show-meeting"
    question: ClassVar[bool] = True
    meeting: Name
