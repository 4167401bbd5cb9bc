"""How often one client may ask: a bucket of allowances for each address, refilled as time passes.

The table is bounded: an attacker with many addresses pushes others out of it, who then begin with a full
bucket, and gains no more memory than the bound. Time is passed in; a clock set back refills nothing and
breaks nothing.
"""

import asyncio
import ipaddress
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from node.clock import MS_PER_SECOND, Timestamp
from node.web.asking import CONFIG, HEAVY_PATHS, LINK_PATHS, NOW, Allowance, WebConfig
from node.web.problems import RETRY_AFTER_S, RefusedError

# Addresses remembered at one time, about 200 bytes each.
ADDRESSES_MAX: Final = 20_000
# Requests that one at a heavy path counts for: a file of the directory is up to 40 questions to the core.
HEAVY_COST: Final = 20
# A customer of a provider gets at least this many bits of IPv6 addresses to change between.
_IPV6_PREFIX: Final = 64


class Buckets:
    """One bucket a client, in thousandths of a request.

    Args:
        addresses_max: clients remembered; the one unseen the longest is forgotten first.
    """

    def __init__(self, allowance: Allowance, *, addresses_max: int = ADDRESSES_MAX) -> None:
        self._full = allowance.burst * MS_PER_SECOND
        self._per_ms = allowance.per_second
        self._addresses_max = addresses_max
        self._left: OrderedDict[str, tuple[int, Timestamp]] = OrderedDict()

    def take(self, client: str, now: Timestamp, *, cost: int = 1) -> int:
        """Take requests out of a client's bucket; the seconds to wait when they are not in it, else 0."""
        # What costs more than a bucket holds is had by who has a full one.
        wanted = min(cost * MS_PER_SECOND, self._full)
        left, before = self._left.pop(client, (self._full, now))
        left = min(self._full, left + max(0, now - before) * self._per_ms)
        allowed = left >= wanted
        self._left[client] = (left - wanted if allowed else left, now)
        if len(self._left) > self._addresses_max:
            self._left.popitem(last=False)
        if allowed:
            return 0
        return -(-(wanted - left) // (self._per_ms * MS_PER_SECOND)) or 1

    def __len__(self) -> int:
        return len(self._left)


BUCKETS: Final[web.AppKey[Buckets]] = web.AppKey("BUCKETS")


@web.middleware
async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Bound how often a client asks and how long an answer takes."""
    if request.path in request.app[LINK_PATHS]:
        return await handler(request)
    config = request.app[CONFIG]
    buckets = request.app.get(BUCKETS)
    cost = HEAVY_COST if request.path in request.app[HEAVY_PATHS] else 1
    wait_s = 0
    if buckets is not None:
        wait_s = buckets.take(client(request, config), request.app[NOW](), cost=cost)
    if wait_s:
        raise RefusedError(
            429, f"Too many requests: wait {wait_s} s.", headers={hdrs.RETRY_AFTER: str(wait_s)}
        )
    bound = asyncio.timeout(config.request_s_max)
    try:
        async with bound:
            return await handler(request)
    except TimeoutError as error:
        if not bound.expired():
            raise
        raise RefusedError(
            503,
            f"The answer was not ready within {config.request_s_max:g} s: try again.",
            headers={hdrs.RETRY_AFTER: RETRY_AFTER_S},
        ) from error


def client(request: web.Request, config: WebConfig) -> str:
    """Return whom a request is counted for: an IPv4 address, or the network of an IPv6 one.

    What a proxy writes is believed only when the connection comes from one of ours, and from the right end:
    whatever stands further left the client may have written itself.
    """
    hops = [
        hop.strip() for value in request.headers.getall("X-Forwarded-For", ()) for hop in value.split(",")
    ]
    found = _address(request.remote or "")
    while found is not None and hops and any(found in network for network in config.proxies):
        before = _address(hops.pop())
        if before is None:
            break
        found = before
    return _spelled(found)


def counted_for(address: str, proxies: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> str:
    """Return whom a connection is counted for.

    "" for a proxy and for this machine itself, where tunnels end: many stand behind one.
    """
    found = _address(address)
    if found is not None and (found.is_loopback or any(found in network for network in proxies)):
        return ""
    return _spelled(found)


def _spelled(found: ipaddress.IPv4Address | ipaddress.IPv6Address | None) -> str:
    if found is None:
        return ""
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found, _IPV6_PREFIX), strict=False))
    return str(found)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found
