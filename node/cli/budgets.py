"""How a question about a budget is put and told on the command line: projects, costs, money."""

from collections.abc import Sequence
from typing import Annotated, Any, Final, TypeAlias

import typer

from node.cli import output
from node.errors import UserError
from node.governance.spending import AMOUNT_MAX, METHODS_BEGIN, VOTES_NEEDED_MAX

ProjectOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--project", metavar="NAME=COST", help="A project and its whole cost; repeat it."),
]
MoneyOption: TypeAlias = Annotated[
    int | None,
    typer.Option("--money", min=1, max=AMOUNT_MAX, metavar="N", help="How much there is for all projects."),
]
UnitOption: TypeAlias = Annotated[
    str | None,
    typer.Option("--unit", metavar="UNIT", help="What money and costs are in: euro, cents, hours."),
]
NeededOption: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--needed", min=1, max=VOTES_NEEDED_MAX, metavar="N", help="Votes a project needs (greedy-threshold)."
    ),
]
# A cost has thirteen digits at most.
_DIGITS_MAX: Final = 13


def read_budget(
    projects: Sequence[str], *, money: int | None, unit: str | None, needed: int | None
) -> tuple[list[str], dict[str, Any]]:
    """Return the names of projects, and the budget as the node takes it.

    Raises:
        UserError: something is missing, or a project is written in another way.
    """
    if not projects or money is None or unit is None:
        raise UserError("expected --money, --unit and a --project for each project of a budget")
    read = [_project(one) for one in projects]
    return [name for name, _ in read], {
        "money": money,
        "unit": unit,
        "costs": [cost for _, cost in read],
        "needed": needed,
    }


def _project(written: str) -> tuple[str, int]:
    name, equals, cost = written.rpartition("=")
    cost = cost.strip()
    fits = cost.isascii() and cost.isdigit() and len(cost) <= _DIGITS_MAX
    if not equals or not name.strip() or not fits:
        raise UserError(f'expected a project with its whole cost, such as "Well pump=600", found {written!r}')
    return name.strip(), int(cost)


def method_of(written: str | None) -> str:
    """Return a budget's method as the node names it: `greedy` and `budget-greedy` are the same."""
    if written is None:
        return METHODS_BEGIN.rstrip("-")
    return written if written.startswith(METHODS_BEGIN) else f"{METHODS_BEGIN}{written}"


def show_projects(budget: dict[str, Any], method: str) -> None:
    """Say what can be approved on a question, and what each project costs."""
    output.say(f"{budget['money']:,} {budget['unit']} to share out, counted by {method}, among:")
    for one in budget["projects"]:
        output.say(f"  {one['id']}. {one['name']}: {one['cost']:,} {budget['unit']}")
    if budget["needed"] is not None:
        output.say(f"A project needs {output.counted(budget['needed'], 'vote', 'votes')}.")


def show_budget(found: dict[str, Any]) -> None:
    """Say what a count funds, in its order, and what it does not."""
    budget, names = found["budget"], found["outcome"]["elected"]
    output.say(f"  {VERDICTS.get(found['outcome']['verdict'], 'Nothing can be paid from the budget.')}")
    cost = {one["name"]: one["cost"] for one in budget["projects"]}
    for place, name in enumerate(names, start=1):
        output.say(f"  {place}. {name}: {cost[name]:,} {budget['unit']}")
    for one in budget["projects"]:
        if not one["funded"]:
            output.say(f"  not funded: {one['name']}, {one['cost']:,} {budget['unit']}")


def show_money(budget: dict[str, Any] | None) -> None:
    """Say of a budget what is spent and what is left, and what became of it."""
    if budget is None:
        return
    unit = budget["unit"]
    output.say(f"{budget['spent']:,} of {budget['money']:,} {unit} spent, {budget['left']:,} left.")
    if budget["added"]:
        output.say(
            f"So that more could be paid, every vote had {budget['added']:,} {unit} more than its part."
        )
    if budget["released"]:
        output.say("The money of each funded project is released.")


# What the count of a budget says; what is funded stands below it.
VERDICTS: Final = {
    "elected": "Funded:",
    "no-quorum": "Too few took part, so nothing is funded.",
    "no-valid-ballot": "Nobody has voted, so nothing is funded.",
    "nothing-funded": "Nothing can be paid from the budget.",
}
