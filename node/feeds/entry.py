"""Entries: the headers that chain a feed, and the signature that covers all before it (formats.md)."""

from dataclasses import dataclass
from hashlib import sha256

from node import canonical, keys
from node.ids import EntryId
from node.keys import PublicKey, Signer

_VERSION = 1
_SIGNED_PREFIX = b"hedgerow/feed/1"


@dataclass(frozen=True, slots=True)
class FeedKey:
    """Which feed: one device key in one scope."""

    device: PublicKey
    scope: str


@dataclass(frozen=True, slots=True)
class Head:
    """The end of one branch of a feed."""

    seq: int
    id: EntryId


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry with its place in the chain.

    Attributes:
        seq: place in the feed, from 1.
        prev: id of the entry before, None at seq 1 only.
        body: None once superseded or erased; its hash and length stay.
        hours: coarse time by the author's clock, whole hours since 1970; it decides nothing.
        signature: the author's over this entry and so over all before it, or None inside a stretch.
    """

    feed: FeedKey
    seq: int
    prev: EntryId | None
    body_hash: bytes
    body_bytes: int
    hours: int
    id: EntryId
    body: bytes | None
    signature: bytes | None


def build(
    feed: FeedKey,
    *,
    seq: int,
    prev: EntryId | None,
    body: bytes | None,
    hours: int,
    body_hash: bytes | None = None,
    body_bytes: int | None = None,
    signature: bytes | None = None,
) -> Entry:
    """Make the entry at one place of a feed; its id follows from its header.

    Where the body is gone its hash and length are given instead.
    """
    if body is not None:
        body_hash, body_bytes = sha256(body).digest(), len(body)
    assert body_hash is not None, "an entry without a body needs its hash"
    assert body_bytes is not None, "an entry without a body needs its length"
    header = canonical.encode([_VERSION, feed.device, feed.scope, seq, prev, body_hash, body_bytes, hours])
    return Entry(
        feed=feed,
        seq=seq,
        prev=prev,
        body_hash=body_hash,
        body_bytes=body_bytes,
        hours=hours,
        id=EntryId(sha256(header).digest()),
        body=body,
        signature=signature,
    )


def sign(entry_id: EntryId, signer: Signer) -> bytes:
    """Sign a feed up to and including this entry."""
    return signer.sign(_SIGNED_PREFIX + entry_id)


def verify(entry_id: EntryId, device: bytes, signature: bytes) -> None:
    """Check the signature over a feed's end.

    Raises:
        BadSignatureError: it does not hold.
    """
    keys.verify(device, signature, _SIGNED_PREFIX + entry_id)
