"""A question of a federation whose certified count is a budget: from its projects and ballots to the outcome.

Its rules are those of a file, with amounts in whole units, and with Add1 in steps that grow, so that every
node can count whatever is put (docs/budgets.md, "Budgets as questions").
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Final

from node.errors import UserError
from node.governance.budgets import equal_shares, greedy
from node.governance.budgets.question import UNITS_PER_MONEY, BudgetBallot, BudgetQuestion, Project
from node.governance.counting.result import Outcome
from node.governance.spending import Budget

_COUNTERS: Final[Mapping[str, Callable[[BudgetQuestion, bytes], Outcome]]] = {
    "budget-equal-shares": equal_shares.count_in_steps,
    "budget-greedy": greedy.count,
    "budget-greedy-no-skip": greedy.count_no_skip,
    "budget-greedy-threshold": greedy.count_threshold,
}
# By the name in a question, which has the version of its rules behind it.
METHODS: Final = tuple(_COUNTERS)
# What an asked question's budget is counted by where neither its proposer nor the bylaws say.
USUAL_METHOD: Final = "budget-equal-shares"
# The last budgets looked at, each with its count: a page asks again with every look, and people go from one
# to the next. The largest take half a megabyte each.
_COUNTED_MAX: Final = 16


def question(
    title: str, budget: Budget, options: Sequence[str], ballots: Sequence[BudgetBallot], *, parts: int
) -> BudgetQuestion:
    """Return the budget that a question asks for.

    Args:
        title: of the question.
        budget: its money and costs.
        options: its projects, whose names are their ids.
        ballots: what is counted, each with its weight in parts.
        parts: how many make a vote.
    """
    return BudgetQuestion(
        title=title,
        money_1e5=budget.money * UNITS_PER_MONEY,
        projects=tuple(
            Project(id=name, name=name, cost_1e5=cost * UNITS_PER_MONEY)
            for name, cost in zip(options, budget.costs, strict=True)
        ),
        ballots=tuple(ballots),
        votes_min=budget.needed * parts if budget.needed is not None else None,
    )


@lru_cache(maxsize=_COUNTED_MAX)
def count(asked: BudgetQuestion, method: str, lot_seed: bytes) -> Outcome:
    """Count a question's budget.

    Args:
        asked: what to count.
        method: one of `METHODS`.
        lot_seed: fixes the order that breaks ties.

    Raises:
        UserError: the method is unknown, or does not fit.
    """
    check_method(method)
    return _COUNTERS[method](asked, lot_seed)


def check_method(method: str) -> None:
    """Check that budgets can be counted by a method.

    Raises:
        UserError: there is none of that name.
    """
    if method not in _COUNTERS:
        raise UserError(f"expected one of the methods {', '.join(METHODS)}, found {method!r}")
