"""The rules for budgets a second time, straight from their definitions: fractions and voters, no speed."""

from collections.abc import Callable
from fractions import Fraction

from node.governance.budgets.question import UNITS_PER_MONEY, BudgetQuestion
from node.governance.counting.lots import lot_order


class Budget:
    """What the textbook rules need: whole amounts as fractions, one entry a voter."""

    def __init__(self, question: BudgetQuestion, seed: bytes) -> None:
        ids = [project.id for project in question.projects]
        lots = lot_order(seed, ids)
        self.lot = {number: lots.index(project_id) for number, project_id in enumerate(ids, start=1)}
        self.cost = {
            number: Fraction(project.cost_1e5, UNITS_PER_MONEY)
            for number, project in enumerate(question.projects, start=1)
        }
        self.money = Fraction(question.money_1e5, UNITS_PER_MONEY)
        self.voters = [approved for weight, approved in question.ballots for _ in range(weight)]
        self.votes = {number: sum(number in approved for approved in self.voters) for number in self.lot}
        least = max(1, question.votes_min or 0)
        self.eligible = [number for number in self.lot if self.votes[number] >= least]


def greedy(*, skip: bool) -> Callable[[BudgetQuestion, bytes], list[int]]:
    """Sort by votes, cost and lot, and pay what fits."""

    def count(question: BudgetQuestion, seed: bytes) -> list[int]:
        budget = Budget(question, seed)
        order = sorted(budget.eligible, key=lambda n: (-budget.votes[n], budget.cost[n], budget.lot[n]))
        funded: list[int] = []
        for number in order:
            if sum(budget.cost[each] for each in [*funded, number]) <= budget.money:
                funded.append(number)
            elif not skip:
                break
        return funded

    return count


def equal_shares(question: BudgetQuestion, seed: bytes) -> list[int]:
    """Buy by the smallest price for a unit of cost; one more for everybody until it is too much."""
    budget = Budget(question, seed)
    funded: list[int] = []
    added = 0
    while True:
        bought = _bought(budget, added)
        spent = sum(budget.cost[number] for number in bought)
        if spent > budget.money:
            return funded
        funded = bought
        waiting = [number for number in budget.eligible if number not in funded]
        if all(budget.cost[number] > budget.money - spent for number in waiting):
            return funded
        added += 1


def _bought(budget: Budget, added: int) -> list[int]:
    purses = [budget.money / len(budget.voters) + added for _ in budget.voters]
    bought: list[int] = []
    while True:
        prices = {}
        for number in budget.eligible:
            supporters = [i for i, approved in enumerate(budget.voters) if number in approved]
            if number not in bought and sum(purses[i] for i in supporters) >= budget.cost[number]:
                prices[number] = _share([purses[i] for i in supporters], budget.cost[number])
        if not prices:
            return bought
        chosen = min(
            prices,
            key=lambda n: (prices[n] / budget.cost[n], budget.cost[n], -budget.votes[n], budget.lot[n]),
        )
        bought.append(chosen)
        for i, approved in enumerate(budget.voters):
            if chosen in approved:
                purses[i] -= min(purses[i], prices[chosen])


def _share(purses: list[Fraction], cost: Fraction) -> Fraction:
    """Let the poorest pay all they have as long as an equal share of the rest is more."""
    waiting = sorted(purses)
    while waiting[0] * len(waiting) < cost:
        cost -= waiting.pop(0)
    return cost / len(waiting)


METHODS: dict[str, Callable[[BudgetQuestion, bytes], list[int]]] = {
    "greedy": greedy(skip=True),
    "greedy-no-skip": greedy(skip=False),
    "greedy-threshold": greedy(skip=True),
    "equal-shares": equal_shares,
}
