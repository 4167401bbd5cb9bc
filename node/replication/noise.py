"""Noise_XX_25519_ChaChaPoly_SHA256 after the Noise Protocol Framework, revision 34 (2018-07-11).

This module owns the three state objects of section 5 for the one pattern, curve, cipher and hash Hedgerow
speaks. It draws no keys: ephemeral keys come in as arguments, and one must never be used for two handshakes.
What the payloads say, and who may say it, is channel.py's.

Section numbers below are those of the Noise specification.
"""

import hashlib
import hmac
from collections.abc import Callable
from typing import Final, Literal, TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from node.errors import BadSignatureError, LimitExceededError, MalformedMessageError

# Exactly 32 bytes, the length of the hash: section 5.2 then takes it as the first h without hashing.
PROTOCOL_NAME: Final = b"Noise_XX_25519_ChaChaPoly_SHA256"
DH_BYTES: Final = 32
HASH_BYTES: Final = 32
TAG_BYTES: Final = 16
# Section 3: no Noise message is longer.
MESSAGE_BYTES_MAX: Final = 65_535
# Section 5.1: the highest nonce is reserved and must never be used.
NONCE_RESERVED: Final = 2**64 - 1

assert len(PROTOCOL_NAME) == HASH_BYTES

_Token: TypeAlias = Literal["e", "s", "ee", "es", "se"]
# Section 7.5, pattern XX: the initiator writes the first and the third message.
_PATTERN: Final[tuple[tuple[_Token, ...], ...]] = (
    ("e",),
    ("e", "ee", "s", "es"),
    ("s", "se"),
)


class CipherState:
    """Encrypt or decrypt one direction, counting nonces (section 5.1)."""

    __slots__ = ("_cipher", "_nonce")

    def __init__(self, key: bytes | None = None, *, nonce: int = 0) -> None:
        self._cipher = None if key is None else ChaCha20Poly1305(key)
        self._nonce = nonce

    def encrypt(self, plaintext: bytes, *, associated: bytes = b"") -> bytes:
        """Return the ciphertext with its tag, or the plaintext itself as long as there is no key.

        Raises:
            LimitExceededError: all nonces are used up; only a new connection gets new keys.
        """
        if self._cipher is None:
            return plaintext
        ciphertext = self._cipher.encrypt(self._nonce_bytes(), plaintext, associated)
        self._nonce += 1
        return ciphertext

    def decrypt(self, ciphertext: bytes, *, associated: bytes = b"") -> bytes:
        """Return the plaintext; a failure leaves the nonce where it was.

        Raises:
            BadSignatureError: the tag does not hold: changed, replayed, reordered or from another channel.
            LimitExceededError: all nonces are used up.
        """
        if self._cipher is None:
            return ciphertext
        try:
            plaintext = self._cipher.decrypt(self._nonce_bytes(), ciphertext, associated)
        except InvalidTag as error:
            raise BadSignatureError("expected the next ciphertext of this channel, found another") from error
        self._nonce += 1
        return plaintext

    def _nonce_bytes(self) -> bytes:
        """Return the nonce as section 12.3 lays it out: 32 zero bits, then 64 bits little-endian."""
        if self._nonce >= NONCE_RESERVED:
            raise LimitExceededError("all nonces of this channel are used up; connect anew")
        return b"\x00\x00\x00\x00" + self._nonce.to_bytes(8, "little")


class SymmetricState:
    """Hold the chaining key and the hash of all that was said (section 5.2)."""

    __slots__ = ("_chaining_key", "_cipher", "hash")

    def __init__(self) -> None:
        self.hash = PROTOCOL_NAME
        self._chaining_key = PROTOCOL_NAME
        self._cipher = CipherState()

    def mix_key(self, input_key_material: bytes) -> None:
        """Derive the next chaining key and the next cipher key from a shared secret."""
        self._chaining_key, key = _hkdf(self._chaining_key, input_key_material)
        self._cipher = CipherState(key)

    def mix_hash(self, data: bytes) -> None:
        """Add bytes to the transcript."""
        self.hash = hashlib.sha256(self.hash + data).digest()

    def encrypt_and_hash(self, plaintext: bytes) -> bytes:
        """Encrypt under the transcript so far, and add the result to it."""
        ciphertext = self._cipher.encrypt(plaintext, associated=self.hash)
        self.mix_hash(ciphertext)
        return ciphertext

    def decrypt_and_hash(self, ciphertext: bytes) -> bytes:
        """Decrypt what `encrypt_and_hash` wrote, and add it to the transcript."""
        plaintext = self._cipher.decrypt(ciphertext, associated=self.hash)
        self.mix_hash(ciphertext)
        return plaintext

    def split(self) -> tuple[CipherState, CipherState]:
        """Return the transport ciphers: the initiator's sending one first."""
        first, second = _hkdf(self._chaining_key, b"")
        return CipherState(first), CipherState(second)


class HandshakeState:
    """Write and read the three messages of XX in turn (section 5.3).

    A PeerError from `read` ends the handshake: the object must then be thrown away.
    """

    __slots__ = (
        "_ephemeral",
        "_initiator",
        "_messages_done",
        "_remote_ephemeral",
        "_static",
        "_symmetric",
        "ephemeral_public",
        "remote_static",
        "static_public",
    )

    def __init__(
        self, *, initiator: bool, prologue: bytes, static_private: bytes, ephemeral_private: bytes
    ) -> None:
        self._initiator = initiator
        self._static = X25519PrivateKey.from_private_bytes(static_private)
        self._ephemeral = X25519PrivateKey.from_private_bytes(ephemeral_private)
        self.static_public = self._static.public_key().public_bytes_raw()
        self.ephemeral_public = self._ephemeral.public_key().public_bytes_raw()
        self.remote_static: bytes | None = None
        self._remote_ephemeral: bytes | None = None
        self._messages_done = 0
        self._symmetric = SymmetricState()
        self._symmetric.mix_hash(prologue)

    @property
    def complete(self) -> bool:
        """Tell whether all three messages have gone through."""
        return self._messages_done == len(_PATTERN)

    @property
    def hash(self) -> bytes:
        """Return the hash of the transcript so far; when complete it names this channel and no other."""
        return self._symmetric.hash

    def write(self, payload_for: Callable[[bytes], bytes]) -> bytes:
        """Write the next message.

        Args:
            payload_for: makes the payload from the transcript's hash as it stands just before the payload is
                encrypted, so that a payload can hold a signature over everything said until then.
        """
        assert not self.complete, "the handshake is over"
        assert self._writes_next, "it is the peer's turn to write"
        parts = [self._write_token(token) for token in _PATTERN[self._messages_done]]
        parts.append(self._symmetric.encrypt_and_hash(payload_for(self._symmetric.hash)))
        self._messages_done += 1
        return b"".join(parts)

    def read(self, message: bytes) -> tuple[bytes, bytes]:
        """Read the next message.

        Returns:
            The payload, and the transcript's hash as it stood just before the payload.

        Raises:
            MalformedMessageError: too short to be this message.
            LimitExceededError: longer than any Noise message.
            BadSignatureError: changed on the way, or a key that contributes nothing secret.
        """
        assert not self.complete, "the handshake is over"
        assert not self._writes_next, "it is this side's turn to write"
        if len(message) > MESSAGE_BYTES_MAX:
            raise LimitExceededError(f"expected at most {MESSAGE_BYTES_MAX} bytes, found {len(message)}")
        rest = message
        for token in _PATTERN[self._messages_done]:
            rest = self._read_token(token, rest)
        hash_before_payload = self._symmetric.hash
        payload = self._symmetric.decrypt_and_hash(rest)
        self._messages_done += 1
        return payload, hash_before_payload

    def split(self) -> tuple[CipherState, CipherState]:
        """Return this side's transport ciphers: the sending one, then the receiving one."""
        assert self.complete, "the handshake is not over"
        first, second = self._symmetric.split()
        return (first, second) if self._initiator else (second, first)

    @property
    def _writes_next(self) -> bool:
        """Tell whether the next message is this side's to write."""
        return self._initiator == (self._messages_done % 2 == 0)

    def _write_token(self, token: _Token) -> bytes:
        """Carry out one token of the pattern and return the bytes it adds to the message."""
        match token:
            case "e":
                self._symmetric.mix_hash(self.ephemeral_public)
                return self.ephemeral_public
            case "s":
                return self._symmetric.encrypt_and_hash(self.static_public)
            case "ee" | "es" | "se":
                self._mix_shared(token)
                return b""

    def _read_token(self, token: _Token, rest: bytes) -> bytes:
        """Carry out one token of the pattern and return what of the message is left."""
        match token:
            case "e":
                self._remote_ephemeral, rest = _take(rest, DH_BYTES)
                self._symmetric.mix_hash(self._remote_ephemeral)
                return rest
            case "s":
                encrypted, rest = _take(rest, DH_BYTES + TAG_BYTES)
                self.remote_static = self._symmetric.decrypt_and_hash(encrypted)
                return rest
            case "ee" | "es" | "se":
                self._mix_shared(token)
                return rest

    def _mix_shared(self, token: Literal["ee", "es", "se"]) -> None:
        """Mix in one Diffie-Hellman result; the token names the initiator's key first."""
        mine, theirs = token if self._initiator else reversed(token)
        private = self._ephemeral if mine == "e" else self._static
        public = self._remote_ephemeral if theirs == "e" else self.remote_static
        assert public is not None, f"the pattern uses {token} before the key is known"
        self._symmetric.mix_key(_shared_secret(private, public))


def _shared_secret(private: X25519PrivateKey, public: bytes) -> bytes:
    """Return X25519 of two keys, refusing the points whose result is zero for every private key.

    Section 12.1 leaves the check to the application: with such a point an attacker would know a secret that
    is meant to be shared with one peer only. RFC 7748, section 6.1; OpenSSL makes the comparison.
    """
    try:
        return private.exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError as error:
        raise BadSignatureError(
            "expected an X25519 key, found a small-order point that shares nothing"
        ) from error


def _hkdf(chaining_key: bytes, input_key_material: bytes) -> tuple[bytes, bytes]:
    """Return two outputs of HKDF with SHA-256 (section 4.3)."""
    temporary = hmac.digest(chaining_key, input_key_material, "sha256")
    first = hmac.digest(temporary, b"\x01", "sha256")
    second = hmac.digest(temporary, first + b"\x02", "sha256")
    return first, second


def _take(data: bytes, count: int) -> tuple[bytes, bytes]:
    """Cut a fixed number of bytes off the front of a message."""
    if len(data) < count:
        raise MalformedMessageError(f"expected {count} more bytes of a handshake message, found {len(data)}")
    return data[:count], data[count:]
