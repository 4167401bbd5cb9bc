"""Tests of the Noise state machine: published vectors first, then what the specification forbids."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.errors import BadSignatureError, LimitExceededError, MalformedMessageError, PeerError
from node.replication import noise
from node.replication.noise import CipherState, HandshakeState

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "noise_xx.json").read_text())["vectors"]

# Every encoding of a point of small order on Curve25519 and its twist: https://cr.yp.to/ecdh.html#validate.
SMALL_ORDER_KEYS = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]


def pair() -> tuple[HandshakeState, HandshakeState]:
    """Return an initiator and a responder with fixed keys."""
    return (
        HandshakeState(
            initiator=True, prologue=b"p", static_private=b"\x01" * 32, ephemeral_private=b"\x02" * 32
        ),
        HandshakeState(
            initiator=False, prologue=b"p", static_private=b"\x03" * 32, ephemeral_private=b"\x04" * 32
        ),
    )


def saying(payload: bytes) -> Any:
    """Return a payload maker that ignores the transcript."""
    return lambda _hash: payload


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["source"].split(":")[0])
def test_published_vectors_agree_byte_for_byte(vector: dict[str, Any]) -> None:
    """Both roles write exactly the published bytes and read the published payloads from them."""
    sides = [
        HandshakeState(
            initiator=role == "init",
            prologue=bytes.fromhex(vector[f"{role}_prologue"]),
            static_private=bytes.fromhex(vector[f"{role}_static"]),
            ephemeral_private=bytes.fromhex(vector[f"{role}_ephemeral"]),
        )
        for role in ("init", "resp")
    ]
    messages = [
        (bytes.fromhex(item["payload"]), bytes.fromhex(item["ciphertext"])) for item in vector["messages"]
    ]
    for index, (payload, ciphertext) in enumerate(messages[:3]):
        writer, reader = sides[index % 2], sides[1 - index % 2]
        assert writer.write(saying(payload)) == ciphertext
        assert reader.read(ciphertext)[0] == payload
    assert sides[0].hash == sides[1].hash
    if "handshake_hash" in vector:
        assert sides[0].hash.hex() == vector["handshake_hash"]
    ciphers = [side.split() for side in sides]
    for index, (payload, ciphertext) in enumerate(messages[3:], start=3):
        writer_send, reader_receive = ciphers[index % 2][0], ciphers[1 - index % 2][1]
        assert writer_send.encrypt(payload) == ciphertext
        assert reader_receive.decrypt(ciphertext) == payload


def test_the_vector_file_names_its_sources() -> None:
    """At least two independent publishers are compared against."""
    assert len({vector["source"].split(":")[0] for vector in VECTORS}) >= 2


def test_each_side_learns_the_others_static_key() -> None:
    """After the handshake each side holds the static key the other wrote."""
    initiator, responder = pair()
    responder.read(initiator.write(saying(b"")))
    initiator.read(responder.write(saying(b"")))
    responder.read(initiator.write(saying(b"")))
    assert initiator.complete
    assert responder.complete
    assert initiator.remote_static == responder.static_public
    assert responder.remote_static == initiator.static_public


def test_both_sides_see_the_same_hash_before_each_payload() -> None:
    """A signature over the hash before the payload can be checked by the reader, and no two hashes agree."""
    initiator, responder = pair()
    written: list[bytes] = []

    def remember(hash_before: bytes) -> bytes:
        written.append(hash_before)
        return b"payload"

    read = [responder.read(initiator.write(remember))[1]]
    read.append(initiator.read(responder.write(remember))[1])
    read.append(responder.read(initiator.write(remember))[1])
    assert read == written
    assert len(set(read)) == 3


@pytest.mark.parametrize("key", SMALL_ORDER_KEYS)
def test_attack_small_order_ephemeral_key_is_refused(key: str) -> None:
    """A key whose shared secret is zero for everybody ends the handshake, on either side."""
    _, responder = pair()
    responder.read(bytes.fromhex(key))
    with pytest.raises(BadSignatureError, match="small-order"):
        responder.write(saying(b""))
    initiator, _ = pair()
    initiator.write(saying(b""))
    with pytest.raises(BadSignatureError, match="small-order"):
        initiator.read(bytes.fromhex(key) + bytes(64))


def test_attack_different_prologue_is_refused() -> None:
    """Two programs that do not speak of the same protocol never get past the second message."""
    initiator, _ = pair()
    other = HandshakeState(
        initiator=False, prologue=b"q", static_private=b"\x03" * 32, ephemeral_private=b"\x04" * 32
    )
    other.read(initiator.write(saying(b"")))
    with pytest.raises(BadSignatureError):
        initiator.read(other.write(saying(b"")))


def test_truncated_messages_are_malformed_and_long_ones_over_the_limit() -> None:
    """A message too short for its keys, or longer than Noise allows, is named as such."""
    _, responder = pair()
    with pytest.raises(MalformedMessageError):
        responder.read(bytes(31))
    _, responder = pair()
    with pytest.raises(LimitExceededError):
        responder.read(bytes(noise.MESSAGE_BYTES_MAX + 1))


def test_nonces_run_out_before_the_reserved_one() -> None:
    """The last nonce but one still works; the reserved one is refused both ways and stays refused."""
    key = b"\x07" * 32
    sender = CipherState(key, nonce=noise.NONCE_RESERVED - 1)
    receiver = CipherState(key, nonce=noise.NONCE_RESERVED - 1)
    ciphertext = sender.encrypt(b"last")
    assert receiver.decrypt(ciphertext) == b"last"
    for _ in range(2):
        with pytest.raises(LimitExceededError):
            sender.encrypt(b"more")
        with pytest.raises(LimitExceededError):
            receiver.decrypt(ciphertext)


def test_a_failed_decryption_uses_up_no_nonce() -> None:
    """What comes after a forged ciphertext still decrypts: the cipher itself is unharmed (section 5.1)."""
    sender, receiver = CipherState(b"\x07" * 32), CipherState(b"\x07" * 32)
    with pytest.raises(BadSignatureError):
        receiver.decrypt(bytes(20))
    assert receiver.decrypt(sender.encrypt(b"x")) == b"x"


def test_associated_data_is_bound() -> None:
    """A ciphertext does not decrypt beside other associated data."""
    ciphertext = CipherState(b"\x07" * 32).encrypt(b"x", associated=b"a")
    with pytest.raises(BadSignatureError):
        CipherState(b"\x07" * 32).decrypt(ciphertext, associated=b"b")


def test_speaking_out_of_turn_is_our_own_bug() -> None:
    """Writing twice, reading one's own turn or splitting early is an assertion, not a peer's fault."""
    initiator, responder = pair()
    with pytest.raises(AssertionError):
        responder.write(saying(b""))
    with pytest.raises(AssertionError):
        initiator.read(bytes(32))
    with pytest.raises(AssertionError):
        initiator.split()


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=300))
def test_any_bytes_as_second_message_raise_a_peer_error(data: bytes) -> None:
    """No bytes from a stranger make the initiator raise anything but a PeerError."""
    initiator, _ = pair()
    initiator.write(saying(b""))
    with pytest.raises(PeerError):
        initiator.read(data)
