from fractions import Fraction

import pytest

from node.errors import InputFileError, UserError
from node.governance.counting import blt, yes_no
from node.governance.counting.contest import Contest, Option, question_id
from node.governance.counting.methods import VERSIONS, count_contest, count_file
from node.governance.counting.result import result_id

FILE = '4 2\n9 1 2 3 0\n4 2 0\n5 3 4 0\n2 4 3 0\n0\n"Ash"\n"Birch"\n"Cedar"\n"Damson"\n"Council"\n'
TIED = '2 1\n2 1 0\n2 2 0\n0\n"Ash"\n"Birch"\n"Council"\n'


def test_the_row_of_a_file_is_the_promised_object() -> None:
    """`hedgerow count --json` prints exactly these keys; ids are places in the file."""
    row = count_file(FILE, file="council.blt", method="scottish-stv")
    contest = blt.read(FILE, file="council.blt")
    outcome = count_contest(contest, "scottish-stv", question_id(contest))
    assert row == {
        "file": "council.blt",
        "method": "scottish-stv",
        "seats": 2,
        "valid": 20,
        "quota_1e5": 700_000,
        "elected": [{"id": 1, "name": "Ash", "stage": 1}, {"id": 3, "name": "Cedar", "stage": 3}],
        "excluded": [{"id": 4, "name": "Damson", "stage": 3}],
        "stages": [
            {"stage": 1, "totals_1e5": [900_000, 400_000, 500_000, 200_000]},
            {"stage": 2, "totals_1e5": [700_000, 599_998, 500_000, 200_000]},
            {"stage": 3, "totals_1e5": [700_000, 599_998, 700_000, 0]},
        ],
        "lots": [],
        "result_id": result_id(outcome).hex(),
    }


def test_seats_can_be_given_instead_of_the_files() -> None:
    """Another number of seats is another contest: counted so, with another result id."""
    rows = [count_file(FILE, file="c.blt", method="meek", seats=seats) for seats in (None, 1, 2)]
    assert [row["seats"] for row in rows] == [2, 1, 2]
    assert rows[0] == rows[2]
    assert rows[0]["result_id"] != rows[1]["result_id"]


def test_a_files_lot_does_not_depend_on_order_or_on_votes() -> None:
    """The lot of a bare file elects the same person with the options renumbered and every vote doubled."""
    swapped = '2 1\n2 2 0\n2 1 0\n0\n"Birch"\n"Ash"\n"Council"\n'
    doubled = TIED.replace("2 1 0", "4 1 0").replace("2 2 0", "4 2 0")
    rows = [count_file(text, file="c.blt", method="scottish-stv") for text in (TIED, swapped, doubled)]
    assert len({row["elected"][0]["name"] for row in rows}) == 1  # type: ignore[index,call-overload] # JSON edge
    assert rows[0]["result_id"] == rows[1]["result_id"] != rows[2]["result_id"]
    assert [len(row["lots"]) for row in rows] == [1, 1, 1]  # type: ignore[arg-type] # JSON edge


def test_the_wrong_method_is_named() -> None:
    """An unknown method, or one that does not fit, is the caller's mistake, said before the file is read."""
    contest = Contest("Council", (Option("a", "Ash"),), 1, ())
    majority = yes_no.YesNoRule(
        denominator=yes_no.Denominator.CAST,
        threshold=Fraction(1, 2),
        more_than=True,
        quorum=Fraction(0),
        blocks_max=None,
        electorate=3,
    )
    with pytest.raises(UserError, match="scottish-stv, meek"):
        count_file(b"", file="c.blt", method="borda")
    with pytest.raises(UserError, match="found 'yes-no'"):
        count_file(b"", file="c.blt", method="yes-no")
    with pytest.raises(InputFileError):
        count_file(b"", file="c.blt", method="meek")
    with pytest.raises(UserError, match=", ".join(VERSIONS)):
        count_contest(contest, "borda", b"")
    with pytest.raises(UserError, match="threshold"):
        count_contest(contest, "yes-no", b"")
    with pytest.raises(UserError, match="no threshold"):
        count_contest(contest, "meek", b"", rule=majority)
    with pytest.raises(UserError, match="seats"):
        count_file(FILE, file="c.blt", method="meek", seats=0)
