"""Where a node listens, where other nodes may reach it, and where people find its pages."""

import socket
from dataclasses import dataclass
from typing import Any, Final

from node.errors import ConfigError
from node.net.address import Address
from node.runtime import settings as spelling
from node.runtime.config import Config

# Any address will do to ask the system which way out it would take; this one is nobody's (RFC 5737, 3849).
_NOBODY: Final = {socket.AF_INET: ("192.0.2.1", 9), socket.AF_INET6: ("2001:db8::1", 9)}
_EVERYWHERE: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104 (compared with, not bound)


@dataclass(frozen=True, slots=True)
class Listening:
    """Open ports, and the addresses that follow from them.

    Attributes:
        host, port: of the public listener.
        addresses: to write into invitations.
        pages: where visitors find this node's pages.
        operator: where the operator finds theirs; None when they are switched off.
    """

    host: str
    port: int
    addresses: tuple[str, ...]
    pages: str
    operator: str | None

    def as_json(self, process: int) -> dict[str, Any]:
        """Return what run/address.json holds."""
        return {
            "host": self.host,
            "port": self.port,
            "addresses": list(self.addresses),
            "pages": self.pages,
            "operator": self.operator,
            "process": process,
        }


def open_port(settings: Config) -> socket.socket:
    """Take the port of the public listener.

    Raises:
        ConfigError: the system does not give it.
    """
    try:
        return _take(settings.listen)
    except OSError as error:
        raise ConfigError(
            f"expected to listen at {settings.listen}, found: {error.strerror or error}; another program may"
            " listen there: give another port with --listen, or :0 for any"
        ) from error


def open_operator_port(settings: Config) -> socket.socket | None:
    """Take the port of the operator's listener, None when it is switched off.

    The default gives way to any free port when it is taken: a second node of one machine just runs. A port
    that a steward named does not.

    Raises:
        ConfigError: the system does not give it.
    """
    if settings.operator == spelling.OFF:
        return None
    try:
        return _take(settings.operator)
    except OSError as error:
        if settings.operator != spelling.OPERATOR_DEFAULT or "operator" in settings.model_fields_set:
            raise ConfigError(
                f"expected to listen at {settings.operator} for the operator, found: "
                f"{error.strerror or error}; give another port with --operator, or off"
            ) from error
    host, _ = spelling.split_listen(spelling.OPERATOR_DEFAULT)
    return _take(f"{host}:0")


def describe(public: socket.socket, operator: socket.socket | None, settings: Config) -> Listening:
    """Say where ports can be reached: as the settings name them, or as far as this machine can tell."""
    host, port = public.getsockname()[:2]
    reachable = _outgoing_host(public.family) if host in _EVERYWHERE else host
    addresses = settings.advertise
    if not addresses and reachable is not None:
        addresses = (Address(reachable, port).url,)
    here = _page((reachable or host, port))
    return Listening(
        host=host,
        port=port,
        addresses=addresses,
        pages=here if settings.domain is None else f"https://{settings.domain}/",
        operator=None if operator is None else _page(operator.getsockname()[:2]),
    )


def _take(listen: str) -> socket.socket:
    host, port = spelling.split_listen(listen)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family)


def _page(where: tuple[str, int]) -> str:
    host, port = where
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _outgoing_host(family: int) -> str | None:
    """Return this machine's address on its own network; connecting a datagram socket sends nothing."""
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_NOBODY[socket.AddressFamily(family)])
        except OSError:
            return None
        found = probe.getsockname()[0]
    return found if isinstance(found, str) else None
