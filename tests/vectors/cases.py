"""The shape of cases in the vector files."""

from typing import Any

Case = dict[str, Any]

# By name: the bytes, the error of node/errors.py that refuses them, and the reason for readers.
Broken = dict[str, tuple[bytes, str, str]]

MALFORMED = "MalformedMessageError"
UNSIGNED = "BadSignatureError"
LIMIT = "LimitExceededError"
VERSION = "UnsupportedVersionError"
USER = "UserError"


def listed(broken: Broken) -> list[Case]:
    """Return broken cases as the files hold them."""
    return [
        {"name": name, "raw": raw.hex(), "error": error, "reason": reason}
        for name, (raw, error, reason) in broken.items()
    ]
