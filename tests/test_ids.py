"""Ids for people: one spelling each, and what is not one is answered with a sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node import ids
from node.errors import UserError
from tests import strategies


@given(strategies.hashes)
def test_an_id_reads_back_from_what_is_shown(raw: bytes) -> None:
    """An id is shown as 52 lower-case characters and read back equal, with white space around it or not."""
    shown = ids.show(raw)
    assert len(shown) == ids.ID_CHARS
    assert shown == shown.lower()
    assert ids.parse(shown) == raw
    assert ids.parse(f"  {shown}\n") == raw


@given(st.text(max_size=60) | st.text(alphabet="abcdefghijklmnopqrstuvwxyz234567=", min_size=50, max_size=60))
def test_any_text_is_one_id_or_a_users_mistake(text: str) -> None:
    """Whatever is typed is the one spelling of an id, or a UserError: nothing else is raised."""
    try:
        raw = ids.parse(text)
    except UserError:
        return
    assert ids.show(raw) == text.strip()


@given(strategies.hashes)
def test_a_second_spelling_of_an_id_is_refused(raw: bytes) -> None:
    """Capitals, padding, a missing or a further character, or stray last bits are no spelling of an id."""
    shown = ids.show(raw)
    last = "abcdefghijklmnopqrstuvwxyz234567".index(shown[-1])
    stray = shown[:-1] + "abcdefghijklmnopqrstuvwxyz234567"[last | 1]
    for other in (
        shown.upper(),
        shown + "====",
        shown[:-1],
        shown + "a",
        stray,
        shown[:20] + " " + shown[20:],
    ):
        if other != shown:
            with pytest.raises(UserError):
                ids.parse(other)
