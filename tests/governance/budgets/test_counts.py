"""The rules for budgets: by hand, against their definitions, and what holds for all."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.errors import UserError
from node.governance.budgets.methods import BUDGET_METHODS, VERSIONS, count_budget, count_file
from node.governance.budgets.question import BudgetQuestion, Project, input_id
from node.governance.counting.result import Outcome, Verdict, result_id
from tests.conftest import BATCHES
from tests.governance.budgets import textbook
from tests.governance.budgets.builders import budgets, drawn, question

SEED = b"a seed that was published before voting opened"
BY_HAND = ("AB", "AB", "A", "C", "C")
COSTS = {"A": 600, "B": 390, "C": 400}

every_method = pytest.mark.parametrize("method", sorted(BUDGET_METHODS))


def funded(outcome: Outcome) -> str:
    """Return what is funded, in order."""
    return "".join(outcome.option_ids[placed.option - 1] for placed in outcome.elected)


def with_threshold(asked: BudgetQuestion, method: str) -> BudgetQuestion:
    """State that no votes are needed where the method wants a number."""
    if method == "greedy-threshold" and asked.votes_min is None:
        return BudgetQuestion(asked.title, asked.money_1e5, asked.projects, asked.ballots, 0)
    return asked


def test_greedy_by_hand() -> None:
    """A has three votes; of B and C, with two each, the cheaper B fits into the 400 left."""
    asked = question(*BY_HAND, money=1_000, costs=COSTS)
    outcome = count_budget(asked, "greedy", SEED)
    assert funded(outcome) == "AB"
    assert [(stage.action.value, stage.quota_1e5 // 100_000) for stage in outcome.stages] == [
        ("funded", 400),
        ("funded", 10),
        ("passed-over", 10),
    ]
    assert outcome.lots == ()


def test_skipping_and_not_skipping() -> None:
    """What does not fit is passed over, or ends the count."""
    asked = question(*BY_HAND, "B", "B", "B", money=1_000, costs={"A": 600, "B": 700, "C": 300})
    assert funded(count_budget(asked, "greedy", SEED)) == "BC"
    assert funded(count_budget(asked, "greedy-no-skip", SEED)) == "B"


def test_a_threshold_holds_under_every_method() -> None:
    """A project below the votes needed is not paid; greedy-threshold wants the number stated."""
    for method in BUDGET_METHODS:
        asked = question(*BY_HAND, money=5_000, costs=COSTS, votes_min=3)
        assert funded(count_budget(asked, method, SEED)) == "A"
    with pytest.raises(UserError, match="min_project_score_threshold"):
        count_budget(question(*BY_HAND, money=5_000, costs=COSTS), "greedy-threshold", SEED)


def test_equal_shares_by_hand() -> None:
    """Each of five has 200: three pay A, 200 each; then only C's two have money, and 400 is what it costs."""
    outcome = count_budget(question(*BY_HAND, money=1_000, costs=COSTS), "equal-shares", SEED)
    assert funded(outcome) == "AC"
    assert [list(stage.totals_1e5) for stage in outcome.stages] == [
        [300_000, 200_000, 200_000],
        [300_000, 200_000, 200_000],
        [0, 0, 200_000],
    ]
    assert [stage.quota_1e5 // 100_000 for stage in outcome.stages] == [0, 400, 0]


def test_equal_shares_with_poor_supporters_and_added_money() -> None:
    """Who has little gives all of it, the others share the rest; 20 more for everybody pay a dearer project.

    Five voters have 250 each; A costs 800 and is paid by four at 200 each, which leaves 50 to those and 250
    to the fifth. B is approved by the first two and the fifth: at 300 they pay 50, 50 and 200; at 410 they
    lack 60, so that Add1 gives everybody 20.
    """
    voters = ("AB", "AB", "A", "A", "B")
    outcome = count_budget(question(*voters, money=1_250, costs={"A": 800, "B": 300}), "equal-shares", SEED)
    assert funded(outcome) == "AB"
    assert outcome.stages[0].quota_1e5 == 0
    assert outcome.stages[2].totals_1e5 == (0, 150_000)  # 300 / 200
    dearer = question(*voters, money=1_250, costs={"A": 800, "B": 410})
    outcome = count_budget(dearer, "equal-shares", SEED)
    assert funded(outcome) == "AB"
    assert outcome.stages[0].quota_1e5 == 2_000_000
    assert outcome.quota_1e5 == 4_000_000


def test_equal_projects_go_by_lot() -> None:
    """Equal votes and costs leave it to the lot, which is named once, however many rounds there were."""
    asked = question("A", "B", money=100, costs={"A": 80, "B": 80})
    for method in BUDGET_METHODS:
        chosen = set()
        for seed in (b"1", b"2", b"3", b"4", b"5", b"6"):
            outcome = count_budget(with_threshold(asked, method), method, seed)
            chosen.add(funded(outcome))
            assert len(outcome.lots) == (0 if method == "equal-shares" else 1)
        assert chosen == ({""} if method == "equal-shares" else {"A", "B"})
    # Two parks for the same people: whichever is bought first leaves nothing for the other.
    twice = question("AB", "AB", money=100, costs={"A": 80, "B": 80})
    outcomes = [count_budget(twice, "equal-shares", bytes([seed])) for seed in range(8)]
    assert {funded(outcome) for outcome in outcomes} == {"A", "B"}
    assert {len(outcome.lots) for outcome in outcomes} == {1}


@every_method
def test_budgets_that_are_hardly_budgets(method: str) -> None:
    """No ballot, blank ballots, one project, all too dear, a project without a vote: a clear answer each."""

    def count(asked: BudgetQuestion) -> tuple[str, Verdict]:
        """Count a budget."""
        outcome = count_budget(with_threshold(asked, method), method, SEED)
        return funded(outcome), outcome.verdict

    assert count(question(money=10, costs={"A": 5})) == ("", Verdict.NO_VALID_BALLOT)
    assert count(question("", "", money=10, costs={"A": 5})) == ("", Verdict.NO_VALID_BALLOT)
    assert count(question("A", money=10, costs={"A": 10})) == ("A", Verdict.ELECTED)
    assert count(question("A", money=10, costs={"A": 11})) == ("", Verdict.NOTHING_FUNDED)
    assert count(question("A", money=10, costs={"A": 5, "B": 1})) == ("A", Verdict.ELECTED)
    assert count(question("A", "", money=10, costs={"A": 10})) == ("A", Verdict.ELECTED)


@every_method
@given(asked=budgets())
def test_the_count_equals_the_definition(method: str, asked: BudgetQuestion) -> None:
    """The same projects are funded in the same order, with weights, decimals, thresholds and lots."""
    outcome = count_budget(with_threshold(asked, method), method, SEED)
    assert [placed.option for placed in outcome.elected] == textbook.METHODS[method](asked, SEED)


@pytest.mark.long
@pytest.mark.timeout(1_200)
@every_method
@pytest.mark.parametrize("batch", range(BATCHES))
def test_random_budgets_equal_the_definition(method: str, batch: int, elections_per_batch: int) -> None:
    """A hundred thousand random budgets a method (`make elections`): no difference."""
    rng = random.Random(f"{method}/{batch}")
    for index in range(elections_per_batch):
        asked = with_threshold(drawn(rng), method)
        found = [placed.option for placed in count_budget(asked, method, SEED).elected]
        assert found == textbook.METHODS[method](asked, SEED), (index, asked)


@every_method
@given(asked=budgets())
def test_the_money_is_enough(method: str, asked: BudgetQuestion) -> None:
    """What is funded costs no more than there is, everything is funded once, and somebody voted for it."""
    asked = with_threshold(asked, method)
    outcome = count_budget(asked, method, SEED)
    chosen = [placed.option for placed in outcome.elected]
    cost = sum(asked.projects[number - 1].cost_1e5 for number in chosen)
    assert asked.money_1e5 - cost == outcome.quota_1e5 >= 0
    assert len(set(chosen)) == len(chosen)
    for number in chosen:
        votes = sum(weight for weight, approved in asked.ballots if number in approved)
        assert votes >= max(1, asked.votes_min or 0)


@every_method
@given(asked=budgets(), rng=st.randoms(use_true_random=False))
def test_order_changes_nothing(method: str, asked: BudgetQuestion, rng: random.Random) -> None:
    """Projects and ballots in another order, ballots written one by one: the same id and the same result."""
    asked = with_threshold(asked, method)
    order = list(range(1, len(asked.projects) + 1))
    rng.shuffle(order)
    place = {old: new for new, old in enumerate(order, start=1)}
    single = [
        (1, tuple(sorted(place[number] for number in approved)))
        for weight, approved in asked.ballots
        for _ in range(weight)
    ]
    rng.shuffle(single)
    projects = tuple(asked.projects[old - 1] for old in order)
    mixed = BudgetQuestion(asked.title, asked.money_1e5, projects, tuple(single), asked.votes_min)
    one, other = count_budget(asked, method, SEED), count_budget(mixed, method, SEED)
    assert input_id(mixed) == input_id(asked)
    assert result_id(other) == result_id(one)
    assert funded(other) == funded(one)


def test_what_is_no_budget_is_refused() -> None:
    """Money, costs, projects and ballots that cannot be: refused with what was found."""
    bench = Project("A", "A bench", 500_000)
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"money_1e5": 0}, "budget above 0"),
        ({"money_1e5": 10**18}, "budget above 0"),
        ({"projects": ()}, "projects, found 0"),
        ({"projects": (bench, bench)}, "used twice"),
        ({"projects": (Project("A", "A bench", 0),)}, "cost of A above 0"),
        ({"projects": (Project("A", "\ud800", 1),)}, "Unicode"),
        ({"votes_min": -1}, "votes needed"),
        ({"ballots": ((0, (1,)),)}, "weight"),
        ({"ballots": ((1, (2,)),)}, "between 1 and 1"),
        ({"ballots": ((1, (1, 1)),)}, "ascending"),
        ({"ballots": ((10**12, (1,)), (1, (1,)))}, "votes in all"),
    ]
    for parts, says in wrong:
        whole: dict[str, Any] = {"title": "?", "money_1e5": 1, "projects": (bench,), "ballots": ()}
        with pytest.raises(UserError, match=says):
            BudgetQuestion(**(whole | parts))
    with pytest.raises(UserError, match="equal-shares, greedy"):
        count_budget(question("A", money=1, costs={"A": 1}), "stv", SEED)
    assert set(VERSIONS) == set(BUDGET_METHODS)


@pytest.mark.shared
def test_official_outcomes_are_reproduced(shared: Path) -> None:
    """Nine real budgets by the rule of their city: the official selection, without a lot."""
    folder = shared / "data" / "elections"
    expected = json.loads((folder / "pb" / "expected.json").read_text(encoding="utf-8"))
    rules = {"equalshares/add1": "equal-shares"}
    assert len(expected) == 9
    for name, case in expected.items():
        method = rules.get(case["rule"], case["rule"])
        data = (folder / case["file"]).read_bytes()
        row: Any = count_file(data, file=name, method=method, stages=True)
        assert row["selected"] == sorted(case["official_selected"]), name
        assert row["budget"] == case["budget"], name
        assert row["lots"] == [], name
        assert list(row)[:4] == ["file", "method", "budget", "selected"]
        assert list(count_file(data, file=name, method=method)) == ["file", "method", "budget", "selected"]
