"""Targets of the wire: frames, the handshake, entries."""

import copy
from collections.abc import Iterator
from functools import cache

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
from node.replication.noise import HandshakeState
from tests import builders
from tests.fuzz.target import Choices, Target, hexes, parts, prefixed, vector


@cache
def _identity(name: str) -> LocalIdentity:
    device: KeyPair = builders.key(name)
    return LocalIdentity(device=device, community=CommunityId(builders.identifier(name)), features=("zlib",))


def _channel(role: Role) -> SecureChannel:
    name = role.value
    return SecureChannel(
        role=role,
        identity=_identity(name),
        static_private=builders.identifier(f"static of {name}"),
        ephemeral_private=builders.identifier(f"ephemeral of {name}"),
    )


def _established() -> tuple[SecureChannel, SecureChannel]:
    ours, theirs = _channel(Role.RESPONDER), _channel(Role.INITIATOR)
    ours.start()
    (first,) = theirs.start()
    (second,) = ours.receive_handshake(first)
    (third,) = theirs.receive_handshake(second)
    ours.receive_handshake(third)
    return ours, theirs


class Frames:
    """Messages of a session: as they are, compressed, and cut into frames with any flags.

    A channel dies at the first fault and a new one costs a handshake, so few inputs go through one.
    """

    def __init__(self) -> None:
        self._pair: tuple[SecureChannel, SecureChannel] | None = None

    def feed(self, data: bytes) -> None:
        """Read by the first byte: 0 to 9 through a channel, 10 to 59 compressed, all else as a message."""
        choices = Choices(data)
        first = choices.byte()
        if first < 10:
            self._through_a_channel(choices)
        elif first < 60:
            messages.decode(compression.inflate(data[1:]))
        else:
            found = messages.decode(data[1:])
            assert messages.encode(found) == data[1:]

    def _through_a_channel(self, choices: Choices) -> None:
        if self._pair is None or self._pair[0].dead:
            self._pair = _established()
        ours, theirs = self._pair
        while choices.left:
            plain = choices.take()[:FRAME_BYTES_MAX]
            sealed = theirs._sending.encrypt(plain)
            message = ours.open(sealed)
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
            ours, theirs = _awaiting_second()
            said = _copied_state(theirs).write(lambda _hash: rest)
            _copied(ours).receive_handshake(said)
        case b"\x02":
            ours, theirs = _awaiting_third()
            said = _copied_state(theirs).write(lambda _hash: rest)
            _copied(ours).receive_handshake(said)
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


@cache
def _awaiting_first() -> SecureChannel:
    """Return a responder that has heard nothing yet."""
    ours = _channel(Role.RESPONDER)
    ours.start()
    return ours


@cache
def _awaiting_second() -> tuple[SecureChannel, HandshakeState]:
    """Return an initiator that has spoken, and a peer about to answer."""
    ours, theirs = _channel(Role.INITIATOR), _state(Role.RESPONDER)
    (first,) = ours.start()
    theirs.read(first)
    return ours, theirs


@cache
def _awaiting_third() -> tuple[SecureChannel, HandshakeState]:
    """Return a responder that has answered, and a peer about to speak the second time."""
    ours, theirs = _copied(_awaiting_first()), _state(Role.INITIATOR)
    (second,) = ours.receive_handshake(theirs.write(lambda _hash: b""))
    theirs.read(second)
    return ours, theirs


def _copied(channel: SecureChannel) -> SecureChannel:
    """Return another channel at the same place of its handshake; what never changes is shared."""
    copied = copy.copy(channel)
    copied._handshake = _copied_state(channel._handshake)
    return copied


def _copied_state(state: HandshakeState) -> HandshakeState:
    copied = copy.copy(state)
    copied._symmetric = copy.copy(state._symmetric)
    copied._symmetric._cipher = copy.copy(state._symmetric._cipher)
    return copied


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
    Target("frames", Frames().feed, _frame_seeds),
    Target("handshake", shake_hands, _handshake_seeds, bytes_max=600),
    Target("entries", take_entries, _entry_seeds),
    Target("bundles", read_bundle, _bundle_seeds),
)
