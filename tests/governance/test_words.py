"""Questions and votes in words: tests of node/governance/seat_words.py and state_words.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.governance.closing.phases import Phase
from node.governance.counting.result import Verdict
from node.governance.seat_words import in_seats
from node.governance.state_words import state_in_words


@pytest.mark.parametrize(
    ("counted", "parts", "said"),
    [
        (432, 60, "7 1/5 seats"),
        (60, 60, "1 seat"),
        (0, 60, "0 seats"),
        (36, 60, "3/5 of a seat"),
        (72_000, 60, "1,200 seats"),
        (61, 60, "1 1/60 seats"),
    ],
)
def test_parts_are_said_in_seats(counted: int, parts: int, said: str) -> None:
    """Whole seats, then what is left of one as a share in lowest terms."""
    assert in_seats(counted, parts=parts) == said


@given(st.integers(0, 10**6), st.integers(1, 100))
def test_no_part_is_lost_in_words(counted: int, parts: int) -> None:
    """What is said adds up to what was counted."""
    words = in_seats(counted, parts=parts).replace(",", "").split()
    numbers = [word for word in words if word[0].isdigit()]
    whole = sum(int(one) for one in numbers if "/" not in one)
    shares = [one.split("/") for one in numbers if "/" in one]
    assert whole * parts + sum(int(over) * parts // int(under) for over, under in shares) == counted


@pytest.mark.parametrize("state", [*Phase, "waiting"])
def test_every_state_has_words(state: str) -> None:
    """No state is told by its name in a program where people say it otherwise."""
    for verdict in (None, *(one.value for one in Verdict)):
        said = state_in_words(str(state), verdict)
        assert said
        assert "-" not in said


def test_what_passed_and_is_in_force_says_both() -> None:
    """A decision says what was decided first; of one that did not pass nothing is in force."""
    assert state_in_words("in force", "passed") == "passed, in force"
    assert state_in_words("in force", "rejected") == "not passed"
    assert state_in_words("certified", "elected") == "elected, decided"
    assert state_in_words("withdrawn", "passed") == "taken back"
    assert state_in_words("open", None) == "voting"


def test_a_budget_funds_and_elects_nobody() -> None:
    """A list says "funded" of a certified budget, and "elected" of an election."""
    assert state_in_words("in force", "elected", "budget-greedy") == "funded, in force"
    assert state_in_words("in force", "elected", "meek") == "elected, in force"
