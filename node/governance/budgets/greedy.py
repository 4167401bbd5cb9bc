"""The most approved projects first, as most cities fund them.

Specification: in order of votes (equal votes: the cheaper project first, then the lot) a project is paid if
its cost fits into the money left. A project that does not fit is passed over (``greedy``), or ends the count
(``greedy-no-skip``). ``greedy-threshold`` is ``greedy`` where projects need a number of votes to be eligible;
a number that is stated holds under every method, and for this one it must be.
"""

from typing import Final

from node.errors import UserError
from node.governance.budgets.funding_table import FundingTable
from node.governance.budgets.question import BudgetQuestion
from node.governance.counting.result import UNITS_PER_VOTE, Action, Method, Outcome

GREEDY: Final = Method("budget-greedy", 1)
NO_SKIP: Final = Method("budget-greedy-no-skip", 1)
THRESHOLD: Final = Method("budget-greedy-threshold", 1)


def count(question: BudgetQuestion, lot_seed: bytes) -> Outcome:
    """Pay the most approved projects, passing over what does not fit."""
    return _count(question, lot_seed, GREEDY, skip=True)


def count_no_skip(question: BudgetQuestion, lot_seed: bytes) -> Outcome:
    """Pay the most approved projects until one does not fit."""
    return _count(question, lot_seed, NO_SKIP, skip=False)


def count_threshold(question: BudgetQuestion, lot_seed: bytes) -> Outcome:
    """Pay the most approved projects of those that have the votes needed.

    Raises:
        UserError: the question does not say how many votes a project needs.
    """
    if question.votes_min is None:
        raise UserError(
            "expected the number of votes a project needs (min_project_score_threshold), found none"
        )
    return _count(question, lot_seed, THRESHOLD, skip=True)


def _count(question: BudgetQuestion, lot_seed: bytes, method: Method, *, skip: bool) -> Outcome:
    """Look at one project a stage."""
    table = FundingTable(question, lot_seed)
    votes = table.approvals.votes
    totals = [each * UNITS_PER_VOTE for each in votes[1:]]
    waiting = table.eligible()
    while waiting:
        most = max(votes[number] for number in waiting)
        chosen = table.by_lot(table.cheapest(number for number in waiting if votes[number] == most))
        waiting.remove(chosen)
        fits = table.cost(chosen) <= table.left_1e5
        table.close(Action.FUNDED if fits else Action.PASSED_OVER, totals, project=chosen)
        if not fits and not skip:
            break
    return table.outcome(method)
