"""Targets of the wire: frames and the handshake."""

from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from itertools import repeat
from operator import attrgetter
from random import Random
from typing import TypeVar, cast

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from node.feeds.bodies import Kind
from node.feeds.entry import Head
from node.ids import CommunityId, EntryId
from node.keys import KeyPair
from node.limits import (
    CHARTER_RECORDS_PER_COMMUNITY_MAX,
    FRAME_BYTES_MAX,
    HEADS_PER_MESSAGE_MAX,
    MESSAGE_BYTES_MAX,
    STRETCH_ENTRIES_MAX,
    WANTS_PER_MESSAGE_MAX,
)
from node.replication import compression, handshake, messages
from node.replication.channel import CHUNK_BYTES_MAX, FLAG_MORE, PROLOGUE, SecureChannel
from node.replication.handshake import LocalIdentity, Role
from node.replication.noise import TAG_BYTES, CipherState, HandshakeState, SymmetricState
from node.replication.ranges.parts import Fingerprints
from tests import builders
from tests.fuzz.longer import lengthened, parts_lengthened
from tests.fuzz.target import Choices, Target, hexes, parts, prefixed, vector

# How a frame's input is read, by its first byte: below these through a channel, and compressed.
_RAW_BELOW, _CHANNEL_BELOW, _COMPRESSED_BELOW = 9, 10, 60
# From here on a message is cut by the sender's own hand.
_SEALED_FROM = 252
_FRAMES_MAX = 12
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
    """Read by the first byte: through a channel as chosen, compressed, as a message, or sealed and opened."""
    first = data[0] if data else 0
    if first < _CHANNEL_BELOW:
        _through_a_channel(Choices(data[1:]), filled=first >= _RAW_BELOW)
    elif first < _COMPRESSED_BELOW:
        messages.decode(compression.inflate(data[1:]))
    elif first < _SEALED_FROM:
        found = messages.decode(data[1:])
        assert messages.encode(found) == data[1:]
    elif 1 < len(data) <= MESSAGE_BYTES_MAX + 1:
        _sealed(data[1:], compress=bool(first % 2))


def _through_a_channel(choices: Choices, *, filled: bool) -> None:
    """Cut what is chosen into frames with any flags, behind the one handshake.

    Where they are `filled`, a frame that says that more follows is filled up with its own words: only full
    ones are collected, and those of a short input never are full.
    """
    ours, sending = _receiver(), _twin(_established()[1]._sending)
    for _ in range(_FRAMES_MAX):
        if not choices.left:
            return
        plain = choices.take()[:FRAME_BYTES_MAX]
        if filled and plain[:1] == bytes([FLAG_MORE]) and len(plain) > 1:
            plain = plain[:1] + (plain[1:] * (CHUNK_BYTES_MAX // (len(plain) - 1) + 1))[:CHUNK_BYTES_MAX]
        message = ours.open(sending.encrypt(plain))
        if message is not None:
            assert 0 < len(message) <= MESSAGE_BYTES_MAX
            messages.decode(message)


def _sealed(message: bytes, *, compress: bool) -> None:
    """Seal a message as its sender does, and see that the frames are collected to the same."""
    theirs = _twin(_established()[1])
    theirs._sending = _twin(theirs._sending)
    ours = _receiver()
    *before, last = [ours.open(frame) for frame in theirs.seal(message, compress=compress)]
    assert (before, last) == ([None] * len(before), message)
    messages.decode(message)


def _receiver() -> SecureChannel:
    """Return a channel behind the handshake that may go on and die by itself."""
    ours = _twin(_established()[0])
    ours._chunks, ours._receiving = [], _twin(ours._receiving)
    return ours


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
            yield bytes([_RAW_BELOW]) + parts(b"\x01" + small, b"\x02" + small)
    yield from prefixed([_SEALED_FROM, _SEALED_FROM + 1], said)
    yield bytes([_RAW_BELOW]) + parts(*[b"\x01\x00"] * 8, b"\x00\x00")


def _long_frame_seeds() -> Iterator[bytes]:
    for message in map(messages.encode, _long_messages()):
        small = compression.deflate(message)
        if small is not None:
            yield bytes([30]) + small
        cut = [message[at : at + CHUNK_BYTES_MAX] for at in range(0, len(message), CHUNK_BYTES_MAX)]
        yield bytes([0]) + parts(*(b"\x01" + one for one in cut[:-1]), b"\x00" + cut[-1])
        yield from prefixed([200, _SEALED_FROM, _SEALED_FROM + 1], [message])
        yield bytes([_RAW_BELOW]) + parts(*[b"\x01" + one[:30] for one in cut[:-1]], b"\x00" + cut[-1])


def _long_messages() -> Iterator[messages.Message]:
    """Return the longest messages there are."""
    name, key = builders.identifier, builders.key("a device")
    ids = [name(f"{number}") for number in range(HEADS_PER_MESSAGE_MAX)]
    heads = [
        messages.ClaimedHead(CommunityId(one), key.public, Head(2**40 + number, EntryId(one)))
        for number, one in enumerate(ids)
    ]
    known = tuple(Head(number + 1, EntryId(one)) for number, one in enumerate(ids[:64]))
    wanted = [messages.Wanted(key.public, EntryId(one), known) for one in ids[:WANTS_PER_MESSAGE_MAX]]
    yield messages.Heads(builders.PUBLIC, tuple(heads), ())
    yield messages.Want(builders.PUBLIC, tuple(wanted))
    record = b"".join(ids)[:1_023]
    yield messages.Charters(CommunityId(ids[0]), (record,) * CHARTER_RECORDS_PER_COMMUNITY_MAX)
    for count, size in ((STRETCH_ENTRIES_MAX, 900), (1, 200_000)):
        said = [(Kind.RECORD, (b"".join(ids) * 20)[:size], None)] * count
        yield from map(messages.Entries, builders.stretches(key, said))
    yield Fingerprints(tuple((one[:4], one[4:12]) for one in ids[:256]))


def _grow_frames(data: bytes, dice: Random, bytes_max: int) -> bytes:
    is_cut = data[:1] < bytes([_CHANNEL_BELOW])
    return (parts_lengthened(0) if is_cut else lengthened)(data, dice, bytes_max)


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
    """Return another with the same in each slot, in a fifth of the time that `copy.copy` takes."""
    form = type(one)
    other = form.__new__(form)
    for _ in map(setattr, repeat(other), form.__slots__, _CONTENTS[form](one)):
        pass
    return other


_CONTENTS: dict[type, Callable[[object], tuple[object, ...]]] = {
    form: attrgetter(*form.__slots__) for form in (SecureChannel, HandshakeState, SymmetricState, CipherState)
}


def _handshake_seeds() -> Iterator[bytes]:
    found = [it for it in hexes(vector("handshake_channel")) if len(it) < 600]
    introduced = handshake.introduce(_identity("a"), role=Role.INITIATOR, version=1, transcript=bytes(32))
    yield from prefixed([0, 1, 2, 3, 4], [*found, introduced])


TARGETS = (
    Target(
        "frames",
        read_frames,
        _frame_seeds,
        long_max=MESSAGE_BYTES_MAX + 1_024,
        long_seeds=_long_frame_seeds,
        grow=_grow_frames,
    ),
    # A handshake of more than 500 bytes is refused: this is the longest input already.
    Target("handshake", shake_hands, _handshake_seeds, bytes_max=600),
)
