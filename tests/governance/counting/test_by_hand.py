"""The counts by hand of docs/counting.md, table by table."""

from typing import Any

import pytest

from node.errors import UserError
from node.governance.counting.contest import Contest, Option
from node.governance.counting.methods import (
    ELECTION_METHODS,
    LIST_METHODS,
    VERSIONS,
    check_question,
    count_contest,
    count_file,
)
from node.governance.counting.result import Action, Outcome, Verdict, result_id

SEED = b"hedge"
UNIT = 100_000


def contest(*ballots: tuple[int, str], seats: int, names: str = "ABCD", gone: str = "") -> Contest:
    """Make a contest whose options are letters and whose ballots are words."""
    return Contest(
        "Council",
        tuple(Option(letter, letter) for letter in names),
        seats,
        tuple((weight, tuple(names.index(letter) + 1 for letter in word)) for weight, word in ballots),
        frozenset(names.index(letter) + 1 for letter in gone),
    )


def letters(outcome: Outcome) -> str:
    """Return who is elected, in order."""
    return "".join(outcome.option_ids[placed.option - 1] for placed in outcome.elected)


def table(outcome: Outcome, action: Action) -> list[list[int]]:
    """Return the totals of the stages with one action."""
    return [list(stage.totals_1e5) for stage in outcome.stages if stage.action is action]


def test_plurality_by_hand() -> None:
    """Five, four and three first choices: A, then B; what stands further down says nothing."""
    outcome = count_contest(
        contest((5, "AB"), (4, "BC"), (3, "CBA"), seats=2, names="ABC"), "plurality", SEED
    )
    assert letters(outcome) == "AB"
    assert table(outcome, Action.FIRST_PREFERENCES) == [[5 * UNIT, 4 * UNIT, 3 * UNIT]]
    assert outcome.lots == ()


def test_schulze_by_hand() -> None:
    """A circle of three: the weakest victory is the last that counts."""
    circle = contest((4, "ABC"), (3, "BCA"), (2, "CAB"), seats=3, names="ABC")
    outcome = count_contest(circle, "schulze", SEED)
    assert letters(outcome) == "ABC"
    assert table(outcome, Action.PAIRWISE) == [
        [0, 6 * UNIT, 4 * UNIT],
        [3 * UNIT, 0, 7 * UNIT],
        [5 * UNIT, 2 * UNIT, 0],
    ]
    assert table(outcome, Action.PATHS) == [
        [0, 6 * UNIT, 6 * UNIT],
        [5 * UNIT, 0, 7 * UNIT],
        [5 * UNIT, 5 * UNIT, 0],
    ]
    assert table(outcome, Action.SEAT) == [[0, UNIT, 2 * UNIT], [0, 0, UNIT], [0, 0, 0]]


def test_schulze_equals_the_example_of_its_author() -> None:
    """Forty-five voters and five candidates (Schulze, arXiv 1804.02973, example 1): E, A, C, B, D."""
    ballots = "5 ACBED,5 ADECB,8 BEDAC,3 CABED,7 CAEBD,2 CBADE,7 DCEBA,8 EBADC"
    words = [(int(weight), word) for weight, word in (line.split() for line in ballots.split(","))]
    outcome = count_contest(contest(*words, seats=5, names="ABCDE"), "schulze", SEED)
    assert letters(outcome) == "EACBD"
    assert table(outcome, Action.PATHS)[4] == [25 * UNIT, 28 * UNIT, 28 * UNIT, 31 * UNIT, 0]


def test_phragmen_by_hand() -> None:
    """Seven share the load of A; those of D carry nothing yet, so D is next; then B."""
    voters = contest((4, "AB"), (3, "AC"), (3, "D"), seats=3)
    outcome = count_contest(voters, "phragmen", SEED)
    assert letters(outcome) == "ADB"
    assert table(outcome, Action.SEAT) == [
        [700_000, 400_000, 300_000, 300_000],
        [0, 254_545, 210_000, 300_000],
        [0, 254_545, 210_000, 0],
    ]


def test_equal_shares_by_hand() -> None:
    """Everybody has 3, a seat costs 10: seven pay A; then nobody can pay, and the rest is waited for."""
    voters = contest((4, "AB"), (3, "AC"), (3, "D"), seats=3)
    outcome = count_contest(voters, "equal-shares", SEED)
    assert letters(outcome) == "ADB"
    assert outcome.quota_1e5 == 333_333
    assert table(outcome, Action.SEAT) == [[700_000, 400_000, 0, 0]]
    assert table(outcome, Action.COMPLETION) == [
        [0, 1_076_923, 567_567, 3_000_000],
        [0, 1_076_923, 567_567, 0],
    ]


def test_party_lists_by_hand() -> None:
    """53, 24 and 23 votes for seven seats: 3, 2 and 2 by Sainte-Laguë, 4, 2 and 1 by the others."""
    lists = contest((53, "AB"), (24, "B"), (20, "C"), (3, "CA"), seats=7, names="ABC")
    found = {m: letters(count_contest(lists, m, SEED)) for m in sorted(LIST_METHODS)}
    assert found == {
        "party-list-dhondt": "AAAABBC",
        "party-list-hamilton": "AAAABBC",
        "party-list-sainte-lague": "AAABBCC",
    }


def test_equal_lists_share_the_last_seat_by_lot() -> None:
    """Two lists with equal votes and three seats: one lot, named, for the third."""
    lists = contest((5, "A"), (5, "B"), seats=3, names="AB")
    for method in sorted(LIST_METHODS):
        outcome = count_contest(lists, method, SEED)
        (lot,) = outcome.lots
        assert sorted(lot.tied) == [1, 2]
        assert sum(placed.option == lot.chosen for placed in outcome.elected) == 2


@pytest.mark.parametrize("method", sorted(ELECTION_METHODS))
def test_contests_that_are_hardly_contests(method: str) -> None:
    """A single option, more seats than options, nobody who stands, blank ballots only, everybody spent."""

    def count(*ballots: tuple[int, str], seats: int, names: str, gone: str = "") -> tuple[str, Verdict, int]:
        """Count a contest."""
        asked = contest(*ballots, seats=seats, names=names, gone=gone)
        outcome = count_contest(asked, method, SEED)
        assert len(result_id(outcome)) == 32
        return letters(outcome), outcome.verdict, outcome.blank

    assert count((3, "A"), seats=1, names="A") == ("A", Verdict.ELECTED, 0)
    more_seats = count((3, "A"), (2, "B"), (1, "AB"), seats=4, names="AB")[0]
    assert more_seats == ("AAAB" if method in LIST_METHODS else "AB")
    assert count((3, "A"), (2, "B"), seats=1, names="AB", gone="A") == ("B", Verdict.ELECTED, 3)
    assert count((3, "A"), seats=1, names="ABC", gone="A") == ("", Verdict.NO_VALID_BALLOT, 3)
    assert count((3, ""), seats=1, names="AB") == ("", Verdict.NO_VALID_BALLOT, 3)
    assert count((3, "A"), seats=1, names="A", gone="A") == ("", Verdict.NO_VALID_BALLOT, 3)
    everybody_spent = count((6, "A"), (1, "B"), seats=3, names="ABCD")
    assert len(everybody_spent[0]) == 3
    assert everybody_spent[0][0] == "A"


def test_what_a_method_cannot_count_is_known_before_voting() -> None:
    """Too many options, no option, no seat, an unknown method: refused with what was found."""
    many = tuple(Option(str(number), str(number)) for number in range(201))
    for method in ("schulze", "phragmen", "equal-shares"):
        check_question(method, options=200, seats=9)
        with pytest.raises(UserError, match=f"at most 200 options for {method}, found 201"):
            count_contest(Contest("Council", many, 1, ()), method, SEED)
        with pytest.raises(UserError, match=f"1 to 200 options for {method}, found 201"):
            check_question(method, options=201, seats=9)
    check_question("plurality", options=1_000, seats=1)
    with pytest.raises(UserError, match="1 to 1000 options"):
        check_question("plurality", options=0, seats=1)
    with pytest.raises(UserError, match="seats"):
        check_question("plurality", options=2, seats=0)
    with pytest.raises(UserError, match="methods scottish-stv, meek, plurality"):
        check_question("borda", options=2, seats=1)


def test_every_method_has_a_version_and_counts_a_file() -> None:
    """Each election method counts a BLT file, and the row names it."""
    blt = '3 2\n4 1 2 0\n3 2 0\n2 3 1 0\n0\n"Ana"\n"Ben, of \\"Hill\\""\n"Cem"\n"Council"\n'
    for method in ELECTION_METHODS:
        row: Any = count_file(blt, file="council.blt", method=method)
        assert VERSIONS[method] == 1
        assert row["method"] == method
        assert {each["id"] for each in row["elected"]} == {1, 2}
        assert set(row) == {
            *("file", "method", "seats", "valid", "quota_1e5", "elected", "excluded", "stages", "lots"),
            "result_id",
        }
