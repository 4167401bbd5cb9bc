"""Files that are not right, for every format and every method: the table of docs/governance.md, cell by cell.

Through the functions behind `hedgerow count`, `apportion` and `budget`; what those refuse is one line of the
command line and exit code 2 (tests/cli/test_bad_input.py).
"""

from collections.abc import Sequence
from typing import Any

import pytest

from node.errors import InputFileError, UserError
from node.governance.apportionment import ApportionmentMethod, apportion_file
from node.governance.budgets import methods as budgets
from node.governance.budgets.methods import BUDGET_METHODS
from node.governance.counting import methods
from node.governance.counting.methods import ELECTION_METHODS, LIST_METHODS

every_election = pytest.mark.parametrize("method", sorted(ELECTION_METHODS))
every_share = pytest.mark.parametrize("method", list(ApportionmentMethod))
every_budget = pytest.mark.parametrize("method", sorted(BUDGET_METHODS))


def count(method: str, *lines: str, names: str = "Ann Ben Cem") -> Any:
    """Count a BLT file of these lines, whose names and title follow."""
    quoted = [f'"{name}"' for name in [*names.split(), "Council"]]
    return methods.count_file("\n".join([*lines, *quoted]) + "\n", file="f.blt", method=method)


def elected(row: Any) -> list[str]:
    """Return the names of who is elected, in order."""
    return [each["name"] for each in row["elected"]]


def share(method: str, *rows: str, seats: int = 5, floor: int = 0, cap: int | None = None) -> dict[str, int]:
    """Share out seats by a CSV file of these rows."""
    data = "\n".join(["name,size", *rows]).encode()
    found: Any = apportion_file(data, file="f.csv", method=method, seats=seats, floor=floor, cap=cap)
    return dict(found["allocation"])


def fund(
    method: str,
    *,
    projects: Sequence[str] = ("A;60;Bench", "B;30;Tree"),
    ballots: Sequence[str] = ("1;A,B", "2;A"),
    stated: tuple[int, int] | None = None,
    money: int = 100,
) -> list[str]:
    """Choose projects by a .pb file of these rows; it states their numbers unless told other ones."""
    of_projects, of_votes = stated or (len(projects), len(ballots))
    lines = ["META", "key;value", f"num_projects;{of_projects}", f"num_votes;{of_votes}"]
    lines += [f"budget;{money}", "vote_type;approval", "PROJECTS", "project_id;cost;name", *projects]
    # A threshold that one vote reaches, so that the method that asks for one has it.
    lines.insert(6, "min_project_score_threshold;1")
    lines += ["VOTES", "voter_id;vote", *ballots]
    found: Any = budgets.count_file("\n".join(lines).encode(), file="f.pb", method=method)
    return list(found["selected"])


@every_election
@pytest.mark.parametrize(
    ("lines", "names", "says"),
    [
        (
            ("4 1", "2 1 0", "0"),
            "Ann Ben Cem",
            "line 8: expected the title in quotes, found the end of the file",
        ),
        (("2 1", "2 1 0", "0"), "Ann Ben Cem", "line 7: expected nothing after the title"),
        (
            ("3 1", "2 1 4 0", "0"),
            "Ann Ben Cem",
            "line 2: expected an option's number from 1 to 3, found '4'",
        ),
        (("3 1", "2 1 0"), "Ann Ben Cem", "line 3: expected a ballot's weight as a whole number"),
        (("3", "2 1 0", "0"), "Ann Ben Cem", "line 1: expected the number of options and of seats"),
    ],
)
def test_blt_wrong_count(method: str, lines: tuple[str, ...], names: str, says: str) -> None:
    """More or fewer names than options, a number beyond them, no end of ballots: refused with the line."""
    with pytest.raises(InputFileError, match=says):
        count(method, *lines, names=names)


@every_election
def test_blt_quoted_comma(method: str) -> None:
    """A comma, a semicolon and a quote in a name are parts of it."""
    text = '2 1\n2 1 0\n1 2 0\n0\n"Ann, of \\"Hill\\"; the elder"\n"Ben"\n"Council, new"\n'
    row = methods.count_file(text, file="f.blt", method=method)
    assert elected(row) == ['Ann, of "Hill"; the elder']


@every_election
def test_blt_empty_contest(method: str) -> None:
    """Without a ballot, or with blank ones only, nobody is elected; without options it is no contest."""
    assert elected(count(method, "3 2", "0")) == []
    assert elected(count(method, "3 2", "4 0", "0")) == []
    with pytest.raises(
        InputFileError, match="line 1: expected the number of options as a whole number from 1"
    ):
        count(method, "0 1", "0", names="")


@every_election
def test_blt_withdrawn_candidates(method: str) -> None:
    """Ballots pass over who withdrew; where everybody did, nobody is elected; nobody withdraws twice."""
    assert elected(count(method, "3 1", "-1", "3 1 2 0", "2 3 0", "0")) == ["Ben"]
    assert elected(count(method, "3 1", "-1 -2 -3", "3 1 2 0", "0")) == []
    with pytest.raises(InputFileError, match="line 3: expected option 1 to withdraw once"):
        count(method, "3 1", "-1", "-1", "0")
    with pytest.raises(
        InputFileError, match="line 2: expected a withdrawn option as a whole number from 1 to 3"
    ):
        count(method, "3 1", "-4", "0")


@every_election
def test_blt_single_candidate(method: str) -> None:
    """The only one is elected; a list takes every seat, and none without a vote."""
    assert elected(count(method, "1 1", "3 1 0", "0", names="Ann")) == ["Ann"]
    uncontested = elected(count(method, "1 1", "0", names="Ann"))
    assert uncontested == ([] if method in LIST_METHODS else ["Ann"])


@every_election
def test_blt_more_seats_than_candidates(method: str) -> None:
    """All are elected, once each; lists take all seats that there are."""
    found = elected(count(method, "3 5", "3 1 0", "2 2 0", "1 3 0", "0"))
    assert len(found) == (5 if method in LIST_METHODS else 3)
    assert (
        set(found) == {"Ann", "Ben", "Cem"}
        if method not in LIST_METHODS
        else set(found) <= {"Ann", "Ben", "Cem"}
    )


@every_election
def test_blt_all_ballots_spent(method: str) -> None:
    """When no ballot says any more, the seats left go to those who stand, by earlier votes and the lot."""
    row = count(method, "3 2", "6 1 0", "0")
    if method in LIST_METHODS:
        assert elected(row) == ["Ann", "Ann"]
        return
    assert elected(row)[0] == "Ann"
    assert len(elected(row)) == 2
    assert row["lots"], "only the lot tells Ben and Cem apart, and the result says so"


@every_share
@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (("Ashby,53,1", "Birchton,24"), "line 2: expected 2 columns, found 3"),
        (("Ashby,53", "Birchton"), "line 3: expected 2 columns, found 1"),
        (("Ashby,fifty",), "line 2: expected the size as a whole number"),
        (("Ashby,-1",), "line 2: expected the size as a whole number"),
        (("Ashby,53", "Ashby,24"), "line 3: expected each name once"),
    ],
)
def test_csv_wrong_count(method: str, rows: tuple[str, ...], says: str) -> None:
    """A cell too many or too few, no number, a name twice: refused with the line."""
    with pytest.raises(InputFileError, match=says):
        share(method, *rows)


@every_share
def test_csv_quoted_comma(method: str) -> None:
    """A comma in quotes belongs to the name; without quotes the row has a cell too many."""
    assert share(method, '"Ashby, Upper",50', "Birchton,10") == {
        "Ashby, Upper": 5 - share(method, "A,50", "B,10")["B"],
        "Birchton": share(method, "A,50", "B,10")["B"],
    }
    with pytest.raises(InputFileError, match="line 2: expected 2 columns, found 3"):
        share(method, "Ashby, Upper,50")


@every_share
def test_csv_empty_contest(method: str) -> None:
    """A table without a row, without titles, or empty shares out nothing and says so."""
    with pytest.raises(InputFileError, match="expected at least one row below the column names"):
        share(method)
    for data in (b"", b"Ashby,50\n"):
        with pytest.raises(InputFileError, match="line 1: expected the columns name and size"):
            apportion_file(data, file="f.csv", method=method, seats=3)


@every_share
def test_csv_a_community_that_left(method: str) -> None:
    """A size of 0 has its floor and no more."""
    assert share(method, "Ashby,50", "Birchton,0")["Birchton"] == 0
    assert share(method, "Ashby,50", "Birchton,0", floor=1) == {"Ashby": 4, "Birchton": 1}


@every_share
def test_csv_single_community(method: str) -> None:
    """The only one has the whole house."""
    assert share(method, "Ashby,7") == {"Ashby": 5}


@every_share
def test_csv_more_seats_than_people(method: str) -> None:
    """Seats are shared out all the same; beyond all caps, or below all floors, the request is refused."""
    assert sum(share(method, "Ashby,1", "Birchton,1", seats=100).values()) == 100
    with pytest.raises(UserError, match="the caps together allow 4 seats, the house has 5"):
        share(method, "Ashby,50", "Birchton,10", cap=2)
    with pytest.raises(UserError, match="the floors together need 6 seats, the house has 5"):
        share(method, "Ashby,50", "Birchton,10", floor=3)


@every_share
def test_csv_all_sizes_zero(method: str) -> None:
    """Where nobody has a size there is no claim beyond the floors: refused."""
    with pytest.raises(UserError, match="the caps together allow 0 seats"):
        share(method, "Ashby,0", "Birchton,0")


@every_budget
def test_pb_wrong_count(method: str) -> None:
    """Another number of projects or ballots than the file states: refused, with both numbers."""
    with pytest.raises(InputFileError, match="3 projects"):
        fund(method, stated=(3, 2))
    with pytest.raises(InputFileError, match="found 2"):
        fund(method, stated=(2, 3))
    with pytest.raises(InputFileError, match=r"line 1[0-9]"):
        fund(method, ballots=("1;A,B;more", "2;A"))


@every_budget
def test_pb_quoted_comma(method: str) -> None:
    """A comma in quotes is part of a project's name; in the cell of a ballot it parts projects."""
    assert fund(method, projects=('A;60;"Bench, red; new"', "B;30;Tree"), ballots=('1;"A,B"', "2;A")) == [
        "A",
        "B",
    ]


@every_budget
def test_pb_empty_contest(method: str) -> None:
    """Without a ballot nothing is funded; without a project it is no budget."""
    assert fund(method, ballots=()) == []
    with pytest.raises(InputFileError, match="project"):
        fund(method, projects=(), ballots=())


@every_budget
def test_pb_a_project_that_nobody_wants(method: str) -> None:
    """What has no vote is not paid, however much money is left; what is not listed cannot be approved."""
    assert fund(method, ballots=("1;A", "2;A")) == ["A"]
    with pytest.raises(InputFileError, match="'C'"):
        fund(method, ballots=("1;A,C", "2;A"))


@every_budget
def test_pb_single_project(method: str) -> None:
    """The only one is paid if it fits, and not if it does not."""
    assert fund(method, projects=("A;60;Bench",), ballots=("1;A",)) == ["A"]
    assert fund(method, projects=("A;101;Bench",), ballots=("1;A",)) == []


@every_budget
def test_pb_more_money_than_all_cost(method: str) -> None:
    """Everything that has votes is paid."""
    assert fund(method, money=1_000) == ["A", "B"]


@every_budget
def test_pb_all_ballots_spent(method: str) -> None:
    """Ballots that approve nothing are ballots, and fund nothing."""
    assert fund(method, ballots=("1;", "2;")) == []
