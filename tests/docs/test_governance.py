"""Every number of docs/governance.md is what the program counts."""

from pathlib import Path

import pytest

from node.governance.apportionment import ApportionmentMethod
from node.governance.budgets.methods import BUDGET_METHODS
from node.governance.counting.methods import ELECTION_METHODS, VERSIONS
from tests.docs import counted_by_hand
from tests.docs.counted_by_hand import KINDS, Example

PAGE = (Path(__file__).parents[2] / "docs" / "governance.md").read_text(encoding="utf-8")
EXAMPLES = list(counted_by_hand.examples(PAGE))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: one.method)
def test_the_table_below_an_example_is_what_is_counted(example: Example) -> None:
    """Each row and each cell of it, down to the last decimal."""
    assert example.table == KINDS[example.kind](example)


def test_every_sum_in_the_text_is_right() -> None:
    """What is reckoned between backquotes comes to what is said there."""
    found = list(counted_by_hand.sums(PAGE))
    assert len(found) > 40
    assert [one for one in found if not counted_by_hand.reckoned(*one)] == []


@pytest.mark.parametrize(
    ("written", "said"),
    [("9 / 2", "4.4"), ("2 / 9", "0.23…"), ("√53", "7.29…"), ("1 / 3", "0.33"), ("4 x 1 / 7", "3/7")],
)
def test_a_wrong_sum_is_found(written: str, said: str) -> None:
    """A number that is off, or cut off without a mark, is not taken."""
    assert not counted_by_hand.reckoned(written, said)


def test_every_method_has_an_example_and_a_row() -> None:
    """No method is without a count by hand, a version and a rule for ties."""
    shown = {(one.kind, one.method) for one in EXAMPLES}
    assert {method for kind, method in shown if kind == "elect"} == set(ELECTION_METHODS)
    assert {method for kind, method in shown if kind == "budget"} == set(BUDGET_METHODS)
    assert {method for kind, method in shown if kind == "share"} == set(ApportionmentMethod)
    rows = [line for line in PAGE.splitlines() if line.startswith("| `")]
    named = {*ELECTION_METHODS, *ApportionmentMethod, *(f"budget-{one}" for one in BUDGET_METHODS)}
    for method in named | {"yes-no-cast", "yes-no-present", "yes-no-all"}:
        (row,) = [line for line in rows if f"`{method}`" in line.split("|")[1]]
        assert row.split("|")[2].strip() == str(VERSIONS.get(method, 1))
        assert row.split("|")[4].strip()
