"""The network as the runtime sees it: five calls down, four calls up (`Links`)."""

from aiohttp import web
from aiohttp.abc import AbstractResolver

from node.net.address import Address
from node.net.connection import Bounds
from node.net.dialer import Dialer
from node.net.links import Links, Switchboard
from node.net.listener import Listener
from node.net.outgoing import ChosenBy


class Network:
    """Join listener, dialer and switchboard. All calls are made from the event loop's thread.

    Args:
        resolver: looks names up; None for the system's.
    """

    def __init__(
        self, links: Links, *, bounds: Bounds | None = None, resolver: AbstractResolver | None = None
    ) -> None:
        bounds = bounds or Bounds()
        self._switchboard = Switchboard(links, bounds)
        self._listener = Listener(self._switchboard, bounds)
        self._dialer = Dialer(self._switchboard, links, bounds, resolver)

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to the public application."""
        return self._listener.routes()

    def dial(self, address: Address, *, chosen_by: ChosenBy = ChosenBy.STEWARD) -> None:
        """Try once to connect; `connected` or `dial_failed` follows.

        Every address in a node's book was typed by a steward or stands in an invitation that a steward
        accepted. One that is learned in another way is dialled as a stranger's.
        """
        self._dialer.dial(address, chosen_by)

    def send(self, link: int, frame: bytes) -> None:
        """Queue one frame without waiting; a link that is over, or too slow, drops it."""
        self._switchboard.send(link, frame)

    def proved(self, link: int) -> None:
        """Note that the handshake on a link has succeeded; without it the link is soon closed."""
        self._switchboard.proved(link)

    def established(self, link: int) -> None:
        """Note that a session has begun on a link: it counts no more among the strangers at the door."""
        self._switchboard.established(link)

    def close(self, link: int, *, code: int, reason: str) -> None:
        """End a link after sending what is queued for it; `disconnected` follows."""
        self._switchboard.close(link, code=code, reason=reason)

    async def stop(self) -> None:
        """Say goodbye to all and return when every link is over. Call it before the application stops."""
        await self._switchboard.stop()
        await self._dialer.stop()
