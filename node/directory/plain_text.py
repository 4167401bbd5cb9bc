"""Text that is safe to hold and to show: one normal form, nothing invisible that could mislead a reader.

Owns which characters a name or a longer text may hold. Markup is not its business: a `<` is a letter like any
other here, and pages escape it where they are written.
"""

import re
import unicodedata

# A right-to-left override makes "gpj.exe" read as "exe.jpg"; zero-width characters make two names look alike.
# Joiners (U+200C, U+200D) stay: Persian, the Indic scripts and emoji need them.
_HIDDEN_EVERYWHERE = (
    "\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u0084\\u0086-\\u009f\\u200b\\u202a-\\u202e"
    "\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb\\ud800-\\udfff"
)
# Single direction marks are proper inside a longer Arabic or Hebrew text, and of no use in a name.
_DIRECTION_MARKS = "\\u061c\\u200e\\u200f"

_HIDDEN_IN_BLOCK = re.compile(f"[{_HIDDEN_EVERYWHERE}]")
_HIDDEN_IN_LINE = re.compile(f"[{_HIDDEN_EVERYWHERE}{_DIRECTION_MARKS}]")
_LINE_BREAK = re.compile("\r\n|[\r\x85\u2028\u2029]")


def line(text: str) -> str:
    """Return the text as one line: no hidden characters, single spaces, Unicode form NFC.

    Doing it twice changes nothing more.
    """
    if text.isascii() and text.isprintable():
        # Most texts: nothing to take out, which a hub with 100,000 listings notices.
        return " ".join(text.split())
    visible = _HIDDEN_IN_LINE.sub("", _LINE_BREAK.sub(" ", text))
    return " ".join(unicodedata.normalize("NFC", visible).split())


def block(text: str) -> str:
    r"""Return the text with `\n` as its only line break: no hidden characters, Unicode form NFC.

    Spaces at both ends go. Doing it twice changes nothing more.
    """
    if text.isascii() and text.isprintable():
        return text.strip()
    visible = _HIDDEN_IN_BLOCK.sub("", _LINE_BREAK.sub("\n", text).replace("\t", " "))
    return unicodedata.normalize("NFC", visible).strip()


def hidden_in_line(text: str) -> tuple[str, ...]:
    """Name the characters that `line` takes out, as "U+202E", each once, in order."""
    return _names(_HIDDEN_IN_LINE.findall(text))


def hidden_in_block(text: str) -> tuple[str, ...]:
    """Name the characters that `block` takes out, as "U+202E", each once, in order."""
    return _names(_HIDDEN_IN_BLOCK.findall(text))


def _names(characters: list[str]) -> tuple[str, ...]:
    return tuple(sorted({f"U+{ord(character):04X}" for character in characters}))
