"""Keys: what is signed verifies, nothing else does, and no key has two spellings."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node import errors, keys
from node.errors import BadSignatureError, UserError
from node.keys import KeyPair
from tests import strategies

VECTORS = json.loads((Path(__file__).parent / "vectors" / "keys.json").read_text())


@given(strategies.key_pairs, st.binary(max_size=80))
def test_what_a_key_signs_verifies(pair: KeyPair, message: bytes) -> None:
    """A signature holds for the key and the message it was made with."""
    keys.verify(pair.public, pair.sign(message), message)


@given(strategies.key_pairs, st.binary(max_size=40), st.integers(0, 1023), st.sampled_from("ksm"))
def test_attack_a_flipped_bit_in_key_signature_or_message(
    pair: KeyPair, message: bytes, bit: int, where: str
) -> None:
    """One changed bit anywhere and the signature does not hold."""
    parts = {"k": bytearray(pair.public), "s": bytearray(pair.sign(message)), "m": bytearray(message or b"m")}
    if not message:
        parts["s"] = bytearray(pair.sign(b"m"))
    part = parts[where]
    part[bit // 8 % len(part)] ^= 1 << bit % 8
    with pytest.raises(BadSignatureError):
        keys.verify(bytes(parts["k"]), bytes(parts["s"]), bytes(parts["m"]))


@given(st.binary(max_size=70), st.binary(max_size=70), st.binary(max_size=20))
def test_any_bytes_as_key_and_signature_raise_one_error(key: bytes, signature: bytes, message: bytes) -> None:
    """Keys and signatures of any length and content are refused as a bad signature and nothing else."""
    with pytest.raises(BadSignatureError):
        keys.verify(key, signature, message)


@pytest.mark.parametrize("case", VECTORS["signatures"], ids=lambda case: case["name"])
def test_signatures_agree_with_the_vectors(case: dict[str, str]) -> None:
    """Seeds give the keys and signatures of RFC 8032, and keys are written as the did:key method says."""
    pair = KeyPair(bytes.fromhex(case["seed"]))
    message, signature = bytes.fromhex(case["message"]), bytes.fromhex(case["signature"])
    assert pair.public.hex() == case["key"]
    assert pair.sign(message) == signature
    assert keys.show(pair.public) == case["shown"]
    assert keys.parse(case["shown"]) == pair.public
    keys.verify(pair.public, signature, message)


@pytest.mark.parametrize("case", VECTORS["broken_keys"], ids=lambda case: case["name"])
def test_attack_keys_that_are_no_identity_are_refused(case: dict[str, str]) -> None:
    """Small order, mixed order, second spellings and what is no point: refused as keys and in signatures."""
    raw = bytes.fromhex(case["key"])
    with pytest.raises(getattr(errors, case["error"])):
        keys.check_public_key(raw)
    with pytest.raises(BadSignatureError):
        keys.verify(raw, raw[:32].ljust(32, b"\0") + bytes(32), b"anything")
    with pytest.raises(UserError):
        keys.parse(keys.show(raw))


@pytest.mark.parametrize("case", VECTORS["broken_signatures"], ids=lambda case: case["name"])
def test_broken_signatures_are_refused(case: dict[str, str]) -> None:
    """Each broken signature of the vectors is refused with the error it names."""
    with pytest.raises(getattr(errors, case["error"])):
        keys.verify(
            bytes.fromhex(case["key"]), bytes.fromhex(case["signature"]), bytes.fromhex(case["message"])
        )


@pytest.mark.parametrize("case", VECTORS["broken_spellings"], ids=lambda case: case["name"])
def test_broken_spellings_of_keys_are_a_users_mistake(case: dict[str, str]) -> None:
    """What is not the one did:key of an Ed25519 key is answered with a sentence."""
    with pytest.raises(getattr(errors, case["error"])):
        keys.parse(case["text"])


@given(st.text(max_size=90) | st.text(max_size=60).map(lambda text: "did:key:z6Mk" + text))
def test_any_text_is_one_key_or_a_users_mistake(text: str) -> None:
    """Whatever is typed is the one spelling of a key, or a UserError: nothing else is raised."""
    try:
        key = keys.parse(text)
    except UserError:
        return
    assert keys.show(key) == text.strip()


def test_a_key_pair_shows_its_public_half_only() -> None:
    """Neither repr nor str of a key pair holds its seed."""
    pair = KeyPair(bytes(range(32)))
    for shown in (repr(pair), str(pair), f"{pair}"):
        assert pair.seed.hex() not in shown
        assert repr(pair.seed) not in shown
        assert keys.show(pair.public) in shown
