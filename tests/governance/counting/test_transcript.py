"""A count told stage by stage: tests of node/governance/counting/transcript.py."""

import csv
import io
import json

import pytest
from hypothesis import given, settings

from node.governance.counting import blt, methods, transcript
from node.governance.counting.contest import Contest, question_id
from node.governance.counting.methods import ELECTION_METHODS
from node.governance.counting.result import Outcome, result_id
from node.governance.counting.transcript import Form
from tests.governance.counting.strategies import contests

BY_HAND = """\
4 2
9 1 2 3 0
4 2 0
5 3 4 0
2 4 3 0
0
"Ash"
"Birch"
"Cedar"
"Damson"
"Council"
"""

WORDS = """\
Council
Counted by scottish-stv, version 1.
2 seats, 20 valid ballots, 0 blank ballots.

Stage 1. First preferences are counted.
  Ash: 9
  Birch: 4
  Cedar: 5
  Damson: 2
  Needed: 7.
  Ash: elected.

Stage 2. The surplus of Ash moves on.
  Ash: 7 (-2)
  Birch: 5.99998 (+1.99998)
  Cedar: 5
  Damson: 2
  lost to rounding: 0.00002
  Needed: 7.

Stage 3. Damson has the fewest votes and is excluded; those votes move on.
  Ash: 7
  Birch: 5.99998
  Cedar: 7 (+2)
  Damson: 0 (-2)
  lost to rounding: 0.00002
  Needed: 7.
  Cedar: elected.

Elected, in this order:
  1. Ash, at stage 1
  2. Cedar, at stage 3
"""


def counted(text: str, method: str = "scottish-stv") -> tuple[Contest, Outcome]:
    """Count a BLT text."""
    return methods.read_and_count(text, file="f", method=method)


def test_the_words_are_the_count_of_the_page() -> None:
    """The example of docs/governance.md, told in sentences."""
    contest, outcome = counted(BY_HAND)
    assert transcript.write(contest, outcome, Form.WORDS) == f"{WORDS}Result {result_id(outcome).hex()}\n"


@pytest.mark.parametrize("method", sorted(ELECTION_METHODS))
@settings(max_examples=10)
@given(contest=contests(weight_max=6))
def test_nothing_of_a_stage_is_left_out(method: str, contest: Contest) -> None:
    """JSON and CSV hold every number of every stage, and the words can be written of any count."""
    outcome = methods.count_contest(contest, method, question_id(contest))
    told = json.loads(transcript.write(contest, outcome, Form.JSON))
    assert told["result_id"] == result_id(outcome).hex()
    rows = list(csv.DictReader(io.StringIO(transcript.write(contest, outcome, Form.CSV))))
    assert len(rows) == len(outcome.stages) * len(contest.options)
    for stage, found in zip(outcome.stages, told["stages"], strict=True):
        assert tuple(found["totals_1e5"]) == stage.totals_1e5
        assert tuple(found["transfers_1e5"]) == stage.transfers_1e5
        assert tuple(found["keep_1e9"]) == stage.keep_1e9
        assert (found["exhausted_1e5"], found["lost_1e5"]) == (stage.exhausted_1e5, stage.lost_1e5)
        assert (tuple(found["elected"]), tuple(found["excluded"])) == (stage.elected, stage.excluded)
        mine = [row for row in rows if row["stage"] == str(stage.number)]
        assert tuple(int(row["votes_1e5"]) for row in mine) == stage.totals_1e5
        assert tuple(int(row["moved_1e5"]) for row in mine) == stage.transfers_1e5
    assert transcript.write(contest, outcome, Form.WORDS).endswith(f"Result {result_id(outcome).hex()}\n")


def test_a_lot_is_told_with_whom_it_was_between() -> None:
    """Two options with equal votes: the words name both, what was decided, and whom the lot chose."""
    contest, outcome = counted('2 1\n1 1 0\n1 2 0\n0\n"Ann"\n"Ben"\n"Chair"\n', "plurality")
    words = transcript.write(contest, outcome, Form.WORDS)
    assert "The lot says who takes the seat:" in words
    assert {"Ann", "Ben"} == set(words.partition("Equal: ")[2].partition(".")[0].split(", "))


def test_attack_a_name_forges_a_line_or_a_formula() -> None:
    """A name cannot begin a line of its own, turn the reading direction, or run in a spreadsheet."""
    contest, outcome = counted(BY_HAND.replace('"Ash"', '"=1+1\u202e"'))
    words = transcript.write(contest, outcome, Form.WORDS)
    assert "\u202e" not in words
    assert words.count("\n") == WORDS.count("\n") + 1
    (row, *_) = csv.DictReader(io.StringIO(transcript.write(contest, outcome, Form.CSV)))
    assert row["name"] == "'=1+1\u202e"


def test_a_written_contest_counts_to_the_same() -> None:
    """What BLT holds is all that a count needs: written and read again, the result id is the same."""
    contest, outcome = counted(BY_HAND)
    assert result_id(counted(blt.write(contest))[1]) == result_id(outcome)
