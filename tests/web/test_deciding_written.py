"""Deciding through the API: petitions, meetings, candidates, elections of bodies, taking a question back."""

from typing import Any

from node import keys
from node.engine import commands
from tests import builders
from tests.web.pages.reading import Page
from tests.web.serving import Site
from tests.web.test_publishing import published
from tests.web.valley import Valley

ANA = keys.show(builders.key("Ana who stands").public)
MARKUP = '<img src=x onerror="alert(1)">'


async def test_a_petition_is_handed_in_supported_and_put(steward: Site, some_valley: Valley) -> None:
    """What the command line can, a program can: the same petition, its people, and the question at last."""
    path = f"/api/v1/federations/{some_valley.federation}/petitions"
    assert (await steward.publish("POST", path, {"title": "\u200b \u0086"})).status == 400
    started = await published(steward, "POST", path, {"title": f"A well? {MARKUP}", "people": 3})
    assert started["needed_in_words"] == "2 communities stand behind it"
    petition = f"/api/v1/petitions/{started['petition']}"
    some_valley.other.ask(commands.SupportPetition(petition=started["petition"], people=1))
    (found,) = (await steward.json(path))["petitions"]
    assert (found["people"], found["state"]) == (4, "gathering")
    assert (await steward.publish("POST", f"{petition}/question")).status == 409
    assert (await steward.publish("POST", f"{petition}/support", {})).status == 409
    assert (await steward.publish("POST", f"{petition}/support", {"people": 10**6})).status == 409
    stated = await published(steward, "POST", f"{petition}/support", {"people": 5})
    assert (stated["people"], stated["stands_behind"]) == (5, True)
    some_valley.other.ask(commands.SupportPetition(petition=started["petition"]))
    opened = await published(steward, "POST", f"{petition}/question")
    assert (await steward.json(path))["petitions"][0]["put"][0]["proposal"] == opened["proposal"]
    page = await (await steward.get(f"/federations/{some_valley.federation}/petitions")).text()
    assert Page(page).problems == []
    assert "6 people support" in page
    assert "<img src=x" not in page


async def test_a_meeting_is_called_minuted_and_adopted(steward: Site, some_valley: Valley) -> None:
    """Agenda, minutes and adoption go through the API; a later change is shown beside what was adopted."""
    path = f"/api/v1/federations/{some_valley.federation}/meetings"
    called = await published(steward, "POST", path, {"title": "Spring", "begins": 1_800_000_000})
    meeting = f"/api/v1/meetings/{called['meeting']}"
    about = {"title": "The well", "about": some_valley.proposal}
    assert (await published(steward, "POST", f"{meeting}/points", about))["point"] == 1
    await published(steward, "POST", f"{meeting}/points", {"title": "Anything else"})
    await published(steward, "DELETE", f"{meeting}/points/2", status=200)
    await published(steward, "PATCH", f"{meeting}/points/1", {"minutes": f"Dig. {MARKUP}"}, status=200)
    adopted = await published(steward, "POST", f"{meeting}/adoptions", {"name": "Ana"})
    assert adopted["adopted"] == ["Ana"]
    for method, at, tree in (
        ("PATCH", f"{meeting}/points/1", {"minutes": "Fill it in."}),
        ("POST", f"{meeting}/adoptions", {"name": "Ana"}),
        ("DELETE", f"{meeting}/points/1", None),
    ):
        assert (await steward.publish(method, at, tree)).status == 409
    some_valley.other.ask(commands.WritePoint(meeting=called["meeting"], point=1, minutes="Fill it in."))
    (found,) = (await steward.json(path))["meetings"]
    (text,) = found["adopted"]
    assert (text["minutes"], text["unchanged"]) == (adopted["minutes"], False)
    page = await (await steward.get(f"/meetings/{called['meeting']}")).text()
    assert Page(page).problems == []
    assert page.index("Dig.") < page.index("Changed since") or "Changed since it was adopted" in page
    assert "Fill it in." in page
    assert "<img src=x" not in page
    back = await published(steward, "POST", f"{meeting}/adoptions", {"name": "Ana", "adopt": False})
    assert (back["minutes"], back["adopted"]) == (None, [])


async def test_candidates_stand_and_an_election_shows_whose_keys_it_installs(
    steward: Site, some_valley: Valley
) -> None:
    """Named through the API, put up for election, withdrawn: the page says whose people and keys they are."""
    node = some_valley.node
    body = node.ask(commands.KeepBody(body="Council", kind="council", places=1, term_days=365))["body"]
    path = f"/api/v1/federations/{some_valley.federation}"
    listed = f"/federations/{some_valley.federation}/bodies"
    assert "Nobody stands for the next election yet" in await (await steward.get(listed)).text()
    stood = {"name": f"Ana {MARKUP}", "key": ANA, "text": MARKUP}
    await published(steward, "POST", f"{path}/bodies/{body}/candidates", stood)
    (council,) = [one for one in (await steward.json(f"/api/v1{listed}"))["bodies"] if one["id"] == body]
    assert [one["key"] for one in council["standing"]] == [ANA]
    pages = [await (await steward.get(listed)).text()]
    name = council["standing"][0]["option"]
    election = {
        "title": "Council",
        "method": "phragmen",
        "options": [name, "Zoe"],
        "fills": {"body": body, "keys": {name: ANA}},
    }
    opened = await published(steward, "POST", f"{path}/proposals", election)
    result = await steward.json(f"/api/v1/proposals/{opened['proposal']}/result")
    ana, zoe = result["fills"]["options"]
    assert (ana["key"], len(ana["stands_for"]), zoe["stands_for"]) == (ANA, 1, [])
    pages.append(await (await steward.get(f"/proposals/{opened['proposal']}")).text())
    assert f"…{ANA[-8:]}" in pages[-1]
    assert "no community says who this is" in pages[-1]
    for page in pages:
        assert Page(page).problems == []
        assert "<img src=x" not in page
    withdrawn = await published(steward, "POST", f"/api/v1/proposals/{opened['proposal']}/withdrawal")
    assert withdrawn["proposal"] == opened["proposal"]


async def test_a_filling_that_cannot_be_is_refused(steward: Site, some_valley: Valley) -> None:
    """A term beyond all years, before the vote, of places or people that are not there: a sentence each."""
    body = some_valley.node.ask(commands.KeepBody(body="Council", kind="council", places=1, term_days=365))
    wrong: list[tuple[dict[str, Any], int]] = [
        ({"starts": 250_000_000_000, "term_days": 3_650}, 400),
        ({"starts": 0}, 400),
        ({"places": [2]}, 400),
        ({"keys": {"Nobody": ANA}}, 400),
        ({"body": "a" * 52}, 422),
    ]
    for filling, status in wrong:
        fills = {"body": body["body"], **filling}
        asked = {"title": "Council", "method": "phragmen", "options": ["Ana"], "fills": fills}
        at = f"/api/v1/federations/{some_valley.federation}/proposals"
        answer = await steward.publish("POST", at, asked)
        assert answer.status == status, (filling, await answer.text())


async def test_nothing_is_written_without_a_token(steward: Site, stranger: Site, some_valley: Valley) -> None:
    """Without a token it is refused on the operator's listener; the public one has none of these paths."""
    path = f"/api/v1/federations/{some_valley.federation}/petitions"
    for site, status in ((steward, 401), (stranger, 404)):
        assert (await site.send("POST", path, json={"title": "A well?"})).status == status
