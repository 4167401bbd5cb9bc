"""Ed25519 keys: make, sign, verify, and write as ``did:key``.

One library does all Ed25519 (libsodium through PyNaCl), so that every node gives the same answer about odd
signatures: docs/decisions/0002. Private keys enter as seeds; drawing them and keeping them on disk is the
shell's work.
"""

from functools import lru_cache
from typing import NewType, Protocol

import base58
from nacl.bindings import (
    crypto_core_ed25519_is_valid_point,
    crypto_sign,
    crypto_sign_BYTES,
    crypto_sign_open,
    crypto_sign_seed_keypair,
)
from nacl.exceptions import BadSignatureError as SodiumError
from nacl.exceptions import CryptoError

from node.errors import BadSignatureError, UserError

# The 32 bytes of an Ed25519 public key that `check_public_key` has seen.
PublicKey = NewType("PublicKey", bytes)

KEY_BYTES = 32
SIGNATURE_BYTES = crypto_sign_BYTES
# Multicodec prefixes of did:key (W3C CCG, did-method-key): Ed25519 and X25519 public keys.
_ED25519_CODEC = b"\xed\x01"
_DID_PREFIX = "did:key:z"
# Base58 costs the square of its length; a key has 56 characters.
_DID_CHARS_MAX = 80


class Signer(Protocol):
    """What the core needs of a private key: it may sign, and it says which key it is."""

    @property
    def public(self) -> PublicKey:
        """Return the public key that verifies what `sign` returns."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte Ed25519 signature (RFC 8032) of the message."""
        ...


class KeyPair:
    """Hold one Ed25519 private key in memory and sign with it."""

    __slots__ = ("_secret", "public", "seed")

    def __init__(self, seed: bytes) -> None:
        public, self._secret = crypto_sign_seed_keypair(seed)
        self.public = PublicKey(public)
        self.seed = seed

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature of the message."""
        return crypto_sign(message, self._secret)[:SIGNATURE_BYTES]

    def __repr__(self) -> str:
        """Show the public half only, so that no log ever holds a seed."""
        return f"KeyPair({show(self.public)})"


def verify(public_key: bytes, signature: bytes, message: bytes) -> None:
    """Check one signature.

    Raises:
        BadSignatureError: the signature does not hold, or the key is not one `check_public_key` accepts.
    """
    if len(signature) != SIGNATURE_BYTES:
        raise BadSignatureError(f"expected a signature of {SIGNATURE_BYTES} bytes, found {len(signature)}")
    check_public_key(public_key)
    try:
        crypto_sign_open(signature + message, public_key)
    except (SodiumError, CryptoError, ValueError, TypeError) as error:
        raise BadSignatureError(f"the signature by {show(public_key)} does not hold") from error


@lru_cache(maxsize=4096)
def check_public_key(raw: bytes) -> PublicKey:
    """Accept 32 bytes as a public key.

    A small-order key would make one signature fit every message, and a second spelling of a key would be a
    second identity; libsodium's point check refuses both (RFC 8032, section 5.1.7; facts in
    docs/decisions/0002).

    Raises:
        BadSignatureError: not a canonical point of the prime-order group.
    """
    if len(raw) != KEY_BYTES:
        raise BadSignatureError(f"expected a key of {KEY_BYTES} bytes, found {len(raw)}")
    if not crypto_core_ed25519_is_valid_point(raw):
        raise BadSignatureError("expected a canonical Ed25519 key of the prime-order group")
    return PublicKey(raw)


def show(public_key: bytes) -> str:
    """Write a public key as ``did:key:z6Mk…``."""
    return _DID_PREFIX + base58.b58encode(_ED25519_CODEC + public_key).decode("ascii")


def parse(text: str) -> PublicKey:
    """Read what `show` wrote.

    Raises:
        UserError: not a did:key of an Ed25519 key.
    """
    cleaned = text.strip()[:_DID_CHARS_MAX]
    try:
        raw = base58.b58decode(cleaned.removeprefix(_DID_PREFIX)) if cleaned.startswith(_DID_PREFIX) else b""
        key = check_public_key(raw.removeprefix(_ED25519_CODEC)) if raw.startswith(_ED25519_CODEC) else None
    except (ValueError, BadSignatureError):
        key = None
    if key is None or show(key) != text.strip():
        raise UserError(f"expected a key such as did:key:z6Mk…, found {text[:80]!r}")
    return key
