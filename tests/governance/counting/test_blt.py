import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from node.errors import InputFileError, UserError
from node.governance.counting import blt
from node.governance.counting.contest import Contest, Option

VECTORS = Path(__file__).parents[2] / "vectors" / "counting_broken_files.json"
BROKEN = json.loads(VECTORS.read_text(encoding="utf-8"))
SOUND = bytes.fromhex(BROKEN["sound_file_hex"])

NAMES = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20)


@st.composite
def written_contests(draw: st.DrawFn) -> Contest:
    """Draw a contest as a file can hold it: ids are the names."""
    names = draw(st.lists(NAMES, min_size=1, max_size=5, unique=True))
    numbers = list(range(1, len(names) + 1))
    ranking = st.lists(st.sampled_from(numbers), unique=True).map(tuple)
    return Contest(
        title=draw(st.just("") | NAMES),
        options=tuple(Option(name, name) for name in names),
        seats=draw(st.integers(1, 9)),
        ballots=tuple(draw(st.lists(st.tuples(st.integers(1, 10**6), ranking), max_size=6))),
        withdrawn=draw(st.frozensets(st.sampled_from(numbers))),
    )


@given(written_contests())
def test_what_is_written_reads_back(contest: Contest) -> None:
    """Names with quotes, commas, semicolons, hashes and backslashes survive a round trip, as all does."""
    assert blt.read(blt.write(contest), file="c.blt") == contest


def test_spellings_that_others_use() -> None:
    """Comments, empty lines, both ways to escape, CRLF, a byte order mark and blank ballots are read."""
    text = (
        "\ufeff# the council\r\n3 2 # three for two\r\n-2\r\n\r\n 12  3 1 0 \r\n4 0\r\n0\r\n"
        '"Ann ""Nan"" Ash, jr; # 1" # a comment\r\n"Bo \\"Bee\\" Birch\\\\"\r\n"Ann ""Nan"" Ash, jr; # 1"\r\n'
        '"Council"\r\n\r\n# end'
    )
    contest = blt.read(text, file="c.blt")
    assert contest.title == "Council"
    assert contest.seats == 2
    assert contest.withdrawn == frozenset({2})
    assert contest.ballots == ((12, (3, 1)), (4, ()))
    assert [option.name for option in contest.options] == [
        'Ann "Nan" Ash, jr; # 1',
        'Bo "Bee" Birch\\',
        'Ann "Nan" Ash, jr; # 1',
    ]


def test_equal_names_get_different_ids() -> None:
    """Two people of one name stay two, also where a third is called as the second would be."""
    text = '4 1\n0\n"Ann"\n"Ann"\n"Ann (2)"\n"Ann"\n"Council"\n'
    options = blt.read(text, file="c.blt").options
    assert [option.name for option in options] == ["Ann", "Ann", "Ann (2)", "Ann"]
    assert [option.id for option in options] == ["Ann", "Ann (3)", "Ann (2)", "Ann (4)"]


@pytest.mark.parametrize("case", BROKEN["cases"], ids=lambda case: case["name"])
def test_a_broken_file_gets_one_clear_error(case: dict[str, str]) -> None:
    """Each kind of broken file is refused with the file, the line and the reason."""
    with pytest.raises(InputFileError) as caught:
        blt.read(bytes.fromhex(case["file_hex"]), file="c.blt")
    assert str(caught.value).startswith(f"c.blt: line {case['line']}: ")
    assert case["says"] in str(caught.value)


def test_an_oversized_file_is_refused_unread() -> None:
    """A file beyond the limit is refused by its size."""
    with pytest.raises(InputFileError, match="bytes"):
        blt.read(b"0" * (blt.BLT_BYTES_MAX + 1), file="c.blt")


def test_too_many_votes_are_refused_with_their_line() -> None:
    """The ballot that lifts the sum of the weights over the limit is named."""
    with pytest.raises(InputFileError, match=r"line 3: .*votes in all"):
        blt.read("1 1\n1000000000000 1 0\n1 1 0\n0\n", file="c.blt")


@given(st.binary(max_size=200))
@example(b"\x1c1 1\n")
@example(b"1 1\n-\n")
def test_random_bytes_never_raise_anything_else(data: bytes) -> None:
    """Bytes that are no file at all are an InputFileError, nothing else."""
    with pytest.raises(InputFileError):
        blt.read(data, file="c.blt")


PIECES = st.sampled_from(
    [
        "0",
        "1",
        "2",
        "-1",
        "-",
        "=",
        "1=2",
        "0 0",
        "\n",
        "\n",
        " ",
        '"',
        '""',
        "\\",
        '"A"',
        "#",
        "9" * 30,
        "é",
        "\x0b",
    ]
)


@given(st.lists(st.tuples(st.integers(0, len(SOUND)), st.integers(0, 8), PIECES), min_size=1, max_size=4))
def test_damaged_files_are_read_or_refused(edits: list[tuple[int, int, str]]) -> None:
    """A sound file overwritten anywhere is either a contest that writes and reads back, or refused."""
    data = SOUND
    for start, removed, piece in edits:
        data = data[:start] + piece.encode() + data[start + removed :]
    try:
        contest = blt.read(data, file="c.blt")
    except InputFileError:
        return
    assert blt.read(blt.write(contest), file="c.blt") == contest


@pytest.mark.parametrize("cut", range(len(SOUND) - 1))
def test_a_cut_file_is_refused(cut: int) -> None:
    """No beginning of a file passes as a file: every cut before the closing quote of the title is noticed."""
    with pytest.raises(InputFileError):
        blt.read(SOUND[:cut], file="c.blt")


@pytest.mark.parametrize("name", ["", "a\nb", "x" * 201])
def test_a_name_no_file_can_hold_is_not_written(name: str) -> None:
    """Writing refuses what reading would refuse."""
    with pytest.raises(UserError):
        blt.write(Contest("Council", (Option("a", name),), 1, ()))
    if name != "":
        with pytest.raises(UserError):
            blt.write(Contest("x\n", (Option("a", "Ash"),), 1, ()))
