"""What `peer status` says in words of what remains to be done."""

import pytest

from node.cli import peers

_DOCUMENT = "a" * 52


def test_what_remains_is_said_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    """Content that is wanted is counted by feed and document, and places left as they were are named."""
    wanted = {"community": "b" * 52, "name": "The mill", "scope": "public", "document": None, "type": None}
    left = {"document": _DOCUMENT, "type": "item", "places": 2, "since": 0}
    peers._show_status(
        {
            "sessions": [],
            "usage": [],
            "forks": [],
            "wanted_bodies": 1_204,
            "wanted": [
                {**wanted, "bodies": 1_200, "first": 7},
                {**wanted, "name": "", "document": _DOCUMENT, "type": "board", "bodies": 4, "first": 1},
            ],
            "left_over": [{**left, "named": ["name", "place"]}],
        }
    )
    said = capsys.readouterr().out
    assert "1,204 entries came without content" in said
    assert "1,200 of The mill in the public directory, from entry 7 on: records" in said
    assert f"4 of {'b' * 52} in the public directory, from entry 1 on: the board {_DOCUMENT}" in said
    assert f"late edits at 2 places of the item {_DOCUMENT}" in said
    assert said.rstrip().endswith("name\n  place")


def test_nothing_is_said_when_nothing_remains(capsys: pytest.CaptureFixture[str]) -> None:
    """A node that holds all of everything does not speak of it."""
    nothing = {"sessions": [], "usage": [], "forks": [], "wanted_bodies": 0, "wanted": [], "left_over": []}
    peers._show_status(nothing)
    said = capsys.readouterr().out
    assert "content" not in said
    assert "Left as it was" not in said
