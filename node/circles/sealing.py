"""Sealed bodies: what all members carry and only a circle's parties read.

The content of a `sealed` body is one of two shapes, which anybody may check and nobody else can read:

- `[tag, nonce, ciphertext]`, a record sealed with a version's content key;
- `[nonce, [[hint, wrapped], …]]`, that key for some devices.

A **tag** is a keyed hash of the device that writes, so whoever has the key finds what it opens by one
look-up, and whoever has not cannot tell which two devices share a circle. A **hint** does the same for a
wrapped key, under the secret that two boxes share. AES-256-GCM-SIV (RFC 8452) bears even a nonce used twice.
"""

import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

from node import canonical
from node.canonical import Value
from node.circles.boxes import WRAP_BYTES, Box
from node.circles.statements import CIRCLE_NONCE_BYTES, VERSIONS_MAX, circle_id
from node.errors import BadSignatureError, PeerError, RejectedChangeError
from node.feeds import scopes
from node.feeds.entry import FeedKey
from node.ids import ID_BYTES
from node.keys import PublicKey

KEY_BYTES: Final = 32
TAG_BYTES: Final = 16
NONCE_BYTES: Final = 12
HINT_NONCE_BYTES: Final = 16
# What is read of a body at most, so that one costs its readers little: a hint takes 2 microseconds.
WRAPS_MAX: Final = 256
# Of a version in the wrapped key: as many for the first as for the last, so that nobody counts changes.
_NUMBER_BYTES: Final = 2
# Owner, nonce, number and key in CBOR.
_WRAPPED_BYTES: Final = WRAP_BYTES + 1 + 34 + 17 + 1 + _NUMBER_BYTES + 34
# Keys are given to so many at once, or a multiple: how many devices share a circle shall not be seen.
_WRAPPED_TOGETHER: Final = 8
_CIPHER_TAG_BYTES: Final = 16
# Lengths tell little: padded to a multiple of this.
_PADDED_TO: Final = 256
_END: Final = b"\x80"


@dataclass(frozen=True)
class ContentKey:
    """The key of one version of a circle, and what goes with it.

    Attributes:
        scope: of the federation among whose members it is used; elsewhere it opens nothing.
        owner: the community whose circle it is.
        nonce: of the circle.
        number: of the version, from 1.
    """

    scope: str
    owner: bytes
    nonce: bytes
    number: int
    key: bytes

    @cached_property
    def circle(self) -> bytes:
        """Return the circle's id: whoever gives a key cannot give it for another owner's circle."""
        federation = scopes.federation_of(self.scope)
        assert federation is not None, "keys are given among members"
        return circle_id(federation, self.owner, self.nonce)

    @cached_property
    def commitment(self) -> bytes:
        """Return the hash by which the version names this key."""
        return canonical.digest("hedgerow/circle-key/1", self.key)

    @cached_property
    def _cipher(self) -> AESGCMSIV:
        return AESGCMSIV(self._derived("hedgerow/circle-seal/1"))

    @cached_property
    def _tagging(self) -> bytes:
        return self._derived("hedgerow/circle-tag/1")

    def _derived(self, use: str) -> bytes:
        # With the version's place in it: a party that used the key for a circle of its own would else make
        # the same tags, and what is said in one be looked for in the other.
        return hmac.digest(self.key, canonical.encode([use, self.circle, self.number]), sha256)

    def tag(self, feed: FeedKey) -> bytes:
        """Return what stands before all that a device seals with this key in one scope."""
        return hmac.digest(self._tagging, _context(feed), sha256)[:TAG_BYTES]

    def seal(self, raw: bytes, feed: FeedKey, nonce: bytes) -> Value:
        """Return the content of a sealed body.

        Args:
            raw: a record.
            feed: in which it will stand; elsewhere it does not open.
            nonce: 12 random bytes.
        """
        padding = bytes(-(len(raw) + 1) % _PADDED_TO)
        return [self.tag(feed), nonce, self._cipher.encrypt(nonce, raw + _END + padding, _context(feed))]

    def open(self, sealed: "Sealed", feed: FeedKey) -> bytes:
        """Return the record in a sealed body.

        Raises:
            BadSignatureError: it was sealed with another key, or for another feed.
        """
        try:
            padded = self._cipher.decrypt(sealed.nonce, sealed.ciphertext, _context(feed))
        except InvalidTag as error:
            raise BadSignatureError("what is sealed does not open with this key") from error
        return padded.rstrip(b"\0").removesuffix(_END)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed record, as everybody reads it."""

    tag: bytes
    nonce: bytes
    ciphertext: bytes


@dataclass(frozen=True, slots=True)
class Wraps:
    """A content key for some devices, as everybody reads it: pairs of hint and wrapped key."""

    nonce: bytes
    wraps: tuple[tuple[bytes, bytes], ...]


def read(content: Value) -> Sealed | Wraps:
    """Read the content of a sealed body.

    Raises:
        RejectedChangeError: neither of the two shapes.
    """
    match content:
        case [bytes(tag), bytes(nonce), bytes(ciphertext)] if (
            len(tag) == TAG_BYTES
            and len(nonce) == NONCE_BYTES
            and len(ciphertext) > _CIPHER_TAG_BYTES
            and (len(ciphertext) - _CIPHER_TAG_BYTES) % _PADDED_TO == 0
        ):
            return Sealed(tag, nonce, ciphertext)
        case [bytes(nonce), [_, *_] as wraps] if len(nonce) == HINT_NONCE_BYTES and len(wraps) <= WRAPS_MAX:
            return Wraps(nonce, tuple(map(_wrap, wraps)))
        case _:
            raise RejectedChangeError("expected a sealed record or wrapped keys")


def _wrap(value: Value) -> tuple[bytes, bytes]:
    match value:
        case [bytes(hint), bytes(wrapped)] if len(hint) == TAG_BYTES and len(wrapped) == _WRAPPED_BYTES:
            return hint, wrapped
        case _:
            raise RejectedChangeError("expected a wrapped key as [hint, bytes]")


def wrap(
    key: ContentKey, box: Box, feed: FeedKey, to: Mapping[PublicKey, bytes], draw: Callable[[int], bytes]
) -> tuple[Value, Sequence[PublicKey]]:
    """Return the content of a body that gives a key to devices, and which of them it was given to.

    Args:
        key: what is given.
        box: the sender's.
        feed: in which it will stand.
        to: the public key of each device's box, by device. A box of small order is passed over.
        draw: returns that many random bytes.
    """
    plain = canonical.encode([key.owner, key.nonce, key.number.to_bytes(_NUMBER_BYTES, "big"), key.key])
    nonce = draw(HINT_NONCE_BYTES)
    wraps: list[Value] = []
    given: list[PublicKey] = []
    for device, public in sorted(to.items()):
        try:
            wrapped = box.wrap(plain, public, _wrapping(feed, device))
            wraps.append([_hint(box.agree(public), nonce, device), wrapped])
        except BadSignatureError:
            continue  # Its owner's fault, and its loss.
        given.append(device)
    while given and len(wraps) % _WRAPPED_TOGETHER:
        # To boxes that nobody has; random bytes in their place would be told from a one-time key.
        wraps.append([draw(TAG_BYTES), box.wrap(plain, draw(KEY_BYTES), _wrapping(feed, feed.device))])
    # In the order of hints, which tells nothing about whom they are for.
    return [nonce, sorted(wraps, key=canonical.encode)], given


def unwrap(wraps: Wraps, feed: FeedKey, sender: bytes, box: Box, device: bytes) -> ContentKey | None:
    """Return the key that a body gives to this device, None when it gives it none.

    Args:
        wraps: the body's content.
        feed: in which the body stands.
        sender: the public key of the box of the device that wrote it.
        box: this device's.
        device: its signing key.
    """
    try:
        wanted = _hint(box.agree(sender), wraps.nonce, device)
        for hint, wrapped in wraps.wraps:
            if hint == wanted:
                return _content_key(feed.scope, box.unwrap(wrapped, _wrapping(feed, device)))
    except PeerError:
        pass  # Somebody wrapped nonsense to this device: as good as nothing.
    return None


def _content_key(scope: str, plain: bytes) -> ContentKey | None:
    match canonical.decode(plain):
        case [bytes(owner), bytes(nonce), bytes(number), bytes(key)] if (
            len(owner) == ID_BYTES
            and len(nonce) == CIRCLE_NONCE_BYTES
            and len(number) == _NUMBER_BYTES
            and len(key) == KEY_BYTES
            and 1 <= int.from_bytes(number, "big") <= VERSIONS_MAX
        ):
            return ContentKey(scope, owner, nonce, int.from_bytes(number, "big"), key)
        case _:
            return None


def _hint(secret: bytes, nonce: bytes, device: bytes) -> bytes:
    # With the device in it: charters do not prove whose a box is, and two may list the same.
    return hmac.digest(secret, b"hedgerow/circle-hint/1" + nonce + device, sha256)[:TAG_BYTES]


def _context(feed: FeedKey) -> bytes:
    return canonical.encode(["hedgerow/sealed/1", feed.scope, feed.device])


def _wrapping(feed: FeedKey, device: bytes) -> bytes:
    return canonical.encode(["hedgerow/circle-wrap/1", feed.scope, feed.device, device])
