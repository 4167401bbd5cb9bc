"""Tests of the encrypted channel, most of them named after the attack they rule out."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node import canonical, errors
from node.errors import (
    BadSignatureError,
    LimitExceededError,
    MalformedMessageError,
    PeerError,
    UnexpectedMessageError,
    UnsupportedVersionError,
)
from node.ids import CommunityId
from node.keys import KeyPair
from node.limits import FRAME_BYTES_MAX, HANDSHAKE_BYTES_MAX, MESSAGE_BYTES_MAX
from node.replication.channel import CHUNK_BYTES_MAX, PROLOGUE, SecureChannel
from node.replication.handshake import FEATURES_BYTES_MAX, LocalIdentity, Role, introduce
from node.replication.noise import NONCE_RESERVED, CipherState, HandshakeState

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "handshake_channel.json").read_text())

SEEDS = {Role.INITIATOR: 1, Role.RESPONDER: 2}
Payload = Callable[[bytes], bytes]


def identity(role: Role, *, features: tuple[str, ...] = ()) -> LocalIdentity:
    """Return the fixed identity of one side."""
    number = SEEDS[role]
    return LocalIdentity(
        device=KeyPair(bytes([number]) * 32),
        community=CommunityId(bytes([16 + number]) * 32),
        features=features,
    )


def channel(
    role: Role,
    *,
    features: tuple[str, ...] = (),
    versions: tuple[int, int] = (1, 1),
    static: int | None = None,
    ephemeral: int | None = None,
) -> SecureChannel:
    """Return one side with keys that depend on its role alone."""
    number = SEEDS[role]
    return SecureChannel(
        role=role,
        identity=identity(role, features=features),
        static_private=bytes([static or 32 + number]) * 32,
        ephemeral_private=bytes([ephemeral or 48 + number]) * 32,
        versions=versions,
    )


def opened() -> tuple[SecureChannel, SecureChannel, list[bytes]]:
    """Return both sides after a good handshake, and its three frames."""
    initiator, responder = channel(Role.INITIATOR), channel(Role.RESPONDER)
    frames = shake_hands(initiator, responder)
    return initiator, responder, frames


def shake_hands(initiator: SecureChannel, responder: SecureChannel) -> list[bytes]:
    """Carry the frames of a handshake to and fro, and return them."""
    assert responder.start() == []
    (first,) = initiator.start()
    (second,) = responder.receive_handshake(first)
    (third,) = initiator.receive_handshake(second)
    assert responder.receive_handshake(third) == []
    return [first, second, third]


def forged_second(payload_for: Payload, *, static: int = 34) -> tuple[SecureChannel, bytes]:
    """Return an initiator and a well encrypted second frame whose payload the caller chooses."""
    initiator = channel(Role.INITIATOR)
    (first,) = initiator.start()
    forger = HandshakeState(
        initiator=False,
        prologue=PROLOGUE,
        static_private=bytes([static]) * 32,
        ephemeral_private=b"\x77" * 32,
    )
    forger.read(first)
    return initiator, forger.write(payload_for)


def proof(**changes: Any) -> Payload:
    """Return a maker of the responder's honest payload with some of its parts replaced."""

    def make(transcript: bytes) -> bytes:
        honest = canonical.decode(
            introduce(identity(Role.RESPONDER), role=Role.RESPONDER, version=1, transcript=transcript)
        )
        names = ["device", "community", "signature", "version", "features"]
        parts = dict(zip(names, honest, strict=True)) | changes
        return canonical.encode([parts[name] for name in names])

    return make


def flip(frame: bytes, bit: int) -> bytes:
    """Return the frame with one bit changed."""
    changed = bytearray(frame)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


# --- what works --------------------------------------------------------------------------------------


def test_both_sides_learn_who_the_other_is() -> None:
    """After three frames each side holds the other's proved device key and its claimed community."""
    initiator, responder, _ = opened()
    assert initiator.established
    assert responder.established
    for mine, theirs in ((initiator, Role.RESPONDER), (responder, Role.INITIATOR)):
        assert mine.peer is not None
        assert mine.peer.device == identity(theirs).device.public
        assert mine.peer.community == identity(theirs).community
        assert mine.peer.version == 1
        assert mine.peer.features == ()
    assert initiator.binding == responder.binding


def test_the_whole_handshake_takes_466_bytes_and_at_most_500_with_features() -> None:
    """The handshake stays within the limit also when both sides announce as many features as fit."""
    _, _, frames = opened()
    assert [len(frame) for frame in frames] == [32, 233, 201]
    assert sum(len(frame) for frame in frames) == 466
    features = ("abcdefgh", "ijklmnop")
    assert len(canonical.encode(list(features))) == FEATURES_BYTES_MAX + 1
    full = ("abcdefgh", "ijklmno")
    assert len(canonical.encode(list(full))) == FEATURES_BYTES_MAX
    initiator = channel(Role.INITIATOR, features=full)
    responder = channel(Role.RESPONDER, features=full)
    assert sum(map(len, shake_hands(initiator, responder))) == HANDSHAKE_BYTES_MAX
    with pytest.raises(AssertionError):
        channel(Role.INITIATOR, features=features)


def test_only_features_of_both_sides_are_spoken() -> None:
    """A feature that one side alone announces is not in force."""
    initiator = channel(Role.INITIATOR, features=("circle", "zlib"))
    responder = channel(Role.RESPONDER, features=("bundle", "zlib"))
    shake_hands(initiator, responder)
    assert initiator.peer is not None
    assert responder.peer is not None
    assert initiator.peer.features == responder.peer.features == ("zlib",)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.booleans(), st.binary(min_size=1, max_size=40), st.integers(1, MESSAGE_BYTES_MAX // 40)),
        max_size=6,
    )
)
def test_messages_of_any_size_arrive_in_order(said: list[tuple[bool, bytes, int]]) -> None:
    """Whatever is sealed at one end is opened at the other, whole, in order, in frames within the limit."""
    initiator, responder, _ = opened()
    for from_initiator, piece, times in said:
        message = piece * times
        sender, receiver = (initiator, responder) if from_initiator else (responder, initiator)
        frames = sender.seal(message)
        assert all(len(frame) <= FRAME_BYTES_MAX for frame in frames)
        assert [receiver.open(frame) for frame in frames] == [None] * (len(frames) - 1) + [message]


@pytest.mark.parametrize(
    ("size", "count"),
    [
        (1, 1),
        (CHUNK_BYTES_MAX, 1),
        (CHUNK_BYTES_MAX + 1, 2),
        (2 * CHUNK_BYTES_MAX, 2),
        (MESSAGE_BYTES_MAX, 9),
    ],
)
def test_messages_at_the_edges_of_a_frame_take_the_fewest_frames(size: int, count: int) -> None:
    """A message that just fits is not followed by an empty frame, and the largest one fits."""
    initiator, responder, _ = opened()
    frames = initiator.seal(bytes(size))
    assert len(frames) == count
    assert [responder.open(frame) for frame in frames][-1] == bytes(size)


def test_a_message_of_no_bytes_or_too_many_is_our_own_bug() -> None:
    """Nothing empty and nothing oversized is ever sealed."""
    initiator, _, _ = opened()
    for message in (b"", bytes(MESSAGE_BYTES_MAX + 1)):
        with pytest.raises(AssertionError):
            initiator.seal(message)


# --- versions ----------------------------------------------------------------------------------------


def test_the_highest_common_version_is_spoken() -> None:
    """A newer node and an older one meet at what the older one speaks, whoever dials."""
    for dialler, answerer in (((1, 3), (1, 2)), ((2, 2), (1, 3))):
        initiator = channel(Role.INITIATOR, versions=dialler)
        responder = channel(Role.RESPONDER, versions=answerer)
        shake_hands(initiator, responder)
        assert initiator.peer is not None
        assert responder.peer is not None
        assert initiator.peer.version == responder.peer.version == 2


def test_an_unsupported_version_is_named_with_ours_at_either_end() -> None:
    """Without a common version both ends learn which versions they do not share."""
    initiator = channel(Role.INITIATOR, versions=(3, 4))
    responder = channel(Role.RESPONDER, versions=(1, 2))
    responder.start()
    (second,) = responder.receive_handshake(initiator.start()[0])
    with pytest.raises(UnsupportedVersionError, match="3 to 4; the peer offers 2"):
        initiator.receive_handshake(second)
    initiator = channel(Role.INITIATOR, versions=(1, 2))
    responder = channel(Role.RESPONDER, versions=(3, 4))
    responder.start()
    (second,) = responder.receive_handshake(initiator.start()[0])
    (third,) = initiator.receive_handshake(second)
    with pytest.raises(UnsupportedVersionError, match="3 to 4; the peer offers 2"):
        responder.receive_handshake(third)


# --- attacks on the handshake ------------------------------------------------------------------------


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 32 * 8 - 1))
def test_attack_flipped_bit_in_the_first_frame_ends_the_session(bit: int) -> None:
    """A changed first frame is noticed by the dialler at the latest, whose channel is then dead.

    X25519 ignores the highest bit of a key, and still the flip is noticed: the transcript has it.
    """
    initiator, responder = channel(Role.INITIATOR), channel(Role.RESPONDER)
    responder.start()
    with pytest.raises(PeerError):
        initiator.receive_handshake(responder.receive_handshake(flip(initiator.start()[0], bit))[0])
    assert initiator.dead or responder.dead
    assert not initiator.established


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 233 * 8 - 1))
def test_attack_flipped_bit_in_the_second_frame_ends_the_session(bit: int) -> None:
    """A changed second frame kills the dialler's channel and reveals no third frame."""
    initiator, responder = channel(Role.INITIATOR), channel(Role.RESPONDER)
    responder.start()
    (second,) = responder.receive_handshake(initiator.start()[0])
    with pytest.raises(BadSignatureError):
        initiator.receive_handshake(flip(second, bit))
    assert initiator.dead
    assert initiator.peer is None


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 201 * 8 - 1))
def test_attack_flipped_bit_in_the_third_frame_ends_the_session(bit: int) -> None:
    """A changed third frame kills the answerer's channel before it has told anything."""
    initiator, responder = channel(Role.INITIATOR), channel(Role.RESPONDER)
    responder.start()
    (second,) = responder.receive_handshake(initiator.start()[0])
    (third,) = initiator.receive_handshake(second)
    with pytest.raises(BadSignatureError):
        responder.receive_handshake(flip(third, bit))
    assert responder.dead
    assert responder.peer is None


def test_attack_reflected_handshake_is_refused() -> None:
    """A dialler that gets its own first frame back, alone or padded, learns nobody's identity."""
    for padding in (0, 201):
        initiator = channel(Role.INITIATOR)
        (first,) = initiator.start()
        with pytest.raises(PeerError):
            initiator.receive_handshake(first + bytes(padding))
        assert initiator.dead


def test_attack_reflected_identity_proof_is_refused() -> None:
    """A proof made in the dialler's role does not pass as the answerer's, even over the same transcript."""

    def wrong_role(transcript: bytes) -> bytes:
        return introduce(identity(Role.RESPONDER), role=Role.INITIATOR, version=1, transcript=transcript)

    initiator, second = forged_second(wrong_role)
    with pytest.raises(BadSignatureError, match="does not hold"):
        initiator.receive_handshake(second)


def test_attack_replayed_handshake_of_an_earlier_connection_is_refused() -> None:
    """Frames recorded on one connection prove nothing on the next: the ephemeral keys differ."""
    _, _, recorded = opened()
    initiator = channel(Role.INITIATOR, ephemeral=99)
    initiator.start()
    with pytest.raises(BadSignatureError):
        initiator.receive_handshake(recorded[1])
    responder = channel(Role.RESPONDER, ephemeral=98)
    responder.start()
    responder.receive_handshake(recorded[0])
    with pytest.raises(BadSignatureError):
        responder.receive_handshake(recorded[2])


def test_attack_static_key_swapped_by_a_man_in_the_middle_is_refused() -> None:
    """A signature taken from a handshake with another static key does not hold under the middle's own key.

    The man in the middle speaks to the victim as a node of his own and passes its proof on.
    """
    answers = channel(Role.RESPONDER)
    answers.start()
    middle = HandshakeState(
        initiator=True, prologue=PROLOGUE, static_private=b"\x55" * 32, ephemeral_private=b"\x56" * 32
    )
    (second,) = answers.receive_handshake(middle.write(lambda _hash: b""))
    stolen, _ = middle.read(second)
    initiator, forged = forged_second(lambda _hash: stolen, static=0x55)
    with pytest.raises(BadSignatureError, match="does not hold"):
        initiator.receive_handshake(forged)


def test_attack_identity_signature_of_another_key_is_refused() -> None:
    """Whoever names another device's key without holding it is cut, though all else is honest."""
    initiator, second = forged_second(proof(device=KeyPair(b"\x09" * 32).public))
    with pytest.raises(BadSignatureError, match="does not hold"):
        initiator.receive_handshake(second)


def test_attack_small_order_identity_key_is_refused() -> None:
    """An Ed25519 key for which one signature fits everything is no identity."""
    initiator, second = forged_second(proof(device=b"\x01" + bytes(31)))
    with pytest.raises(BadSignatureError, match="prime-order"):
        initiator.receive_handshake(second)


def test_attack_small_order_x25519_key_is_refused() -> None:
    """A stranger's ephemeral key that shares nothing is refused before anything is told."""
    responder = channel(Role.RESPONDER)
    responder.start()
    with pytest.raises(BadSignatureError, match="small-order"):
        responder.receive_handshake(bytes(32))
    assert responder.dead


def test_a_node_that_dials_itself_notices() -> None:
    """The same process at both ends is no peer; another process with a copied device key is."""
    initiator = channel(Role.INITIATOR, static=40)
    responder = channel(Role.RESPONDER, static=40)
    responder.start()
    (second,) = responder.receive_handshake(initiator.start()[0])
    with pytest.raises(UnexpectedMessageError, match="dialled itself"):
        initiator.receive_handshake(second)


@pytest.mark.parametrize(
    "changes",
    [
        {"device": b"short"},
        {"community": bytes(31)},
        {"signature": bytes(63)},
        {"version": -1},
        {"version": True},
        {"version": "1"},
        {"features": ["b", "a"]},
        {"features": ["a", "a"]},
        {"features": [""]},
        {"features": ["UPPER"]},
        {"features": [1]},
        {"features": ["abcdefgh", "ijklmnop"]},
        {"features": {}},
    ],
    ids=str,
)
def test_identity_payloads_of_another_shape_are_malformed(changes: dict[str, Any]) -> None:
    """Each part of the payload has one type, length and order; anything else ends the handshake."""
    initiator, second = forged_second(proof(**changes))
    with pytest.raises(MalformedMessageError):
        initiator.receive_handshake(second)


def test_identity_payloads_that_are_no_canonical_list_are_malformed() -> None:
    """Neither other CBOR, nor another spelling, nor a longer list passes."""
    for payload in (b"", b"\xff", canonical.encode([]), canonical.encode({}), canonical.encode([1] * 6)):
        initiator, second = forged_second(lambda _hash, payload=payload: payload)  # type: ignore[misc] # one a turn
        with pytest.raises(MalformedMessageError):
            initiator.receive_handshake(second)


def test_a_first_frame_with_a_payload_is_malformed() -> None:
    """The first frame's payload would travel in the clear, so there is none."""
    responder = channel(Role.RESPONDER)
    responder.start()
    with pytest.raises(MalformedMessageError, match="without payload"):
        responder.receive_handshake(channel(Role.INITIATOR).start()[0] + b"x")


def test_attack_oversized_handshake_is_refused_before_it_is_read() -> None:
    """More than 500 bytes in all end the handshake, whichever frame brings them."""
    responder = channel(Role.RESPONDER)
    responder.start()
    with pytest.raises(LimitExceededError, match="500"):
        responder.receive_handshake(bytes(HANDSHAKE_BYTES_MAX + 1))
    initiator = channel(Role.INITIATOR)
    initiator.start()
    with pytest.raises(LimitExceededError, match="500"):
        initiator.receive_handshake(bytes(HANDSHAKE_BYTES_MAX - 31))


def test_attack_truncated_handshake_frames_are_refused() -> None:
    """Every shorter beginning of a handshake frame ends the handshake."""
    _, _, frames = opened()
    for length in (0, 1, 31):
        responder = channel(Role.RESPONDER)
        responder.start()
        with pytest.raises(MalformedMessageError):
            responder.receive_handshake(frames[0][:length])
    for length in (0, 31, 32, 79, 80, 95, 232):
        initiator = channel(Role.INITIATOR)
        initiator.start()
        with pytest.raises(PeerError):
            initiator.receive_handshake(frames[1][:length])


# --- attacks on the frames that follow ---------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(bit=st.integers(0, (5 + 17) * 8 - 1))
def test_attack_flipped_bit_in_a_transport_frame_ends_the_session(bit: int) -> None:
    """One changed bit kills the channel, and the unchanged frame does not revive it."""
    initiator, responder, _ = opened()
    (frame,) = initiator.seal(b"hello")
    with pytest.raises(BadSignatureError):
        responder.open(flip(frame, bit))
    with pytest.raises(UnexpectedMessageError):
        responder.open(frame)
    with pytest.raises(UnexpectedMessageError):
        responder.seal(b"anybody there?")
    assert responder.dead
    assert responder.peer is None


def test_attack_replayed_frame_ends_the_session() -> None:
    """A frame that was opened once is not opened again."""
    initiator, responder, _ = opened()
    (frame,) = initiator.seal(b"pay")
    assert responder.open(frame) == b"pay"
    with pytest.raises(BadSignatureError):
        responder.open(frame)
    assert responder.dead


def test_attack_reordered_frames_end_the_session() -> None:
    """The second frame does not open before the first."""
    initiator, responder, _ = opened()
    (_, second) = initiator.seal(b"one")[0], initiator.seal(b"two")[0]
    with pytest.raises(BadSignatureError):
        responder.open(second)
    assert responder.dead


def test_attack_reflected_frame_ends_the_session() -> None:
    """A node's own frame, sent back to it, does not open: each direction has its key."""
    initiator, _, _ = opened()
    (frame,) = initiator.seal(b"echo")
    with pytest.raises(BadSignatureError):
        initiator.open(frame)


def test_attack_frame_of_another_connection_ends_the_session() -> None:
    """Frames of two connections between the same two nodes do not mix."""
    initiator, _, _ = opened()
    other_initiator = channel(Role.INITIATOR, ephemeral=97)
    other_responder = channel(Role.RESPONDER, ephemeral=96)
    shake_hands(other_initiator, other_responder)
    with pytest.raises(BadSignatureError):
        other_responder.open(initiator.seal(b"x")[0])


def test_attack_truncated_and_oversized_frames_end_the_session() -> None:
    """A frame without content is malformed, one beyond the limit is refused undecrypted."""
    for length, error in (
        (0, MalformedMessageError),
        (17, MalformedMessageError),
        (18, BadSignatureError),
        (FRAME_BYTES_MAX, BadSignatureError),
        (FRAME_BYTES_MAX + 1, LimitExceededError),
    ):
        _, responder, _ = opened()
        with pytest.raises(error):
            responder.open(bytes(length))
        assert responder.dead


def hostile_sender() -> tuple[CipherState, SecureChannel]:
    """Return the cipher of an authenticated peer that keeps to no framing rule, and its victim."""
    initiator, responder, _ = opened()
    return initiator._sending, responder


def test_attack_endless_message_stops_at_the_limit() -> None:
    """A peer that never says `last` costs at most one message of memory."""
    cipher, victim = hostile_sender()
    full = b"\x01" + bytes(CHUNK_BYTES_MAX)
    for _ in range(MESSAGE_BYTES_MAX // CHUNK_BYTES_MAX):
        assert victim.open(cipher.encrypt(full)) is None
    with pytest.raises(LimitExceededError):
        victim.open(cipher.encrypt(full))
    assert victim._chunks == []


def test_attack_dribbled_message_is_refused() -> None:
    """A frame that is neither full nor the last is malformed: one cutting of a message is valid."""
    for size in (1, CHUNK_BYTES_MAX - 1):
        cipher, victim = hostile_sender()
        with pytest.raises(MalformedMessageError, match="full frame"):
            victim.open(cipher.encrypt(b"\x01" + bytes(size)))


@pytest.mark.parametrize("flag", [2, 3, 128, 255])
def test_unknown_frame_flags_are_refused(flag: int) -> None:
    """Values kept for later end today's session instead of being misread."""
    cipher, victim = hostile_sender()
    with pytest.raises(MalformedMessageError, match=f"found {flag}"):
        victim.open(cipher.encrypt(bytes([flag]) + b"x"))


def test_used_up_nonces_end_the_session() -> None:
    """A channel whose nonces are used up is dead rather than insecure."""
    initiator, _, _ = opened()
    initiator._sending = CipherState(bytes(32), nonce=NONCE_RESERVED)
    with pytest.raises(LimitExceededError):
        initiator.seal(b"x")
    assert initiator.dead


def test_misuse_is_our_own_bug() -> None:
    """Sealing before the handshake is over, or starting twice, is an assertion and no peer's fault."""
    initiator = channel(Role.INITIATOR)
    with pytest.raises(AssertionError):
        initiator.seal(b"x")
    with pytest.raises(AssertionError):
        initiator.receive_handshake(b"x")
    initiator.start()
    with pytest.raises(AssertionError):
        initiator.start()
    done, _, _ = opened()
    with pytest.raises(AssertionError):
        done.receive_handshake(b"x")


# --- whatever comes ----------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(
    role=st.sampled_from(Role),
    good_frames=st.integers(0, 2),
    garbage=st.one_of(
        st.binary(max_size=600), st.binary(min_size=32, max_size=32), st.binary(min_size=233, max_size=233)
    ),
)
def test_garbage_never_raises_anything_but_a_peer_error(role: Role, good_frames: int, garbage: bytes) -> None:
    """Whatever bytes come, and when: the channel goes on as the protocol says or dies of a PeerError."""
    _, _, frames = opened()
    mine = channel(role)
    mine.start()
    due = frames[1:2] if role is Role.INITIATOR else frames[0::2]
    for frame in due[:good_frames]:
        mine.receive_handshake(frame)
    try:
        if mine.established:
            mine.open(garbage)
        else:
            mine.receive_handshake(garbage)
    except PeerError:
        assert mine.dead
    else:
        # Any 32 bytes may be a stranger's ephemeral key: the answer to it proves nothing to him yet.
        assert role is Role.RESPONDER
        assert len(garbage) == 32
        assert not mine.established


@settings(max_examples=60, deadline=None)
@given(payload=st.binary(max_size=200))
def test_any_payload_under_a_good_encryption_never_raises_anything_but_a_peer_error(payload: bytes) -> None:
    """A peer that encrypts well and then talks nonsense is cut like any other."""
    initiator, second = forged_second(lambda _hash: payload)
    with pytest.raises(PeerError):
        initiator.receive_handshake(second)


@settings(max_examples=60, deadline=None)
@given(plaintexts=st.lists(st.binary(max_size=80), min_size=1, max_size=4))
def test_any_plaintext_of_an_established_peer_never_raises_anything_but_a_peer_error(
    plaintexts: list[bytes],
) -> None:
    """A proved peer that keeps to no framing rule ends its own channel and nothing else."""
    cipher, victim = hostile_sender()
    for plaintext in plaintexts:
        try:
            message = victim.open(cipher.encrypt(plaintext))
        except PeerError:
            assert victim.dead
            break
        assert plaintext == b"\x00" + (message or b"")


# --- vectors -----------------------------------------------------------------------------------------


def vector_channel(role: Role) -> SecureChannel:
    """Return the side of the vector file with this role."""
    side = VECTORS["sides"][role.value]
    return SecureChannel(
        role=role,
        identity=LocalIdentity(
            device=KeyPair(bytes.fromhex(side["device_seed"])),
            community=CommunityId(bytes.fromhex(side["community"])),
            features=tuple(side["features"]),
        ),
        static_private=bytes.fromhex(side["static_private"]),
        ephemeral_private=bytes.fromhex(side["ephemeral_private"]),
    )


def test_the_handshake_vector_agrees_byte_for_byte() -> None:
    """Fixed keys give the frames, the binding and the transport frames of the vector file."""
    sides = {role.value: vector_channel(role) for role in Role}
    frames = shake_hands(sides["initiator"], sides["responder"])
    assert [frame.hex() for frame in frames] == [item["frame"] for item in VECTORS["handshake"]]
    assert sides["initiator"].binding.hex() == VECTORS["binding"]
    for name, side in sides.items():
        other = "responder" if name == "initiator" else "initiator"
        assert side.peer is not None
        assert side.peer.device.hex() == VECTORS["sides"][other]["device_key"]
        assert list(side.peer.features) == VECTORS["agreed"]["features"]
        assert side.peer.version == VECTORS["agreed"]["version"]
    for item in VECTORS["transport"]:
        other = "responder" if item["from"] == "initiator" else "initiator"
        message = bytes.fromhex(item["message"]) * item["times"]
        sealed = sides[item["from"]].seal(message)
        assert [len(frame) for frame in sealed] == item["frame_lengths"]
        assert [hashlib.sha256(frame).hexdigest() for frame in sealed] == item["frame_sha256"]
        if "frames" in item:
            assert [frame.hex() for frame in sealed] == item["frames"]
        assert [sides[other].open(frame) for frame in sealed][-1] == message


@pytest.mark.parametrize("case", VECTORS["broken"], ids=lambda case: case["name"])
def test_broken_vectors_fail_with_the_error_they_name(case: dict[str, Any]) -> None:
    """Each broken frame ends the channel of the side it is for, for the reason the file gives."""
    side = vector_channel(Role(case["to"]))
    side.start()
    *before, broken = [bytes.fromhex(frame) for frame in case["frames"]]
    take: Callable[[bytes], object] = side.receive_handshake
    for frame in before:
        (side.open if side.established else side.receive_handshake)(frame)
    take = side.open if side.established else side.receive_handshake
    with pytest.raises(getattr(errors, case["error"])):
        take(broken)
    assert side.dead
