"""Addresses at which a neighbour's node can be dialled: read from what people type, written in one way.

Pure: it looks nothing up. An address says where to knock; who opens is proved by the handshake, so an
address is never taken for an identity.
"""

import ipaddress
import re
from dataclasses import dataclass
from typing import Final, NoReturn
from urllib.parse import SplitResult, urlsplit

from node.errors import UserError

# The one path at which a node answers its neighbours.
SYNC_PATH: Final = "/sync"
# RFC 3986 sets no bound; a DNS name has at most 253 letters, and nothing else here is long.
ADDRESS_CHARS_MAX: Final = 300
HOST_CHARS_MAX: Final = 253
# Whether the connection is encrypted by TLS as well, and the port meant when none is written.
_SCHEMES: Final = {"ws": (False, 80), "http": (False, 80), "wss": (True, 443), "https": (True, 443)}
_LABEL: Final = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")


@dataclass(frozen=True, slots=True)
class Address:
    """Name one endpoint; two spellings of it compare equal."""

    host: str
    port: int
    tls: bool = False

    @property
    def url(self) -> str:
        """Return the address in its one spelling, such as ``ws://garden.example:7700/sync``."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'wss' if self.tls else 'ws'}://{host}:{self.port}{SYNC_PATH}"


def parse(text: str) -> Address:
    """Read ``ws://host:port/sync``, ``http://host:port``, their TLS twins, or ``host:port``.

    Raises:
        UserError: it is none of these.
    """
    cleaned = text.strip()
    if len(cleaned) > ADDRESS_CHARS_MAX or not cleaned.isprintable() or " " in cleaned or "\\" in cleaned:
        _refuse(text, f"at most {ADDRESS_CHARS_MAX} letters without spaces")
    has_scheme = "://" in cleaned
    try:
        parts = urlsplit(cleaned if has_scheme else f"ws://{cleaned}")
        written_port = parts.port
    except ValueError as error:
        raise UserError(f"expected an address such as host:port, found {text!r}: {error}") from error
    if parts.scheme not in _SCHEMES:
        _refuse(text, "ws://, wss://, http:// or https:// before the host, or none of them")
    tls, usual_port = _SCHEMES[parts.scheme]
    _check_rest(text, parts)
    port = written_port if written_port is not None or not has_scheme else usual_port
    if port is None or port == 0:
        _refuse(text, "a port from 1 to 65535 after the host, as in garden.example:7700")
    return Address(host=_host(text, parts.hostname or ""), port=port, tls=tls)


def _check_rest(text: str, parts: SplitResult) -> None:
    """Refuse what an address has no use for: it would be sent to a stranger or silently dropped."""
    if parts.username is not None or parts.password is not None:
        _refuse(text, "no user name or password")
    if parts.query or parts.fragment or "?" in text or "#" in text:
        _refuse(text, "nothing after the path")
    if parts.path not in ("", "/", SYNC_PATH):
        _refuse(text, f"no path but {SYNC_PATH}")


def _host(text: str, host: str) -> str:
    """Return the host in its one spelling: an IP address, or a DNS name in lower-case ASCII."""
    if ":" in host:
        return _ip(text, host)
    try:
        name = host.rstrip(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        _refuse(text, "a host name that exists in the domain name system")
    labels = name.split(".")
    # A last label of digits is never a name: `127.1` and `0x7f.1` are odd spellings of IP addresses.
    if labels[-1].isdigit() or labels[-1].startswith("0x"):
        return _ip(text, name)
    if len(name) > HOST_CHARS_MAX or not all(_LABEL.fullmatch(label) for label in labels):
        _refuse(text, "a host name of letters, digits, hyphens and dots")
    return name


def _ip(text: str, host: str) -> str:
    """Return an IP address in its one spelling."""
    if "%" in host:
        _refuse(text, "an IPv6 address without a zone, which means nothing on another machine")
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        _refuse(text, "an IP address in its usual spelling, or a host name")


def _refuse(text: str, expected: str) -> NoReturn:
    """Say what was expected instead of the address that was found."""
    raise UserError(f"expected {expected}, found the address {text!r}")
