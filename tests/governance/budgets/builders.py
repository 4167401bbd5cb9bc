"""Budgets small enough to follow, and random ones in which ties are frequent."""

import random

from hypothesis import strategies as st

from node.governance.budgets.question import UNITS_PER_MONEY, BudgetBallot, BudgetQuestion, Project

NAMES = "ABCDEF"


def question(
    *ballots: str, money: int, costs: dict[str, int], votes_min: int | None = None
) -> BudgetQuestion:
    """Make a budget in whole currency; a ballot is the letters that it approves."""
    names = list(costs)
    return BudgetQuestion(
        title="Our street",
        money_1e5=money * UNITS_PER_MONEY,
        projects=tuple(Project(name, name, cost * UNITS_PER_MONEY) for name, cost in costs.items()),
        ballots=tuple((1, tuple(sorted(names.index(name) + 1 for name in ballot))) for ballot in ballots),
        votes_min=votes_min,
    )


def drawn(rng: random.Random) -> BudgetQuestion:
    """Draw a budget of a few coins."""
    count = rng.randint(1, len(NAMES))
    costs = {name: rng.randint(1, 12) for name in NAMES[:count]}
    ballots = ["".join(rng.sample(NAMES[:count], rng.randint(0, count))) for _ in range(rng.randint(0, 8))]
    least = rng.randint(0, 3) if rng.random() < 0.3 else None
    return question(*ballots, money=rng.randint(1, 30), costs=costs, votes_min=least)


@st.composite
def budgets(draw: st.DrawFn) -> BudgetQuestion:
    """Draw a budget with weights and decimals."""
    count = draw(st.integers(1, len(NAMES)))
    approved = st.frozensets(st.integers(1, count)).map(lambda chosen: tuple(sorted(chosen)))
    ballot: st.SearchStrategy[BudgetBallot] = st.tuples(st.integers(1, 4), approved)
    return BudgetQuestion(
        title="Our street",
        money_1e5=draw(st.integers(1, 30 * UNITS_PER_MONEY)),
        projects=tuple(
            Project(name, f"Project {name}", draw(st.integers(1, 12 * UNITS_PER_MONEY)))
            for name in NAMES[:count]
        ),
        ballots=tuple(draw(st.lists(ballot, max_size=8))),
        votes_min=draw(st.none() | st.integers(0, 4)),
    )
