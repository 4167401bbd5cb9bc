"""Boxes: a device's X25519 key, to which others wrap what only it shall read.

HPKE in base mode (RFC 9180) with X25519, HKDF-SHA256 and AES-256-GCM, from `cryptography`. Base mode proves
no sender: what it wraps travels in an entry that its sender signed.
"""

from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from node.errors import BadSignatureError

_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
# What wrapping adds: the one-time key and the tag.
WRAP_BYTES: Final = 32 + 16


class Box(Protocol):
    """What the core needs of a device's X25519 key."""

    @property
    def public(self) -> bytes:
        """Return the 32-byte public key."""
        ...

    def agree(self, other: bytes) -> bytes:
        """Return the 32 secret bytes shared with another box (RFC 7748).

        Raises:
            BadSignatureError: the other key is none that anybody can share a secret with.
        """
        ...

    def wrap(self, plain: bytes, to: bytes, info: bytes) -> bytes:
        """Return what only the box `to` can open, and only with the same `info`.

        Raises:
            BadSignatureError: as `agree`.
        """
        ...

    def unwrap(self, wrapped: bytes, info: bytes) -> bytes:
        """Return what was wrapped to this box.

        Raises:
            BadSignatureError: it was not, or not with this `info`.
        """
        ...


class BoxKey:
    """Hold one X25519 private key in memory."""

    __slots__ = ("_private", "public")

    def __init__(self, seed: bytes) -> None:
        self._private = X25519PrivateKey.from_private_bytes(seed)
        self.public = self._private.public_key().public_bytes_raw()

    def agree(self, other: bytes) -> bytes:
        """Return the secret shared with another box."""
        try:
            return self._private.exchange(X25519PublicKey.from_public_bytes(other))
        except ValueError as error:  # A point of small order: the secret would be zeros.
            raise BadSignatureError("expected the key of a box, found one of small order") from error

    def wrap(self, plain: bytes, to: bytes, info: bytes) -> bytes:
        """Return what only the box `to` can open."""
        try:
            return _SUITE.encrypt(plain, X25519PublicKey.from_public_bytes(to), info)
        except ValueError as error:
            raise BadSignatureError("expected the key of a box, found one of small order") from error

    def unwrap(self, wrapped: bytes, info: bytes) -> bytes:
        """Return what was wrapped to this box."""
        try:
            return _SUITE.decrypt(wrapped, self._private, info)
        except (InvalidTag, ValueError) as error:
            raise BadSignatureError("what is wrapped does not open with this box") from error
