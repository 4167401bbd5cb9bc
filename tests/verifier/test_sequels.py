"""Two readers agree on decisions that rest on decisions: tests of proving.py and minimal.py."""

import random
from collections import Counter
from functools import lru_cache

import pytest

from tests.verifier import minimal
from tests.verifier.sequels import Sequel, sequel
from tests.verifier.test_minimal import agree, changed

# Two federations, in which a community is admitted, bylaws change, a decision is reviewed and lots are drawn.
EVERYDAY = {1: ("admit", "book"), 5: ("bylaws", "election")}


@lru_cache(maxsize=2)
def drawn(seed: int) -> Sequel:
    """Return the decisions of a federation."""
    return sequel(seed, EVERYDAY[seed])


@pytest.mark.parametrize("seed", EVERYDAY)
def test_both_readers_agree_on_decisions_that_rest_on_decisions(seed: int) -> None:
    """Who was admitted, by which bylaws, and what became of a review: state and bytes are the same."""
    assert all(agree(data).valid for data in drawn(seed).files[-2:])


def test_the_second_reader_knows_what_came_after_a_certificate() -> None:
    """It tells a decision under review, upheld or annulled from one in force."""
    assert {minimal.verify(data).state for data in drawn(1).files} & {"under review", "upheld", "annulled"}


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("batch", range(10))
def test_both_readers_agree_on_a_hundred_federations(batch: int) -> None:
    """Ten federations a batch, of three decisions and more, seen on the way and at the end."""
    states: Counter[str] = Counter()
    for seed in range(batch * 10, batch * 10 + 10):
        for data in sequel(seed).files:
            states[agree(data).state] += 1
            agree(changed(data, random.Random(seed)))
    assert states.keys() >= {"certified", "in force"}, states
