"""Repairs of text that went through wrong hands: HTML entities, and UTF-8 that was read as Windows-1252.

Each repair comes with a sentence that says what was done.
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
# The same inside a text that holds other letters too. No language writes these letters before such signs.
_MISREAD_FOR_SURE = re.compile(
    "[\u00c2\u00c3][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u2122]"
    "|\u00e2[\u0080-\u0082\u20ac\u201a][\u0080-\u00bf\u0152-\u2122]"
)
# Stands where a program gave a letter up; half of a repair would hide that.
_LOST: Final = "\ufffd"
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

    The whole text must turn into bytes and back. Where it does not, because a letter outside Windows-1252 or
    a real accent stands in it too, only what is misread for sure is put right.
    """
    if not _MISREAD.search(text):
        return None
    meant = _decoded(text)
    if meant is None and _LOST not in text:
        meant = _MISREAD_FOR_SURE.sub(lambda found: _decoded(found.group()) or found.group(), text)
    if meant is None:
        return None
    return meant if meant != text and not _MISREAD_FOR_SURE.search(meant) else None


def _decoded(text: str) -> str | None:
    try:
        return b"".join(_byte_of(character) for character in text).decode("utf-8")
    except UnicodeError:
        return None


def _byte_of(character: str) -> bytes:
    # Programs pass bytes that Windows-1252 leaves undefined, or all of Latin-1, through as they are.
    return bytes([ord(character)]) if ord(character) < 0x100 else character.encode("cp1252")


def _sample(text: str) -> str:
    match = _MISREAD.search(text)
    return match.group() if match else ""
