"""Bundles as people use them: files between two data folders, whole, cut, damaged, and by the wrong hands."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from node.cli import main
from node.feeds.bundle import Part, Reader, Writer
from tests.cli.conftest import Hedgerow, Ran

Two = tuple[Hedgerow, Hedgerow]


@pytest.fixture
def person(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], hedgerow: Hedgerow
) -> Callable[[str], Hedgerow]:
    """Return a function that sets up a community and returns its commands."""
    assert hedgerow("--version").code == 0  # Its environment is ours.

    def begin(name: str) -> Hedgerow:
        def run(*arguments: str) -> Ran:
            capfd.readouterr()
            code = main.run(["--data", str(tmp_path / name), *arguments])
            return Ran(code, *capfd.readouterr())

        assert run("init", "--name", name).code == 0
        return run

    return begin


@pytest.fixture
def two(person: Callable[[str], Hedgerow]) -> Two:
    """Return the commands of two communities that know each other's ids and never meet online."""
    riverside, hill = person("Riverside"), person("Hill")
    for run, neighbour in ((riverside, hill), (hill, riverside)):
        run("peer", "add", neighbour("charter", "show", "--json").json["community"])
    return riverside, hill


@pytest.fixture
def write(two: Two, tmp_path: Path) -> Callable[..., Path]:
    """Return a function that lets the first community write a file for the second."""
    riverside, hill = two
    reader = hill("charter", "show", "--json").json["community"]

    def written(*options: str) -> Path:
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.bundle"
        ran = riverside("bundle", "write", str(path), "--for", reader, *options)
        assert ran.code == 0, ran.err
        return path

    return written


def test_a_bundle_goes_from_one_folder_to_another(two: Two, write: Callable[..., Path]) -> None:
    """What the first has published is found at the second, and reading twice changes nothing."""
    riverside, hill = two
    riverside("offer", "add", "Ladder")
    path = write()
    looked = hill("bundle", "read", str(path), "--dry-run")
    assert looked.code == 0
    assert "2 entries would be new here." in looked.out
    assert "offer: Ladder" in looked.out
    assert hill("search", "ladder", "--json").json["total"] == 0
    taken = hill("bundle", "read", str(path), "--yes")
    assert taken.code == 0
    assert "Took in 2 entries." in taken.out
    assert hill("search", "ladder", "--json").json["total"] == 1
    again = hill("bundle", "read", str(path), "--yes", "--json").json
    assert (again["new"], again["held"], again["waiting"], again["refused"]) == (0, 2, 0, 0)
    assert again["opening"]["name"] == "Riverside"


def test_what_is_sent_back_and_forth_shrinks_to_what_is_new(
    two: Two, write: Callable[..., Path], tmp_path: Path
) -> None:
    """After a file in each direction, `--since-last` writes the news alone."""
    riverside, hill = two
    assert riverside("bundle", "write", str(tmp_path / "x"), "--for", "Hill", "--since-last").code == 2
    hill("bundle", "read", str(write()), "--yes")
    back = tmp_path / "back"
    hill("bundle", "write", str(back), "--for", "Riverside")
    riverside("bundle", "read", str(back), "--yes")
    riverside("offer", "add", "Ladder")
    news = hill("bundle", "read", str(write("--since-last")), "--yes", "--json").json
    assert (news["new"], news["held"]) == (1, 0)
    assert news["opening"]["whole"] is False


def test_a_truncated_file_says_so_and_brings_what_is_whole(two: Two, write: Callable[..., Path]) -> None:
    """Without its end it is told to be damaged, exit code 1, and all its whole parts come in."""
    _, hill = two
    path = write()
    path.write_bytes(path.read_bytes()[:-1])
    ran = hill("bundle", "read", str(path), "--yes")
    assert ran.code == 1
    assert "cut off, or not written whole" in ran.out
    assert "Took in 1 entry." in ran.out
    assert hill("search", "riverside", "--json").json["total"] == 1


def test_parts_in_the_wrong_order_come_in_all_the_same(two: Two, write: Callable[..., Path]) -> None:
    """What waits for a charter that stands later in the file is given again, counted once."""
    _, hill = two
    path = write()
    reader = Reader()
    parts = [one for one in [*reader.feed(path.read_bytes()), *reader.end()] if isinstance(one, Part)]
    writer = Writer()
    path.write_bytes(b"".join(writer.part(one.content) for one in reversed(parts)))
    for option in ("--dry-run", "--yes"):
        told = hill("bundle", "read", str(path), option, "--json").json
        assert (told["new"], told["held"], told["waiting"]) == (1, 0, 0)
        assert told["charters"] == {"new": 1, "held": 0, "waiting": 0, "refused": 0}


def test_a_gap_is_told_before_anything_is_taken(
    two: Two, person: Callable[[str], Hedgerow], write: Callable[..., Path], tmp_path: Path
) -> None:
    """A file of news for one who lacks what came before shows at the look what the taking shows."""
    riverside, hill = two
    hill("bundle", "read", str(write()), "--yes")
    back = tmp_path / "back"
    hill("bundle", "write", str(back), "--for", "Riverside")
    riverside("bundle", "read", str(back), "--yes")
    riverside("offer", "add", "Ladder")
    news = write("--since-last")
    third = person("Third")
    third("peer", "add", riverside("charter", "show", "--json").json["community"])
    for option in ("--dry-run", "--yes"):
        told = third("bundle", "read", str(news), option, "--json").json
        assert (told["new"], told["waiting"]) == (0, 1)
        assert "ask for a bundle of everything" in told["communities"][0]["reasons"][0]


@pytest.mark.parametrize("content", [b"", b"some text\n", b"\x00" * 100_000, b"\xffhedgeb\n" * 3_000])
def test_what_is_no_bundle_is_told_in_a_line(hedgerow: Hedgerow, tmp_path: Path, content: bytes) -> None:
    """An empty file, a text, noise, and a file that is all beginnings of parts: exit code 2, one line."""
    hedgerow("init")
    path = tmp_path / "file"
    path.write_bytes(content)
    ran = hedgerow("bundle", "read", str(path), "--yes")
    assert ran.code == 2
    assert "no whole part" in ran.err
    assert len(ran.err.splitlines()) == 1


def test_a_wrong_way_to_read_or_write_says_what_was_expected(
    two: Two, write: Callable[..., Path], tmp_path: Path
) -> None:
    """A file that exists, is missing or is no plain file; options that contradict; nobody to ask."""
    riverside, hill = two
    path = write()
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for arguments, says in (
        (["write", str(path)], "File exists"),
        (["write", str(tmp_path / "new"), "--for", "Nobody"], "Nobody"),
        (["write", str(tmp_path / "new"), "--federation", "Nowhere"], "Nowhere"),
        (["write", str(tmp_path / "new"), "--since-last"], "for whom"),
        (["read", str(tmp_path / "missing"), "--yes"], "No such file"),
        (["read", str(pipe), "--yes"], "expected a file"),
        (["read", str(path), "--yes", "--dry-run"], "one of them"),
        (["read", str(path)], "--yes or --dry-run"),
    ):
        ran = riverside("bundle", *arguments)
        assert ran.code == 2, arguments
        assert says in ran.err
        assert not (tmp_path / "new").exists()
    assert hill("log", "--json").json["entries"][0]["name"] == "Hill"


def test_a_file_for_anybody_is_public_alone(
    two: Two, person: Callable[[str], Hedgerow], tmp_path: Path
) -> None:
    """Without a name the file says that anybody may read it, and one who is no neighbour takes nothing."""
    riverside, _ = two
    path = tmp_path / "public"
    ran = riverside("bundle", "write", str(path))
    assert "It is for any neighbour of yours." in ran.out
    told = person("Stranger")("bundle", "read", str(path), "--yes", "--json").json
    assert (told["new"], told["waiting"]) == (0, 1)
