"""What a question about a budget says for people: projects and costs, what is paid, what is released."""

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from node import ids
from node.engine.commands.deciding import NewBudget
from node.engine.deciding.outcomes import Reading
from node.engine.deciding.questions import Question, quorum_of
from node.engine.deciding.standing import read_standing
from node.engine.desk import Answer, Desk, complaint
from node.errors import ConflictError, NotFoundError, UserError
from node.federation.membership import Members
from node.governance.budgets.question import UNITS_PER_MONEY
from node.governance.closing.phases import Phase
from node.governance.counting.result import Action, Outcome, Verdict
from node.governance.proposals import Proposal
from node.governance.spending import THRESHOLD, Budget, is_budget


def budget_of(wanted: NewBudget | None, method: str, options: int) -> Budget | None:
    """Return the budget of a new question.

    Raises:
        UserError: there is none and the method needs one, or the other way round, or it does not add up.
    """
    if wanted is None:
        if is_budget(method):
            raise UserError(f"expected the money, its unit and what each project costs for {method}")
        return None
    if not is_budget(method):
        raise UserError(f"expected a method for budgets, found {method}: it shares out no money")
    if len(wanted.costs) != options:
        raise UserError(f"expected a cost for each of {options} projects, found {len(wanted.costs)}")
    if (f"{method}/1" == THRESHOLD) != (wanted.needed is not None):
        raise UserError(
            f"expected how many votes a project needs with {THRESHOLD.removesuffix('/1')}, and with no other"
            f" method: found {method} {'without' if wanted.needed is None else 'with'} it"
        )
    try:
        return Budget(money=wanted.money, unit=wanted.unit, costs=wanted.costs, needed=wanted.needed)
    except ValidationError as error:
        raise complaint(error) from error


def asked(proposal: Proposal) -> Answer | None:
    """Return what a question about a budget says before anybody votes; None of any other."""
    budget = proposal.budget
    if budget is None:
        return None
    return {
        "money": budget.money,
        "unit": budget.unit,
        "needed": budget.needed,
        "projects": [
            {"id": number, "name": name, "cost": cost}
            for number, (name, cost) in enumerate(zip(proposal.options, budget.costs, strict=True), start=1)
        ],
    }


def counted(question: Question, reading: Reading) -> Answer | None:
    """Return the same with what the count pays; None of any other question."""
    said, outcome = asked(question.proposal), reading.result.outcome
    if said is None:
        return None
    paid = {placed.option for placed in outcome.elected}
    projects = [{**one, "funded": one["id"] in paid} for one in said["projects"]]
    spent = sum(one["cost"] for one in projects if one["funded"])
    return {
        **said,
        "projects": projects,
        "spent": spent,
        "left": said["money"] - spent,
        "added": _added(outcome),
        "released": reading.acts and _pays(outcome) and question.rules.effects.let("budget"),
    }


def _added(outcome: Outcome) -> int | None:
    """Return how much Add1 gave every vote, in whole units; None where the method has no purses."""
    first = outcome.stages[0] if outcome.stages else None
    if first is None or first.action is not Action.ENDOWMENT:
        return None
    return first.quota_1e5 // UNITS_PER_MONEY


def _pays(outcome: Outcome) -> bool:
    return outcome.verdict is Verdict.ELECTED


def releases(members: Members, desk: Desk) -> list[tuple[tuple[int, bytes], Answer]]:
    """Return what budgets release as the list of effects has it, each with its place among the decisions.

    Of a budget that is certified one row for each project that is funded, of any other one row.
    """
    found = []
    for proposal in desk.questions.put(members):
        if proposal.budget is not None:
            order = (proposal.windows.closes, bytes(proposal.id))
            found += [(order, row) for row in _released(proposal, proposal.budget, desk)]
    return found


def _released(proposal: Proposal, budget: Budget, desk: Desk) -> list[Answer]:
    try:
        question = desk.questions.find(proposal.id)
    except (NotFoundError, ConflictError):
        return []  # Its roll is not held here yet, or does not stand.
    standing = read_standing(question, desk.questions, desk.registry, desk.now)
    decided = standing.closed.stands
    outcome = decided.result.outcome if decided is not None else None
    passed = outcome is not None and _pays(outcome)
    row: Answer = {
        "proposal": ids.show(proposal.id),
        "title": proposal.title,
        "state": "not decided yet" if standing.phase is Phase.OPEN else str(standing.phase),
        "passed": passed,
        "acts": passed and standing.acts and question.rules.effects.let("budget"),
        "closes": proposal.windows.closes,
        "quorum": quorum_of(question).told(),
    }
    if outcome is None or not passed:
        projects = "projects are" if len(budget.costs) > 1 else "the project is"
        said = "Nothing is paid." if outcome is not None else f"As far as {projects} funded, they are paid."
        return [{**row, "effect": _effect("", budget.money, budget.unit, in_words=said)}]
    return [{**row, "effect": _line(proposal, budget, placed.option)} for placed in outcome.elected]


def _line(proposal: Proposal, budget: Budget, option: int) -> dict[str, Any]:
    name, cost = proposal.options[option - 1], budget.costs[option - 1]
    said = f"The budget line “{name}” is released: {cost} {budget.unit}."
    return _effect(name, cost, budget.unit, in_words=said)


def _effect(name: str, amount: int, unit: str, *, in_words: str) -> dict[str, Any]:
    return {
        "act": "budget",
        "in_words": in_words,
        "target": None,
        "name": name,
        "amount": amount,
        "unit": unit,
    }


def in_words(options: Sequence[str], budget: Budget) -> list[str]:
    """Say what a question about a budget shares out, line by line, to whoever is to sign it."""
    priced = enumerate(zip(options, budget.costs, strict=True), start=1)
    said = [f"To share out {budget.money:,} “{budget.unit}” among:"]
    said += [f"  {number}. “{name}”: {cost:,}" for number, (name, cost) in priced]
    return [*said, f"A project needs {budget.needed} votes."] if budget.needed is not None else said
