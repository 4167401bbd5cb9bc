"""Targets of the wire: frames, the handshake, entries."""

from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from typing import TypeVar, cast

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from node.crdt import genesis
from node.feeds import bodies, bundle_items, stretch
from node.feeds.bodies import Kind
from node.feeds.bundle import PART_BYTES_MAX, Part, Reader
from node.feeds.bundle_items import Claims
from node.ids import CommunityId, DocumentId
from node.keys import KeyPair
from node.limits import FRAME_BYTES_MAX, MESSAGE_BYTES_MAX
from node.replication import compression, handshake, messages
from node.replication.channel import PROLOGUE, SecureChannel
from node.replication.handshake import LocalIdentity, Role
from node.replication.noise import TAG_BYTES, CipherState, HandshakeState, SymmetricState
from tests import builders
from tests.fuzz.target import Choices, Target, hexes, parts, prefixed, vector

_Slotted = TypeVar("_Slotted", SecureChannel, HandshakeState, SymmetricState, CipherState)


@cache
def _identity(name: str) -> LocalIdentity:
    device: KeyPair = builders.key(name)
    return LocalIdentity(device=device, community=CommunityId(builders.identifier(name)), features=("zlib",))


def _channel(role: Role) -> SecureChannel:
    name = role.value
    channel = SecureChannel(
        role=role,
        identity=_identity(name),
        static_private=builders.identifier(f"static of {name}"),
        ephemeral_private=builders.identifier(f"ephemeral of {name}"),
    )
    _remember(channel._handshake)
    return channel


@cache
def _established() -> tuple[SecureChannel, SecureChannel]:
    ours, theirs = _channel(Role.RESPONDER), _channel(Role.INITIATOR)
    ours.start()
    (first,) = theirs.start()
    (second,) = ours.receive_handshake(first)
    (third,) = theirs.receive_handshake(second)
    ours.receive_handshake(third)
    return ours, theirs


def read_frames(data: bytes) -> None:
    """Read by the first byte: 0 to 9 through a channel, 10 to 59 compressed, all else as a message."""
    choices = Choices(data)
    first = choices.byte()
    if first < 10:
        _through_a_channel(choices)
    elif first < 60:
        messages.decode(compression.inflate(data[1:]))
    else:
        found = messages.decode(data[1:])
        assert messages.encode(found) == data[1:]


def _through_a_channel(choices: Choices) -> None:
    """Cut what is chosen into frames with any flags, behind the one handshake."""
    established, theirs = _established()
    ours, sending = _copied(established), _twin(theirs._sending)
    while choices.left:
        plain = choices.take()[:FRAME_BYTES_MAX]
        message = ours.open(sending.encrypt(plain))
        if message is not None:
            assert 0 < len(message) <= MESSAGE_BYTES_MAX
            messages.decode(message)


def _frame_seeds() -> Iterator[bytes]:
    said = list(hexes(vector("messages")))
    yield from prefixed([200], said)
    for message in said:
        yield bytes([0]) + parts(b"\x00" + message)
        yield bytes([0]) + parts(b"\x01" + message[:7], b"\x00" + message[7:])
        small = compression.deflate(message * 8)
        if small is not None:
            yield bytes([30]) + small
            yield bytes([0]) + parts(b"\x02" + small)


def shake_hands(data: bytes) -> None:
    """Read a frame or a payload at each place of a handshake, by the first byte.

    What lies before that place is the same each time: it is gone through once, and copied for each input.
    """
    mode, rest = data[:1], data[1:]
    match mode:
        case b"\x00":
            _copied(_awaiting_first()).receive_handshake(rest)
        case b"\x01":
            ours, peer = _awaiting_second()
            _copied(ours).receive_handshake(peer.saying(rest))
        case b"\x02":
            ours, peer = _awaiting_third()
            _copied(ours).receive_handshake(peer.saying(rest))
        case b"\x03":
            _copied(_awaiting_second()[0]).receive_handshake(rest)
        case _:
            handshake.read(rest)


def _state(role: Role) -> HandshakeState:
    return HandshakeState(
        initiator=role is Role.INITIATOR,
        prologue=PROLOGUE,
        static_private=builders.identifier(f"static of another {role.value}"),
        ephemeral_private=builders.identifier(f"ephemeral of another {role.value}"),
    )


class _Peer:
    """A peer who is about to write, with what its message begins with whatever it says."""

    def __init__(self, state: HandshakeState) -> None:
        self._begun = state.write(self._before_payload(state))[:-TAG_BYTES]

    def _before_payload(self, state: HandshakeState) -> Callable[[bytes], bytes]:
        def nothing(transcript: bytes) -> bytes:
            self._transcript, self._cipher = transcript, _twin(state._symmetric._cipher)
            return b""

        return nothing

    def saying(self, payload: bytes) -> bytes:
        """Return the message with this payload."""
        return self._begun + _twin(self._cipher).encrypt(payload, associated=self._transcript)


class _Remembering:
    """A private key that works out each secret once: most inputs come from the same peer's keys."""

    def __init__(self, private: X25519PrivateKey) -> None:
        self._private = private
        self._known = lru_cache(maxsize=1_024)(self._exchanged)

    def exchange(self, public: X25519PublicKey) -> bytes:
        return self._known(public.public_bytes_raw())

    def _exchanged(self, public: bytes) -> bytes:
        return self._private.exchange(X25519PublicKey.from_public_bytes(public))


def _remember(state: HandshakeState) -> None:
    """Let a handshake remember its secrets: X25519 takes longer than all the reading."""
    state._static = cast(X25519PrivateKey, _Remembering(state._static))
    state._ephemeral = cast(X25519PrivateKey, _Remembering(state._ephemeral))


@cache
def _awaiting_first() -> SecureChannel:
    """Return a responder that has heard nothing yet."""
    ours = _channel(Role.RESPONDER)
    ours.start()
    return ours


@cache
def _awaiting_second() -> tuple[SecureChannel, _Peer]:
    """Return an initiator that has spoken, and a peer about to answer."""
    ours, theirs = _channel(Role.INITIATOR), _state(Role.RESPONDER)
    (first,) = ours.start()
    theirs.read(first)
    return ours, _Peer(theirs)


@cache
def _awaiting_third() -> tuple[SecureChannel, _Peer]:
    """Return a responder that has answered, and a peer about to speak the second time."""
    ours, theirs = _copied(_awaiting_first()), _state(Role.INITIATOR)
    (second,) = ours.receive_handshake(theirs.write(lambda _hash: b""))
    theirs.read(second)
    return ours, _Peer(theirs)


def _copied(channel: SecureChannel) -> SecureChannel:
    """Return another channel at the same place; what never changes is shared."""
    copied = _twin(channel)
    copied._chunks = [*channel._chunks]
    copied._sending, copied._receiving = _twin(channel._sending), _twin(channel._receiving)
    copied._handshake = _twin(channel._handshake)
    symmetric = copied._handshake._symmetric = _twin(channel._handshake._symmetric)
    symmetric._cipher = _twin(symmetric._cipher)
    return copied


def _twin(one: _Slotted) -> _Slotted:
    """Return another with the same in each slot, in a third of the time that `copy.copy` takes."""
    form = type(one)
    other = form.__new__(form)
    for slot in form.__slots__:
        setattr(other, slot, getattr(one, slot))
    return other


def _handshake_seeds() -> Iterator[bytes]:
    found = [it for it in hexes(vector("handshake_channel")) if len(it) < 600]
    introduced = handshake.introduce(_identity("a"), role=Role.INITIATOR, version=1, transcript=bytes(32))
    yield from prefixed([0, 1, 2, 3, 4], [*found, introduced])


def take_entries(data: bytes) -> None:
    """Read a stretch and prove it, or a body and what is in it, by the first byte."""
    mode, rest = data[:1], data[1:]
    if mode == b"\x00":
        sent = stretch.decode(rest)
        assert stretch.encode(sent) == rest
        stretch.prove(sent)
        return
    body = bodies.decode(rest)
    bodies.kind_of(rest)
    if body.kind is Kind.CHANGES:
        bodies.changes(body.content)
    elif body.kind is Kind.GENESIS and isinstance(body.content, bytes):
        founding = genesis.decode(body.content)
        assert genesis.encode(founding) == body.content


def _entry_seeds() -> Iterator[bytes]:
    yield from prefixed([0, 1], hexes(vector("feeds")))
    spelled = vector("changes_valid")
    raws = [bytes.fromhex(it["raw"]) for it in spelled["changes"]]
    salt, document = builders.nonce("salt"), DocumentId(builders.identifier("document"))
    yield b"\x01" + bodies.encode(Kind.CHANGES, [salt, raws], salt=salt, document=document)
    for founding in spelled["genesis"]:
        raw = bytes.fromhex(founding["bytes"])
        yield b"\x01" + bodies.encode(Kind.GENESIS, raw, salt=salt, document=genesis.document_id(raw))


def read_bundle(data: bytes) -> None:
    """Read a file in pieces, or the content of a part, by the first byte."""
    mode, rest = data[:1], data[1:]
    if mode != b"\x00":
        for item in bundle_items.decode(rest):
            if isinstance(item, Claims):
                item.verify()
        return
    reader = Reader()
    pieces = [rest[at : at + 500] for at in range(0, len(rest), 500)]
    found = [*(one for piece in pieces for one in reader.feed(piece)), *reader.end()]
    assert all(0 <= one.at <= len(rest) for one in found)
    for one in found:
        if isinstance(one, Part):
            assert len(one.content) <= PART_BYTES_MAX


def _bundle_seeds() -> Iterator[bytes]:
    yield from prefixed([0, 1], (it for it in hexes(vector("bundles")) if len(it) < 4_096))


TARGETS = (
    Target("frames", read_frames, _frame_seeds),
    Target("handshake", shake_hands, _handshake_seeds, bytes_max=600),
    Target("entries", take_entries, _entry_seeds),
    Target("bundles", read_bundle, _bundle_seeds),
)
