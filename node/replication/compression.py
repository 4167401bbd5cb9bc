"""Compression of one message inside the encrypted channel, and its bounds.

Each message is compressed by itself: a context kept from one message to the next would let what a peer wrote
be compared, by the length of a frame, with what it must not know. For the same reason only messages are
compressed that hold no secret (`links.py` says which). Level 1: on entries of listings it is a quarter larger
than level 6 and takes a third of the time (docs/performance.md).
"""

import zlib
from typing import Final

from node.errors import LimitExceededError, MalformedMessageError
from node.limits import MESSAGE_BYTES_MAX

# The name under which both sides announce it in the handshake.
FEATURE: Final = "zlib"
# Below this there is nothing to be won: an entry is mostly hashes, and a lone change has few words.
COMPRESSED_BYTES_MIN: Final = 512
_LEVEL: Final = 1


def deflate(message: bytes) -> bytes | None:
    """Return a message compressed, or None when that would not make it smaller."""
    if len(message) < COMPRESSED_BYTES_MIN:
        return None
    small = zlib.compress(message, _LEVEL)
    return small if len(small) < len(message) else None


def inflate(small: bytes) -> bytes:
    """Return what `deflate` compressed.

    Raises:
        LimitExceededError: more than a message may hold; no more than that is ever inflated.
        MalformedMessageError: not one whole zlib stream, or one that holds nothing.
    """
    stream = zlib.decompressobj()
    try:
        message = stream.decompress(small, MESSAGE_BYTES_MAX + 1)
    except zlib.error as error:
        raise MalformedMessageError(f"expected a compressed message: {error}") from error
    if len(message) > MESSAGE_BYTES_MAX:
        raise LimitExceededError(f"expected a message of at most {MESSAGE_BYTES_MAX} bytes, found more")
    if not stream.eof or stream.unused_data or not message:
        raise MalformedMessageError("expected one whole compressed message, found a part of one or more")
    return message
