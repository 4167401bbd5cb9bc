"""Founding: a federation holds when all whom it names as founders approved, and not before."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from node import canonical, errors
from node.canonical import Value
from node.errors import MalformedMessageError
from node.federation import bylaws
from node.federation.bylaws import Admission, Bylaws
from node.federation.founding import Founding, Predecessor, missing_founders
from node.records import record
from node.records.approvals import Approval, Signatures
from node.records.record import Record
from tests import builders, strategies

THREE = sorted((builders.community(name) for name in ("Ash", "Birch", "Cedar")), key=lambda one: one.id)
KNOWN = builders.Known(*THREE)


def founding(*, approvals: int = 1, nonce: bytes = bytes(16)) -> Founding:
    """Return a founding by all three."""
    rules = Bylaws(name="Valley", admission=Admission(approvals=approvals))
    return Founding(founders=tuple(one.id for one in THREE), bylaws=rules, nonce=nonce)


def approval(made: Founding, by: builders.FoundedCommunity) -> Record:
    """Return a founder's approval."""
    return Approval(of=made.payload_id, community=by.id).sign(by.steward)


@given(st.sets(st.integers(0, 2)))
def test_a_federation_waits_for_each_founder(approved: set[int]) -> None:
    """Whoever has not approved is awaited, in order; a stranger's approval is nobody's."""
    made = founding()
    signatures = Signatures(
        [
            made.sign(builders.key("a stranger")),
            *(approval(made, THREE[place]) for place in approved),
        ]
    )
    awaited = [one.id for place, one in enumerate(THREE) if place not in approved]
    assert missing_founders(made, signatures, KNOWN) == awaited


def test_a_founder_whose_charter_is_not_held_is_awaited() -> None:
    """Nobody can stand behind a founding before its charter is known."""
    made = founding()
    signatures = Signatures([approval(made, one) for one in THREE])
    assert missing_founders(made, signatures, builders.Known(*THREE[:2])) == [THREE[2].id]


@given(strategies.nonces, strategies.nonces)
def test_two_foundings_on_one_day_are_two_federations(one: bytes, other: bytes) -> None:
    """A federation's id is the payload's: the same bylaws and founders with another nonce are another one."""
    assert (founding(nonce=one).federation == founding(nonce=other).federation) == (one == other)


def test_attack_admission_out_of_the_founders_reach_is_refused() -> None:
    """More approvals than founders would let nobody in for ever: such bylaws found nothing."""
    founding(approvals=3)
    with pytest.raises(ValidationError, match="at least that many"):
        founding(approvals=4)


@pytest.mark.parametrize("order", [(1, 0, 2), (0, 0, 1), ()])
def test_founders_have_one_spelling(order: tuple[int, ...]) -> None:
    """Founders out of order, named twice, or none at all make no founding record."""
    with pytest.raises(ValidationError):
        Founding(founders=tuple(THREE[n].id for n in order), bylaws=Bylaws(name="V"), nonce=bytes(16))


FOLLOWED = Predecessor(federation=builders.identifier("the valley"), roll=builders.identifier("its roll"))


def test_a_founding_that_follows_none_has_the_bytes_it_always_had() -> None:
    """The field is not written at all: the ids of federations that there are stay as they are."""
    made = founding()
    assert canonical.decode(made.encode()).keys() == {"founders", "bylaws", "nonce"}
    assert made.payload_id == record.payload_id(
        "founding",
        canonical.encode(
            {"founders": list(made.founders), "bylaws": bylaws.spelled(made.bylaws), "nonce": made.nonce}
        ),
    )


def test_a_founding_that_follows_another_is_read_again_and_its_id_covers_what_it_follows() -> None:
    """Another predecessor, another roll or none makes another federation."""
    made = founding().model_copy(update={"follows": FOLLOWED})
    assert Founding.decode(made.encode()) == made
    other = FOLLOWED.model_copy(update={"roll": bytes(32)})
    moved = FOLLOWED.model_copy(update={"federation": bytes(32)})
    variants = [made.model_copy(update={"follows": one}) for one in (None, other, moved)]
    assert len({made.federation, *(one.federation for one in variants)}) == 4


@pytest.mark.parametrize("follows", [None, {}, {"federation": bytes(32)}, {"federation": b"", "roll": b""}])
def test_attack_a_second_spelling_of_what_is_followed_is_refused(follows: Value) -> None:
    """Null, or half of it, is no founding: each has one spelling, or two readers would know two ids."""
    spelled = canonical.decode(founding().encode()) | {"follows": follows}
    with pytest.raises(MalformedMessageError):
        Founding.decode(canonical.encode(spelled))


def test_foundings_are_read_as_the_vectors_say() -> None:
    """What others implement is what is read here: the ids of good payloads, and the refusal of the others."""
    path = Path(__file__).parents[1] / "vectors" / "foundings.json"
    vectors = json.loads(path.read_text(encoding="utf-8"))
    for case in vectors["valid"]:
        assert Founding.decode(bytes.fromhex(case["payload"])).federation.hex() == case["federation"]
    assert len({case["federation"] for case in vectors["valid"]}) == len(vectors["valid"])
    for case in vectors["broken"]:
        with pytest.raises(getattr(errors, case["error"])):
            Founding.decode(bytes.fromhex(case["raw"]))
