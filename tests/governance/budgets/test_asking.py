"""Budgets as questions: what can be asked, and an Add1 that every node can count."""

import random
from itertools import count as count_up
from typing import Any

import pytest
from pydantic import ValidationError

from node import canonical
from node.errors import PeerError, UserError
from node.governance.budgets import asking, equal_shares, pb, pb_writing
from node.governance.budgets.funding_table import FundingTable
from node.governance.budgets.question import UNITS_PER_MONEY, BudgetQuestion
from node.governance.counting.result import result_id
from node.governance.proposals import Casting, Proposal
from node.governance.spending import AMOUNT_MAX, PROJECTS_MAX, PROJECTS_TIMES_SEATS_MAX, Budget
from tests import builders
from tests.governance.budgets.textbook import Budget as Textbook
from tests.governance.budgets.textbook import _bought as bought_by_textbook

SEED = bytes(32)
ROLL = builders.roll({builders.identifier("Ash"): 2, builders.identifier("Birch"): 3})
STREET = Budget(money=1_000, unit="euro", costs=(600, 390, 400))
# The five voters of docs/governance.md.
VOTERS = ((1, (1, 2)), (1, (1, 2)), (1, (1,)), (1, (3,)), (1, (3,)))


def street(budget: Budget = STREET, **changes: Any) -> Proposal:
    """Return the example as a question, with other fields where they are given."""
    election = builders.election(ROLL, ["A", "B", "C"])
    said = {**dict(election), "method": "budget-equal-shares/1", "budget": budget}
    return Proposal.model_validate(said | changes)


def drawn(chance: random.Random) -> BudgetQuestion:
    """Draw a budget with so much money for a vote that Add1 may come to its longer steps."""
    number, money = chance.randint(1, 6), chance.choice([10, 100, 1_000, 10**4])
    costs = tuple(chance.randint(1, money) for _ in range(number))
    ballots = [
        (1, tuple(one for one in range(1, number + 1) if chance.random() < 0.4))
        for _ in range(chance.randint(1, 5))
    ]
    budget = Budget(money=money, unit="euro", costs=costs)
    return asking.question("Street", budget, "ABCDEF"[:number], [one for one in ballots if one[1]], parts=1)


def plainly(question: BudgetQuestion) -> tuple[list[int], int]:
    """Return what is funded, and what was added, by docs/budgets.md word for word."""
    budget = Textbook(question, SEED)
    funded: list[int] = []
    added = before = 0
    for number in count_up(1):
        bought = bought_by_textbook(budget, added) if budget.voters else []
        left = budget.money - sum(budget.cost[one] for one in bought)
        if left < 0:
            return funded, before
        funded, before = bought, added
        if all(budget.cost[one] > left for one in budget.eligible if one not in bought):
            return funded, added
        added += 2 ** ((number - 1) // 25)
    raise AssertionError("unreachable: the loop has no end of its own")


def test_random_questions_are_counted_as_the_page_says() -> None:
    """Funded projects and what Add1 came to are those of a count by the definition, without any jump."""
    far = 0
    for number in range(120):
        question = drawn(random.Random(number))
        funded, added = plainly(question)
        outcome = asking.count(question, "budget-equal-shares", SEED)
        assert [one.option for one in outcome.elected] == funded, number
        assert outcome.stages[0].quota_1e5 == added * UNITS_PER_MONEY
        far += added > 25
    assert far > 10


def test_a_jump_leaves_out_only_rounds_that_buy_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where every round is counted the answer is the same."""
    questions = [drawn(random.Random(number)) for number in range(60)]
    found = [equal_shares.settled_in_steps(FundingTable(one, SEED)) for one in questions]
    monkeypatch.setattr(equal_shares, "look_ahead", lambda table, added: (bought(table, added), added + 1))
    assert [equal_shares.settled_in_steps(FundingTable(one, SEED)) for one in questions] == found


def bought(table: FundingTable, added: int) -> set[int]:
    """Return what a round buys."""
    return equal_shares._bought(table, added)


def test_add1_has_at_most_901_rounds() -> None:
    """After 900 of them every purse holds all the money that there can be, and then it ends."""
    steps = equal_shares._steps()
    added = [next(steps)[1] for _ in range(901)]
    assert added[:27] == [*range(26), 27]
    assert added[-1] >= AMOUNT_MAX > added[-26]


@pytest.mark.timeout(60)
def test_attack_a_few_votes_for_a_dear_project_are_counted_soon() -> None:
    """A project of one vote that costs nearly all makes Add1 go on for long: it ends all the same."""
    budget = Budget(money=AMOUNT_MAX, unit="cent", costs=(*range(10**7, 10**7 + 29), AMOUNT_MAX - 10**9))
    names = [str(number) for number in range(30)]
    chance = random.Random(1)
    ballots = [(1, tuple(sorted(chance.sample(range(1, 30), 12)))) for _ in range(40)]
    asked = asking.question("Street", budget, names, [*ballots, (1, (30,))], parts=1)
    outcome = asking.count(asked, "budget-equal-shares", SEED)
    assert [one.option for one in outcome.elected][-1] == 30
    assert outcome.stages[0].quota_1e5 > 900_000_000_000 * UNITS_PER_MONEY


@pytest.mark.parametrize(
    ("method", "needed", "funded"),
    [
        ("budget-equal-shares", None, [1, 3]),
        ("budget-greedy", None, [1, 2]),
        ("budget-greedy-no-skip", None, [1, 2]),
        ("budget-greedy-threshold", 3, [1]),
    ],
)
def test_questions_come_to_what_the_counts_by_hand_do(
    method: str, needed: int | None, funded: list[int]
) -> None:
    """The example of docs/governance.md as a question: the same projects by each method."""
    budget = STREET.model_copy(update={"needed": needed})
    asked = asking.question("Our street", budget, "ABC", VOTERS, parts=1)
    assert [one.option for one in asking.count(asked, method, SEED).elected] == funded


def test_votes_in_parts_need_as_many_parts() -> None:
    """Where a vote is five parts a threshold of three votes is one of fifteen parts."""
    budget = STREET.model_copy(update={"needed": 3})
    parted = [(5 * weight, approved) for weight, approved in VOTERS]
    for ballots, parts in ((VOTERS, 1), (parted, 5)):
        asked = asking.question("Our street", budget, "ABC", ballots, parts=parts)
        outcome = asking.count(asked, "budget-greedy-threshold", SEED)
        assert [one.option for one in outcome.elected] == [1]


@pytest.mark.parametrize(
    "changes",
    [
        {"costs": (600, 390)},
        {"costs": (600, 390, 400, 10)},
        {"costs": (600, 390, 0)},
        {"costs": (600, 390, -1)},
        {"costs": (600, 390, AMOUNT_MAX + 1)},
        {"costs": (600, 390, 0.5)},
        {"money": 0},
        {"money": -1},
        {"money": AMOUNT_MAX + 1},
        {"unit": ""},
        {"needed": 2},
        {"further": 1},
    ],
)
def test_a_budget_that_makes_no_sense_is_none(changes: dict[str, object]) -> None:
    """Costs for other projects, of nothing, below it or beyond all bounds, a number that none asks for."""
    with pytest.raises(ValidationError):
        street(Budget.model_validate({**dict(STREET), **changes}))


@pytest.mark.parametrize(
    "changes",
    [
        {"budget": None},
        {"method": "phragmen/1"},
        {"method": "budget-greedy-threshold/1"},
        {"method": "budget-by-guess/1"},
        {"seats": 2},
        {"options": ("A", "A", "C")},
        {"rule": builders.MAJORITY},
        {"casting": Casting(parts=5)},
    ],
)
def test_a_question_about_a_budget_that_makes_no_sense_is_none(changes: dict[str, Any]) -> None:
    """Without money, by another method, for several seats, with a project twice, with split votes in Add1."""
    with pytest.raises(ValidationError):
        street(**changes)


def test_attack_nothing_of_a_budget_changes_under_its_id() -> None:
    """Costs swapped, more money, another unit or threshold: another question, which no ballot names."""
    asked = street()
    swapped = STREET.model_copy(update={"costs": (600, 400, 390)})
    changed = [
        swapped,
        STREET.model_copy(update={"money": 1_001}),
        STREET.model_copy(update={"unit": "hours"}),
    ]
    assert len({asked.id, *(street(one).id for one in changed)}) == 4


def test_every_field_of_a_budget_is_written_out() -> None:
    """A payload in which the number of votes needed is left out is that of no statement."""
    said = street().model_dump()
    assert Proposal.decode(street().encode()) == street()
    del said["budget"]["needed"]
    with pytest.raises(PeerError, match="written out"):
        Proposal.decode(canonical.encode(said))


def test_what_no_node_could_count_says_so() -> None:
    """A project dearer than all the money, more projects than the seats allow: one sentence with numbers."""
    dear = STREET.model_copy(update={"costs": (600, 1_001, 400)})
    with pytest.raises(UserError, match=r"no project to cost more than the 1,000 euro .* one of 1,001"):
        dear.within(seats=5)
    many = Budget(money=1_000, unit="euro", costs=(1,) * PROJECTS_MAX)
    assert many.within(seats=PROJECTS_TIMES_SEATS_MAX // PROJECTS_MAX) is many
    with pytest.raises(UserError, match="at most 99 projects for 101 seats"):
        many.within(seats=101)
    assert many.within(seats=None) is many


@pytest.mark.parametrize("names", [("A", "B", "C"), ("A, by the sea", "B; too", 'the "C"')])
def test_exported_ballots_are_read_back(names: tuple[str, ...]) -> None:
    """A .pb file of a question holds its money, costs and ballots; a vote of three parts is three voters."""
    asked = asking.question("Our street", STREET, names, [(3, (1, 2)), *VOTERS], parts=1)
    text = pb_writing.write(asked, unit="euro", says={"state": "certified"})
    read = pb.read(text.encode(), file="f")
    assert (read.title, read.money_1e5) == (asked.title, asked.money_1e5)
    assert [(one.name, one.cost_1e5) for one in read.projects] == [
        (one.name, one.cost_1e5) for one in asked.projects
    ]
    counts = [asking.count(one, "budget-equal-shares", SEED) for one in (asked, read)]
    assert [one.option for one in counts[0].elected] == [one.option for one in counts[1].elected]
    if names == ("A", "B", "C"):
        assert result_id(counts[0]) == result_id(counts[1])
    with pytest.raises(UserError, match="on one line"):
        pb_writing.write(asking.question("Our\nstreet", STREET, names, VOTERS, parts=1), unit="euro", says={})
    with pytest.raises(UserError, match="on one line"):
        pb_writing.write(asked, unit="euro\rVOTES", says={})
