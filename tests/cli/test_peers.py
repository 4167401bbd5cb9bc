"""What `peer status` says in words of what remains to be done."""

from typing import Any

import pytest

from node.cli import peers
from tests.cli.conftest import Hedgerow

_DOCUMENT = "a" * 52
_NOTHING: dict[str, Any] = {
    "sessions": [],
    "not_connected": [],
    "usage": [],
    "forks": [],
    "wanted_bodies": 0,
    "wanted": [],
    "left_over": [],
}


def test_what_remains_is_said_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    """Content that is wanted is counted by feed and document, and places left as they were are named."""
    wanted = {"community": "b" * 52, "name": "The mill", "scope": "public", "document": None, "type": None}
    left = {"document": _DOCUMENT, "type": "item", "places": 2, "since": 0}
    peers._show_status(
        {
            "sessions": [],
            "not_connected": [],
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
    peers._show_status(_NOTHING)
    said = capsys.readouterr().out
    assert "content" not in said
    assert "Left as it was" not in said


def test_whom_a_neighbour_takes_no_more_of_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """Equal in all else is not told as equal in all."""
    community = {"community": "b" * 52, "name": "The mill"}
    scope = {"scope": "public", "equal_since": 1_795_332_709_000, "lacking": [], "not_taken": [community]}
    shown = {**community, "name": "Riverside", "address": None, "scopes": [scope], "findings": []}
    peers._show_status({**_NOTHING, "sessions": [shown]})
    said = capsys.readouterr().out
    assert "the public directory: all it takes is the same since 2026-11-22 07:31 UTC" in said
    assert "    it takes no more of The mill, so that is not compared with it\n" in said


def test_what_communities_use_is_said_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    """How much of its quota each has used, and that nothing more is taken of one that used it up."""
    used = {"entries": 60, "bytes": 2_048, "operations": 240, "work_ms": 1_500, "disk": 26_048, "times": 1}
    mill = {"community": "b" * 52, "name": "The mill", **used, "share": 1_000, "paused": ["entries"]}
    own: dict[str, Any] = {"community": "a" * 52, "name": "Riverside", **used, "share": None, "paused": []}
    peers._show_status({**_NOTHING, "usage": [mill, own]})
    said = capsys.readouterr().out
    assert "The mill" in said
    assert "PAUSED, nothing more is taken of it (entries)" in said
    assert said.count("PAUSED") == 1


def test_a_neighbour_that_is_away_is_named(hedgerow: Hedgerow) -> None:
    """Whoever asks whether all is synced also reads with whom this node shares nothing right now."""
    hedgerow("init", "--name", "Riverside")
    community = "b" * 51 + "a"
    hedgerow("peer", "add", community)
    told = hedgerow("peer", "status", "--json").json["not_connected"]
    assert [(each["community"], each["reached"]) for each in told] == [(community, None)]
    assert hedgerow("peer", "status").out.endswith("  not connected\n")


def test_a_neighbour_that_is_away_was_reached_last_at_some_time(capsys: pytest.CaptureFixture[str]) -> None:
    """When a neighbour was reached before, it is said when."""
    away = {"community": "b" * 52, "name": "The mill", "reached": 1_795_332_709_000}
    peers._show_status({**_NOTHING, "not_connected": [away]})
    assert "The mill\n  not connected; last reached 2026-11-22 07:31 UTC\n" in capsys.readouterr().out
