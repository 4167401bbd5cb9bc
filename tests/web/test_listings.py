import pytest

from node.engine import commands
from node.web.public_asking import PUBLIC_QUESTIONS
from tests.web.serving import Site
from tests.web.valley import Valley, fill


async def test_one_listing_costs_two_questions_however_many_there_are(
    stranger: Site, some_valley: Valley
) -> None:
    """Denial of service: a listing is looked up by its id, never searched for among all."""
    fill(some_valley.node, 300)
    for identifier in (some_valley.offer, "a" * 52):
        stranger.asks.asked.clear()
        await stranger.get(f"/api/v1/listings/{identifier}")
        assert len(stranger.asks.asked) <= 2
        assert {type(one) for one in stranger.asks.asked} <= {commands.ShowListing, commands.ShowOffer}


@pytest.mark.parametrize("path", ["/api/v1/offers?offset=40", "/api/v1/needs?category=food&tag=x"])
async def test_lists_of_offers_are_asked_for_in_parts(path: str, stranger: Site) -> None:
    """No request of a stranger makes the core read every offer."""
    stranger.asks.asked.clear()
    assert (await stranger.get(path)).status == 200
    assert all(isinstance(one, PUBLIC_QUESTIONS) for one in stranger.asks.asked)
    assert [one.limit for one in stranger.asks.asked if isinstance(one, commands.Browse)] <= [100]


async def test_a_file_is_made_once_for_all_who_ask(stranger: Site) -> None:
    """It is made of parts of fifty, so that others are answered between them."""
    stranger.asks.asked.clear()
    for _ in range(3):
        assert (await stranger.get("/feeds/directory.geojson")).status == 200
    whole = [one for one in stranger.asks.asked if isinstance(one, commands.Browse) and one.whole]
    assert [one.limit for one in whole] == [50]
