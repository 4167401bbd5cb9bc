"""What the value of each setting may look like: readers that return one spelling or say what is wrong."""

import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

from node.errors import ConfigError, UserError
from node.net import address
from node.storage import store_address

OPERATOR_DEFAULT: Final = "127.0.0.1:7780"
OFF: Final = "off"
_PORT_MAX: Final = 65_535
_LABEL: Final = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_HOST_NAME: Final = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_HOST_NAME_CHARS_MAX: Final = 253
# RFC 9116, section 2.5.3, names these three.
_CONTACT: Final = re.compile(r"(mailto:|https://|tel:)[!-~]{1,300}")
_MAILBOX: Final = re.compile(r"[^\s@:/]+@[^\s@:/]+")


def split_listen(text: str) -> tuple[str, int]:
    """Read `host:port` for listening, where port 0 lets the system choose.

    Raises:
        ValueError: it is not that.
    """
    host, colon, port = text.strip().rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    if (
        not colon
        or not bare
        or (":" in bare and not host.startswith("["))
        or not (port.isascii() and port.isdigit() and int(port) <= _PORT_MAX)
    ):
        raise ValueError(f"expected host:port such as 0.0.0.0:7700, found {text!r}")
    return bare, int(port)


def listen(text: str) -> str:
    """Read where to listen."""
    split_listen(text)
    return text


def operator(text: str) -> str:
    """Read where the operator's listener is: on this machine, since whoever reaches it reads everything."""
    if text.strip() == OFF:
        return OFF
    host, _ = split_listen(text)
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise ValueError(
            f"expected a port of this machine only, such as {OPERATOR_DEFAULT}, or {OFF!r}, found {text!r}:"
            " whoever reaches it reads what your federation says among itself"
        )
    return text


def peer_address(text: str) -> str:
    """Read where other nodes reach this one."""
    try:
        return address.parse(text).url
    except UserError as error:
        raise ValueError(str(error)) from error


def domain(text: str) -> str:
    """Read the name of a host."""
    found = text.strip().lower().removesuffix(".")
    if len(found) > _HOST_NAME_CHARS_MAX or not _HOST_NAME.fullmatch(found):
        raise ValueError(f"expected a name such as garden.example, without https:// and port, found {text!r}")
    return found


def contact(text: str) -> str:
    """Read where weaknesses are reported."""
    found = f"mailto:{text.strip()}" if _MAILBOX.fullmatch(text.strip()) else text.strip()
    if not _CONTACT.fullmatch(found):
        raise ValueError(f"expected an address such as mailto:weeds@garden.example, found {text!r}")
    return found


def store(text: str) -> str:
    """Read the address of a PostgreSQL database; no message repeats it, for it may hold a password."""
    try:
        store_address.parse_postgresql(text)
    except ConfigError as error:
        raise ValueError(str(error)) from error
    return text


def index(text: str) -> str:
    """Read the address of a Murmurations index, without what stands behind its host."""
    found = text.strip().rstrip("/")
    try:
        parts = urlsplit(found)
        port_holds = parts.port is None or parts.port > 0
    except ValueError:
        parts, port_holds = urlsplit(""), False
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.query or not port_holds:
        raise ValueError(f"expected an index such as https://index.murmurations.network, found {text!r}")
    return found
