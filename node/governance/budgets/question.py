"""A participatory budget: the money, the projects with their costs, and the ballots that approve them.

Owns what makes two of them the same (`input_id`): the order of the projects and of the ballots changes
nothing. Does not own how it is counted.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

from node.canonical import digest
from node.errors import UserError
from node.governance.counting.approvals import Approved
from node.governance.counting.contest import WEIGHT_TOTAL_MAX
from node.limits import OPTIONS_PER_PROPOSAL_MAX

# A weight (a whole number of votes, at least 1) and the approved projects by number from 1, ascending.
# Nothing approved is a ballot as well: its voter takes part.
BudgetBallot: TypeAlias = tuple[int, Approved]

# Money is counted in units of 0.00001 of its currency, as votes are.
UNITS_PER_MONEY: Final = 100_000
# In whole currency; in units it stays well inside the 64 bits of canonical integers.
MONEY_MAX: Final = 10**12


@dataclass(frozen=True, slots=True)
class Project:
    """Something to pay for; the id decides lots and result ids, the cost is in units of 0.00001."""

    id: str
    name: str
    cost_1e5: int


@dataclass(frozen=True, slots=True)
class BudgetQuestion:
    """A budget with its ballots, checked when it is made.

    Attributes:
        title: what the money is for, for people.
        money_1e5: how much there is, in units of 0.00001.
        projects: in the order in which ballots number them, from 1.
        ballots: weight and approved projects; equal ones may appear more than once.
        votes_min: how many votes a project needs at least; None where nothing is said. A project without any
            vote is never paid.

    Raises:
        UserError: an id is used twice, or a ballot or a number is not possible here.
    """

    title: str
    money_1e5: int
    projects: tuple[Project, ...]
    ballots: tuple[BudgetBallot, ...]
    votes_min: int | None = None

    def __post_init__(self) -> None:
        _check_projects(self)
        _check_ballots(self)


def grouped(question: BudgetQuestion) -> dict[Approved, int]:
    """Add up the weights of ballots that approve the same."""
    merged: dict[Approved, int] = {}
    for weight, approved in question.ballots:
        merged[approved] = merged.get(approved, 0) + weight
    return merged


def input_id(question: BudgetQuestion) -> bytes:
    """Return the hash that names this budget, however its projects and ballots are ordered or grouped.

    Projects are renumbered by the bytewise order of their ids. Ballots are one string of ASCII bytes: for
    each distinct set a line ``1 2 3:15`` (numbers ascending, colon, total weight, newline), sorted bytewise.
    """
    place = {number: at for at, number in enumerate(_canonical_order(question), start=1)}
    lines = [
        f"{' '.join(map(str, sorted(place[number] for number in approved)))}:{weight}\n"
        for approved, weight in grouped(question).items()
    ]
    ballots = "".join(sorted(lines)).encode("ascii")
    return digest("hedgerow/budget/1", *_described(question), ballots)


def question_id(question: BudgetQuestion) -> bytes:
    """Return the hash of the budget without its ballots: a lot seed that no voter can steer."""
    return digest("hedgerow/budget-question/1", *_described(question))


def _canonical_order(question: BudgetQuestion) -> list[int]:
    """Return the project numbers in bytewise order of the projects' ids."""
    numbers = range(1, len(question.projects) + 1)
    return sorted(numbers, key=lambda number: question.projects[number - 1].id.encode())


def _described(question: BudgetQuestion) -> tuple[str, int, int | None, list[list[str | int]]]:
    """List title, money, votes needed, and id, name and cost of each project in canonical order."""
    projects = (question.projects[number - 1] for number in _canonical_order(question))
    listed: list[list[str | int]] = [[project.id, project.name, project.cost_1e5] for project in projects]
    return question.title, question.money_1e5, question.votes_min, listed


def _check_projects(question: BudgetQuestion) -> None:
    """Refuse money, projects or costs that make no budget."""
    count = len(question.projects)
    if not 1 <= count <= OPTIONS_PER_PROPOSAL_MAX:
        raise UserError(f"expected 1 to {OPTIONS_PER_PROPOSAL_MAX} projects, found {count}")
    if len({project.id for project in question.projects}) != count:
        raise UserError("expected a different id for each project, found one used twice")
    most = MONEY_MAX * UNITS_PER_MONEY
    if not 1 <= question.money_1e5 <= most:
        raise UserError(
            f"expected a budget above 0 and up to {MONEY_MAX}, found {_money(question.money_1e5)}"
        )
    for project in question.projects:
        if not 1 <= project.cost_1e5 <= most:
            raise UserError(
                f"expected the cost of {project.id} above 0 and up to {MONEY_MAX},"
                f" found {_money(project.cost_1e5)}"
            )
    if question.votes_min is not None and not 0 <= question.votes_min <= WEIGHT_TOTAL_MAX:
        raise UserError(f"expected a number of votes needed from 0 on, found {question.votes_min}")
    try:
        "\n".join(
            [question.title, *(text for each in question.projects for text in (each.id, each.name))]
        ).encode()
    except UnicodeEncodeError as error:
        raise UserError("expected title, ids and names to be valid Unicode text") from error


def _check_ballots(question: BudgetQuestion) -> None:
    """Refuse ballots that approve a project twice or one that is not there, and weights below one."""
    count = len(question.projects)
    total = 0
    for weight, approved in question.ballots:
        total += weight
        if weight < 1:
            raise UserError(f"expected a ballot's weight to be at least 1, found {weight}")
        if not approved:
            continue
        if min(approved) < 1 or max(approved) > count:
            raise UserError(f"expected projects between 1 and {count}, found {approved}")
        if list(approved) != sorted(set(approved)):
            raise UserError(f"expected each project once on a ballot, in ascending order, found {approved}")
    if total > WEIGHT_TOTAL_MAX:
        raise UserError(f"expected at most {WEIGHT_TOTAL_MAX} votes in all, found {total}")


def _money(units: int) -> str:
    """Write an amount for a message."""
    return f"{'-' if units < 0 else ''}{abs(units) // UNITS_PER_MONEY}.{abs(units) % UNITS_PER_MONEY:05d}"
