"""Each method against a second one written straight from the definition."""

import random

import pytest
from hypothesis import given

from node.governance.counting.contest import Contest
from node.governance.counting.methods import ELECTION_METHODS, count_contest
from tests.conftest import BATCHES
from tests.governance.counting import textbook
from tests.governance.counting.strategies import contests, drawn

SEED = b"a seed that was published before voting opened"

by_textbook = pytest.mark.parametrize("method", sorted(textbook.METHODS))


def elected(contest: Contest, method: str) -> list[int]:
    """Return who is elected, in order."""
    return [placed.option for placed in count_contest(contest, method, SEED).elected]


def test_every_method_has_a_second_count() -> None:
    """Only Meek is missing here: test_meek.py counts it ballot by ballot."""
    assert set(textbook.METHODS) == set(ELECTION_METHODS) - {"meek"}


@by_textbook
@given(contest=contests(weight_max=6))
def test_the_count_equals_the_definition(method: str, contest: Contest) -> None:
    """The same options are elected in the same order, ties and lots included."""
    assert elected(contest, method) == textbook.METHODS[method](contest, SEED)


@pytest.mark.long
@pytest.mark.timeout(1_200)
@by_textbook
@pytest.mark.parametrize("batch", range(BATCHES))
def test_random_elections_equal_the_definition(method: str, batch: int, elections_per_batch: int) -> None:
    """A hundred thousand random elections a method (`make elections`): no difference."""
    rng = random.Random(f"{method}/{batch}")
    for index in range(elections_per_batch):
        contest = drawn(rng)
        assert elected(contest, method) == textbook.METHODS[method](contest, SEED), (index, contest)
