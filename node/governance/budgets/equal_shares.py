"""The Method of Equal Shares for budgets, with cost utilities and the completion Add1.

Specification: D. Peters, G. Pierczyński and P. Skowron, "Proportional Participatory Budgeting with Additive
Utilities" (NeurIPS 2021), utilities being costs; completion and ties as the rule of equalshares.net states
them:

1. Every voter, also one who approves nothing, has an equal part of the money.
2. A project can be bought if those who approve it have its cost together. Its *effective votes* are the cost
   divided by the equal share that each of them pays, all she has if that is less.
3. The project with the most effective votes is bought; of equals the cheaper, then the one with more votes,
   then by lot. Again from 2, until nothing can be bought.
4. Add1: everybody gets one more unit of currency and all begins anew, until what is bought would cost more
   than there is (then the round before stands), or nothing more of what has votes fits into what is left.
"""

from collections.abc import Iterator
from fractions import Fraction
from heapq import heapify, heappop, heappush
from itertools import count as count_up
from typing import Final

from node.errors import UserError
from node.governance.budgets.funding_table import FundingTable
from node.governance.budgets.horizon import look_ahead
from node.governance.budgets.question import UNITS_PER_MONEY, BudgetQuestion
from node.governance.counting.purses import Purses, Share
from node.governance.counting.result import UNITS_PER_VOTE, Action, Method, Outcome

METHOD: Final = Method("budget-equal-shares", 1)
# In a question Add1 adds 1 unit in each of so many rounds, 2 in each of as many further ones, then 4, and so
# on: with 10^12 units of money it has 901 rounds at most, and counts every one of most budgets.
DOUBLES_AFTER: Final = 25
IN_STEPS: Final = Method(METHOD.id, METHOD.version, (("doubles_after", DOUBLES_AFTER),))
# Up to this round Add1 counts every one; later it leaves out those that are known to buy the same. To know it
# takes the time of some thirty rounds, and most budgets of cities are settled sooner.
PLAIN_ROUNDS: Final = 1_000
# Where fewer rounds than this could be left out, so many are counted before the next look ahead.
WORTHWHILE_ROUNDS: Final = 50
# How many rounds are counted at most; real budgets take some hundreds.
ROUNDS_MAX: Final = 100_000
# In a question: after a look ahead that left out few rounds so many are counted before the next.
LOOKS_APART: Final = 4 * DOUBLES_AFTER
# Effective votes are compared to so many bits behind the point first.
_BITS: Final = 64


def count(question: BudgetQuestion, lot_seed: bytes) -> Outcome:
    """Count by the Method of Equal Shares.

    Stage 1 says what Add1 added to each purse (`quota_1e5`, in units of 0.00001 currency); each later stage
    buys one project, its totals being effective votes, 0 for what cannot be bought.

    Raises:
        UserError: Add1 does not come to an end within `ROUNDS_MAX` rounds counted.
    """
    table = FundingTable(question, lot_seed)
    return _outcome(table, settled(table), METHOD)


def count_in_steps(question: BudgetQuestion, lot_seed: bytes) -> Outcome:
    """Count as `count` does, with an Add1 whose unit doubles after each `DOUBLES_AFTER` rounds."""
    table = FundingTable(question, lot_seed)
    return _outcome(table, settled_in_steps(table), IN_STEPS)


def _outcome(table: FundingTable, added: int, method: Method) -> Outcome:
    """Write the stages of the last run of the purses, each raised by so much."""
    votes = table.approvals.votes
    table.close(
        Action.ENDOWMENT,
        [each * UNITS_PER_VOTE for each in votes[1:]],
        project=None,
        shown_1e5=added * UNITS_PER_MONEY,
    )
    shop = _Shop(table, added)
    while (totals := shop.effective_votes()) and (tied := shop.best()):
        chosen = table.by_lot(tied)
        shop.buy(chosen)
        table.close(Action.FUNDED, totals, project=chosen)
    return table.outcome(method)


def settled(
    table: FundingTable,
    *,
    plain_rounds: int = PLAIN_ROUNDS,
    worthwhile_rounds: int = WORTHWHILE_ROUNDS,
    rounds_max: int = ROUNDS_MAX,
) -> int:
    """Return how many units of currency Add1 adds to each purse.

    The answer is the same whatever the numbers are, if there is one.

    Args:
        table: the budget.
        plain_rounds: how many rounds are counted before the first look ahead.
        worthwhile_rounds: how many more after a look ahead that left out fewer.
        rounds_max: how many are counted in all before it is given up.

    Raises:
        UserError: it takes too many rounds.
    """
    money = table.question.money_1e5
    eligible = table.eligible()
    added = 0
    for _ in range(rounds_max):
        following: int | None = added + 1
        if added < plain_rounds:
            bought = _bought(table, added)
        else:
            bought, following = look_ahead(table, added)
            if following is not None and following - added < worthwhile_rounds:
                plain_rounds = added + worthwhile_rounds
        left = money - sum(map(table.cost, bought))
        if left < 0:
            # All rounds up to the one before this buy what that one does, whether they were counted or not.
            return added - 1
        if following is None or not any(table.cost(number) <= left for number in set(eligible) - bought):
            return added
        added = following
    raise UserError(
        f"expected equal shares to settle within {rounds_max} rounds, found that they do not: state the"
        " amounts in a larger unit"
    )


def settled_in_steps(table: FundingTable) -> int:
    """Return how many units Add1 adds to each purse where its unit doubles after `DOUBLES_AFTER` rounds.

    It comes to an end whatever is counted: once every purse holds all the money, whatever fits into what is
    left can be paid by any one who approves it.
    """
    money, eligible = table.question.money_1e5, set(table.eligible())
    steps = _steps()
    number, added = next(steps)
    before, looks_from = 0, DOUBLES_AFTER
    while True:
        # A look ahead takes the time of some thirty rounds: one at each doubling, and fewer where they tell
        # that rounds differ.
        looks = number >= looks_from and number % DOUBLES_AFTER == 0
        bought, alike_before = look_ahead(table, added) if looks else (_bought(table, added), added + 1)
        left = money - sum(map(table.cost, bought))
        if left < 0:
            return before
        if alike_before is None or not any(table.cost(one) <= left for one in eligible - bought):
            return added
        counted = number
        before, (number, added) = added, next(steps)
        while added < alike_before:
            before, (number, added) = added, next(steps)
        if looks and number - counted < DOUBLES_AFTER:
            looks_from = counted + LOOKS_APART


def _steps() -> Iterator[tuple[int, int]]:
    """Yield each round's number, from 0, and how much is added to each purse in it."""
    added = 0
    for number in count_up():
        yield number, added
        added += 1 << (number // DOUBLES_AFTER)


def _bought(table: FundingTable, added: int) -> set[int]:
    """Return what a round buys; where that is more than there is money for, what it buys up to there."""
    shop = _Shop(table, added)
    bought: set[int] = set()
    left = table.question.money_1e5
    while left >= 0 and (tied := shop.best()):
        chosen = table.choose_equal(tied)
        shop.buy(chosen)
        bought.add(chosen)
        left -= table.cost(chosen)
    return bought


class _Shop:
    """One round: the purses, and what is still to be had.

    Effective votes only fall while money is spent, so that old ones are bounds: they wait in a heap, and only
    those that could be the best are computed anew. They are compared cut to so many bits, and exactly where
    that leaves several.
    """

    def __init__(self, table: FundingTable, added: int) -> None:
        question = table.question
        # A purse holds budget / voters + added; times the voters it is a whole number, and so are costs.
        self._voters = max(1, table.valid + table.blank)
        self._table = table
        self._purses = Purses(table.approvals, question.money_1e5 + added * UNITS_PER_MONEY * self._voters)
        self._shares: dict[int, Share] = {}
        self._sold: set[int] = set()
        # At first nobody's purse can be too small for the share of all: effective votes are at most votes.
        self._bounds = [(-table.approvals.votes[number] << _BITS, number) for number in table.eligible()]
        heapify(self._bounds)

    def best(self) -> list[int]:
        """Return the projects among which only the lot decides, none if nothing can be bought."""
        fresh: list[tuple[int, int]] = []
        least = 0
        while self._bounds and self._bounds[0][0] <= least:
            _, number = heappop(self._bounds)
            share = None if number in self._sold else self._purses.share(number, self._price(number))
            if share is not None:
                self._shares[number] = share
                bound = -(self._bought_with(number, share) << _BITS) // share.rest
                fresh.append((bound, number))
                least = min(least, bound)
        for waiting in fresh:
            heappush(self._bounds, waiting)
        return self._tied([number for bound, number in fresh if bound == least])

    def _tied(self, alike: list[int]) -> list[int]:
        """Return those of several that no rule but the lot tells apart."""
        if len(alike) < 2:
            return alike
        values = {number: self._effective(number, self._shares[number]) for number in alike}
        most = max(values.values())
        tied = self._table.cheapest(number for number in alike if values[number] == most)
        votes = self._table.approvals.votes
        most_votes = max(votes[number] for number in tied)
        return [number for number in tied if votes[number] == most_votes]

    def buy(self, number: int) -> None:
        """Let its supporters pay a project that `best` named."""
        self._sold.add(number)
        self._purses.pay(number, self._shares[number])

    def effective_votes(self) -> list[int]:
        """Return the effective votes of all projects in units of 0.00001, rounded down; empty at the end."""
        found = dict(self._present())
        numbers = range(1, len(self._table.question.projects) + 1)
        return [found.get(number, 0) for number in numbers] if found else []

    def _present(self) -> Iterator[tuple[int, int]]:
        for _, number in self._bounds:
            share = None if number in self._sold else self._purses.share(number, self._price(number))
            if share is not None:
                yield number, int(self._effective(number, share) * UNITS_PER_VOTE)

    def _price(self, number: int) -> int:
        return self._table.cost(number) * self._voters

    def _bought_with(self, number: int, share: Share) -> int:
        """Return a project's price in present units, times the weight of those who pay the full share."""
        return self._price(number) * self._purses.fineness * share.payers

    def _effective(self, number: int, share: Share) -> Fraction:
        return Fraction(self._bought_with(number, share), share.rest)
