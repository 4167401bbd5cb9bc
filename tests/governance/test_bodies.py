"""Who holds the places of a body: tests of node/governance/bodies.py and fillings.py."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from node.governance import bodies
from node.governance.bodies import Election, Place, Resignation
from node.governance.fillings import Filling
from node.governance.proposals import Proposal
from tests import builders

BODY = builders.identifier("the council")
NAMES = ("Ana", "Ben", "Cem", "Dora", "Eli")
KEYS = tuple(builders.key(name) for name in NAMES)
BEFORE, START, END, AFTER = 900, 1_000, 2_000, 2_001


def question(
    places: Sequence[int] = (1, 2, 3),
    *,
    starts: int = START,
    ends: int = END,
    seats: int = 5,
    title: str = "One",
) -> Proposal:
    """Return an election of five options that fills places."""
    filling = Filling(
        body=BODY, places=tuple(places), starts=starts, ends=ends, keys=tuple(key.public for key in KEYS)
    )
    plain = builders.election(builders.roll({builders.identifier("mill"): 3}), NAMES, seats=seats)
    return plain.model_copy(update={"fills": filling, "nonce": builders.nonce(title), "title": title})


def elected(proposal: Proposal, order: Sequence[int], resigned: Sequence[int] = ()) -> Election:
    """Return a decided election."""
    return Election(proposal, tuple(order), frozenset(resigned))


def names(places: Sequence[Place]) -> list[str | None]:
    """Return who holds each place."""
    return [place.holder.name if place.holder is not None else None for place in places]


def held(*elections: Election, places: int = 3, now: int = START) -> list[str | None]:
    """Return who holds the places at a time."""
    return names(bodies.standing(elections, places=places, now=now))


def test_the_elected_take_the_places_in_the_order_of_election() -> None:
    """The first elected takes the first place; who is elected beyond the places stands by."""
    election = elected(question(), [3, 1, 5, 2])
    assert held(election) == ["Cem", "Ana", "Eli"]
    places = bodies.standing([election], places=3, now=START)
    assert [one.name for one in bodies.deputies(election, places)] == ["Ben"]


def test_nobody_holds_a_place_before_or_after_the_term() -> None:
    """A term begins with its first second and is over at its end; then the place is vacant and says why."""
    election = elected(question(), [1, 2, 3])
    assert held(election, now=START - 1) == [None, None, None]
    assert held(election, now=END - 1) == ["Ana", "Ben", "Cem"]
    over = bodies.standing([election], places=3, now=END)
    assert names(over) == [None, None, None]
    assert all(place.is_over for place in over)


def test_the_next_deputy_follows_who_steps_down() -> None:
    """Deputies move up in the order of election; those who stepped down themselves are passed over."""
    order = [3, 1, 5, 2, 4]
    assert held(elected(question(), order, [1])) == ["Cem", "Ben", "Eli"]
    assert held(elected(question(), order, [1, 2])) == ["Cem", "Dora", "Eli"]
    assert held(elected(question(), order, [1, 3])) == ["Ben", "Dora", "Eli"]
    assert held(elected(question(), order, [1, 2, 4])) == ["Cem", None, "Eli"]


def test_without_deputies_the_place_is_vacant() -> None:
    """An election of as many as there are places names nobody to follow."""
    places = bodies.standing([elected(question(seats=3), [1, 2, 3], [2])], places=3, now=START)
    assert names(places) == ["Ana", None, "Cem"]
    assert [place.stepped_down for place in places] == [False, True, False]


def test_too_few_elected_leave_places_vacant() -> None:
    """Where fewer stood than there are places, the last places are vacant."""
    assert held(elected(question(), [4])) == ["Dora", None, None]


def test_a_later_election_replaces_an_earlier_one_place_by_place() -> None:
    """An election in between fills the places it names; the others go on by the earlier one."""
    first = elected(question(seats=3), [1, 2, 3], [2])
    between = elected(question([2], starts=1_500, ends=END, seats=1, title="Two"), [5])
    assert held(first, between, now=1_400) == ["Ana", None, "Cem"]
    assert held(between, first, now=1_500) == ["Ana", "Eli", "Cem"]
    assert held(first, between, now=END) == [None, None, None]


def test_what_a_term_began_it_ends() -> None:
    """A newer election whose term is over does not give the place back to an older one."""
    long_term = elected(question(ends=9_000), [1, 2, 3])
    short_term = elected(question([1], starts=1_500, ends=1_600, title="Two"), [4])
    assert held(long_term, short_term, now=1_550) == ["Dora", "Ben", "Cem"]
    assert held(long_term, short_term, now=1_700) == [None, "Ben", "Cem"]


def test_an_election_that_elects_nobody_ousts_nobody() -> None:
    """Where nobody voted, the places go on by the election before."""
    empty = elected(question(starts=1_500, title="Two"), [])
    assert held(elected(question(), [1, 2, 3]), empty, now=1_600) == ["Ana", "Ben", "Cem"]


def test_a_place_beyond_the_body_shows_while_its_term_runs() -> None:
    """A body made smaller keeps whom it elected until the term ends."""
    election = elected(question(), [1, 2, 3])
    assert held(election, places=1) == ["Ana", "Ben", "Cem"]
    assert held(election, places=1, now=END) == [None]


def test_who_is_elected_in_two_elections_holds_both_places() -> None:
    """Stepping down from one election says nothing about another."""
    first = elected(question([1], seats=1), [1], [1])
    second = elected(question([2], seats=1, title="Two"), [1])
    assert held(first, second, places=2) == [None, "Ana"]


def test_only_the_own_key_steps_down() -> None:
    """A resignation by another key, for another election, or for nobody counts for nothing."""
    asked, other = question(), question(title="Two")

    def said(
        option: int, signer: int, about: Proposal = asked, federation: bytes = bytes(32)
    ) -> frozenset[int]:
        made = Resignation(federation=federation, proposal=about.id, option=option)
        return bodies.resigned(asked, [made.sign(KEYS[signer - 1])])

    assert said(2, 2) == {2}
    assert said(2, 1) == frozenset()
    assert said(6, 1) == frozenset()
    assert said(2, 2, other) == frozenset()
    assert said(2, 2, federation=builders.identifier("elsewhere")) == frozenset()
    plain = builders.election(builders.roll({builders.identifier("mill"): 3}), NAMES)
    made = Resignation(federation=plain.federation, proposal=plain.id, option=1)
    assert bodies.resigned(plain, [made.sign(KEYS[0])]) == frozenset()


@settings(max_examples=60)
@given(st.permutations([1, 2, 3, 4, 5]), st.sets(st.integers(1, 5)), st.randoms(use_true_random=False))
def test_holders_do_not_depend_on_the_order_of_arrival(
    order: list[int], gone: set[int], dice: object
) -> None:
    """The same papers in any order give the same holders, each once, and nobody who stepped down."""
    first = elected(question(), order, sorted(gone))
    second = elected(question([2], starts=1_500, seats=2, title="Two"), order[::-1][:2])
    arrived = [first, second]
    getattr(dice, "shuffle")(arrived)  # noqa: B009  drawn, and typed as an object
    for now in (BEFORE, START, 1_500, AFTER):
        assert held(*arrived, now=now) == held(first, second, now=now)
    holding = [name for name in held(first) if name is not None]
    assert len(set(holding)) == len(holding) == min(3, 5 - len(gone))
    assert not {NAMES[option - 1] for option in gone} & set(holding)


@pytest.mark.parametrize(
    "changed",
    [
        {"method": "yes-no/1"},
        {"method": "party-list-dhondt/1"},
        {"options": NAMES[:4]},
        {"seats": 2},
    ],
)
def test_a_question_that_cannot_fill_the_places_is_none(changed: dict[str, object]) -> None:
    """Yes/no, lists, another number of keys than options, fewer to elect than places: no such statement."""
    with pytest.raises(ValidationError):
        Proposal.model_validate({**question().model_dump(), **changed})


@pytest.mark.parametrize(
    "changed",
    [
        {"places": (2, 1)},
        {"places": (1, 1)},
        {"places": ()},
        {"places": (0,)},
        {"ends": START},
        {"keys": (KEYS[0].public, KEYS[0].public)},
    ],
)
def test_a_filling_says_one_thing(changed: dict[str, object]) -> None:
    """Places in disorder or none, a term that ends before it starts, one key for two: refused."""
    fields = {"body": BODY, "places": (1,), "starts": START, "ends": END, "keys": (KEYS[0].public, None)}
    Filling.model_validate(fields)
    with pytest.raises(ValidationError):
        Filling.model_validate({**fields, **changed})
