"""Repairs of text that went through wrong hands: HTML entities, and UTF-8 that was read as Windows-1252.

Each repair is checked to be reversible and comes with a sentence that says what was done.
"""

import html
import re
from typing import Final

# With the semicolon only: "a&copy=1" in a web address is no copyright sign.
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
# How the first byte of a two- or three-byte character shows when UTF-8 is read as Windows-1252.
_MISREAD = re.compile(
    "[\u00c2-\u00df][\u0080-\u00bf\u0152-\u2122]|[\u00e0-\u00ef][\u0080-\u00bf\u0152-\u2122]{2}"
)
# Windows-1252 leaves five bytes undefined; programs pass them through as control characters.
_UNDEFINED: Final = {code: bytes([code]) for code in (0x81, 0x8D, 0x8F, 0x90, 0x9D)}
_MARKUP = re.compile(r"<[A-Za-z/!][^<>]*>")


def repair(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the text as it was meant, and a sentence for each kind of repair."""
    sentences: list[str] = []
    plain = _ENTITY.sub(lambda match: html.unescape(match.group()), text)
    if plain != text:
        found = ", ".join(sorted(set(_ENTITY.findall(text)))[:3])
        sentences.append(f"HTML entities such as {found} were written out as characters")
    meant = _as_utf8(plain)
    if meant is not None:
        sentences.append(
            f"letters such as {_sample(plain)} were UTF-8 read in a wrong encoding; they are repaired"
        )
        plain = meant
    return plain, tuple(sentences)


def holds_markup(text: str) -> bool:
    """Say whether the text holds what looks like HTML tags; they are kept as plain text."""
    return _MARKUP.search(text) is not None


def _as_utf8(text: str) -> str | None:
    """Undo a misreading of UTF-8 as Windows-1252; None when there was none.

    The whole text must turn into bytes and back: a text that holds one letter outside Windows-1252, or one
    real "Ã" before a plain letter, is left alone.
    """
    if not _MISREAD.search(text):
        return None
    try:
        meant = b"".join(_byte_of(character) for character in text).decode("utf-8")
    except UnicodeError:
        return None
    return meant if meant != text and not _MISREAD.search(meant) else None


def _byte_of(character: str) -> bytes:
    return _UNDEFINED.get(ord(character)) or character.encode("cp1252")


def _sample(text: str) -> str:
    match = _MISREAD.search(text)
    return match.group() if match else ""
