import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.directory import plain_text

anything = st.text(st.characters(exclude_categories=()), max_size=60)


@given(anything)
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    """What `line` and `block` return is clean already, and can be written as UTF-8."""
    for clean in (plain_text.line, plain_text.block):
        once = clean(text)
        assert clean(once) == once
        once.encode("utf-8")


@given(anything)
def test_a_line_never_holds_what_could_reorder_or_break_it(text: str) -> None:
    """No line break, no control character and no bidirectional control is left in a line."""
    line = plain_text.line(text)
    assert not plain_text.hidden_in_line(line)
    assert line.splitlines() == ([line] if line else [])


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("invoice\u202egpj.exe", "invoicegpj.exe"),
        ("A\u200bdmin", "Admin"),
        ("  two \n lines\t", "two lines"),
        ("Cafe\u0301", "Café"),
        ("half \ud83d of a pair", "half of a pair"),
        ("می\u200cروم", "می\u200cروم"),
    ],
)
def test_hidden_characters_go_and_needed_joiners_stay(text: str, line: str) -> None:
    """Overrides, zero-width spaces and half surrogates go; the joiner that Persian needs stays."""
    assert plain_text.line(text) == line


def test_a_longer_text_keeps_its_line_breaks_and_direction_marks() -> None:
    """A block has one kind of line break; the mark that Hebrew text uses stays, an override goes."""
    assert plain_text.block("a\r\nb\u2028\u200f\u05d0\u05d1\u202e ") == "a\nb\n\u200f\u05d0\u05d1"
    assert plain_text.hidden_in_block("\u200f\u202e\x00") == ("U+0000", "U+202E")
