import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.errors import UserError
from node.governance.choices import Choice
from node.governance.counting import yes_no
from node.governance.counting.contest import Contest, Option, input_id
from node.governance.counting.methods import count_contest
from node.governance.counting.result import Verdict, result_bytes, result_id
from node.governance.counting.yes_no import Denominator, YesNoRule

VECTORS = Path(__file__).parents[2] / "vectors" / "counting_yes_no.json"
CASES = json.loads(VECTORS.read_text(encoding="utf-8"))["cases"]


def rule(**changes: Any) -> YesNoRule:
    """Make a rule of simple majority among ten seats with something changed."""
    parts: dict[str, Any] = {
        "denominator": Denominator.CAST,
        "threshold": Fraction(1, 2),
        "more_than": True,
        "quorum": Fraction(0),
        "blocks_max": None,
        "electorate": 10,
    }
    return YesNoRule(**(parts | changes))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_counts_by_hand(case: dict[str, Any]) -> None:
    """Verdict, needed support and ids of the proposals counted by hand come out as written down."""
    bylaw = case["rule"]
    contest = yes_no.contest("Plant the hedge", {Choice(key): value for key, value in case["votes"].items()})
    outcome = count_contest(
        contest,
        "yes-no",
        b"",
        rule=YesNoRule(
            denominator=Denominator(bylaw["denominator"]),
            threshold=Fraction(bylaw["threshold"]),
            more_than=bylaw["more_than"],
            quorum=Fraction(bylaw["quorum"]),
            blocks_max=bylaw["blocks_max"],
            electorate=bylaw["electorate"],
        ),
    )
    expected = case["expected"]
    assert outcome.verdict.value == expected["verdict"]
    assert outcome.quota_1e5 == expected["needed"] * 100_000
    assert outcome.method.id == expected["method"]
    assert input_id(contest).hex() == case["input_id"]
    assert result_bytes(outcome).hex() == case["result_bytes"]
    assert result_id(outcome).hex() == case["result_id"]


@given(
    st.dictionaries(st.sampled_from(Choice), st.integers(0, 20)),
    st.sampled_from(Denominator),
    st.fractions(min_value=Fraction(1, 50), max_value=1, max_denominator=50),
    st.sampled_from(["more than", "at least"]),
    st.fractions(min_value=0, max_value=1, max_denominator=50),
)
def test_r5_the_verdict_is_the_bylaw_in_fractions(
    votes: dict[Choice, int], denominator: Denominator, threshold: Fraction, bound: str, quorum: Fraction
) -> None:
    """The integer comparisons say what exact fractions say, and only support passes anything."""
    more_than = bound == "more than" and threshold < 1
    outcome = yes_no.count(
        yes_no.contest("?", votes),
        rule(
            denominator=denominator, threshold=threshold, more_than=more_than, quorum=quorum, electorate=100
        ),
    )
    present = sum(votes.values())
    cast = present - votes.get(Choice.ABSTAIN, 0) - votes.get(Choice.STAND_ASIDE, 0)
    base = {Denominator.CAST: cast, Denominator.PRESENT: present, Denominator.ALL: 100}[denominator]
    support = votes.get(Choice.YES, 0)
    share = Fraction(support, base) if base else Fraction(0)
    enough = share > threshold if more_than else share >= threshold
    if Fraction(present, 100) < quorum:
        assert outcome.verdict is Verdict.NO_QUORUM
    else:
        assert outcome.verdict is (Verdict.PASSED if enough and support > 0 else Verdict.REJECTED)
    assert bool(outcome.elected) == (outcome.verdict is Verdict.PASSED)


@pytest.mark.parametrize(
    "changes",
    [
        {"denominator": Denominator.PRESENT},
        {"threshold": Fraction(2, 3)},
        {"more_than": False},
        {"quorum": Fraction(1, 10)},
        {"blocks_max": 0},
        {"electorate": 11},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_every_part_of_the_rule_is_in_the_result_id(changes: dict[str, Any]) -> None:
    """The same votes under another rule never have the same result id, even with the same verdict."""
    contest = yes_no.contest("?", {Choice.YES: 9, Choice.NO: 1})
    plain = yes_no.count(contest, rule())
    other = yes_no.count(contest, rule(**changes))
    assert plain.verdict is other.verdict
    assert result_id(plain) != result_id(other)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"threshold": Fraction(0)}, "threshold"),
        ({"threshold": Fraction(3, 2)}, "threshold"),
        ({"threshold": Fraction(1)}, "exceeded"),
        ({"quorum": Fraction(-1)}, "quorum"),
        ({"quorum": Fraction(2)}, "quorum"),
        ({"blocks_max": -1}, "blocks_max"),
        ({"electorate": 0}, "seat"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(changes: dict[str, Any], says: str) -> None:
    """Shares out of bounds are the bylaws' mistake and are named."""
    with pytest.raises(UserError, match=says):
        rule(**changes)


@pytest.mark.parametrize(
    ("contest", "says"),
    [
        (Contest("?", (Option("yes", "yes"), Option("no", "no")), 1, ()), "choices"),
        (Contest("?", yes_no.contest("?", {}).options, 1, ((1, (1, 2)),)), "one choice"),
        (Contest("?", yes_no.contest("?", {}).options, 1, ((1, ()),)), "one choice"),
        (Contest("?", yes_no.contest("?", {}).options, 1, (), frozenset({5})), "stand"),
        (yes_no.contest("?", {Choice.YES: 11}), "on the roll"),
    ],
)
def test_ballots_that_are_no_proposal_are_refused(contest: Contest, says: str) -> None:
    """Other options, two choices on a ballot or more votes than seats never give a verdict."""
    with pytest.raises(UserError, match=says):
        yes_no.count(contest, rule())
