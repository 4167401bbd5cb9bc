from hypothesis import given

from node.directory import offer as offers
from node.directory.offer import Offer
from node.directory.schemas import OFFER_SCHEMA
from tests.directory import drawn
from tests.directory.test_profile import places_refused


@given(drawn.offers)
def test_an_offer_reads_back_from_its_tree_and_the_schema_allows_it(offer: Offer) -> None:
    """Writing and reading gives the same offer, and no form is wider than the schema."""
    reading = offers.from_tree(offers.to_tree(offer))
    assert reading == offers.OfferReading(offer, (), ())
    assert places_refused(OFFER_SCHEMA, offers.to_tree(offer)) == []


@given(drawn.values | drawn.trees)
def test_whatever_a_peer_wrote_is_read(tree: object) -> None:
    """Reading never raises, and what it gives is an offer that writes and reads back."""
    offer = offers.from_tree(tree).offer
    assert offers.from_tree(offers.to_tree(offer)).offer == offer


def test_an_unknown_state_or_kind_is_never_shown_as_open() -> None:
    """What a newer version meant by its words is not guessed: nobody is promised anything."""
    for tree in (
        {"kind": "offer", "state": "paused"},
        {"kind": "auction", "state": "open"},
        {"kind": "need"},
    ):
        reading = offers.from_tree(tree)
        assert reading.offer.state == "withdrawn"
        assert reading.problems


def test_an_offer_ends_at_its_hour() -> None:
    """An offer stands before its hour and not from it on; without one it stands until withdrawn."""
    offer = Offer(kind="offer", title={"en": "Apples"}, expires=100)
    assert offer.is_open(now_hours=99)
    assert not offer.is_open(now_hours=100)
    assert Offer(kind="need").is_open(now_hours=10**6)
    assert not Offer(kind="need", state="withdrawn").is_open(now_hours=0)
