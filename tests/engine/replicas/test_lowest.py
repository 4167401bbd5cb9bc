"""Places that come and go: the lowest is known whatever went before."""

from hypothesis import given
from hypothesis import strategies as st

from node.engine.replicas.lowest import Places
from node.feeds.entry import Head
from node.ids import EntryId

PLACES = [Head(seq, EntryId(bytes([seq, other]) * 16)) for seq in range(1, 9) for other in range(2)]


@given(st.lists(st.tuples(st.booleans(), st.sampled_from(PLACES)), max_size=60))
def test_the_lowest_of_what_is_held_is_known(steps: list[tuple[bool, Head]]) -> None:
    """Whatever was put and taken, the lowest is that of all that are held, and each comes and goes once."""
    places, held = Places(), set[Head]()
    for puts, place in steps:
        if puts:
            assert places.put(place) == (place not in held)
            held.add(place)
        else:
            assert places.take(place.id) == (place in held)
            held.discard(place)
        assert len(places) == len(held)
        assert places.lowest() == min(held, key=lambda one: (one.seq, one.id), default=None)


def test_places_that_went_take_no_room_for_ever() -> None:
    """What comes and goes by the ten thousand above one that stays is not remembered."""
    places = Places()
    places.put(PLACES[0])
    for number in range(20_000):
        entry = EntryId(number.to_bytes(32, "big"))
        places.put(Head(100, entry))
        places.take(entry)
    assert places.lowest() == PLACES[0]
    assert len(places._ordered) < 2_000
