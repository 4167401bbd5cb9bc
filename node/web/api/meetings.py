"""Operations about meetings: agendas and minutes."""

from typing import Final

from node.engine import commands
from node.web.api.operations import AnyOperation, Call, Operation, Told, links_to_parts
from node.web.schemas.federation import FederationPlace
from node.web.schemas.meetings import (
    Adopting,
    ChangedPoint,
    MeetingCalled,
    MeetingPage,
    MeetingPlace,
    NewAdoption,
    NewMeeting,
    NewPoint,
    PointKept,
    PointPlace,
    PointRemoved,
)
from node.web.schemas.parts import NoParameters, Part
from node.web.tokens import Scope


async def meetings(call: Call[FederationPlace, Part, NoParameters]) -> Told:
    """List the meetings, the latest first."""
    asked = call.parameters
    found = (await call.ask(commands.ListMeetings(federation=call.place.federation)))["meetings"]
    shown = found[asked.offset : asked.offset + asked.limit]
    page = MeetingPage.model_validate({"total": len(found), "meetings": shown})
    return Told(page, links=links_to_parts(call.request, asked, page.total))


async def call_meeting(call: Call[FederationPlace, NoParameters, NewMeeting]) -> Told:
    """Call a meeting."""
    fields = {**call.body.model_dump(), "federation": call.place.federation}
    called = MeetingCalled.model_validate(await call.ask(call.command(commands.CallMeeting, fields)))
    return Told(called, location=f"/api/v1/federations/{call.place.federation}/meetings")


async def add_point(call: Call[MeetingPlace, NoParameters, NewPoint]) -> Told:
    """Put a point on an agenda."""
    fields = {**call.body.model_dump(), "meeting": call.place.meeting}
    return Told(PointKept.model_validate(await call.ask(call.command(commands.WritePoint, fields))))


async def change_point(call: Call[PointPlace, NoParameters, ChangedPoint]) -> Told:
    """Change a point, or write its minutes."""
    fields = {**call.body.model_dump(), **call.place.model_dump()}
    return Told(PointKept.model_validate(await call.ask(call.command(commands.WritePoint, fields))))


async def remove_point(call: Call[PointPlace, NoParameters, NoParameters]) -> Told:
    """Take a point off an agenda."""
    command = commands.RemovePoint(meeting=call.place.meeting, point=call.place.point)
    return Told(PointRemoved.model_validate(await call.ask(command)))


async def adopt(call: Call[MeetingPlace, NoParameters, NewAdoption]) -> Told:
    """Note that somebody adopted the minutes, or took that back."""
    fields = {**call.body.model_dump(), "meeting": call.place.meeting}
    return Told(Adopting.model_validate(await call.ask(call.command(commands.AdoptMinutes, fields))))


_POINTS: Final = "/api/v1/meetings/{meeting}/points"

OPERATOR: Final[tuple[AnyOperation, ...]] = (
    Operation(
        "listMeetings",
        "GET",
        "/api/v1/federations/{federation}/meetings",
        "Meetings with agenda and minutes",
        meetings,
        MeetingPage,
        place=FederationPlace,
        parameters=Part,
        links_parts=True,
    ),
    Operation(
        "callMeeting",
        "POST",
        "/api/v1/federations/{federation}/meetings",
        "Call a meeting",
        call_meeting,
        MeetingCalled,
        place=FederationPlace,
        body=NewMeeting,
        needs=Scope.PUBLISH,
        status=201,
    ),
    Operation(
        "addPoint",
        "POST",
        _POINTS,
        "Put a point on an agenda",
        add_point,
        PointKept,
        place=MeetingPlace,
        body=NewPoint,
        needs=Scope.PUBLISH,
        status=201,
    ),
    Operation(
        "changePoint",
        "PATCH",
        f"{_POINTS}/{{point}}",
        "Change a point of an agenda, or write its minutes",
        change_point,
        PointKept,
        place=PointPlace,
        body=ChangedPoint,
        needs=Scope.PUBLISH,
    ),
    Operation(
        "removePoint",
        "DELETE",
        f"{_POINTS}/{{point}}",
        "Take a point off an agenda; one that has minutes stays",
        remove_point,
        PointRemoved,
        place=PointPlace,
        needs=Scope.PUBLISH,
    ),
    Operation(
        "adoptMinutes",
        "POST",
        "/api/v1/meetings/{meeting}/adoptions",
        "Note that somebody of this community adopts the minutes, or takes that back",
        adopt,
        Adopting,
        place=MeetingPlace,
        body=NewAdoption,
        needs=Scope.PUBLISH,
        status=201,
    ),
)
