"""The meetings of a federation: agendas, minutes, and a calendar of them. Operator only."""

from typing import Any

from aiohttp import hdrs, web

from node.engine.commands import ListMeetings, ShowMeeting
from node.web.asking import ASKS, NOW
from node.web.pages import moments
from node.web.pages.feeds import meetings as calendar
from node.web.pages.rendering import page
from node.web.pages.words import Audience


async def show_meetings(request: web.Request) -> web.Response:
    """Show the meetings of a federation, the latest first."""
    answer = await request.app[ASKS].ask(ListMeetings(federation=request.match_info["id"]))
    return await page(
        request,
        "meetings.html",
        title=f"Meetings of {answer['name']}",
        audience=Audience.FEDERATION,
        federation=answer["federation"],
        name=answer["name"],
        meetings=[_view(one) for one in answer["meetings"]],
    )


async def show_meeting(request: web.Request) -> web.Response:
    """Show one meeting with its agenda and minutes."""
    found = await request.app[ASKS].ask(ShowMeeting(meeting=request.match_info["id"]))
    return await page(
        request, "meeting.html", title=found["title"], audience=Audience.FEDERATION, meeting=_view(found)
    )


async def send_calendar(request: web.Request) -> web.Response:
    """Send the meetings as a calendar."""
    answer = await request.app[ASKS].ask(ListMeetings(federation=request.match_info["id"]))
    content = calendar.write(answer["meetings"], name=answer["name"], now=request.app[NOW]())
    return web.Response(
        body=content,
        content_type="text/calendar",
        charset="utf-8",
        headers={hdrs.CACHE_CONTROL: "no-store"},
    )


def _view(meeting: dict[str, Any]) -> dict[str, Any]:
    """Return a meeting with its time in words."""
    adopted = [{**one, "when": _when(one)} for one in meeting["adopted"]]
    return {**meeting, "when": _when(meeting), "adopted": adopted}


def _when(meeting: dict[str, Any]) -> moments.Moment | None:
    begins = meeting["begins"]
    return moments.at_second(begins) if begins is not None else None
