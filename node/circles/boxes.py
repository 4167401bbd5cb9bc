"""Boxes: a device's X25519 key, to which others wrap what only it shall read.

HPKE in base mode (RFC 9180) with X25519, HKDF-SHA256 and AES-256-GCM. Base mode proves no sender: what it
wraps travels in an entry that its sender signed. Each wrapping draws a one-time key, so the box itself is the
shell's (runtime/boxes.py).
"""

from typing import Final, Protocol

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
