"""What the web asks of the node, and what every handler finds in its application.

The web decides nothing: it turns requests into the commands of `node.engine.commands` and answers into JSON
or pages. Pages and API import from here; nothing here imports them.
"""

import itertools
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from typing import Any, Final, Protocol, TypeAlias

from aiohttp import web

from node.clock import Timestamp
from node.engine.commands import Command

# An answer of the core: JSON as `node.engine.commands` documents it for each command.
Answer: TypeAlias = dict[str, Any]
# Reads the clock.
Now: TypeAlias = Callable[[], Timestamp]
# Returns a number that grows whenever what the node keeps may have changed.
Changes: TypeAlias = Callable[[], int]


def never_the_same(_count: Iterator[int] = itertools.count()) -> int:  # noqa: B008 (one count for all is meant)
    """Stand for a node of which nobody knows whether anything changed."""
    return next(_count)


class Asks(Protocol):
    """Gives a command to the core; the runtime passes it in."""

    async def ask(self, command: Command) -> Answer:
        """Return the core's answer.

        Raises:
            NodeError: what the core answered instead.
        """
        ...


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many requests one client address may make: at once, and per second in the long run."""

    burst: int
    per_second: int


@dataclass(frozen=True, slots=True)
class WebConfig:
    """What a steward decides about the web.

    Attributes:
        version: of this program.
        domain: the host name under which a proxy with TLS answers for the public listener; None without one.
        contact: an address for reports of weaknesses, a URI such as `mailto:…`; None shows no security.txt.
        murmurations_page: whether the own page shows as a Murmurations profile; an index that is to forget it
            first looks whether it is gone.
        operator_hosts: names besides this machine's own loopback under which the operator's listener may be
            called; any other Host is a page of somewhere else that had its name point here (DNS rebinding).
        proxies: networks whose word about the client's address (X-Forwarded-For) is believed.
        open_reads: whether the operator's API may be read without a token; writing always needs one.
        public_allowance, operator_allowance: None stands for no bound.
        request_s_max: how long one request may take, its body included.
        body_bytes_max: the largest body of a request.
    """

    version: str
    domain: str | None = None
    contact: str | None = None
    murmurations_page: bool = True
    operator_hosts: frozenset[str] = frozenset()
    proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    open_reads: bool = True
    public_allowance: Allowance | None = Allowance(burst=120, per_second=20)
    operator_allowance: Allowance | None = Allowance(burst=1_000, per_second=200)
    request_s_max: float = 20.0
    body_bytes_max: int = 2 * 1024 * 1024


# What a handler finds in `request.app`.
ASKS: Final[web.AppKey[Asks]] = web.AppKey("ASKS")
CONFIG: Final[web.AppKey[WebConfig]] = web.AppKey("CONFIG")
NOW: Final[web.AppKey[Now]] = web.AppKey("NOW")
# True on the operator's listener, which shows everything; False on the public one.
OPERATOR: Final[web.AppKey[bool]] = web.AppKey("OPERATOR")
# Paths at which other nodes connect: they keep bounds of their own and last for days.
LINK_PATHS: Final[web.AppKey[frozenset[str]]] = web.AppKey("LINK_PATHS")

# Paths at which one request costs the core as much as many (rate.py).
HEAVY_PATHS: Final[web.AppKey[frozenset[str]]] = web.AppKey("HEAVY_PATHS")

# Turns (request, status, title, detail) into a page; pages may put one under ERROR_PAGE in `add_routes`. It
# is called for people's browsers outside the API; everybody else gets problem+json.
ErrorPage: TypeAlias = Callable[[web.Request, int, str, str], Awaitable[web.Response]]
ERROR_PAGE: Final[web.AppKey[ErrorPage]] = web.AppKey("ERROR_PAGE")
