r"""Content lines, of which vCard (RFC 6350) and iCalendar (RFC 5545) files consist.

Owns escaping and folding: whatever a text holds, it stays the value of the one property it was given to.
"""

from typing import Final

from node.web.pages import words

# Octets in a line without its end; continued lines begin with a space, which counts.
_OCTETS_MAX: Final = 75


def text_line(name: str, text: str) -> str:
    r"""Return a property with a text: `\`, `;`, `,` and line ends are escaped."""
    return f"{name}:{escaped(text)}"


def escaped(text: str) -> str:
    r"""Escape a text: RFC 5545 section 3.3.11, RFC 6350 section 3.4."""
    shown = words.visible(text).replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return shown.replace("\n", "\\n")


def address_line(name: str, address: str) -> str:
    """Return a property with a web address, which is not escaped and must hold no line end."""
    assert address.isprintable(), address
    return f"{name}:{address}"


def write(lines: list[str]) -> bytes:
    """Fold the lines and end each with CR LF."""
    return b"".join(_folded(line) for line in lines)


def _folded(line: str) -> bytes:
    parts: list[bytes] = []
    room, held = _OCTETS_MAX, bytearray()
    for letter in line:
        octets = letter.encode()
        if len(held) + len(octets) > room:
            parts.append(bytes(held))
            room, held = _OCTETS_MAX - 1, bytearray()
        held += octets
    parts.append(bytes(held))
    return b"\r\n ".join(parts) + b"\r\n"
