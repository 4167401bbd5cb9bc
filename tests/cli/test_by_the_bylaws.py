"""What the command line says where bylaws say otherwise than usual."""

import pytest

from node.cli import bodies_in_words, bonds, seats
from node.governance.closing.quorum import Quorum


@pytest.mark.parametrize(
    ("ties_by", "given", "expected"),
    [
        ("lot", ["Ann"], "Ann, Ben had an equal claim to the last seat; the lot gave it to Ann."),
        (
            "larger",
            ["Ann"],
            "Ann, Ben had an equal claim to the last seat; it went to Ann, by size, the larger first",
        ),
        (
            "smaller",
            ["Ann", "Cem"],
            "Ann, Ben, Cem had an equal claim to the last 2 seats; they went to Ann, Cem, by size, the",
        ),
    ],
)
def test_a_roll_says_by_what_a_tie_was_broken(
    capsys: pytest.CaptureFixture[str], ties_by: str, given: list[str], expected: str
) -> None:
    """The lot, or the size that the bylaws put first."""

    def named(names: list[str]) -> list[dict[str, str]]:
        return [{"name": name, "community": name} for name in names]

    among = ["Ann", "Ben", *given[1:]]
    roll = {
        "seats": [{"name": "Ann", "community": "a", "size": 3, "seats": 2}],
        "house": 2,
        "method": "adams",
        "ties": [{"seats": len(given), "among": named(among), "given": named(given)}],
        "ties_by": ties_by,
        "next_day": None,
        "certified": False,
        "version": 1,
        "unattested": [],
    }
    seats._show_roll(roll)
    shown = capsys.readouterr().out.splitlines()
    assert any(line.startswith(expected) for line in shown)


def test_a_body_names_those_whom_people_are_to_put_in_office(capsys: pytest.CaptureFixture[str]) -> None:
    """Whom an election elected that fills nothing by itself, with what its closing withstands."""
    left = {"state": "in force", "names": ["Ana", "Ben"], "quorum": Quorum.of(3).told()}
    body = dict.fromkeys(("places", "elected", "deputies", "coming", "under_way", "standing"), ())
    bodies_in_words.show_body(
        {"title": "Council", "kind": "council", "ended": False, "purpose": "", "left": [left], **body}
    )
    shown = capsys.readouterr().out.splitlines()
    assert shown[1] == "Elected (in force): Ana, Ben *"
    assert shown[2] == (
        "  By the bylaws (effects.bodies) it fills no place by itself: it is for people to act on."
    )
    assert shown[3] == f"* {Quorum.of(3).in_words()}"


@pytest.mark.parametrize("acts", [True, False])
def test_an_election_says_whether_it_fills_places(capsys: pytest.CaptureFixture[str], *, acts: bool) -> None:
    """Before anybody votes."""
    fills = {"title": "Council", "places": [1, 2], "starts": 0, "ends": 86_400, "acts": acts, "options": []}
    bonds.show_fills(fills)
    shown = capsys.readouterr().out
    assert shown.startswith("It fills places" if acts else "It is for places")
    assert ("for people to act on" in shown) != acts
