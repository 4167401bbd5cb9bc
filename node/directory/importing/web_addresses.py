"""What was written in a field for a website, as addresses that a page may link to.

Owns giving an address its missing scheme and telling an address from a word. Nothing is fetched.
"""

import re
from dataclasses import dataclass
from typing import Final

from node.directory import plain_text
from node.directory.forms import is_web_address

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
# A host: labels of letters and digits (in any script) with hyphens inside; the last one is no number.
_LABEL: Final = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_HOST: Final = rf"(?:{_LABEL}\.)+[^\W\d_][\w-]{{0,61}}[^\W_]"
_WITHOUT_SCHEME = re.compile(rf"(?P<host>{_HOST})(?::[0-9]{{1,5}})?(?:[/?#]\S*)?")
_WITH_SCHEME = re.compile(rf"https?://{_WITHOUT_SCHEME.pattern}", re.IGNORECASE)
_BETWEEN = re.compile(r"[;,]?\s+|;|,(?=https?://|www\.)")

# Longer fields are an essay, not a list of addresses.
_CHARS_MAX: Final = 4_000


@dataclass(frozen=True, slots=True)
class WebAddresses:
    """What one field gave.

    Attributes:
        found: addresses that begin with http:// or https://.
        repaired: sentences about what was added.
        left: parts that are no address.
    """

    found: tuple[str, ...]
    repaired: tuple[str, ...]
    left: tuple[str, ...]


def read(text: str) -> WebAddresses:
    """Read one field, which may hold several addresses with spaces, commas or semicolons between them.

    When one part is no address, none is taken: `http://x.org/a- b/` is one broken address, not a good one.
    """
    found: list[str] = []
    repaired: list[str] = []
    left: list[str] = []
    cleaned = plain_text.line(text)
    if len(cleaned) > _CHARS_MAX:
        return WebAddresses((), (), (text,))
    whole = _complete(cleaned)
    for part in [cleaned] if whole else [part for part in _BETWEEN.split(cleaned) if part]:
        address = _complete(part)
        if address is None:
            left.append(part)
            continue
        found.append(address)
        if address != part:
            repaired.append(f"read {part!r} as {address}")
    return WebAddresses((), (), tuple(left)) if left else WebAddresses(tuple(found), tuple(repaired), ())


def _complete(part: str) -> str | None:
    """Return the address with its scheme and its host in small letters; None when it is no web address."""
    if _WITH_SCHEME.fullmatch(part):
        address = part
    elif _WITHOUT_SCHEME.fullmatch(part) and not _SCHEME.match(part.partition("/")[0].partition(".")[0]):
        # Most sites answer to https today, and a browser that finds it does not will say so.
        address = f"https://{part}"
    else:
        return None
    scheme, _, rest = address.partition("://")
    end = re.search(r"[/?#]|$", rest)
    assert end is not None, "the pattern matches at the end at the latest"
    address = f"{scheme.lower()}://{rest[: end.start()].lower()}{rest[end.start() :]}"
    return address if is_web_address(address) else None


def site_of(address: str) -> str:
    """Return host and path for comparing: without scheme, `www.`, query and closing slash."""
    rest = re.split(r"[?#]", address.partition("://")[2], maxsplit=1)[0]
    return rest.removeprefix("www.").rstrip("/")
