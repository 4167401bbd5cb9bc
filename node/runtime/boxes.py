"""A device's box, with HPKE from `cryptography`: the port is node/circles/boxes.py."""

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from node.errors import BadSignatureError

_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


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
