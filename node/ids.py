"""Identifiers: 32 bytes inside, lower-case base32 without padding for people and files.

Each kind of id has a type of its own, so that a document's id cannot be passed where a community's is
meant. Keys have a spelling of their own: see keys.py.
"""

import base64
import binascii
from functools import lru_cache
from typing import NewType

from node.errors import UserError

EntryId = NewType("EntryId", bytes)
RecordId = NewType("RecordId", bytes)
PayloadId = NewType("PayloadId", bytes)
DocumentId = NewType("DocumentId", bytes)
CommunityId = NewType("CommunityId", bytes)
FederationId = NewType("FederationId", bytes)

ID_BYTES = 32
ID_CHARS = 52


@lru_cache(maxsize=4_096)
def show(identifier: bytes) -> str:
    """Write an id as 52 lower-case base32 characters."""
    return base64.b32encode(identifier).decode("ascii").rstrip("=").lower()


def parse(text: str) -> bytes:
    """Read what `show` wrote.

    Raises:
        UserError: the text is not exactly one id in its only spelling.
    """
    cleaned = text.strip()
    try:
        raw = base64.b32decode(cleaned.upper() + "=" * (-len(cleaned) % 8))
    except (binascii.Error, ValueError) as error:
        raise UserError(f"expected an id of {ID_CHARS} letters and digits, found {text!r}") from error
    if len(raw) != ID_BYTES or show(raw) != cleaned:
        raise UserError(f"expected an id of {ID_CHARS} lower-case letters and digits, found {text!r}")
    return raw
