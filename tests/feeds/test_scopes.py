"""Scopes: four spellings, and a peer can say no other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node import ids
from node.errors import MalformedMessageError
from node.feeds import scopes
from node.ids import FederationId
from tests import strategies


@given(strategies.federation_ids)
def test_a_members_scope_names_its_federation(federation: FederationId) -> None:
    """The scope of a federation's members is accepted and leads back to that federation."""
    assert scopes.federation_of(scopes.check(scopes.members(federation))) == federation


@given(strategies.hashes)
def test_other_scopes_name_no_federation(circle: bytes) -> None:
    """Public, local and circle scopes are accepted and belong to no federation."""
    for scope in (scopes.PUBLIC, scopes.LOCAL, "circle:" + ids.show(circle)):
        assert scopes.federation_of(scopes.check(scope)) is None


@given(
    st.text(max_size=70)
    | st.text(alphabet="abcdefghijklmnopqrstuvwxyz234567", min_size=52, max_size=52).map("members:".__add__)
)
def test_any_text_is_a_scope_or_malformed(text: str) -> None:
    """Whatever a peer names is a scope whose federation can be read, or a malformed message."""
    try:
        scope = scopes.check(text)
    except MalformedMessageError:
        return
    federation = scopes.federation_of(scope)
    assert federation is None or scopes.members(federation) == scope


@pytest.mark.parametrize(
    "text",
    ["", "Public", "public ", "public\n", "members:", "members", "circle:" + "a" * 51, "members:" + "A" * 52,
     "members:" + "b" * 52, "circle:" + "a" * 51 + "b", "members:" + "a" * 53, "local:" + "a" * 52],
)  # fmt: skip
def test_attack_a_second_spelling_of_a_scope_is_refused(text: str) -> None:
    """Other cases, white space, a line's end, short or long ids and stray last bits name no scope."""
    with pytest.raises(MalformedMessageError):
        scopes.check(text)
