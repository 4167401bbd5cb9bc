"""The methods for budgets by name, and the object that `hedgerow budget` prints."""

from collections.abc import Callable, Mapping
from typing import Final

from node.errors import UserError
from node.governance.budgets import asking, equal_shares, greedy, pb
from node.governance.budgets.question import UNITS_PER_MONEY, BudgetQuestion, question_id
from node.governance.counting.methods import lot_rows, stage_rows
from node.governance.counting.result import Json, Outcome, result_id
from node.governance.spending import METHODS_BEGIN

BUDGET_METHODS: Final[Mapping[str, Callable[[BudgetQuestion, bytes], Outcome]]] = {
    "equal-shares": equal_shares.count,
    "greedy": greedy.count,
    "greedy-no-skip": greedy.count_no_skip,
    "greedy-threshold": greedy.count_threshold,
}
# By the name that people use; the id in a result has `budget-` before it.
VERSIONS: Final[Mapping[str, int]] = {
    "equal-shares": equal_shares.METHOD.version,
    "greedy": greedy.GREEDY.version,
    "greedy-no-skip": greedy.NO_SKIP.version,
    "greedy-threshold": greedy.THRESHOLD.version,
}


def count_budget(question: BudgetQuestion, method: str, lot_seed: bytes) -> Outcome:
    """Count a budget by a named method.

    Args:
        question: what to count.
        method: a key of `BUDGET_METHODS`.
        lot_seed: fixes the order that breaks ties; published before voting opens.

    Raises:
        UserError: the method is unknown, or does not fit the question.
    """
    counter = BUDGET_METHODS.get(method)
    if counter is None:
        raise UserError(f"expected one of the methods {', '.join(BUDGET_METHODS)}, found {method!r}")
    return counter(question, lot_seed)


def count_file(
    data: bytes,
    *,
    file: str,
    method: str,
    stages: bool = False,
    lot_seed: bytes | None = None,
    as_question: bool = False,
) -> dict[str, Json]:
    """Count one `.pb` file and return the object of `hedgerow budget --json`.

    Ties are broken by a lot that the question fixes (title, money, projects), not the ballots.

    Args:
        data: the file's content.
        file: its name, as the object and messages give it.
        method: a key of `BUDGET_METHODS`.
        stages: whether the object also holds the count stage by stage, its lots and its result id.
        lot_seed: instead of the question's, for ballots that come from a decision with a seed of its own.
        as_question: count by the rules for questions of a federation (asking.py).

    Raises:
        UserError: the method is unknown, or does not fit the file.
        InputFileError: the file is not a sound `.pb` file.
    """
    if method not in BUDGET_METHODS:
        raise UserError(f"expected one of the methods {', '.join(BUDGET_METHODS)}, found {method!r}")
    question = pb.read(data, file=file)
    seed = question_id(question) if lot_seed is None else lot_seed
    if as_question:
        outcome = asking.count(question, f"{METHODS_BEGIN}{method}", seed)
    else:
        outcome = count_budget(question, method, seed)
    found: dict[str, Json] = {
        "file": file,
        "method": method,
        "budget": money(question.money_1e5),
        "selected": selected(question, outcome),
    }
    if stages:
        found |= {
            "projects": [project.id for project in question.projects],
            "funded": [question.projects[placed.option - 1].id for placed in outcome.elected],
            "stages": stage_rows(outcome),
            "lots": lot_rows(outcome),
            "verdict": outcome.verdict.value,
            "result_id": result_id(outcome).hex(),
        }
    return found


def selected(question: BudgetQuestion, outcome: Outcome) -> list[str]:
    """Return the ids of what is funded, in bytewise order."""
    return sorted((question.projects[placed.option - 1].id for placed in outcome.elected), key=str.encode)


def money(units: int) -> str:
    """Return an amount from units of 0.00001: whole, or with the decimals it has."""
    whole, part = divmod(units, UNITS_PER_MONEY)
    return f"{whole}.{part:05d}".rstrip("0") if part else str(whole)
