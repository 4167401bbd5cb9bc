"""Random contests, small enough that ties and truncation happen often."""

import random

from hypothesis import strategies as st

from node.governance.counting.contest import Ballot, Contest, Option

LETTERS = "ABCDEFG"


@st.composite
def contests(draw: st.DrawFn, *, weight_max: int = 12, withdrawals: bool = True) -> Contest:
    """Draw a contest of up to seven options and a few distinct ballots."""
    count = draw(st.integers(1, len(LETTERS)))
    numbers = list(range(1, count + 1))
    ranking = st.permutations(numbers).flatmap(
        lambda order: st.integers(0, count).map(lambda length: tuple(order[:length]))
    )
    ballot: st.SearchStrategy[Ballot] = st.tuples(st.integers(1, weight_max), ranking)
    gone = draw(st.frozensets(st.sampled_from(numbers), max_size=1)) if withdrawals else frozenset()
    return Contest(
        title="Council",
        options=tuple(Option(letter, letter) for letter in LETTERS[:count]),
        seats=draw(st.integers(1, 5)),
        ballots=tuple(draw(st.lists(ballot, max_size=12))),
        withdrawn=gone,
    )


def drawn(rng: random.Random) -> Contest:
    """Draw a contest faster than Hypothesis does: small weights and short rankings, so ties are frequent."""
    count = rng.randint(1, len(LETTERS))
    numbers = range(1, count + 1)
    ballots = tuple(
        (rng.randint(1, 9), tuple(rng.sample(numbers, rng.randint(0, count))))
        for _ in range(rng.randint(0, 9))
    )
    gone = frozenset(rng.sample(numbers, 1)) if rng.random() < 0.2 else frozenset[int]()
    options = tuple(Option(letter, letter) for letter in LETTERS[:count])
    return Contest("Council", options, rng.randint(1, 5), ballots, gone)
