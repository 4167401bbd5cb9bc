"""Circles over HTTP: the API and the pages."""

from node import ids
from node.engine import commands
from tests.web.pages.reading import Page
from tests.web.serving import Site
from tests.web.valley import Valley

MARKUP = '<img src=x onerror="alert(1)">'


async def test_a_circle_is_opened_spoken_in_and_read(steward: Site, some_valley: Valley) -> None:
    """What the command line can, a program can; the other community reads it and answers."""
    other = some_valley.other
    path = f"/api/v1/federations/{some_valley.federation}/circles"
    assert (await steward.json("/api/v1/circles")) == {"total": 0, "circles": []}
    asked = {"name": "Roof", "parties": [ids.show(other.community)]}
    answer = await steward.publish("POST", path, asked)
    assert answer.status == 201
    notes = answer.headers["Location"]
    circle = (await answer.json())["id"]
    assert notes == f"/api/v1/circles/{circle}/notes"
    assert (await steward.publish("POST", path, asked)).status == 409
    said = await steward.publish("POST", notes, {"text": "We come on Friday."})
    assert said.status == 201
    (heard,) = other.ask(commands.ShowCircle(circle="Roof"))["notes"]
    assert heard["text"] == "We come on Friday."
    other.ask(commands.SayInCircle(circle="Roof", text="Good."))
    found = await steward.json(notes)
    assert (found["total"], [one["own"] for one in found["notes"]].count(True)) == (2, 1)
    assert [one["reading"] for one in found["circle"]["parties"]] == [1, 1]
    own, others = sorted(found["notes"], key=lambda one: not one["own"])
    assert (await steward.publish("DELETE", f"{notes}/{others['id']}")).status == 403
    assert (await steward.publish("DELETE", f"{notes}/{own['id']}")).status == 200
    assert (await steward.json(notes))["total"] == 1


async def test_circles_are_shown_to_stewards_alone(
    steward: Site, stranger: Site, some_valley: Valley
) -> None:
    """Pages are whole, markup stays text, and a stranger is told nothing of any circle."""
    node, other = some_valley.node, some_valley.other
    assert "hedgerow circle open" in await (await steward.get("/circles")).text()
    opened = node.ask(commands.OpenCircle(name=f"Roof {MARKUP}", parties=(ids.show(other.community),)))["id"]
    empty = await (await steward.get(f"/circles/{opened}")).text()
    assert "Nothing was said yet." in empty
    for number in range(21):
        other.ask(commands.SayInCircle(circle=opened, text=f"Note {number} {MARKUP}"))
    pages = [empty]
    for path in ("/circles", f"/circles/{opened}", f"/circles/{opened}?page=2", f"/circles/{opened}?page=9"):
        answer = await steward.get(path)
        assert answer.status == 200, path
        pages.append(await answer.text())
    for page in pages:
        assert Page(page).problems == []
        assert "<img src=x" not in page
    assert "1 to 20 of 21" in pages[2]
    assert "This part of the list is empty" in pages[4]
    for path in ("/circles", f"/circles/{opened}", "/api/v1/circles", f"/api/v1/circles/{opened}/notes"):
        assert (await stranger.get(path)).status == 404


async def test_a_circle_that_went_on_without_us_says_so(steward: Site, some_valley: Valley) -> None:
    """Pages and API tell who was left out, and who left."""
    node, other = some_valley.node, some_valley.other
    for name in ("Roof", "Well"):
        other.ask(commands.OpenCircle(name=name, parties=(ids.show(node.community),)))
    other.ask(commands.ChangeCircle(circle="Roof", remove=(ids.show(node.community),)))
    node.ask(commands.LeaveCircle(circle="Well"))
    page = await (await steward.get("/circles")).text()
    assert "goes on with a key that this device was not given" in page
    assert "<span>left</span>" in page
    for one in (await steward.json("/api/v1/circles"))["circles"]:
        assert one["over"] == (one["name"] == "Roof")
        assert not one["party"]
        shown = await (await steward.get(f"/circles/{one['id']}")).text()
        assert "hedgerow circle say" not in shown
        said = await steward.publish("POST", f"/api/v1/circles/{one['id']}/notes", {"text": "Still here?"})
        assert said.status == 409
