"""Files of budgets: what is sound is read whole, what is not is refused with its line."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.errors import InputFileError, UserError
from node.governance.budgets import pb
from node.governance.budgets.methods import count_file

SOUND = """META
key;value
description;Our street
num_projects;3
num_votes;4
budget;1000.50
vote_type;approval
min_project_score_threshold;1
PROJECTS
project_id;cost;votes;name
p1;600;3;A bench
p2;500.25;2;"A tree; and a ""pond"", both"
p3;10;0;A sign
VOTES
voter_id;age;vote
1;30;p1
2;31;"p1,p2"
3;32;p2,p1
4;33;
"""


def test_a_sound_file_is_read_whole() -> None:
    """Quotes, decimals, other columns, an empty vote and an order of one's own are understood."""
    asked = pb.read(SOUND.encode(), file="street.pb")
    assert asked.title == "Our street"
    assert asked.money_1e5 == 100_050_000
    assert [(p.id, p.name, p.cost_1e5) for p in asked.projects] == [
        ("p1", "A bench", 60_000_000),
        ("p2", 'A tree; and a "pond", both', 50_025_000),
        ("p3", "A sign", 1_000_000),
    ]
    assert asked.ballots == ((1, (1,)), (1, (1, 2)), (1, (1, 2)), (1, ()))
    assert asked.votes_min == 1
    windows = "\ufeff" + SOUND.replace("\n", "\r\n")
    assert pb.read(windows.encode(), file="street.pb") == asked


def test_the_object_of_a_file_is_the_promised_one() -> None:
    """`hedgerow budget --json` prints these keys; --stages adds the count and its id."""
    row = count_file(SOUND.encode(), file="street.pb", method="greedy")
    assert row == {"file": "street.pb", "method": "greedy", "budget": "1000.5", "selected": ["p1"]}
    more = count_file(SOUND.encode(), file="street.pb", method="greedy", stages=True)
    assert {key: more[key] for key in row} == row
    assert set(more) - set(row) == {"projects", "funded", "stages", "lots", "verdict", "result_id"}
    with pytest.raises(
        UserError, match="equal-shares, greedy, greedy-no-skip, greedy-threshold, found 'mes'"
    ):
        count_file(b"", file="street.pb", method="mes")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("num_projects;3", "num_projects;4", "expected 4 projects as num_projects says, found 3"),
        ("num_votes;4", "num_votes;5", "expected 5 votes as num_votes says, found 4"),
        ("num_votes;4\n", "", "expected num_votes as a whole number, found ''"),
        ("p1;600;3;", "p1;600;4;", "expected 4 votes for p1 as its line says, found 3"),
        ("budget;1000.50", "budget;1000,50", "expected the budget as a number"),
        ("budget;1000.50", "budget;0", "expected a budget above 0"),
        ("budget;1000.50", "budget;-5", "expected the budget as a number"),
        ("budget;1000.50", "budget;1e6", "expected the budget as a number"),
        ("budget;1000.50", "budget;1.123456", "at most five decimals"),
        ("budget;1000.50\n", "", "expected the budget as a number"),
        ("budget;1000.50", "budget;9999999999999", "expected a budget above 0 and up to"),
        ("approval", "ordinal", "expected the vote_type approval or choose-1, found 'ordinal'"),
        ("approval", "choose-1", "line 17: expected one project in each vote"),
        ("threshold;1", "threshold;one", "min_project_score_threshold as a whole number"),
        ("num_votes;4", "num_projects;3", "line 5: expected each key once"),
        ("key;value", "key;worth", "expected one column value, found 0"),
        ("project_id;cost;votes;name", "project_id;cost;votes;cost", "expected one column cost, found 2"),
        ("p2;500.25", "p1;500.25", "line 12: expected each project_id once"),
        ("p2;500.25", '"p2,p3";500.25', "line 12: expected a project_id of 1 to"),
        ("p2;500.25", ";500.25", "line 12: expected a project_id of 1 to"),
        ("p3;10;0;A sign", "p3;0;0;A sign", "expected the cost of p3 above 0"),
        ("p3;10;0;A sign", "p3;free;0;A sign", "line 13: expected the cost of p3 as a number"),
        ("p3;10;0;A sign", "p3;10;A sign", "line 13: expected 4 cells between semicolons, found 3"),
        ("p3;10;0;A sign", "p3;10;0;A; sign", "line 13: expected 4 cells between semicolons, found 5"),
        ("p3;10;0;A sign", "p3;10;0;" + "x" * 2_001, "expected a name of at most 2000"),
        ("1;30;p1\n", "1;30;p9\n", "line 16: expected ids of projects in the vote, found 'p9'"),
        ("1;30;p1\n", "1;30;p1,p1\n", "line 16: expected each project at most once"),
        ("1;30;p1\n", "1;30;p1,\n", "line 16: expected ids of projects in the vote, found ''"),
        ("1;30;p1\n", "2;30;p1\n", "line 17: expected each voter once, found '2' again"),
        ("1;30;p1\n", '1;30;"p1\n', "expected cells between semicolons"),
        ('2;31;"p1,p2"', '2;31;"p1",p2', "line 17: expected cells between semicolons"),
        ("META\n", "", "line 1: expected META, found 'key'"),
        ("VOTES\n", "", "line 14: expected 4 cells between semicolons, found 3"),
        ("Our street", "Our\ufffdstreet\udcff", "line 3: expected UTF-8"),
    ],
)
def test_what_is_wrong_is_named(old: str, new: str, says: str) -> None:
    """Wrong counts, quoted commas, unknown and repeated projects, broken amounts: one line says which."""
    assert old in SOUND
    broken = SOUND.replace(old, new, 1).encode("utf-8", "surrogateescape")
    with pytest.raises(InputFileError, match=r"^street\.pb: ") as caught:
        pb.read(broken, file="street.pb")
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_empty_contests() -> None:
    """No projects and cut files are refused; no votes are a budget in which nobody voted."""
    head, _, _ = SOUND.partition("PROJECTS")
    for text, says in [
        ("", "expected a section META"),
        ("META\n", "expected a section PROJECTS"),
        (head, "expected a section PROJECTS"),
        (head + "PROJECTS\nproject_id;cost;name\n", "expected a section VOTES"),
        (head + "PROJECTS\nVOTES\n", "expected at least one project"),
        (head + "PROJECTS\nproject_id;cost\nVOTES\n", "expected 3 projects as num_projects says, found 0"),
        (
            head.replace("s;3", "s;0").replace("s;4", "s;0") + "PROJECTS\nproject_id;cost\nVOTES\n",
            "expected 1 to 1000 projects, found 0",
        ),
    ]:
        with pytest.raises(InputFileError) as caught:
            pb.read(text.encode(), file="street.pb")
        assert says in str(caught.value)
    nobody = SOUND.partition("1;30")[0].replace("num_votes;4", "num_votes;0")
    nobody = nobody.replace(";3;A", ";0;A").replace(";2;", ";0;")
    for method in ("greedy", "equal-shares"):
        row = count_file(nobody.encode(), file="street.pb", method=method, stages=True)
        assert row["selected"] == []
        assert row["verdict"] == "no-valid-ballot"


@given(st.text(max_size=200), st.integers(0, len(SOUND)), st.integers(0, 30))
def test_no_file_brings_the_reader_down(text: str, at: int, gone: int) -> None:
    """Whatever is written into a file, it is read or refused in words."""
    broken = SOUND[:at] + text + SOUND[at + gone :]
    with contextlib.suppress(InputFileError):
        pb.read(broken.encode("utf-8", "surrogatepass"), file="street.pb")


def test_a_file_that_is_too_large_is_not_read() -> None:
    """Beyond the limit nothing is decoded."""
    with pytest.raises(InputFileError, match="bytes"):
        pb.read(b" " * (pb.PB_BYTES_MAX + 1), file="street.pb")
