"""Outgoing connections: one attempt for each request to dial. When to try again is not decided here."""

import asyncio
import errno
import os
from typing import Final

from aiohttp import (
    ClientConnectorDNSError,
    ClientConnectorError,
    ClientError,
    ClientSession,
    ClientWSTimeout,
    WSServerHandshakeError,
)
from aiohttp.abc import AbstractResolver

from node.net import outgoing
from node.net.address import Address
from node.net.connection import SOCKET_MESSAGE_BYTES, Bounds
from node.net.links import Links, Switchboard
from node.net.outgoing import ChosenBy

_NOBODY_THERE: Final = (errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ETIMEDOUT)


class Dialer:
    """Dial addresses and run each connection that comes of it to its end.

    Args:
        resolver: looks names up; None for the system's.
    """

    def __init__(
        self, switchboard: Switchboard, links: Links, bounds: Bounds, resolver: AbstractResolver | None
    ) -> None:
        self._switchboard = switchboard
        self._links = links
        self._bounds = bounds
        self._resolver = resolver
        self._clients: dict[ChosenBy, ClientSession] = {}
        self._attempts: set[asyncio.Task[None]] = set()

    def dial(self, address: Address, chosen_by: ChosenBy) -> None:
        """Start one attempt; `connected` or `dial_failed` tells how it went."""
        attempt = asyncio.get_running_loop().create_task(self._attempt(address, chosen_by))
        self._attempts.add(attempt)
        attempt.add_done_callback(self._attempt_over)

    async def stop(self) -> None:
        """Give up attempts under way. The switchboard has ended the open links before."""
        attempts = list(self._attempts)
        for attempt in attempts:
            attempt.cancel()
        await asyncio.gather(*attempts, return_exceptions=True)
        for client in self._clients.values():
            await client.close()

    async def _attempt(self, address: Address, chosen_by: ChosenBy) -> None:
        """Take a place, connect, and run the connection."""
        link = self._switchboard.take_place(outgoing=True)
        if link is None:
            self._links.dial_failed(address.url, "this node has no room for more connections")
            return
        try:
            await self._connect(address, chosen_by, link=link)
        finally:
            self._switchboard.leave(link)

    async def _connect(self, address: Address, chosen_by: ChosenBy, *, link: int) -> None:
        """Open the WebSocket within `connect_s` and run it."""
        try:
            async with asyncio.timeout(self._bounds.connect_s):
                web_socket = await self._client(chosen_by).ws_connect(
                    address.url,
                    compress=0,
                    max_msg_size=SOCKET_MESSAGE_BYTES,
                    autoping=False,
                    timeout=ClientWSTimeout(ws_close=self._bounds.close_s),
                )
        except TimeoutError:
            self._links.dial_failed(address.url, f"no answer within {self._bounds.connect_s:g} s")
        except WSServerHandshakeError as error:
            self._links.dial_failed(
                address.url, f"expected a node there, found the HTTP answer {error.status}"
            )
        except (ClientError, OSError) as error:
            self._links.dial_failed(address.url, _why(error))
        else:
            await self._switchboard.run(web_socket, link=link, address=address.url)

    def _client(self, chosen_by: ChosenBy) -> ClientSession:
        """Return the client for addresses of this origin, made when the loop runs."""
        if chosen_by not in self._clients:
            self._clients[chosen_by] = outgoing.client(
                chosen_by, whole_request_s=None, resolver=self._resolver
            )
        return self._clients[chosen_by]

    def _attempt_over(self, attempt: asyncio.Task[None]) -> None:
        """Forget an attempt; an exception in it is our own bug and goes to the loop's handler at once."""
        self._attempts.discard(attempt)
        if not attempt.cancelled() and (error := attempt.exception()) is not None:
            attempt.get_loop().call_exception_handler({"message": "a connection failed", "exception": error})


def _why(error: Exception) -> str:
    """Put into words why nobody was reached; a refusal of our own says so itself."""
    match error:
        case ClientConnectorDNSError():
            return f"no machine is known by the name {error.host}"
        case ClientConnectorError() if error.os_error.errno in _NOBODY_THERE:
            return f"nobody answers there ({os.strerror(error.os_error.errno).lower()})"
        case _:
            return str(error) or type(error).__name__
