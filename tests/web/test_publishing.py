from typing import Any

from node import ids, keys
from node.engine import commands
from tests.web.serving import Site
from tests.web.valley import Valley


async def published(site: Site, method: str, path: str, tree: Any = None, *, status: int = 201) -> Any:
    """Publish, and return the answer after checking its status."""
    response = await site.publish(method, path, tree)
    assert response.status == status, await response.text()
    assert response.headers["Cache-Control"] == "no-store"
    return await response.json()


async def test_a_program_publishes_an_offer_and_takes_it_back(steward: Site) -> None:
    """What was published is found at its Location and in the list, until it is withdrawn."""
    response = await steward.publish(
        "POST", "/api/v1/offers", {"title": "Seeds", "text": "Beans", "tags": ["x"]}
    )
    assert response.status == 201
    added = await response.json()
    assert (await steward.json(response.headers["Location"]))["id"] == added["id"]
    titles = [one["title"] for one in (await steward.json("/api/v1/offers"))["offers"]]
    assert titles == ["Apples", "Seeds"]
    withdrawn = await published(steward, "DELETE", f"/api/v1/offers/{added['id']}", status=200)
    assert withdrawn == {"id": added["id"], "state": "withdrawn"}
    assert [one["title"] for one in (await steward.json("/api/v1/offers"))["offers"]] == ["Apples"]
    again = await steward.publish("DELETE", f"/api/v1/offers/{added['id']}")
    assert again.status == 409


async def test_a_program_changes_the_profile_and_leaves_the_rest(steward: Site, some_valley: Valley) -> None:
    """Only what is given changes; `clear` empties."""
    changed = await published(
        steward, "PATCH", "/api/v1/profile", {"city": "Chur", "clear": ["tags"]}, status=200
    )
    assert changed["profile"]["address"]["city"] == "Chur"
    assert changed["profile"]["tags"] == []
    assert changed["profile"]["country"] == "CH"
    community = ids.show(some_valley.node.community)
    assert (await steward.json(f"/api/v1/communities/{community}"))["profile"] == changed["profile"]


async def test_a_program_states_a_size_and_uses_the_board(steward: Site, some_valley: Valley) -> None:
    """Attestations and notes reach the federation."""
    path = f"/api/v1/federations/{some_valley.federation}"
    stated = await published(steward, "POST", f"{path}/attestations", {"size": 25.0})
    assert (stated["size"], stated["serial"]) == (25, 2)
    note = await published(steward, "POST", f"{path}/notes", {"text": "Harvest on Sunday"})
    assert note in (await steward.json(f"{path}/notes"))["notes"]
    await published(steward, "DELETE", f"{path}/notes/{note['note']}", status=200)
    assert note not in (await steward.json(f"{path}/notes"))["notes"]
    assert (await steward.publish("DELETE", f"{path}/notes/{note['note']}")).status == 404


async def test_a_program_puts_a_question_and_casts_ballots_signed_elsewhere(
    steward: Site, some_valley: Valley
) -> None:
    """Ballots go in as they were signed, and the result counts them."""
    path = f"/api/v1/federations/{some_valley.federation}/proposals"
    opened = await published(steward, "POST", path, {"title": "A well?"})
    assert (await steward.json(f"/api/v1/proposals/{opened['proposal']}"))["method"] == "yes-no"
    cast = await published(steward, "POST", "/api/v1/ballots", {"ballots": some_valley.signed_ballots()})
    assert cast["proposal"] == some_valley.proposal
    result = await steward.json(f"/api/v1/proposals/{some_valley.proposal}/result")
    assert result["seats_voted"] == len(cast["ballots"]) == 6
    assert result["outcome"]["elected"][0] == "Ben"
    assert len(result["stages"]) == 2


async def test_a_program_puts_a_question_that_opens_later(steward: Site, some_valley: Valley) -> None:
    """`opens_in` moves the opening and the end of voting; the list says that voting has not opened."""
    path = f"/api/v1/federations/{some_valley.federation}/proposals"
    now = await published(steward, "POST", path, {"title": "A hedge?"})
    later = await published(steward, "POST", path, {"title": "A gate?", "opens_in": 3_600})
    assert later["opens"] - now["opens"] == later["closes"] - now["closes"] == 3_600
    listed = {one["id"]: one for one in (await steward.json(path))["proposals"]}
    assert [listed[one["proposal"]]["state"] for one in (now, later)] == ["open", "draft"]
    assert listed[later["proposal"]]["verdict"] is None
    part = await steward.json(f"{path}?limit=1")
    assert (part["total"], [one["id"] for one in part["proposals"]]) == (3, [later["proposal"]])
    assert (await steward.publish("POST", path, {"title": "A gate?", "opens_in": -1})).status == 400


async def test_whom_a_body_names_and_nobody_knows_is_422(steward: Site, some_valley: Valley) -> None:
    """A community whose size is stated, a candidate, who adopted minutes: the address itself is known."""
    path = f"/api/v1/federations/{some_valley.federation}"
    body = some_valley.node.ask(commands.KeepBody(body="Board", kind="council", places=1))["body"]
    called = await published(steward, "POST", f"{path}/meetings", {"title": "Spring", "begins": 1})
    unknown: list[tuple[str, dict[str, Any]]] = [
        (f"{path}/attestations", {"size": 5, "community": "a" * 52}),
        (f"{path}/bodies/{body}/candidates", {"name": "Nobody", "stands": False}),
        (f"/api/v1/meetings/{called['meeting']}/adoptions", {"name": "Nobody", "adopt": False}),
    ]
    for at, tree in unknown:
        answer = await steward.publish("POST", at, tree)
        assert answer.status == 422, (at, await answer.text())


async def test_a_paper_holds_what_a_key_needs_to_vote(steward: Site, some_valley: Valley) -> None:
    """The seats of a key are listed with their mandates; a key without any has none."""
    holder = keys.show(some_valley.node.delegate.public)
    path = f"/api/v1/proposals/{some_valley.proposal}/paper?holder="
    assert len((await steward.json(path + holder))["seats"]) == 6
    assert (await steward.json(path + keys.show(some_valley.node.steward.public)))["seats"] == []
