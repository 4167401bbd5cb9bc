"""What a question about a budget carries: the money, what each project costs, and the votes a project needs.

It is a part of the question, so nobody changes a cost once people have voted. How it is counted is not known
here (budgets/asking.py).
"""

from collections.abc import Sequence
from typing import Annotated, Final, Self

from pydantic import Field

from node.errors import UserError
from node.records.statement import Part

# In the smallest unit that costs are stated in, such as cents: ten thousand millions of euro.
AMOUNT_MAX: Final = 10**12
# Add1 has at most some nine hundred rounds, and a round buys each of them once.
PROJECTS_MAX: Final = 100
# Projects times seats on the roll: a round grows with both, and there may be a ballot of each seat. A count
# is one piece of work during which a node answers nobody: with so many it takes some seconds at the worst.
PROJECTS_TIMES_SEATS_MAX: Final = 10_000
# More votes than a roll has seats fund nothing, which harms nobody.
VOTES_NEEDED_MAX: Final = 100_000

# What the methods of such questions begin with, and the one that asks for a number of votes.
METHODS_BEGIN: Final = "budget-"
THRESHOLD: Final = "budget-greedy-threshold/1"

Amount = Annotated[int, Field(ge=1, le=AMOUNT_MAX)]


class Budget(Part):
    """The money of a question, and what the projects cost that are its options.

    Attributes:
        money: how much there is, in whole units.
        unit: what it is counted in, such as "euro", "cents" or "hours".
        costs: of each option in ballot order, in whole units.
        needed: how many votes a project needs at least; where the method does not ask for a number, null.
    """

    money: Amount
    unit: Annotated[str, Field(min_length=1, max_length=40)]
    costs: Annotated[tuple[Amount, ...], Field(min_length=1, max_length=PROJECTS_MAX)]
    needed: Annotated[int, Field(ge=1, le=VOTES_NEEDED_MAX)] | None = None

    def check(self, *, method: str, options: int, seats: int) -> None:
        """Check that a question of this method, with so many options, can be about this budget.

        Raises:
            ValueError: it cannot; the sentence says why.
        """
        if not is_budget(method):
            raise ValueError("only a question by a method for budgets shares out money")
        if len(self.costs) != options:
            raise ValueError(f"expected a cost for each of {options} projects, found {len(self.costs)}")
        if seats != 1:
            raise ValueError("a budget elects nobody: it has one seat, as a yes/no question")
        if (method == THRESHOLD) != (self.needed is not None):
            raise ValueError("the method with a threshold, and no other, says how many votes a project needs")

    def within(self, *, seats: int | None) -> Self:
        """Return it if every node can count it, with so many seats on the roll, None where that is not held.

        Raises:
            UserError: a project costs more than all the money, or there are too many projects.
        """
        if (most := max(self.costs)) > self.money:
            raise UserError(
                f"expected no project to cost more than the {self.money:,} {self.unit} that there are, found"
                f" one of {most:,}: it could never be paid"
            )
        if seats is not None and len(self.costs) * seats > PROJECTS_TIMES_SEATS_MAX:
            raise UserError(
                f"expected at most {PROJECTS_TIMES_SEATS_MAX // seats} projects for {seats:,} seats"
                f" ({PROJECTS_TIMES_SEATS_MAX:,} divided by the seats), found {len(self.costs)}"
            )
        return self


def is_budget(method: str) -> bool:
    """Tell whether a method, with its version or without, shares out money."""
    return method.startswith(METHODS_BEGIN)


def budget_methods(methods: Sequence[str]) -> tuple[str, ...]:
    """Return those methods of bylaws by which budgets may be counted."""
    return tuple(one for one in methods if is_budget(one))


def election_methods(methods: Sequence[str]) -> tuple[str, ...]:
    """Return those methods of bylaws by which people may be elected."""
    return tuple(one for one in methods if not is_budget(one))
