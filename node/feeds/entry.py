"""Entries: the headers that chain a feed, and the signature that covers all before it (formats.md)."""

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

from node import canonical, keys
from node.feeds import bodies
from node.ids import DocumentId, EntryId
from node.keys import PublicKey, Signer

_VERSION = 1
_SIGNED_PREFIX = b"hedgerow/feed/1"


class FeedKey(NamedTuple):
    """Which feed: one device key in one scope. A tuple: a key of tables that are asked for every entry."""

    device: PublicKey
    scope: str


class Head(NamedTuple):
    """The end of one branch of a feed, or another place on it. A tuple: several are made for every entry."""

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
        document: which document the body names, None for none; known beyond the body's end.
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
    document: DocumentId | None = None

    def signed(self, signature: bytes | None) -> "Entry":
        """Return this entry with a signature; `dataclasses.replace` takes several times as long."""
        return Entry(
            self.feed,
            self.seq,
            self.prev,
            self.body_hash,
            self.body_bytes,
            self.hours,
            self.id,
            self.body,
            signature,
            self.document,
        )


def build(  # noqa: PLR0913  each is a part of the header or what it covers
    feed: FeedKey,
    *,
    seq: int,
    prev: EntryId | None,
    body: bytes | None,
    hours: int,
    body_hash: bytes | None = None,
    body_bytes: int | None = None,
    document: DocumentId | None = None,
    signature: bytes | None = None,
) -> Entry:
    """Make the entry at one place of a feed; its id follows from its header.

    Where the body is gone its hash, its length and the document it named are given instead.
    """
    if body is not None:
        body_hash, body_bytes, document = sha256(body).digest(), len(body), bodies.document_named(body)
    assert body_hash is not None, "an entry without a body needs its hash"
    assert body_bytes is not None, "an entry without a body needs its length"
    header = b"".join(
        (
            _header_start(feed.device, feed.scope),
            _natural(seq),
            _NULL if prev is None else _ID_HEAD + prev,
            _ID_HEAD,
            body_hash,
            _natural(body_bytes),
            _natural(hours),
            _NULL if document is None else _ID_HEAD + document,
        )
    )
    # By position: keywords cost a tenth of what proving an entry does.
    made = EntryId(sha256(header).digest())
    return Entry(feed, seq, prev, body_hash, body_bytes, hours, made, body, signature, document)


# How CBOR spells null and the head of 32 bytes.
_NULL = b"\xf6"
_ID_HEAD = b"\x58\x20"


@lru_cache(maxsize=1_024)
def _header_start(device: bytes, scope: str) -> bytes:
    """Return how every header of a feed begins: a list of nine, then version, device and scope."""
    return canonical.encode([_VERSION, device, scope, 0, 0, 0, 0, 0, 0])[:-6]


def _natural(number: int) -> bytes:
    """Spell a natural number as canonical CBOR does; a header is hashed for every entry that arrives."""
    if number < 24:
        return bytes((number,))
    if number < 0x100:
        return bytes((0x18, number))
    if number < 0x1_0000:
        return b"\x19" + number.to_bytes(2, "big")
    if number < 0x1_0000_0000:
        return b"\x1a" + number.to_bytes(4, "big")
    return b"\x1b" + number.to_bytes(8, "big")


def sign(entry_id: EntryId, signer: Signer) -> bytes:
    """Sign a feed up to and including this entry."""
    return signer.sign(_SIGNED_PREFIX + entry_id)


def verify(entry_id: EntryId, device: bytes, signature: bytes) -> None:
    """Check the signature over a feed's end.

    Raises:
        BadSignatureError: it does not hold.
    """
    keys.verify(device, signature, _SIGNED_PREFIX + entry_id)
