"""Membership: a function of the set of records, which more records only let grow."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.federation import membership
from node.federation.bylaws import Admission, Bylaws
from node.federation.founding import Founding
from node.federation.membership import Amendment, Change, ChangeAct, JoinRequest, Members, Membership
from node.ids import CommunityId
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
    return [Approval(of=statement.payload_id, community=one.id).sign(one.steward) for one in by]


def evaluate(known: list[Record]) -> Members:
    """Add up records of the federation."""
    return membership.evaluate(FOUNDING, known, KNOWN)


FOUNDED = [FOUNDING.sign(FOUNDERS[0].steward), *approved(FOUNDING, *FOUNDERS)]


def joining(newcomer: FoundedCommunity, *by: FoundedCommunity, nonce: str = "") -> list[Record]:
    """Return a request, a claim, and its approvals."""
    asked = request(newcomer, nonce=nonce)
    stated = claim(newcomer, asked)
    return [asked.sign(newcomer.steward), stated.sign(STRANGER), *approved(stated, *by)]


def test_attack_one_steward_of_two_communities_signs_for_both_with_one_statement() -> None:
    """A key that stands in two charters admits nobody for the community that its approval does not name."""
    twin = builders.key("a steward of both")
    names = ("Twin 1", "Twin 2")
    both = sorted((builders.community(name, steward=twin) for name in names), key=lambda one: one.id)
    founding = FOUNDING.model_copy(update={"founders": tuple(one.id for one in both)})
    newcomer = NEWCOMERS[0]
    asked = request(newcomer, federation=founding.payload_id)
    stated = Membership(federation=founding.payload_id, community=newcomer.id, request=asked.payload_id)
    known = builders.Known(*both, newcomer)

    def members(*records: Record) -> Members:
        held = [founding.sign(twin), asked.sign(newcomer.steward), stated.sign(twin), *records]
        return membership.evaluate(founding, held, known)

    assert members().awaited == tuple(one.id for one in both)
    assert members(*approved(founding, both[0])).awaited == (both[1].id,)
    founded = approved(founding, *both)
    (pending,) = members(*founded, *approved(stated, both[0])).pending
    assert pending.approved_by == (both[0].id,)
    assert newcomer.id in members(*founded, *approved(stated, *both)).communities


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
    found = evaluate([*FOUNDED[:2], *joining(NEWCOMERS[0], *FOUNDERS)])
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


def decided(act: Any, community: FoundedCommunity, *, at: int, acts: bool = True) -> Change:
    """Return a certified decision about a community."""
    return Change(act, community.id, (at, builders.identifier(f"{act} {at}")), at, acts)


def after(*changes: Change, way: Any = "either", known: list[Record] | None = None) -> Members:
    """Add up records of three who asked to join, and decisions."""
    founding = FOUNDING.model_copy(
        update={"bylaws": FOUNDING.bylaws.model_copy(update={"admission": Admission(approvals=2, way=way)})}
    )
    first, second, third, _ = NEWCOMERS
    asked = [
        JoinRequest(federation=founding.payload_id, community=one.id, name="New", nonce=bytes(16))
        for one in (first, second, third)
    ]
    stated = [
        Membership(federation=founding.payload_id, community=one.community, request=one.payload_id)
        for one in asked
    ]
    records = known or [
        founding.sign(FOUNDERS[0].steward),
        *approved(founding, *FOUNDERS),
        *(one.sign(who.steward) for one, who in zip(asked, (first, second, third), strict=True)),
        *(one.sign(STRANGER) for one in stated),
        *approved(stated[0], *FOUNDERS),
    ]
    return membership.evaluate(founding, records, KNOWN, changes=changes)


def ids_of(*communities: FoundedCommunity) -> tuple[CommunityId, ...]:
    """Return the ids of communities, sorted."""
    return tuple(sorted(one.id for one in communities))


def test_a_decision_admits_who_asked_and_nobody_else() -> None:
    """Beside approvals where the bylaws say so; who never asked is not made a member."""
    first, second, _, silent = NEWCOMERS
    found = after(decided("admit", second, at=1), decided("admit", silent, at=2))
    assert found.communities == ids_of(*FOUNDERS, first, second)


def test_the_bylaws_say_which_way_leads_in() -> None:
    """By approvals alone, by decision alone, or by both."""
    first, second, _, _ = NEWCOMERS
    change = decided("admit", second, at=1)
    assert after(change, way="approvals").communities == ids_of(*FOUNDERS, first)
    assert after(change, way="decision").communities == ids_of(*FOUNDERS, second)
    assert after(change, way="either").communities == ids_of(*FOUNDERS, first, second)


def test_who_is_suspended_stays_a_member_without_a_say() -> None:
    """Until a decision restores it; a founder is no exception."""
    suspended = decided("suspend", FOUNDERS[0], at=1)
    assert after(suspended).suspended == ids_of(FOUNDERS[0])
    assert FOUNDERS[0].id in after(suspended).communities
    assert FOUNDERS[0].id not in after(suspended).active
    assert after(suspended, decided("restore", FOUNDERS[0], at=2)).suspended == ()


def test_who_was_removed_was_a_member() -> None:
    """What was decided with it stands; it comes back by a decision, not by old approvals."""
    first = NEWCOMERS[0]
    removed = decided("remove", first, at=1)
    assert first.id not in after(removed).communities
    assert first.id in after(removed).ever
    assert first.id in after(removed, decided("admit", first, at=2)).communities


def test_attack_a_decision_that_is_not_in_force_changes_nobody() -> None:
    """One that is certified and stayed says only who may be a member soon."""
    first, second, _, _ = NEWCOMERS
    found = after(decided("admit", second, at=1, acts=False), decided("remove", first, at=2, acts=False))
    assert found.communities == ids_of(*FOUNDERS, first)


@given(
    st.permutations(
        [
            decided("admit", NEWCOMERS[1], at=1),
            decided("suspend", NEWCOMERS[0], at=2),
            decided("remove", NEWCOMERS[1], at=3),
            decided("admit", NEWCOMERS[2], at=4),
            decided("restore", NEWCOMERS[0], at=5),
        ]
    )
)
def test_i1_decisions_in_any_order_give_the_same_members(changes: list[Change]) -> None:
    """I1: they take effect in the order in which their voting ended, however they are heard of."""
    assert after(*changes).communities == ids_of(*FOUNDERS, NEWCOMERS[0], NEWCOMERS[2])


def test_of_two_rival_bylaws_one_is_put_forward_and_the_other_replaces_nothing() -> None:
    """R11: each names what it replaces; after the first stands, the second has nothing to replace."""
    known = [FOUNDING.sign(FOUNDERS[0].steward), *approved(FOUNDING, *FOUNDERS)]
    rivals = [
        Amendment(builders.identifier(name), FOUNDING.payload_id, Bylaws(name=name), 1, True)  # noqa: FBT003 - it is in force
        for name in ("one", "two")
    ]
    found = membership.evaluate(FOUNDING, known, KNOWN, amendments=rivals)
    chosen = found.following(FOUNDING.payload_id)
    assert chosen == min(one.id for one in rivals)
    assert found.following(chosen) == chosen
    assert found.bylaws(chosen) == next(one.bylaws for one in rivals if one.id == chosen)
    assert found.bylaws(bytes(32)) is None


def test_attack_a_question_put_after_its_bylaws_or_its_proposer_had_gone() -> None:
    """Whoever opens one then is seen through; one that was open before goes on."""
    first = NEWCOMERS[0]
    found = after(decided("suspend", first, at=100))
    assert found.outlived(first.id, found.founding.payload_id, opens=100)
    assert not found.outlived(first.id, found.founding.payload_id, opens=99)
    assert not found.outlived(FOUNDERS[0].id, found.founding.payload_id, opens=100)


def silenced(act: ChangeAct, community: bytes, *, at: int = 1) -> Change:
    """Return a decision in force about a community."""
    return Change(act, CommunityId(community), (at, bytes([at])), since=at, acts=True)


@pytest.mark.parametrize("act", ["suspend", "remove"])
def test_attack_a_community_without_a_say_admits_newcomers(act: ChangeAct) -> None:
    """Approvals of who was suspended or removed admit nobody, nor do those of whom they would admit."""
    first, second, third, _ = NEWCOMERS
    known = [
        *FOUNDED,
        *joining(first, *FOUNDERS),
        *joining(second, FOUNDERS[0], first),
        *joining(third, FOUNDERS[0], second),
    ]
    decided = [silenced(act, first.id)]
    before, after = evaluate(known), membership.evaluate(FOUNDING, known, KNOWN, changes=decided)
    assert {second.id, third.id} <= set(before.communities)
    assert not {second.id, third.id} & set(after.communities)
    assert {second.id, third.id} <= set(after.ever)
    assert [one.approved_by for one in after.pending if one.membership.community == second.id] == [
        (FOUNDERS[0].id,)
    ]
    assert after.outlived(CommunityId(second.id), FOUNDING.payload_id, opens=0)


@pytest.mark.parametrize("act", ["suspend", "remove"])
def test_whom_a_roll_names_stays_a_member_whatever_becomes_of_those_who_approved(act: ChangeAct) -> None:
    """A membership that a certified roll bears out does not fall with one of those who approved it."""
    first, second, third, _ = NEWCOMERS
    known = [
        *FOUNDED,
        *joining(first, *FOUNDERS),
        *joining(second, FOUNDERS[0], first),
        *joining(third, first, second),
    ]
    after = membership.evaluate(
        FOUNDING, known, KNOWN, changes=[silenced(act, first.id)], named={CommunityId(second.id)}
    )
    assert second.id in after.communities
    assert third.id not in after.communities
    assert not after.outlived(CommunityId(second.id), FOUNDING.payload_id, opens=9)


def test_who_has_a_say_again_admits_again() -> None:
    """A community that was suspended and restored counts as if it never had been."""
    first, second = NEWCOMERS[:2]
    known = [*FOUNDED, *joining(first, *FOUNDERS), *joining(second, FOUNDERS[0], first)]
    changes = [silenced("suspend", first.id), silenced("restore", first.id, at=2)]
    found = membership.evaluate(FOUNDING, known, KNOWN, changes=changes)
    assert second.id in found.communities
