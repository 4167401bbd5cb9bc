"""Lists and files that commands print or write say what a closing by few witnesses withstands."""

from pathlib import Path

import pytest

from node.cli import bodies_in_words, reviews
from node.governance.closing.quorum import Quorum
from tests.cli.conftest import Hedgerow

SAID = f"* {Quorum.of(1).in_words()}"


@pytest.fixture
def alone(hedgerow: Hedgerow) -> Hedgerow:
    """Return a federation of one community with a question."""
    for words in (
        ("init", "--name", "Orchard"),
        ("federation", "found", "--template", "small", "--name", "Trees"),
        ("attest", "20"),
        ("proposal", "open", "A fence?"),
        ("propose", "budget", "Tools", "400", "euro"),
    ):
        ran = hedgerow(*words)
        assert ran.code == 0, ran.err
    return hedgerow


def test_lists_of_questions_and_effects_say_it_below(alone: Hedgerow) -> None:
    """Each line bears the mark, the sentence stands once."""
    said = alone("proposal", "list").out
    assert said.count(SAID) == 1
    assert said.count("voting * ") == 2
    effects = alone("decision", "effects").out.splitlines()
    assert [line.endswith(") *") for line in effects] == [True, False]
    assert effects[-1] == SAID
    rows = alone("decision", "effects", "--json").json["effects"]
    assert [one["quorum"] for one in rows] == [Quorum.of(1).told()]


def test_a_written_file_of_a_decision_says_it(alone: Hedgerow, tmp_path: Path) -> None:
    """The command says it of whatever it writes, and the words say it at their end."""
    for form in ("papers", "json", "csv", "words"):
        said = alone("decision", "export", "A fence?", "--format", form, "--output", str(tmp_path / form))
        assert said.out.endswith(f"\n{Quorum.of(1).in_words()}\n")
    assert (tmp_path / "words").read_text().endswith(f" {Quorum.of(1).in_words()}\n")


def test_bodies_say_it_of_those_who_hold_them(capsys: pytest.CaptureFixture[str]) -> None:
    """In the list and of one body, held now or later; not where four witnessed, nor of vacant places."""

    def place(number: int, name: str | None, witnesses: int) -> dict[str, object]:
        return {
            "number": number,
            "name": name,
            "followed": False,
            "ends": None,
            "why_vacant": None if name else "the term is over",
            "quorum": Quorum.of(witnesses).told(),
        }

    body = {
        "title": "Council",
        "kind": "council",
        "ended": False,
        "seats": 3,
        "vacant": 1,
        "purpose": "",
        "places": [place(1, "Ana", 1), place(2, None, 2), place(3, "Ben", 4)],
        "elected": [],
        "deputies": [],
        "coming": [{"starts": 0, "state": "certified", "names": ["Cem"], "quorum": Quorum.of(3).told()}],
        "left": [],
        "under_way": [],
        "standing": [],
    }
    below = [SAID, f"** {Quorum.of(3).in_words()}"]
    bodies_in_words.show_list({"bodies": [body]})
    listed = capsys.readouterr().out.splitlines()
    assert listed[1:] == ["    Ana *, vacant, Ben", *below]
    bodies_in_words.show_body(body)
    shown = capsys.readouterr().out.splitlines()
    assert shown[1:4] == ["  1. Ana *", "  2. vacant: the term is over", "  3. Ben"]
    assert shown[4].endswith("(certified): Cem **")
    assert shown[5:7] == below


def test_effects_that_more_witnesses_decide_have_no_mark(capsys: pytest.CaptureFixture[str]) -> None:
    """Where one may lie, and where the roll is not held, nothing stands below."""
    one = {"effect": {"in_words": "A."}, "acts": True, "title": "A?", "quorum": Quorum.of(4).told()}
    reviews._show_effects({"effects": [one, {**one, "quorum": None}], "suspended": []})
    assert capsys.readouterr().out.splitlines() == ["A. (in effect: “A?”)"] * 2
