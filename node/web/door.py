"""The door of a listener: how many connections stand open, from whom, and how long one may take to read.

aiohttp ends a connection on which no whole request head arrives within its keep-alive time. What it does not
bound is the number of connections and a client that never reads its answer; both would let one stranger use
up the node's open files and memory. When there is no room, the connection that has been quiet the longest
makes room, so that whoever comes to do something gets in. Neighbours' links have bounds of their own (net).
"""

import asyncio
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from node.web import rate
from node.web.asking import LINK_PATHS

# Visitors; with 600 links of neighbours and the store's files they fit into what a process may open.
CONNECTIONS_MAX: Final = 512
# A browser opens six; a household or a school behind one address has several.
PER_CLIENT_MAX: Final = 48
# From the end of the node's work on an answer to its last byte: 8 MiB over a line of half a megabit.
READING_S_MAX: Final = 150.0
_LOOK_EVERY_S: Final = 5.0

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(eq=False, slots=True)
class _Guest:
    """One connection.

    Attributes:
        client: as requests are counted for; "" where many stand behind one address.
        since: when it was last heard of, on the loop's clock.
        at_work: whether the node works on its request, which other bounds watch.
        link: whether it is a neighbour's link, which lasts for days.
    """

    client: str
    since: float
    transport: asyncio.Transport
    at_work: bool = False
    answering: bool = False
    link: bool = False


@dataclass(slots=True)
class Door:
    """Count connections in and out.

    Args:
        proxies: networks of proxies, whose connections are many for a reason.
        connections_max, per_client_max, reading_s_max: the bounds.
        counted_for: says whom an address is counted for.
    """

    proxies: tuple[Network, ...] = ()
    connections_max: int = CONNECTIONS_MAX
    per_client_max: int = PER_CLIENT_MAX
    reading_s_max: float = READING_S_MAX
    counted_for: Callable[[str, tuple[Network, ...]], str] = rate.counted_for
    turned_away: int = 0
    _guests: dict[asyncio.BaseTransport, _Guest] = field(default_factory=dict)
    _looking: asyncio.TimerHandle | None = None

    def factory(self, make: Callable[[], asyncio.Protocol]) -> Callable[[], asyncio.Protocol]:
        """Return what makes the protocol of each connection, counted here."""
        return lambda: _Counted(make(), self)

    def __len__(self) -> int:
        return len(self._guests)

    def enter(self, transport: asyncio.Transport) -> bool:
        """Let a connection in, at the cost of a quiet one where there is no room; False turns it away."""
        client = self._client(transport)
        room = self._make_room(
            [one for one in self._guests.values() if one.client == client and client], self.per_client_max
        )
        if not room or not self._make_room(list(self._guests.values()), self.connections_max):
            self.turned_away += 1
            return False
        self._guests[transport] = _Guest(client, _now(), transport)
        if self._looking is None:
            self._look_later()
        return True

    def leave(self, transport: asyncio.BaseTransport) -> None:
        """Forget a connection that is over."""
        self._guests.pop(transport, None)

    def close(self) -> None:
        """Look no more; the listener is about to end."""
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None

    def begin(self, request: web.Request) -> None:
        """Note that the node works on a request."""
        guest = self._guest(request)
        if guest is not None:
            guest.at_work, guest.answering, guest.since = True, False, _now()
            guest.link = request.path in request.app[LINK_PATHS]

    def answer(self, request: web.Request) -> None:
        """Note that the answer is made; what follows is the client's reading."""
        guest = self._guest(request)
        if guest is not None:
            guest.at_work, guest.link = False, False
            guest.answering, guest.since = True, _now()

    def look(self) -> None:
        """End the connections whose clients do not read what they asked for."""
        for guest in list(self._guests.values()):
            if guest.answering and _now() - guest.since > self.reading_s_max:
                self._end(guest)

    def _look_later(self) -> None:
        self._looking = asyncio.get_running_loop().call_later(_LOOK_EVERY_S, self._look_again)

    def _look_again(self) -> None:
        self.look()
        self._looking = None
        if self._guests:
            self._look_later()

    def _guest(self, request: web.Request) -> _Guest | None:
        return None if request.transport is None else self._guests.get(request.transport)

    def _make_room(self, among: list[_Guest], most: int) -> bool:
        """Make sure that one more than these may be there."""
        visitors = [one for one in among if not one.link]
        if len(visitors) < most:
            return True
        quiet = [one for one in visitors if not one.at_work]
        if not quiet:
            return False
        self._end(min(quiet, key=lambda one: one.since))
        return True

    def _end(self, guest: _Guest) -> None:
        # Not closed in order: that would wait until the client has read what it does not read.
        guest.transport.abort()
        self._guests.pop(guest.transport, None)

    def _client(self, transport: asyncio.Transport) -> str:
        where = transport.get_extra_info("peername")
        return self.counted_for(where[0] if where else "", self.proxies)


class _Counted(asyncio.Protocol):
    """Stand before aiohttp's protocol until the connection is let in, then step aside."""

    def __init__(self, inner: asyncio.Protocol, door: Door) -> None:
        self._inner = inner
        self._door = door
        self._transport: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if self._door.enter(transport):
            self._inner.connection_made(transport)
        else:
            self._transport = None
            transport.abort()

    def data_received(self, data: bytes) -> None:
        if self._transport is not None:
            self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return None if self._transport is None else self._inner.eof_received()

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport is not None:
            self._door.leave(self._transport)
            self._inner.connection_lost(exc)


def _now() -> float:
    return asyncio.get_running_loop().time()


def guard(app: web.Application, door: Door) -> None:
    """Let an application tell its door what it works on; before the application starts."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        door.begin(request)
        try:
            return await handler(request)
        finally:
            door.answer(request)

    app.middlewares.insert(0, middleware)
