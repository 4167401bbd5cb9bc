"""HPKE written after RFC 9180, base mode, for one message: DHKEM(X25519), HKDF-SHA256, AES-256-GCM.

A second reading of the library's, and a box whose one-time keys a seed gives: in the simulator the same seed
must make the same bytes. Section numbers are the RFC's.
"""

import hmac
from collections.abc import Callable
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from node.errors import BadSignatureError
from node.runtime.boxes import BoxKey

_KEM = b"KEM" + (0x0020).to_bytes(2, "big")
_SUITE = b"HPKE" + b"".join(number.to_bytes(2, "big") for number in (0x0020, 0x0001, 0x0002))


def _extract(suite: bytes, salt: bytes, label: bytes, material: bytes) -> bytes:
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + material, sha256)


def _expand(suite: bytes, secret: bytes, label: bytes, info: bytes, length: int) -> bytes:
    labelled = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    found, block = b"", b""
    while len(found) < length:
        block = hmac.digest(secret, block + labelled + bytes([len(found) // 32 + 1]), sha256)
        found += block
    return found[:length]


def _schedule(shared: bytes, info: bytes) -> tuple[bytes, bytes]:
    """Return key and base nonce (section 5.1, mode_base)."""
    context = b"\0" + _extract(_SUITE, b"", b"psk_id_hash", b"") + _extract(_SUITE, b"", b"info_hash", info)
    secret = _extract(_SUITE, shared, b"secret", b"")
    return _expand(_SUITE, secret, b"key", context, 32), _expand(_SUITE, secret, b"base_nonce", context, 12)


def _shared(agreed: bytes, one_time: bytes, to: bytes) -> bytes:
    """Return the secret of section 4.1."""
    extracted = _extract(_KEM, b"", b"eae_prk", agreed)
    return _expand(_KEM, extracted, b"shared_secret", one_time + to, 32)


def wrap(plain: bytes, to: bytes, info: bytes, seed: bytes) -> bytes:
    """Return what only the box `to` can open; `seed` is the one-time private key."""
    one_time = X25519PrivateKey.from_private_bytes(seed)
    public = one_time.public_key().public_bytes_raw()
    agreed = one_time.exchange(X25519PublicKey.from_public_bytes(to))
    key, nonce = _schedule(_shared(agreed, public, to), info)
    return public + AESGCM(key).encrypt(nonce, plain, b"")


def unwrap(wrapped: bytes, info: bytes, seed: bytes) -> bytes:
    """Return what was wrapped to the box of this private key."""
    box, public = X25519PrivateKey.from_private_bytes(seed), wrapped[:32]
    agreed = box.exchange(X25519PublicKey.from_public_bytes(public))
    key, nonce = _schedule(_shared(agreed, public, box.public_key().public_bytes_raw()), info)
    return AESGCM(key).decrypt(nonce, wrapped[32:], b"")


class SeededBox(BoxKey):
    """A box that draws its one-time keys from where it is told."""

    __slots__ = ("_draw",)

    def __init__(self, seed: bytes, draw: Callable[[int], bytes]) -> None:
        super().__init__(seed)
        self._draw = draw

    def wrap(self, plain: bytes, to: bytes, info: bytes) -> bytes:
        """Return what only the box `to` can open."""
        try:
            return wrap(plain, to, info, self._draw(32))
        except ValueError as error:
            raise BadSignatureError("expected the key of a box, found one of small order") from error
