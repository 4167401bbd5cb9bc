import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.errors import UserError
from node.governance.counting.contest import Contest, Option, input_id, question_id, valid_ballots
from tests.governance.counting.strategies import contests

AB = (Option("a", "Ash"), Option("b", "Birch"))


@given(contests(), st.randoms(use_true_random=False))
def test_order_and_grouping_are_not_identity(contest: Contest, rng: random.Random) -> None:
    """A contest has one id however its options and ballots are ordered and its equal ballots grouped."""
    order = list(range(len(contest.options)))
    rng.shuffle(order)
    place = {old + 1: new + 1 for new, old in enumerate(order)}
    single = [
        (1, tuple(place[number] for number in ranking))
        for weight, ranking in contest.ballots
        for _ in range(weight)
    ]
    rng.shuffle(single)
    written_out = Contest(
        title=contest.title,
        options=tuple(contest.options[old] for old in order),
        seats=contest.seats,
        ballots=tuple(single),
        withdrawn=frozenset(place[number] for number in contest.withdrawn),
    )
    assert input_id(written_out) == input_id(contest)
    assert question_id(written_out) == question_id(contest)


def test_every_part_is_identity() -> None:
    """Another title, seat, name, withdrawal, weight or preference is another contest."""
    contest = Contest("Council", AB, 1, ((2, (1, 2)), (1, (2,))))
    others = [
        replace(contest, title="Committee"),
        replace(contest, seats=2),
        replace(contest, options=(Option("a", "Alder"), AB[1])),
        replace(contest, options=(Option("c", "Ash"), AB[1])),
        replace(contest, withdrawn=frozenset({2})),
        replace(contest, ballots=((3, (1, 2)), (1, (2,)))),
        replace(contest, ballots=((2, (1,)), (1, (2,)))),
        replace(contest, ballots=((2, (1, 2)), (1, (2,)), (1, ()))),
    ]
    assert len({input_id(each) for each in [contest, *others]}) == len(others) + 1
    assert len({question_id(each) for each in others[5:]}) == 1


def test_valid_ballots_pass_over_the_withdrawn() -> None:
    """Ballots that rank nobody who stands are blank; the others merge once the withdrawn are passed over."""
    contest = Contest("Council", AB, 1, ((2, (2, 1)), (3, (1,)), (4, (2,)), (5, ())), frozenset({2}))
    ballots = valid_ballots(contest)
    assert (ballots.rankings, ballots.weights, ballots.valid, ballots.blank) == (((1,),), (5,), 5, 9)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"options": ()}, "options"),
        ({"options": (Option("a", "Ash"), Option("a", "Birch"))}, "used twice"),
        ({"seats": 0}, "seats"),
        ({"withdrawn": frozenset({3})}, "withdrawn"),
        ({"title": "\ud800"}, "Unicode"),
        ({"ballots": ((0, (1,)),)}, "weight"),
        ({"ballots": ((1, (3,)),)}, "between 1 and 2"),
        ({"ballots": ((1, (0,)),)}, "between 1 and 2"),
        ({"ballots": ((1, (1, 1)),)}, "at most once"),
        ({"ballots": ((10**12, (1,)), (1, (2,)))}, "votes in all"),
    ],
)
def test_what_is_no_contest_is_refused(change: dict[str, object], says: str) -> None:
    """Options, seats and ballots that are not possible never become a contest."""
    parts: dict[str, object] = {"title": "Council", "options": AB, "seats": 1, "ballots": ()}
    with pytest.raises(UserError, match=says):
        Contest(**(parts | change))  # type: ignore[arg-type] # the point is to pass what does not fit
