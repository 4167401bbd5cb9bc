"""How a token is drawn, written and recognised; imports no web, so that the command line stays quick."""

from collections.abc import Callable
from hashlib import sha256
from typing import Final

from node import ids
from node.errors import UserError

SECRET_BYTES: Final = 32
# The beginning lets people and scanners tell what leaked.
PREFIX: Final = "hedgerow_"


def draw(entropy: Callable[[int], bytes]) -> tuple[str, bytes]:
    """Draw a token and return how it is written, to be shown once, with the SHA-256 to be kept of it."""
    secret = entropy(SECRET_BYTES)
    return PREFIX + ids.show(secret), sha256(secret).digest()


def digest(written: str) -> bytes:
    """Return the SHA-256 of a token as it was written; of no bytes for anything else, which fits none."""
    try:
        secret = ids.parse(written.strip().removeprefix(PREFIX))
    except UserError:
        secret = b""
    return sha256(secret).digest()
