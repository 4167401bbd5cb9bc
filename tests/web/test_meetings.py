"""Meetings over HTTP: the API, the pages, the calendar."""

from node.engine import commands
from tests.web.pages.reading import Page
from tests.web.serving import Site
from tests.web.valley import Valley

MARKUP = '<img src=x onerror="alert(1)">'


async def test_meetings_are_read_by_members_only(steward: Site, stranger: Site, some_valley: Valley) -> None:
    """Agenda and minutes are the same in the API, on pages and in the calendar; strangers have none of it."""
    node = some_valley.node
    called = node.ask(
        commands.CallMeeting(
            title=f"Spring {MARKUP}", begins=1_800_000_000, place="Barn; left, then", minutes_long=90
        )
    )["meeting"]
    node.ask(commands.WritePoint(meeting=called, title="The well", about=some_valley.proposal))
    node.ask(commands.WritePoint(meeting=called, point=1, minutes=f"Dig.\n\n{MARKUP}"))
    node.ask(commands.AdoptMinutes(meeting=called, name=f"Ana {MARKUP}"))
    listed = f"/federations/{some_valley.federation}/meetings"
    found = await steward.json(f"/api/v1{listed}")
    assert found["total"] == 1
    assert found["meetings"][0]["points"][0]["about_title"] == "Hushed council"
    pages = [await (await steward.get(path)).text() for path in (listed, f"/meetings/{called}")]
    for text in pages:
        assert Page(text).problems == []
        assert "<img src=x" not in text
        assert "Spring" in text
    assert f'href="/proposals/{some_valley.proposal}"' in pages[-1]
    answer = await steward.get(f"{listed}.ics")
    assert answer.content_type == "text/calendar"
    calendar = await answer.text()
    assert "DTSTART:20270115T080000Z\r\nDTEND:20270115T093000Z\r\n" in calendar
    assert "LOCATION:Barn\\; left\\, then\r\n" in calendar
    assert "DESCRIPTION:1. The well\r\n" in calendar
    for path in (listed, f"{listed}.ics", f"/meetings/{called}", f"/api/v1{listed}"):
        assert (await stranger.get(path)).status == 404


async def test_a_federation_without_meetings_says_how_to_call_one(steward: Site, some_valley: Valley) -> None:
    """The empty page names the command, and the calendar is empty and whole."""
    listed = f"/federations/{some_valley.federation}/meetings"
    text = await (await steward.get(listed)).text()
    assert Page(text).problems == []
    assert "hedgerow meeting call" in text
    calendar = await (await steward.get(f"{listed}.ics")).text()
    assert "BEGIN:VEVENT" not in calendar
    assert calendar.endswith("END:VCALENDAR\r\n")


async def test_what_a_body_names_and_nobody_knows_is_422(steward: Site, some_valley: Valley) -> None:
    """404 speaks of the address alone: of a body or a question named in the request it would mislead."""
    path = f"/api/v1/federations/{some_valley.federation}/meetings"
    asked = {"title": "Winter", "begins": 1_800_000_000}
    nowhere = await steward.publish("POST", path, {**asked, "body": "a" * 52})
    assert nowhere.status == 422, await nowhere.text()
    called = (await (await steward.publish("POST", path, asked)).json())["meeting"]
    points = f"/api/v1/meetings/{called}/points"
    assert (await steward.publish("POST", points, {"title": "The well", "about": "a" * 52})).status == 422
    assert (await steward.publish("POST", points.replace(called, "a" * 52), {"title": "x"})).status == 404
