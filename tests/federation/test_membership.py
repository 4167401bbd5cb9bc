"""Membership: a function of the set of records, which more records only let grow."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.federation import membership
from node.federation.bylaws import Admission, Bylaws
from node.federation.founding import Founding
from node.federation.membership import JoinRequest, Members, Membership
from node.records.approvals import Approval
from node.records.record import Record
from tests import builders
from tests.builders import FoundedCommunity

ALL = sorted((builders.community(f"Tree {n}") for n in range(6)), key=lambda one: one.id)
FOUNDERS, NEWCOMERS = ALL[:2], ALL[2:]
KNOWN = builders.Known(*ALL)
FOUNDING = Founding(
    founders=tuple(one.id for one in FOUNDERS),
    bylaws=Bylaws(name="Valley", admission=Admission(approvals=2)),
    nonce=bytes(16),
)
STRANGER = builders.key("a stranger")


def request(newcomer: FoundedCommunity, *, nonce: str = "", federation: bytes | None = None) -> JoinRequest:
    """Return a newcomer's request to join."""
    return JoinRequest(
        federation=federation or FOUNDING.payload_id,
        community=newcomer.id,
        name="New",
        nonce=builders.nonce(nonce),
    )


def claim(newcomer: FoundedCommunity, asked: JoinRequest) -> Membership:
    """Return the statement that a newcomer shall be a member."""
    return Membership(federation=FOUNDING.payload_id, community=newcomer.id, request=asked.payload_id)


def approved(statement: Any, *by: FoundedCommunity) -> list[Record]:
    """Return approvals of a statement by some communities."""
    return [Approval(of=statement.payload_id).sign(one.steward) for one in by]


def evaluate(known: list[Record]) -> Members:
    """Add up records of the federation."""
    return membership.evaluate(FOUNDING, known, KNOWN)


FOUNDED = [FOUNDING.sign(FOUNDERS[0].steward), *approved(FOUNDING, FOUNDERS[1])]


def joining(newcomer: FoundedCommunity, *by: FoundedCommunity, nonce: str = "") -> list[Record]:
    """Return a request, a claim, and its approvals."""
    asked = request(newcomer, nonce=nonce)
    stated = claim(newcomer, asked)
    return [asked.sign(newcomer.steward), stated.sign(STRANGER), *approved(stated, *by)]


def pool() -> list[Record]:
    """Return records of several who join, some with the approval of one who joins first."""
    first, second, third, fourth = NEWCOMERS
    return [
        *FOUNDED,
        *joining(first, *FOUNDERS),
        *joining(second, FOUNDERS[0], first),
        *joining(second, FOUNDERS[1], nonce="again"),
        *joining(third, second),
        request(fourth).sign(STRANGER),
        claim(fourth, request(fourth)).sign(FOUNDERS[0].steward),
        *approved(claim(fourth, request(fourth)), FOUNDERS[1]),
    ]


POOL = pool()


@given(st.lists(st.sampled_from(POOL), max_size=30), st.randoms())
def test_order_and_repetition_make_no_difference(known: list[Record], random: Any) -> None:
    """Who belongs to a federation is a function of the set of its records."""
    other = known + random.choices(known, k=4) if known else []
    random.shuffle(other)
    assert evaluate(known) == evaluate(other)


@given(st.sets(st.sampled_from(range(len(POOL)))), st.sets(st.sampled_from(range(len(POOL)))))
def test_further_records_take_no_member_away(some: set[int], more: set[int]) -> None:
    """Whoever is a member stays one whatever records come, and whoever is awaited is never awaited again."""
    before = evaluate([POOL[place] for place in sorted(some)])
    after = evaluate([POOL[place] for place in sorted(some | more)])
    assert set(before.communities) <= set(after.communities)
    assert set(after.awaited) <= set(before.awaited)
    assert set(before.claimed) <= set(after.claimed)


def test_everybody_of_the_pool_who_may_is_in() -> None:
    """The first joins by both founders, the second by one and the first; the others wait or never asked."""
    found = evaluate(POOL)
    assert found.communities == tuple(sorted(one.id for one in [*FOUNDERS, *NEWCOMERS[:2]]))
    assert [one.membership.community for one in found.pending] == [NEWCOMERS[2].id]
    assert (found.pending[0].approved_by, found.pending[0].approvals_needed) == ((NEWCOMERS[1].id,), 2)
    assert found.claimed == tuple(one.id for one in NEWCOMERS)


def test_before_all_founders_approved_nobody_is_a_member() -> None:
    """A federation that is not founded yet has no members, whatever else was signed."""
    found = evaluate([*FOUNDED[:1], *joining(NEWCOMERS[0], *FOUNDERS)])
    assert (found.founded, found.communities, found.awaited) == (False, (), (FOUNDERS[1].id,))
    assert [one.membership.community for one in found.pending] == [NEWCOMERS[0].id]


@pytest.mark.parametrize("signer", ["nobody", "a stranger", "its members"])
def test_attack_nobody_is_made_a_member_against_its_will(signer: str) -> None:
    """A membership whose request the community's own stewards did not sign holds for nobody."""
    newcomer = NEWCOMERS[0]
    asked = request(newcomer)
    stated = claim(newcomer, asked)
    forged = {"nobody": [], "a stranger": [asked.sign(STRANGER)], "its members": approved(asked, *FOUNDERS)}
    found = evaluate([*FOUNDED, *forged[signer], *approved(stated, *FOUNDERS), stated.sign(STRANGER)])
    assert newcomer.id not in found.communities
    assert found.pending == ()


def test_attack_a_request_to_another_federation_or_by_another_community_is_none_here() -> None:
    """A request is for one federation and one community; a membership cannot borrow another's."""
    newcomer, other = NEWCOMERS[:2]
    elsewhere = request(newcomer, federation=builders.identifier("another federation"))
    borrowed = request(other)
    for asked, by in ((elsewhere, newcomer), (borrowed, other)):
        stated = claim(newcomer, asked)
        known = [*FOUNDED, asked.sign(by.steward), stated.sign(STRANGER), *approved(stated, *FOUNDERS)]
        assert newcomer.id not in evaluate(known).communities


def test_attack_a_newcomer_s_own_approval_does_not_count() -> None:
    """One founder's approval and the newcomer's own are one, not two; those of strangers are none."""
    newcomer = NEWCOMERS[0]
    found = evaluate([*FOUNDED, *joining(newcomer, FOUNDERS[0], newcomer, NEWCOMERS[1])])
    assert newcomer.id not in found.communities
    assert found.pending[0].approved_by == (FOUNDERS[0].id,)


def test_attack_two_half_approved_claims_do_not_add_up() -> None:
    """Approvals count for the payload they name: one each for two claims are not two for one."""
    newcomer = NEWCOMERS[0]
    known = [*FOUNDED, *joining(newcomer, FOUNDERS[0]), *joining(newcomer, FOUNDERS[1], nonce="again")]
    found = evaluate(known)
    assert newcomer.id not in found.communities
    assert len(found.pending) == 1
