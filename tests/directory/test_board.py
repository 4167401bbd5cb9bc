"""Tests of what is read as a note of a board."""

import pytest

from node.directory import board
from node.directory.board import NOTE_KEY_BYTES

KEY = "0f" * NOTE_KEY_BYTES


def test_notes_are_listed_by_their_keys_and_empty_ones_are_none() -> None:
    """Whatever order the document has, the list has one; a note without a word is not there."""
    tree = {"b" + KEY[1:]: "Work day", KEY: "Bread", "a" + KEY[1:]: "", "c" + KEY[1:]: 7}
    assert board.notes(tree) == [(KEY, "Bread"), ("b" + KEY[1:], "Work day")]


@pytest.mark.parametrize(
    "key", ["a" * 52, KEY[:-1], KEY + "0", KEY.upper(), KEY[:-1] + "g", KEY + "\n", "\u202e" + KEY[1:], ""]
)
def test_attack_a_note_under_a_chosen_key_is_no_note(key: str) -> None:
    """Nobody can write a note whose key a steward cannot type, or that names something else when hidden."""
    assert board.notes({key: "Buy now", KEY: "Bread"}) == [(KEY, "Bread")]
