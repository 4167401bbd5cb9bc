"""Tests of compression inside the channel: what it saves, and what a hostile stream cannot do."""

import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.errors import LimitExceededError, MalformedMessageError
from node.limits import MESSAGE_BYTES_MAX
from node.replication import compression
from node.replication.channel import FLAG_LAST_COMPRESSED, SecureChannel
from node.replication.handshake import Role
from node.replication.noise import CipherState
from tests.replication.test_channel import channel, shake_hands

LONG = b"apples and bread and " * 2_000


def established(*, features: tuple[str, ...]) -> tuple[SecureChannel, SecureChannel]:
    """Return both sides of a channel on which the first offers compression and the second these features."""
    near = channel(Role.INITIATOR, features=(compression.FEATURE,))
    far = channel(Role.RESPONDER, features=features)
    shake_hands(near, far)
    return near, far


@given(st.binary(max_size=4_096), st.integers(1, 40))
def test_what_is_compressed_comes_back(part: bytes, times: int) -> None:
    """A message that is worth compressing is smaller, and is itself again afterwards."""
    message = part * times
    small = compression.deflate(message)
    if small is not None:
        assert len(small) < len(message)
        assert compression.inflate(small) == message


def test_what_cannot_become_smaller_is_left_alone() -> None:
    """A short message is not worth the time, and random bytes do not shrink."""
    assert compression.deflate(b"a" * (compression.COMPRESSED_BYTES_MIN - 1)) is None
    assert compression.deflate(bytes(range(256)) * 2) is not None
    assert (
        compression.deflate(b"".join(number.to_bytes(4, "big") for number in range(7_919, 9_000))) is not None
    )


def test_attack_a_stream_that_inflates_without_end_costs_no_more_than_a_message() -> None:
    """A megabyte that inflates to a gigabyte is refused after as much as one message may hold."""
    bomb = zlib.compress(bytes(64 * 1024 * 1024), 9)
    tracemalloc.start()
    try:
        with pytest.raises(LimitExceededError):
            compression.inflate(bomb)
        assert tracemalloc.get_traced_memory()[1] < 4 * MESSAGE_BYTES_MAX
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "stream",
    [
        b"",
        b"no stream",
        zlib.compress(LONG)[:-1],
        zlib.compress(LONG) + b"more",
        zlib.compress(b""),
    ],
)
def test_attack_anything_but_one_whole_stream_is_refused(stream: bytes) -> None:
    """A stream cut short, followed by something, or of nothing, is no message."""
    with pytest.raises(MalformedMessageError):
        compression.inflate(stream)


def test_two_sides_that_both_announce_it_send_less() -> None:
    """A long message takes fewer bytes on the wire, and arrives as it was."""
    near, far = established(features=(compression.FEATURE,))
    frames = near.seal(LONG, compress=True)
    assert sum(map(len, frames)) < len(LONG) / 10
    assert [far.open(frame) for frame in frames][-1] == LONG


def test_a_side_that_did_not_announce_it_is_sent_nothing_compressed() -> None:
    """Where only one side reads compressed messages, both send them plain."""
    near, far = established(features=())
    frames = near.seal(LONG, compress=True)
    assert sum(map(len, frames)) > len(LONG)
    assert [far.open(frame) for frame in frames][-1] == LONG


def test_attack_a_compressed_message_that_nobody_agreed_on_ends_the_channel() -> None:
    """The flag of a compressed message is an unknown flag to who did not announce that it reads it."""
    near, far = established(features=())
    sending: CipherState = near._sending
    with pytest.raises(MalformedMessageError):
        far.open(sending.encrypt(bytes((FLAG_LAST_COMPRESSED,)) + zlib.compress(LONG)))
    assert far.dead
