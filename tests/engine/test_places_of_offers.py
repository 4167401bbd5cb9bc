"""Offers and needs are found where their community is: by country and by distance, whatever came first."""

import pytest

from node import ids
from node.directory.search import ListingRow, SearchQuery
from node.engine import commands
from tests.engine.harness import Network, Node, neighbours

HOME = "47.3,8.4"
NEW_HOME = "52.5,13.4"


def found(node: Node, **asked: str | int) -> set[str]:
    """Return the names of the offers and needs that fit."""
    listings = node.ask(commands.Search(**asked))["listings"]
    return {one["name"] for one in listings if one["kind"] != "profile"}


def live_at(node: Node, place: str, country: str) -> None:
    """Let a community's page say where it is."""
    latitude, longitude = place.split(",")
    node.ask(commands.EditProfile(name=node.name, country=country, latitude=latitude, longitude=longitude))


def rows(node: Node) -> list[ListingRow]:
    """Return all of a node's directory."""
    return node.store.directory.search(SearchQuery())[1]


@pytest.mark.parametrize("page_first", [True, False])
def test_offers_are_found_near_their_community(*, page_first: bool) -> None:
    """Whether the page or the offer was written first; a neighbour finds the same."""
    network = Network()
    ann, ben = network.node("ann"), network.node("ben")
    neighbours(ann, ben)
    if page_first:
        live_at(ann, HOME, "CH")
    ann.ask(commands.AddOffer(title="Bread", kind="offer"))
    ann.ask(commands.AddOffer(title="Wood", kind="need"))
    if not page_first:
        live_at(ann, HOME, "CH")
    for node in (ann, ben):
        assert found(node, near=HOME, within_km=10) == {"Bread", "Wood"}
        assert found(node, country="CH", kind="need") == {"Wood"}
        assert found(node, near=NEW_HOME, within_km=10) == set()
    assert rows(ann) == rows(ben)


def test_offers_move_with_the_page() -> None:
    """A page that is moved, or says no place any more, takes its offers along; those of others stay."""
    network = Network()
    ann, ben = network.node("ann"), network.node("ben")
    neighbours(ann, ben)
    live_at(ben, HOME, "CH")
    ben.ask(commands.AddOffer(title="Chairs", kind="offer"))
    live_at(ann, HOME, "CH")
    ann.ask(commands.AddOffer(title="Bread", kind="offer"))
    live_at(ann, NEW_HOME, "DE")
    assert found(ben, near=HOME, within_km=10) == {"Chairs"}
    assert found(ben, country="DE") == {"Bread"}
    ann.ask(commands.EditProfile(clear=("location", "country")))
    assert found(ben, near=NEW_HOME, within_km=10) == found(ben, country="DE") == set()
    assert found(ben) == {"Bread", "Chairs"}


def test_a_rebuild_puts_offers_where_they_were() -> None:
    """What the caches say follows from the feeds alone, and an offer that was hidden comes back in place."""
    network = Network()
    ann, ben = network.node("ann"), network.node("ben")
    neighbours(ann, ben)
    offer = ann.ask(commands.AddOffer(title="Bread", kind="offer"))["id"]
    live_at(ann, HOME, "CH")
    before = rows(ben)
    assert ben.ask(commands.Rebuild())["problems"] == 0
    assert rows(ben) == before
    ben.ask(commands.Hide(target=offer))
    live_at(ann, NEW_HOME, "DE")
    ben.ask(commands.Unhide(target=offer))
    assert found(ben, near=NEW_HOME, within_km=10) == {"Bread"}
    ben.ask(commands.Hide(target=ids.show(_page(ann))))
    live_at(ann, HOME, "CH")
    assert found(ben, near=HOME, within_km=10) == {"Bread"}


def test_moving_offers_is_counted_as_work_of_their_community() -> None:
    """Who moves back and forth with many offers uses up its own share of a neighbour's time."""
    network = Network()
    ann, ben = network.node("ann"), network.node("ben")
    neighbours(ann, ben)
    for number in range(20):
        ann.ask(commands.AddOffer(title=f"Offer {number}", kind="offer"))
    live_at(ann, HOME, "CH")
    before = ben.engine._quotas.usage(ann.community).work_us
    ann.ask(commands.EditProfile(description="stays"))
    stayed = ben.engine._quotas.usage(ann.community).work_us - before
    live_at(ann, NEW_HOME, "DE")
    assert ben.engine._quotas.usage(ann.community).work_us - before > 10 * stayed


def _page(node: Node) -> bytes:
    (page,) = [row.document_id for row in rows(node) if row.kind == "profile" and row.name == node.name]
    return page
