"""The encrypted channel of one connection: who is there, and messages nobody else can read or change.

This module owns the order of the three handshake frames and the cutting of messages into encrypted frames.
It touches no socket and draws no keys: frames go in and come out as bytes. Whether the peer may do anything
here is the session's to judge: the channel proves which device speaks, and only that.

::

    state         initiator                      responder
    OPENING       start() -> frame 1             start() -> nothing
                  read frame 2 -> frame 3        read frame 1 -> frame 2
                                                 read frame 3
    ESTABLISHED   seal and open                  seal and open
    DEAD          after any PeerError, for good: every later call raises

docs/handshake.md has the bytes.
"""

import enum
from typing import Final

from node.errors import LimitExceededError, MalformedMessageError, PeerError, UnexpectedMessageError
from node.limits import FRAME_BYTES_MAX, FRAME_TAG_BYTES, HANDSHAKE_BYTES_MAX, MESSAGE_BYTES_MAX
from node.replication import compression, handshake
from node.replication.handshake import LocalIdentity, PeerIdentity, Role
from node.replication.noise import CipherState, HandshakeState

PROLOGUE: Final = b"hedgerow/session/1"
# The first byte of each frame's plaintext; other values are kept for later.
FLAG_LAST: Final = 0
FLAG_MORE: Final = 1
# The last frame of a message that is compressed as a whole; only where both sides announced it.
FLAG_LAST_COMPRESSED: Final = 2
# What one frame carries of a message: the rest is the flag and the tag.
CHUNK_BYTES_MAX: Final = FRAME_BYTES_MAX - FRAME_TAG_BYTES - 1


class _State(enum.Enum):
    """Where the channel is; the table is in the module's docstring."""

    OPENING = "opening"
    ESTABLISHED = "established"
    DEAD = "dead"


class SecureChannel:
    """Run one side of one connection, from the first frame to the last.

    Args:
        role: which side this is.
        identity: who this side is.
        static_private: 32 bytes of the X25519 key this process drew when it started. Two processes must not
            share one: it is how a node notices that it has dialled itself.
        ephemeral_private: 32 fresh random bytes for this connection alone.
        versions: lowest and highest session version spoken here.
    """

    __slots__ = (
        "_chunks",
        "_chunks_bytes",
        "_handshake",
        "_handshake_bytes",
        "_identity",
        "_receiving",
        "_role",
        "_sending",
        "_started",
        "_state",
        "_versions",
        "peer",
    )

    def __init__(
        self,
        *,
        role: Role,
        identity: LocalIdentity,
        static_private: bytes,
        ephemeral_private: bytes,
        versions: tuple[int, int] = (handshake.VERSION_MIN, handshake.VERSION_MAX),
    ) -> None:
        self._role = role
        self._identity = identity
        self._versions = versions
        self._handshake = HandshakeState(
            initiator=role is Role.INITIATOR,
            prologue=PROLOGUE,
            static_private=static_private,
            ephemeral_private=ephemeral_private,
        )
        self._state = _State.OPENING
        self._started = False
        self._handshake_bytes = 0
        self._sending = CipherState()
        self._receiving = CipherState()
        self._chunks: list[bytes] = []
        self._chunks_bytes = 0
        self.peer: PeerIdentity | None = None

    @property
    def established(self) -> bool:
        """Tell whether the peer has proved who it is and messages may flow."""
        return self._state is _State.ESTABLISHED

    @property
    def dead(self) -> bool:
        """Tell whether a PeerError has ended this channel for good."""
        return self._state is _State.DEAD

    @property
    def binding(self) -> bytes:
        """Return 32 bytes that name this very channel on both sides (Noise, section 11.2).

        A proof made over them, such as that of an invitation's secret, is worth nothing on another channel.
        """
        assert self._handshake.complete, "the handshake is not over"
        return self._handshake.hash

    def start(self) -> list[bytes]:
        """Return the frames to send before anything is received."""
        assert not self._started, "the handshake has begun"
        self._started = True
        if self._role is Role.RESPONDER:
            return []
        return [self._counted(self._handshake.write(lambda _hash: b""))]

    def receive_handshake(self, frame: bytes) -> list[bytes]:
        """Take a frame that comes before `established`, and return the frames to send.

        Raises:
            PeerError: the handshake has failed and the channel is dead.
        """
        self._refuse_if_dead()
        assert self._started, "start the channel first"
        assert self._state is _State.OPENING, "the handshake is over"
        try:
            return self._continue_handshake(frame)
        except PeerError:
            self._die()
            raise

    def seal(self, message: bytes, *, compress: bool = False) -> list[bytes]:
        """Cut a message into encrypted frames, to be sent in this order.

        Args:
            message: what to send.
            compress: whether the message may be compressed where the peer reads that: it holds no secret.

        Raises:
            UnexpectedMessageError: the channel is dead.
            LimitExceededError: all nonces are used up, and the channel is dead.
        """
        self._refuse_if_dead()
        assert self._state is _State.ESTABLISHED, "the handshake is not over"
        assert 0 < len(message) <= MESSAGE_BYTES_MAX, f"a message of {len(message)} bytes does not fit"
        small = compression.deflate(message) if compress and self._compresses else None
        last = FLAG_LAST if small is None else FLAG_LAST_COMPRESSED
        sent = small or message
        try:
            return [
                self._seal_chunk(sent, start=start, last=last)
                for start in range(0, len(sent), CHUNK_BYTES_MAX)
            ]
        except PeerError:
            self._die()
            raise

    def open(self, frame: bytes) -> bytes | None:
        """Take an encrypted frame and return the message it completes, or None while more must come.

        Raises:
            PeerError: the frame is not the next one of this channel, and the channel is dead.
        """
        self._refuse_if_dead()
        assert self._state is _State.ESTABLISHED, "the handshake is not over"
        try:
            return self._open(frame)
        except PeerError:
            self._die()
            raise

    def _continue_handshake(self, frame: bytes) -> list[bytes]:
        """Read the handshake frame that is due and write the answer it asks for."""
        self._counted(frame)
        payload, transcript = self._handshake.read(frame)
        if self._handshake.remote_static is None:
            return [self._answer_first(payload)]
        version = self._learn_peer(payload, transcript)
        frames = [self._introduce(version)] if self._role is Role.INITIATOR else []
        self._sending, self._receiving = self._handshake.split()
        self._state = _State.ESTABLISHED
        return frames

    def _answer_first(self, payload: bytes) -> bytes:
        """Answer the first frame, whose payload would not be encrypted and must therefore be empty."""
        if payload:
            raise MalformedMessageError(f"expected a first frame without payload, found {len(payload)} bytes")
        return self._introduce(self._versions[1])

    def _introduce(self, version: int) -> bytes:
        """Write the handshake frame that proves this side's device key."""
        return self._counted(
            self._handshake.write(
                lambda transcript: handshake.introduce(
                    self._identity, role=self._role, version=version, transcript=transcript
                )
            )
        )

    def _learn_peer(self, payload: bytes, transcript: bytes) -> int:
        """Check the peer's payload, remember who it is, and return the version of the session."""
        if self._handshake.remote_static == self._handshake.static_public:
            raise UnexpectedMessageError("expected another node, found this one: it has dialled itself")
        introduction = handshake.read(payload)
        version = handshake.agree(offered=introduction.version, reader=self._role, versions=self._versions)
        self.peer = PeerIdentity(
            device=introduction.verify(role=self._role.other, transcript=transcript),
            community=introduction.community,
            version=version,
            features=tuple(name for name in introduction.features if name in self._identity.features),
        )
        return version

    def _counted(self, frame: bytes) -> bytes:
        """Add a frame to the bytes of the handshake, before anything in it costs time."""
        self._handshake_bytes += len(frame)
        if self._handshake_bytes > HANDSHAKE_BYTES_MAX:
            raise LimitExceededError(
                f"expected a handshake of at most {HANDSHAKE_BYTES_MAX} bytes, found {self._handshake_bytes}"
            )
        return frame

    @property
    def _compresses(self) -> bool:
        """Tell whether both sides announced that they read compressed messages."""
        return self.peer is not None and compression.FEATURE in self.peer.features

    def _seal_chunk(self, message: bytes, *, start: int, last: int) -> bytes:
        """Encrypt the part of a message that begins at `start`; `last` is the flag of its last frame."""
        end = start + CHUNK_BYTES_MAX
        flag = FLAG_MORE if end < len(message) else last
        return self._sending.encrypt(bytes((flag,)) + message[start:end])

    def _open(self, frame: bytes) -> bytes | None:
        """Check, decrypt and collect one frame."""
        chunk_bytes = len(frame) - FRAME_TAG_BYTES - 1
        if chunk_bytes > CHUNK_BYTES_MAX:
            raise LimitExceededError(
                f"expected a frame of at most {FRAME_BYTES_MAX} bytes, found {len(frame)}"
            )
        if chunk_bytes < 1:
            raise MalformedMessageError(f"expected a frame with content, found {len(frame)} bytes")
        if self._chunks_bytes + chunk_bytes > MESSAGE_BYTES_MAX:
            raise LimitExceededError(f"expected a message of at most {MESSAGE_BYTES_MAX} bytes, found more")
        plaintext = self._receiving.decrypt(frame)
        flag = plaintext[0]
        if flag == FLAG_LAST or (flag == FLAG_LAST_COMPRESSED and self._compresses):
            message = b"".join((*self._chunks, plaintext[1:]))
            self._chunks.clear()
            self._chunks_bytes = 0
            return message if flag == FLAG_LAST else compression.inflate(message)
        if flag != FLAG_MORE:
            raise MalformedMessageError(f"expected a frame that begins with a known flag, found {flag}")
        if chunk_bytes < CHUNK_BYTES_MAX:
            # One cutting only: frames of a byte each would cost the reader far more than their sender.
            raise MalformedMessageError(f"expected a full frame before the last, found {chunk_bytes} bytes")
        self._chunks.append(plaintext[1:])
        self._chunks_bytes += chunk_bytes
        return None

    def _refuse_if_dead(self) -> None:
        """Refuse every call after the channel has failed once."""
        if self._state is _State.DEAD:
            raise UnexpectedMessageError("this channel has failed; only a new connection makes another")

    def _die(self) -> None:
        """End the channel, and forget whom it was with and what was collected."""
        self._state = _State.DEAD
        self.peer = None
        self._chunks.clear()
        self._chunks_bytes = 0
