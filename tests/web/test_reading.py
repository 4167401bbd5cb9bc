from typing import Any

import pytest
from aiohttp import ClientResponse
from yarl import URL

from node import ids
from tests.web import valley
from tests.web.serving import Site
from tests.web.valley import Valley


def linked(response: ClientResponse, relation: str) -> str | None:
    """Return where a link of an answer leads."""
    found = response.links.get(relation)
    return URL(str(found["url"])).raw_path_qs if found is not None else None


async def walk(site: Site, path: str, items: str) -> list[dict[str, Any]]:
    """Follow the links to the next part until there is none, and return all items."""
    found: list[dict[str, Any]] = []
    following: str | None = path
    while following is not None:
        response = await site.get(following)
        assert response.status == 200
        found += (await response.json())[items]
        following = linked(response, "next")
    return found


async def test_a_stranger_reads_node_search_listing_community_offers_and_needs(
    stranger: Site, some_valley: Valley
) -> None:
    """What is public can be read, and each listing found can be opened by its id."""
    community = ids.show(some_valley.node.community)
    node = await stranger.json("/api/v1/node")
    assert node == {
        "community": community,
        "name": "Community alder",
        "version": "0.0.0-test",
        "listings": 5,
    }
    found = await stranger.json("/api/v1/listings?q=apple&kind=offer")
    assert [one["name"] for one in found["listings"]] == ["Apples"]
    listing = await stranger.json(f"/api/v1/listings/{found['listings'][0]['id']}")
    assert listing["offer"]["expires"] == "2027-01-31"
    assert list(listing["offer"]["title"].values()) == ["Apples"]
    page = await stranger.json(f"/api/v1/communities/{community}")
    assert page["profile"]["location"] == {"latitude": 47.1, "longitude": 8.5}
    again = await stranger.json(f"/api/v1/listings/{page['id']}")
    assert again["profile"] == page["profile"]
    assert (await stranger.json("/api/v1/offers?tag=food"))["total"] == 1
    assert (await stranger.json("/api/v1/offers?category=mentoring"))["total"] == 0
    assert {one["title"] for one in (await stranger.json("/api/v1/needs"))["offers"]} == {
        "Helping hands for alder",
        "Helping hands for birch",
    }


async def test_every_filter_of_search_is_passed_on(stranger: Site) -> None:
    """Words, kind, tag, country, language and distance each narrow the search."""
    for filters, total in (
        ("q=community+alder", 1),
        ("kind=need", 2),
        ("tag=Garden", 2),
        ("country=ch", 5),
        ("country=ch&kind=need", 2),
        ("country=AT", 0),
        ("language=es", 0),
        ("near=47.1,8.5&within_km=1", 5),
        ("near=-47.1,8.5&within_km=1", 0),
    ):
        assert (await stranger.json(f"/api/v1/listings?{filters}"))["total"] == total, filters
    near = await stranger.json("/api/v1/listings?near=47.1,8.6&limit=1")
    assert near["listings"][0]["distance_km"] == pytest.approx(7.6, abs=0.1)


async def test_pages_hold_everything_exactly_once(stranger: Site, some_valley: Valley) -> None:
    """Following the links gives each listing once, in the order of one long page."""
    valley.fill(some_valley.node, 95)
    whole = (await stranger.json("/api/v1/listings?limit=100"))["listings"]
    assert len(whole) == 100
    assert await walk(stranger, "/api/v1/listings?limit=7", "listings") == whole
    assert len({one["id"] for one in whole}) == 100


async def test_links_lead_back_and_to_both_ends(stranger: Site, some_valley: Valley) -> None:
    """A part in the middle links to the first, previous, next and last part, with the filters kept."""
    valley.fill(some_valley.node, 20)
    response = await stranger.get("/api/v1/listings?kind=profile&limit=5&offset=5")
    assert linked(response, "first") == "/api/v1/listings?limit=5&offset=0&kind=profile"
    assert linked(response, "prev") == "/api/v1/listings?limit=5&offset=0&kind=profile"
    assert linked(response, "next") == "/api/v1/listings?limit=5&offset=10&kind=profile"
    assert linked(response, "last") == "/api/v1/listings?limit=5&offset=20&kind=profile"
    beyond = await stranger.get("/api/v1/listings?limit=5&offset=5000")
    assert (await beyond.json())["listings"] == []
    assert linked(beyond, "next") is None


async def test_the_log_is_walked_backwards_exactly_once(steward: Site) -> None:
    """Each entry of the log comes once, the newest first."""
    numbers = [one["number"] for one in await walk(steward, "/api/v1/log?limit=9", "entries")]
    assert numbers == sorted(set(numbers), reverse=True)
    assert numbers[-1] == 1
    assert len(numbers) == (await steward.json("/api/v1/node"))["entries"]


async def test_an_answer_that_is_held_already_is_not_sent_again(stranger: Site, some_valley: Valley) -> None:
    """The same answer has the same strong tag and gives 304; a change gives another tag."""
    first = await stranger.get("/api/v1/listings")
    tag = first.headers["ETag"]
    assert tag.startswith('"')
    held = await stranger.get("/api/v1/listings", **{"If-None-Match": f'"other", {tag}'})
    assert (held.status, await held.read()) == (304, b"")
    assert held.headers["ETag"] == tag
    valley.fill(some_valley.node, 1)
    stranger.clock.wait(2_000)
    changed = await stranger.get("/api/v1/listings", **{"If-None-Match": tag})
    assert changed.status == 200
    assert changed.headers["ETag"] != tag


async def test_head_gives_the_headers_alone(stranger: Site) -> None:
    """HEAD says what GET would, without the body."""
    headed, got = await stranger.send("HEAD", "/api/v1/node"), await stranger.get("/api/v1/node")
    assert await headed.read() == b""
    assert headed.headers["ETag"] == got.headers["ETag"]


async def test_equal_questions_of_strangers_cost_the_core_one_answer(stranger: Site) -> None:
    """Within a second the core is asked once, whoever asks; after it again."""
    for _ in range(5):
        await stranger.json("/api/v1/listings?q=apple")
    assert len(stranger.asks.asked) == 1
    stranger.clock.wait(1_000)
    await stranger.json("/api/v1/listings?q=apple")
    assert len(stranger.asks.asked) == 2
    stranger.clock.wait(-60_000)
    await stranger.json("/api/v1/listings?q=apple")
    assert len(stranger.asks.asked) == 3


async def test_the_operator_reads_federations_seats_boards_proposals_and_results(
    steward: Site, some_valley: Valley
) -> None:
    """Everything the core answers about the federation can be read on the operator's listener."""
    (one,) = (await steward.json("/api/v1/federations"))["federations"]
    path = f"/api/v1/federations/{some_valley.federation}"
    assert await steward.json(path) == one
    assert [seat["seats"] for seat in (await steward.json(f"{path}/seats"))["seats"]] == [6, 6]
    assert len((await steward.json(f"{path}/mandates"))["mandates"]) == 12
    assert (await steward.json(f"{path}/notes"))["notes"][0]["note"] == some_valley.note
    assert (await steward.json(f"{path}/proposals"))["proposals"][0]["id"] == some_valley.proposal
    proposal = f"/api/v1/proposals/{some_valley.proposal}"
    assert (await steward.json(proposal))["options"] == ["Ana", "Ben", "Cem"]
    assert (await steward.json(f"{proposal}/result"))["state"] == "provisional"
    known = await steward.json("/api/v1/neighbours")
    assert known["sessions"][0]["community"] == ids.show(some_valley.other.community)
    assert (await steward.get("/api/v1/federations/" + "a" * 52)).status == 404
