"""Where a node listens and where others may reach it."""

import socket
from dataclasses import dataclass
from typing import Any, Final

from node.errors import ConfigError
from node.net.address import Address
from node.runtime import config
from node.runtime.config import Config

# Any address will do to ask the system which way out it would take; this one is nobody's (RFC 5737, 3849).
_NOBODY: Final = {socket.AF_INET: ("192.0.2.1", 9), socket.AF_INET6: ("2001:db8::1", 9)}
_EVERYWHERE: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104 (compared with, not bound)


@dataclass(frozen=True, slots=True)
class Listening:
    """An open port, and the addresses to write into invitations."""

    host: str
    port: int
    addresses: tuple[str, ...]

    def as_json(self, process: int) -> dict[str, Any]:
        """Return what run/address.json holds."""
        return {
            "host": self.host,
            "port": self.port,
            "addresses": list(self.addresses),
            "process": process,
        }


def open_port(settings: Config) -> socket.socket:
    """Take the port that the settings name.

    Raises:
        ConfigError: the system does not give it.
    """
    host, port = config.split_listen(settings.listen)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise ConfigError(
            f"expected to listen at {settings.listen}, found: {error.strerror or error}; another program may"
            " listen there: give another port with --listen, or :0 for any"
        ) from error


def describe(listener: socket.socket, settings: Config) -> Listening:
    """Say where a port can be reached: as the settings advertise it, or as far as this machine can tell."""
    host, port = listener.getsockname()[:2]
    if settings.advertise:
        return Listening(host, port, settings.advertise)
    reachable = _outgoing_host(listener.family) if host in _EVERYWHERE else host
    return Listening(host, port, (Address(reachable, port).url,) if reachable is not None else ())


def _outgoing_host(family: int) -> str | None:
    """Return this machine's address on its own network; connecting a datagram socket sends nothing."""
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_NOBODY[socket.AddressFamily(family)])
        except OSError:
            return None
        found = probe.getsockname()[0]
    return found if isinstance(found, str) else None
