"""Records: what is signed is read, what is not signed is not, and one statement has one id."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from node import canonical, errors
from node.errors import LimitExceededError, PeerError
from node.keys import KeyPair
from node.limits import STATEMENT_BYTES_MAX
from node.records import record
from node.records.record import Record
from tests import builders, strategies
from tests.vectors.signed_statements import signed_again

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "records.json").read_text())


@given(strategies.kinds, st.binary(max_size=300), strategies.key_pairs)
def test_what_is_signed_reads_back(kind: str, payload: bytes, signer: KeyPair) -> None:
    """A record is read back as the statement that was signed, from a peer as from the store."""
    signed = record.sign(kind, payload, signer)
    assert (signed.kind, signed.payload, signed.signer) == (kind, payload, signer.public)
    assert record.read(signed.raw) == signed
    assert record.stored(signed.raw) == signed


@given(strategies.records, st.integers(0, 10_000), st.integers(0, 7))
def test_attack_a_flipped_bit_anywhere_in_a_record(signed: Record, place: int, bit: int) -> None:
    """One changed bit, wherever it is, and the record is refused."""
    raw = bytearray(signed.raw)
    raw[place % len(raw)] ^= 1 << bit
    with pytest.raises(PeerError):
        record.read(bytes(raw))


@given(st.binary(max_size=100))
@example(b"")
def test_any_bytes_raise_a_peer_error(raw: bytes) -> None:
    """Bytes that nobody signed are refused, and nothing else is raised."""
    with pytest.raises(PeerError):
        record.read(raw)


@given(strategies.values)
def test_any_canonical_value_in_the_place_of_a_record_raises_a_peer_error(value: Any) -> None:
    """Canonical bytes of any shape, and protected headers of any shape, are refused as a peer's mistake."""
    raw = canonical.encode(value)
    header = canonical.encode([raw, {}, b"", bytes(64)])
    for broken in (raw, header):
        with pytest.raises(PeerError):
            record.read(broken)


@given(strategies.records)
def test_one_statement_has_one_id_whatever_its_signature(signed: Record) -> None:
    """A statement signed twice, with another nonce, has other bytes and the same ids."""
    signers = {pair.public: pair for pair in (builders.key(f"key {n}") for n in range(6))}
    again = signed_again(signers[signed.signer], signed)
    assert again.raw != signed.raw
    assert (again.id, again.payload_id) == (signed.id, signed.payload_id)


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_ids_tell_signers_kinds_and_payloads_apart(one: bytes, other: bytes) -> None:
    """The record's id changes with signer, kind and payload; the payload's id not with the signer."""
    ann, ben = builders.key("ann"), builders.key("ben")
    first = record.sign("note", one, ann)
    assert record.sign("note", one, ben).id != first.id
    assert record.sign("note", one, ben).payload_id == first.payload_id
    assert record.sign("other", one, ann).id != first.id
    assert record.sign("other", one, ann).payload_id != first.payload_id
    assert (record.sign("note", other, ann).payload_id == first.payload_id) == (one == other)


@pytest.mark.parametrize("case", VECTORS["valid"], ids=lambda case: case["name"])
def test_the_valid_vectors_say_what_the_file_says(case: dict[str, str]) -> None:
    """Each record of the vectors is read, with the kind, signer, payload and ids that the file names."""
    found = record.read(bytes.fromhex(case["raw"]))
    assert found.kind == case["kind"]
    assert found.signer.hex() == case["signer"]
    assert found.payload.hex() == case["payload"]
    assert found.id.hex() == case["id"]
    assert found.payload_id.hex() == case["payload_id"]


@pytest.mark.parametrize("case", VECTORS["broken"], ids=lambda case: case["name"])
def test_the_broken_vectors_are_refused(case: dict[str, str]) -> None:
    """Each broken record is refused with the error the file names."""
    with pytest.raises(getattr(errors, case["error"])):
        record.read(bytes.fromhex(case["raw"]))


def test_a_record_longer_than_a_statement_is_refused_unread() -> None:
    """Length comes first: a record beyond the limit is not even decoded."""
    with pytest.raises(LimitExceededError):
        record.read(bytes(STATEMENT_BYTES_MAX + 1))
