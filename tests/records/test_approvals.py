"""Approvals: who stands behind a payload is a function of the set of records."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.governance.mandates import Mandate
from node.records import record
from node.records.approvals import Approval, Signatures
from node.records.record import Record
from tests import builders, strategies

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "approvals.json").read_text())

PAYLOADS = [builders.mandate(builders.community("Ash"), builders.key(f"holder {n}")) for n in range(2)]
MIXED = st.one_of(
    st.builds(lambda signer, one: one.sign(signer), strategies.key_pairs, st.sampled_from(PAYLOADS)),
    st.builds(
        lambda signer, one: Approval(of=one.payload_id, community=one.community).sign(signer),
        strategies.key_pairs,
        st.sampled_from(PAYLOADS),
    ),
    strategies.records,
)


def named(one: Mandate) -> tuple[bytes, bytes]:
    """Return the payload and the community that it speaks for."""
    return one.payload_id, one.community


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_the_vectors_name_who_stands_behind_a_payload(case: dict[str, Any]) -> None:
    """Signers of the payload and of readable approvals that name it stand behind it; nobody else does."""
    known = [record.read(bytes.fromhex(raw)) for raw in case["records"]]
    found = Signatures(known).of(*(bytes.fromhex(VECTORS[each]) for each in ("payload_id", "community")))
    assert sorted(key.hex() for key in found) == case["signers"]
    payload = bytes.fromhex(VECTORS["payload"])
    assert record.payload_id(VECTORS["kind"], payload).hex() == VECTORS["payload_id"]


@given(st.lists(MIXED, max_size=8), st.randoms())
def test_order_and_repetition_of_records_make_no_difference(known: list[Record], random: Any) -> None:
    """Records in any order and any number of times name the same signers."""
    other = known + random.choices(known, k=3) if known else []
    random.shuffle(other)
    for one in PAYLOADS:
        assert Signatures(known).of(*named(one)) == Signatures(other).of(*named(one))


@given(st.lists(MIXED, max_size=6), st.lists(MIXED, max_size=3))
def test_further_records_take_no_signer_away(known: list[Record], more: list[Record]) -> None:
    """A set of records only grows: nobody who stood behind a payload is taken back by what others add."""
    for one in PAYLOADS:
        assert Signatures(known).of(*named(one)) <= Signatures(known + more).of(*named(one))


def test_attack_an_approval_of_an_approval_approves_nothing_else() -> None:
    """Who approves somebody's approval does not stand behind what that approval named."""
    ann, ben = builders.key("ann"), builders.key("ben")
    first = Approval(of=PAYLOADS[0].payload_id, community=PAYLOADS[0].community)
    second = Approval(of=first.payload_id, community=first.community)
    found = Signatures([first.sign(ann), second.sign(ben)])
    assert found.of(*named(PAYLOADS[0])) == {ann.public}
    assert found.of(first.payload_id, first.community) == {ann.public, ben.public}
