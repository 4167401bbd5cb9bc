"""Rounds of Add1 that are left out are rounds that buy the same."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.errors import UserError
from node.governance.budgets import equal_shares
from node.governance.budgets.equal_shares import settled
from node.governance.budgets.funding_table import FundingTable
from node.governance.budgets.horizon import look_ahead
from node.governance.budgets.question import BudgetQuestion
from tests.governance.budgets.builders import NAMES, budgets, question

EVERY_ROUND = 10**9


def larger(rng: random.Random) -> BudgetQuestion:
    """Draw a budget that takes some hundred rounds."""
    names = NAMES[: rng.randint(2, len(NAMES))]
    ballots = ["".join(rng.sample(names, rng.randint(1, len(names)))) for _ in range(rng.randint(2, 9))]
    costs = {name: rng.randint(50, 1_500) for name in names}
    return question(*ballots, money=rng.randint(300, 2_000), costs=costs)


@given(budgets())
def test_looking_ahead_settles_as_counting_every_round_does(asked: BudgetQuestion) -> None:
    """What Add1 adds is the same with all rounds counted, with none, and with some."""
    table = FundingTable(asked, b"hedge")
    every = settled(table, plain_rounds=EVERY_ROUND)
    assert settled(table, plain_rounds=0, worthwhile_rounds=0) == every
    assert settled(table, plain_rounds=1, worthwhile_rounds=2) == every


@given(st.integers(0, 10**6))
def test_many_rounds_settle_as_counted_one_by_one(seed: int) -> None:
    """The same for budgets that take hundreds of rounds."""
    table = FundingTable(larger(random.Random(seed)), b"hedge")
    every = settled(table, plain_rounds=EVERY_ROUND)
    assert settled(table, plain_rounds=0, worthwhile_rounds=0) == every


@given(budgets(), st.integers(0, 20))
def test_no_round_before_the_horizon_buys_anything_else(asked: BudgetQuestion, added: int) -> None:
    """Every round that is left out buys what the round before it bought."""
    table = FundingTable(asked, b"hedge")
    if table.valid == 0:
        return
    bought, following = look_ahead(table, added)
    for between in range(added + 1, min(added + 20, following or EVERY_ROUND)):
        assert look_ahead(table, between)[0] == bought


def test_a_few_voters_with_millions_are_counted_at_once() -> None:
    """Six voters, ten millions, projects of millions: 958,334 rounds, of which a few are counted."""
    asked = question(
        *("AB", "A", "BC", "CD", "D", "E"),
        money=10_000_000,
        costs={"A": 2_000_000, "B": 3_000_000, "C": 2_500_000, "D": 1_000_000, "E": 9_000_000},
    )
    outcome = equal_shares.count(asked, b"hedge")
    assert [outcome.option_ids[placed.option - 1] for placed in outcome.elected] == ["D", "A", "C", "B"]
    assert outcome.stages[0].quota_1e5 == 958_334 * 100_000


def test_rounds_without_end_are_refused() -> None:
    """If the rounds do not suffice, the message says what to do."""
    asked = question("AB", "AB", "A", "A", "B", money=1_250, costs={"A": 800, "B": 410})
    with pytest.raises(UserError, match=r"settle within 3 rounds.*in a larger unit"):
        settled(FundingTable(asked, b"hedge"), rounds_max=3)
