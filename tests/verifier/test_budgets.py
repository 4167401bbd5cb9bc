"""The second reader's budgets against the node's, byte for byte with all stages and lots."""

import random

import pytest

from node.governance.budgets import asking
from node.governance.counting.result import result_bytes
from node.governance.spending import AMOUNT_MAX, Budget
from tests.conftest import BATCHES
from tests.verifier.counting import count
from tests.verifier.proving import encode
from tests.verifier.shapes import ROWS, Fields

SEED = bytes(32)
NAMES = ("Ash", "Birch", "Cedar", "Damson", "Élan", "Fig")
# As docs/data-model.md lists them.
METHODS = sorted(
    name.removesuffix("/1") for name in ROWS["proposal"]["method"].split("|") if name.startswith("budget-")
)
every_method = pytest.mark.parametrize("method", METHODS)


def agree(method: str, chance: random.Random) -> bool:
    """Draw a small budget, in which ties are frequent, count it twice, and tell if purses were raised."""
    names = chance.sample(NAMES, chance.randint(1, len(NAMES)))
    unit = chance.choice([1, 1, 7, 1_000, 10**9])
    costs = [unit * chance.choice([1, 2, 3, chance.randint(1, 30), chance.randint(1, 300)]) for _ in names]
    money = max(*costs, chance.choice([unit * chance.randint(1, 200), sum(costs) // 2, sum(costs)]))
    money = min(money, AMOUNT_MAX)
    parts = 1 if method == "budget-equal-shares" else chance.choice([1, 5])
    needed = chance.choice([1, 2, 3]) if method == "budget-greedy-threshold" else None
    numbers = range(1, len(names) + 1)
    cast = [chance.sample(numbers, chance.choice(numbers)) for _ in range(chance.choice([0, 1, 3, 8, 15]))]

    budget = Budget(money=money, unit="hours", costs=tuple(costs), needed=needed)
    weighed = tuple((parts, tuple(sorted(each))) for each in cast)
    question = asking.question("A budget", budget, names, weighed, parts=parts)
    asked = Fields(
        title="A budget", seats=1, options=names, method=f"{method}/1", rule=None, lot_seed=SEED,
        casting=Fields(parts=parts), budget=Fields(money=money, costs=costs, needed=needed),
    )  # fmt: skip
    told = count(asked, [Fields(choice=each, split=[]) for each in cast], 0, len(cast))
    assert encode(told) == result_bytes(asking.count(question, method, SEED)), (method, question)
    return method == "budget-equal-shares" and told[4][0][7] > 0


def test_every_budget_has_a_second_count() -> None:
    """None is left out."""
    assert set(METHODS) == set(asking.METHODS)


@every_method
def test_both_counts_of_a_budget_are_the_same_bytes(method: str) -> None:
    """Twenty random budgets a method; with equal shares the purses are raised in some of them."""
    chance = random.Random(method)
    raised = [agree(method, chance) for _ in range(20)]
    assert any(raised) == (method == "budget-equal-shares")


@pytest.mark.long
@pytest.mark.timeout(1_200)
@every_method
@pytest.mark.parametrize("batch", range(BATCHES))
def test_random_budgets_by_both_readers(method: str, batch: int, elections_per_batch: int) -> None:
    """A hundred thousand random budgets a method (`make elections`): no byte differs."""
    chance = random.Random(f"{method}/{batch}")
    for _ in range(elections_per_batch):
        agree(method, chance)
