"""Invitations: a link reads back as it was made, and a damaged one is answered with a sentence."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node import ids
from node.clock import Timestamp
from node.errors import UserError
from node.federation import invitation
from node.federation.invitation import Invitation
from node.ids import FederationId
from tests import builders, strategies

GOOD = Invitation(
    federation=FederationId(builders.identifier("Valley")),
    inviter=builders.key("inviter").public,
    addresses=("ws://ann.example:7878",),
    secret=builders.identifier("a secret"),
    expires=Timestamp(1_790_000_000_000),
)


@given(strategies.invitations)
def test_a_link_reads_back(made: Invitation) -> None:
    """What an invitation says is read from its link, with white space around it or not."""
    assert invitation.parse(made.link()) == made
    assert invitation.parse(f"\n {made.link()} ") == made


@given(st.text(max_size=80) | st.text(max_size=80).map("hedgerow:join?".__add__))
def test_any_text_is_an_invitation_or_a_users_mistake(text: str) -> None:
    """Whatever is pasted is an invitation or answered with a sentence; nothing else is raised."""
    try:
        invitation.parse(text)
    except UserError:
        return


@given(st.integers(0, 400), st.integers(0, 400))
def test_a_link_copied_in_part_is_no_other_invitation(start: int, end: int) -> None:
    """A part of a link is refused, or, where only the address or the end is cut, keeps key and secret."""
    part = GOOD.link()[start : max(start, end)]
    try:
        found = invitation.parse(part)
    except UserError:
        return
    assert (found.federation, found.inviter, found.secret) == (GOOD.federation, GOOD.inviter, GOOD.secret)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("hedgerow:join?", "https://example.org/?", "begins with hedgerow:join"),
        ("secret=", "secrets=", "'secret' once"),
        ("&until=", "&until=1&until=", "'until' once"),
        ("&until=1790000000", "&until=tomorrow", "number of seconds"),
        ("&until=1790000000", "&until=-1", "number of seconds"),
        ("&until=1790000000", "&until=1790000000000000", "number of seconds"),
        ("&until=1790000000", "&until=\u0661\u0662", "number of seconds"),
        (ids.show(GOOD.federation), ids.show(GOOD.federation)[:-1], "an id"),
        (ids.show(GOOD.secret), ids.show(GOOD.secret).upper(), "an id"),
        ("did%3Akey%3Az6Mk", "did%3Akey%3Az7Mk", "a key"),
    ],
)
def test_what_is_wrong_with_a_link_is_said(old: str, new: str, says: str) -> None:
    """A steward reads what the link should hold: its beginning, a field once, a number, an id, a key."""
    assert old in GOOD.link()
    with pytest.raises(UserError, match=says):
        invitation.parse(GOOD.link().replace(old, new, 1))


def test_attack_the_inviter_s_store_does_not_hold_the_secret() -> None:
    """What the inviter keeps is a hash under a tag of its own: nobody who reads the disk can join with it."""
    kept = invitation.secret_hash(GOOD.secret)
    assert kept != GOOD.secret
    assert invitation.secret_hash(kept) != kept


@given(strategies.hashes, strategies.hashes)
def test_secrets_have_hashes_of_their_own(one: Any, other: Any) -> None:
    """Two secrets are never remembered as one."""
    assert (invitation.secret_hash(one) == invitation.secret_hash(other)) == (one == other)
