"""What charter records add up to: a function of their set, which only its own keys can move."""

import json
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.identity.charter import Cut
from node.identity.community import Community, evaluate
from node.ids import ID_BYTES, CommunityId
from node.records import record
from node.records.approvals import Approval, Signatures
from node.records.record import Record
from tests import builders
from tests.builders import FoundedCommunity

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "charters.json").read_text())

ASH = builders.community("Ash", stewards=3, threshold=2)
SECOND, THIRD = builders.key("second"), builders.key("third")
STRANGER = builders.key("a stranger")


def standing(founded: FoundedCommunity, known: list[Record]) -> Community:
    """Return a community that holds."""
    found = evaluate(founded.id, known)
    assert found is not None
    return found


def approval(payload: bytes, community: bytes = ASH.id) -> Approval:
    """Return an approval that is given for a community."""
    return Approval(of=payload, community=community)


def signed(statement: Any, *signers: Any) -> list[Record]:
    """Return the records in which several keys sign one payload."""
    first, *others = signers
    return [statement.sign(first), *(approval(statement.payload_id).sign(other) for other in others)]


def charter_pool() -> list[Record]:
    """Return charter records of many meanings, some of them rivals, some by strangers."""
    base = builders.charter_records(ASH)
    begun = standing(ASH, base)
    one, two = ASH.stewards[:2]
    add_second, add_third = builders.added(ASH.id, SECOND), builders.added(ASH.id, THIRD)
    first = builders.retirement(begun, SECOND)
    rival = builders.retirement(begun, THIRD, stolen=False)
    pool = [
        *base,
        *signed(add_second, one, two),
        *signed(add_third, STRANGER, one),
        *signed(first, one, two),
        *signed(rival, two, one),
        rival.sign(STRANGER),
        approval(rival.payload_id).sign(ASH.recovery),
        record.sign("charter-retire", b"\xff", one),
        record.sign("note", b"", one),
    ]
    after = standing(ASH, [*base, *signed(first, one, two)])
    return pool + signed(builders.retirement(after, ASH.device), one, two)


POOL = charter_pool()


@pytest.mark.parametrize("case", VECTORS["valid"], ids=lambda case: case["name"])
def test_the_vectors_add_up(case: dict[str, Any]) -> None:
    """Each set of charter records of the vectors adds up to what the file says, in every order."""
    known = [record.read(bytes.fromhex(raw)) for raw in case["records"]]
    for order in permutations(known):
        found = evaluate(CommunityId(bytes.fromhex(case["community"])), order)
        assert found is not None
        assert [key.hex() for key in found.stewards.keys] == case["stewards"]
        assert found.stewards.threshold == case["threshold"]
        assert sorted(key.hex() for key in found.devices) == case["devices"]
        assert sorted(key.hex() for key in found.retirements) == case["retired"]
        assert (found.position, found.tip.hex(), found.frozen) == (
            case["position"],
            case["tip"],
            case["frozen"],
        )


@pytest.mark.parametrize("case", VECTORS["broken"], ids=lambda case: case["name"])
def test_the_broken_vectors_found_nothing(case: dict[str, Any]) -> None:
    """Records that found no community add up to none, for the reason the file gives."""
    known = [record.read(bytes.fromhex(raw)) for raw in case["records"]]
    assert evaluate(CommunityId(bytes.fromhex(case["community"])), known) is None


@given(st.lists(st.sampled_from(POOL), max_size=24), st.randoms())
def test_order_and_repetition_make_no_difference(known: list[Record], random: Any) -> None:
    """A charter is a function of the set of its records."""
    other = known + random.choices(known, k=4) if known else []
    random.shuffle(other)
    assert evaluate(ASH.id, known) == evaluate(ASH.id, other)


@given(st.lists(st.sampled_from(POOL), max_size=24), st.lists(st.sampled_from(POOL), max_size=6))
def test_devices_are_never_taken_out(known: list[Record], more: list[Record]) -> None:
    """Further records add devices and take none out: a retired one stays listed, with what of it counts."""
    before, after = evaluate(ASH.id, known), evaluate(ASH.id, known + more)
    if before is not None:
        assert after is not None
        assert before.devices.keys() <= after.devices.keys()


@given(st.lists(st.sampled_from(POOL), max_size=24), st.lists(st.integers(0, len(POOL) - 1), max_size=4))
def test_attack_a_stranger_s_signatures_move_nothing(known: list[Record], chosen: list[int]) -> None:
    """Whatever a key outside the charter signs about it adds up to nothing."""
    foreign = [approval(POOL[place].payload_id).sign(STRANGER) for place in chosen]
    foreign += [record.sign(POOL[place].kind, POOL[place].payload, STRANGER) for place in chosen if known]
    have = {one.payload_id for one in known}
    harmless = [one for one in foreign if one.kind == "approval" or one.payload_id in have]
    assert evaluate(ASH.id, known + harmless) == evaluate(ASH.id, known)


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_a_payload_needs_as_many_stewards_as_the_threshold_says(count: int) -> None:
    """Two of three stewards stand for their community; one alone, or one twice, does not."""
    found = standing(ASH, builders.charter_records(ASH))
    statement = builders.mandate(ASH, SECOND)
    known = [statement.sign(STRANGER)]
    known += [approval(statement.payload_id).sign(steward) for steward in ASH.stewards[:count]]
    known += [statement.sign(steward) for steward in ASH.stewards[:count]]
    known += [approval(statement.payload_id).sign(ASH.recovery)]
    assert found.approves(statement.payload_id, Signatures(known)) == (count >= 2)


def test_attack_a_device_is_not_added_without_its_consent() -> None:
    """Stewards cannot claim another community's device: it did not sign that it belongs to them."""
    birch = builders.community("Birch")
    (taken,) = birch.charter.devices
    claim = builders.added(ASH.id, SECOND).model_copy(update={"device": taken})
    found = standing(ASH, [*builders.charter_records(ASH), *signed(claim, *ASH.stewards)])
    assert birch.device.public not in found.devices


def test_a_link_counts_at_its_own_place_only() -> None:
    """A retirement that names another place or another predecessor waits, and holds when that one comes."""
    base = builders.charter_records(ASH)
    begun = standing(ASH, base)
    first = builders.retirement(begun, SECOND)
    after = standing(ASH, [*base, *signed(first, *ASH.stewards)])
    second = builders.retirement(after, THIRD)
    early = standing(ASH, [*base, *signed(second, *ASH.stewards)])
    assert (early.position, early.retirements) == (0, {})
    whole = standing(ASH, [*base, *signed(second, *ASH.stewards), *signed(first, *ASH.stewards)])
    assert (whole.position, set(whole.retirements)) == (2, {SECOND.public, THIRD.public})
    assert (whole.tip, whole.frozen) == (second.payload_id, False)


def test_attack_a_stolen_steward_key_is_overruled_by_recovery_wherever_it_wrote() -> None:
    """A recovery link at place 1 beats the stewards' one there, and what they chained behind it is void."""
    base = builders.charter_records(ASH)
    begun = standing(ASH, base)
    theft = builders.retirement(begun, ASH.device)
    further = builders.retirement(standing(ASH, [*base, *signed(theft, *ASH.stewards)]), SECOND)
    rescue = builders.retirement(begun, THIRD, stolen=False)
    found = standing(
        ASH,
        [*base, *signed(theft, *ASH.stewards), *signed(further, *ASH.stewards), rescue.sign(ASH.recovery)],
    )
    assert set(found.retirements) == {THIRD.public}
    assert (found.position, found.frozen) == (1, False)


def test_a_frozen_charter_moves_again_by_recovery() -> None:
    """Two steward-signed rivals freeze the chain before both; recovery's choice of one sets it going."""
    base = builders.charter_records(ASH)
    begun = standing(ASH, base)
    one, other = builders.retirement(begun, SECOND), builders.retirement(begun, THIRD)
    rivals = [*signed(one, *ASH.stewards), *signed(other, *ASH.stewards)]
    frozen = standing(ASH, [*base, *rivals])
    assert (frozen.frozen, frozen.position, frozen.retirements) == (True, 0, {})
    freed = standing(ASH, [*base, *rivals, approval(one.payload_id).sign(ASH.recovery)])
    assert (freed.frozen, freed.position, set(freed.retirements)) == (False, 1, {SECOND.public})


def test_a_retired_device_is_cut_where_the_retirement_says() -> None:
    """In a scope that is named the cut holds, in one that is not nothing counts, and others are not cut."""
    base = builders.charter_records(ASH)
    cut = Cut(scope="public", seq=7, entry=builders.identifier("the last"))
    link = builders.retirement(standing(ASH, base), SECOND, cuts=(cut,))
    found = standing(ASH, [*base, *signed(link, *ASH.stewards)])
    assert found.cut(SECOND.public, "public") == cut
    assert found.cut(SECOND.public, "local") == Cut(scope="local", seq=0, entry=bytes(ID_BYTES))
    assert found.cut(ASH.device.public, "public") is None
