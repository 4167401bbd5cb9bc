"""What elections have in common whatever the method, and the counts by hand."""

import hashlib
import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node import canonical
from node.governance.counting.contest import Contest, Option, input_id
from node.governance.counting.methods import ELECTION_METHODS, LIST_METHODS, QUOTA_METHODS, count_contest
from node.governance.counting.result import Outcome, Verdict, result_bytes, result_id
from tests.governance.counting.strategies import contests

VECTORS = Path(__file__).parents[2] / "vectors" / "counting_elections.json"
CASES = json.loads(VECTORS.read_text(encoding="utf-8"))["cases"]
SEED = b"a seed that was published before voting opened"

every_method = pytest.mark.parametrize("method", sorted(ELECTION_METHODS))
# A list takes several seats; everywhere else an option takes one.
for_persons = pytest.mark.parametrize("method", sorted(set(ELECTION_METHODS) - LIST_METHODS))
by_transfers = pytest.mark.parametrize("method", sorted(QUOTA_METHODS))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_counts_by_hand(case: dict[str, Any]) -> None:
    """Every stage of the contests counted by hand, their lots and their ids come out as written down."""
    contest = _contest(case["contest"])
    outcome = count_contest(contest, case["method"], bytes.fromhex(case["lot_seed"]))
    assert {
        "verdict": outcome.verdict.value,
        "valid": outcome.valid,
        "blank": outcome.blank,
        "quota_1e5": outcome.quota_1e5,
        "elected": [[placed.option, placed.stage] for placed in outcome.elected],
        "excluded": [[placed.option, placed.stage] for placed in outcome.excluded],
        "totals_1e5": [list(stage.totals_1e5) for stage in outcome.stages],
        "exhausted_1e5": [stage.exhausted_1e5 for stage in outcome.stages],
        "lost_1e5": [stage.lost_1e5 for stage in outcome.stages],
        "lots": [[lot.stage, lot.purpose.value, list(lot.tied), lot.chosen] for lot in outcome.lots],
    } == case["expected"]
    assert input_id(contest).hex() == case["input_id"]
    assert result_bytes(outcome).hex() == case["result_bytes"]
    assert result_id(outcome).hex() == case["result_id"]


@by_transfers
@given(contest=contests())
def test_no_vote_appears_or_disappears(method: str, contest: Contest) -> None:
    """At every stage totals, exhausted votes and truncation losses add up to the valid votes."""
    outcome = count_contest(contest, method, SEED)
    before = (0,) * len(contest.options)
    for stage in outcome.stages:
        assert min(stage.totals_1e5) >= 0
        assert min(stage.exhausted_1e5, stage.lost_1e5) >= 0
        assert sum(stage.totals_1e5) + stage.exhausted_1e5 + stage.lost_1e5 == outcome.valid * 100_000
        moved = tuple(now - then for now, then in zip(stage.totals_1e5, before, strict=True))
        assert stage.transfers_1e5 == moved
        before = stage.totals_1e5


@for_persons
@given(contest=contests())
def test_seats_are_filled_as_far_as_options_go(method: str, contest: Contest) -> None:
    """As many are elected as seats and options allow, each once, none of them excluded or withdrawn."""
    outcome = count_contest(contest, method, SEED)
    standing = len(contest.options) - len(contest.withdrawn)
    elected = {placed.option for placed in outcome.elected}
    contested_without_votes = outcome.valid == 0 and standing > contest.seats
    assert len(elected) == len(outcome.elected)
    assert len(elected) == (0 if contested_without_votes else min(standing, contest.seats))
    assert not elected & {placed.option for placed in outcome.excluded}
    assert not elected & contest.withdrawn
    assert (outcome.verdict is Verdict.ELECTED) == (elected != set())
    stages = [placed.stage for placed in outcome.elected]
    assert stages == sorted(stages)


@every_method
@given(contest=contests(weight_max=4), rng=st.randoms(use_true_random=False))
def test_options_in_another_order_are_the_same_contest(
    method: str, contest: Contest, rng: random.Random
) -> None:
    """Renumbering the options renumbers the outcome and leaves the result id, ties and lots included."""
    order = list(range(1, len(contest.options) + 1))
    rng.shuffle(order)
    place = {old: new for new, old in enumerate(order, start=1)}
    renumbered = Contest(
        title=contest.title,
        options=tuple(contest.options[old - 1] for old in order),
        seats=contest.seats,
        ballots=tuple((weight, tuple(place[old] for old in ranking)) for weight, ranking in contest.ballots),
        withdrawn=frozenset(place[old] for old in contest.withdrawn),
    )
    outcome = count_contest(contest, method, SEED)
    again = count_contest(renumbered, method, SEED)
    assert [placed.option for placed in again.elected] == [place[each.option] for each in outcome.elected]
    assert result_id(again) == result_id(outcome)


@every_method
@given(contest=contests(), rng=st.randoms(use_true_random=False))
def test_ballots_written_out_are_the_same_contest(method: str, contest: Contest, rng: random.Random) -> None:
    """Equal ballots written one by one, in any order, change neither a stage nor the result id."""
    single = [(1, ranking) for weight, ranking in contest.ballots for _ in range(weight)]
    rng.shuffle(single)
    written_out = Contest(contest.title, contest.options, contest.seats, tuple(single), contest.withdrawn)
    outcome = count_contest(contest, method, SEED)
    assert count_contest(written_out, method, SEED) == outcome


@given(contests(weight_max=3))
def test_the_seed_decides_lots_and_nothing_else(contest: Contest) -> None:
    """Where no lot was needed another seed gives the same outcome; where one was, the lot is on record."""
    outcome = count_contest(contest, "scottish-stv", SEED)
    if outcome.lots == ():
        assert count_contest(contest, "scottish-stv", b"another seed") == outcome


@given(contests())
def test_the_result_id_is_the_hash_of_canonical_bytes(contest: Contest) -> None:
    """The bytes an auditor can decode and compare are the bytes that the id is made of."""
    outcome = count_contest(contest, "scottish-stv", SEED)
    data = result_bytes(outcome)
    assert hashlib.sha256(data).digest() == result_id(outcome)
    assert canonical.encode(canonical.decode(data)) == data


def test_method_and_input_are_in_the_result_id() -> None:
    """Two contests that look alike in their outcome, or two methods, never share a result id."""
    outcomes = [
        _outcome_with(),
        _outcome_with(title="Committee"),
        _outcome_with(ballots=[[3, [1]], [2, [2]]]),
    ]
    ids = {result_id(outcome) for outcome in outcomes}
    contest = _contest(CASES[0]["contest"])
    ids |= {result_id(count_contest(contest, method, SEED)) for method in ELECTION_METHODS}
    assert len(ids) == len(outcomes) + len(ELECTION_METHODS)


def _outcome_with(**changes: object) -> Outcome:
    """Count a fixed contest with one thing about it changed."""
    parts: dict[str, Any] = {
        "title": "Council",
        "seats": 1,
        "ballots": [[3, [1, 2]], [2, [2]]],
        "options": [["a", "Ash"], ["b", "Birch"]],
        "withdrawn": [],
    }
    return count_contest(_contest(parts | changes), "scottish-stv", SEED)


def _contest(parts: dict[str, Any]) -> Contest:
    """Read a contest from a vector."""
    return Contest(
        title=parts["title"],
        options=tuple(Option(option_id, name) for option_id, name in parts["options"]),
        seats=parts["seats"],
        ballots=tuple((weight, tuple(ranking)) for weight, ranking in parts["ballots"]),
        withdrawn=frozenset(parts["withdrawn"]),
    )
