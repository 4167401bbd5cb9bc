"""Outgoing connections: one attempt for each request to dial. When to try again is not decided here."""

import asyncio
from types import SimpleNamespace

from aiohttp import (
    ClientError,
    ClientSession,
    ClientTimeout,
    ClientWSTimeout,
    DummyCookieJar,
    TCPConnector,
    TraceConfig,
    TraceRequestRedirectParams,
    WSServerHandshakeError,
)

from node.net.address import Address
from node.net.connection import SOCKET_MESSAGE_BYTES, Bounds
from node.net.links import Links, Switchboard


class Dialer:
    """Dial addresses and run each connection that comes of it to its end."""

    def __init__(self, switchboard: Switchboard, links: Links, bounds: Bounds) -> None:
        self._switchboard = switchboard
        self._links = links
        self._bounds = bounds
        self._session: ClientSession | None = None
        self._attempts: set[asyncio.Task[None]] = set()

    def dial(self, address: Address) -> None:
        """Start one attempt; `connected` or `dial_failed` tells how it went."""
        attempt = asyncio.get_running_loop().create_task(self._attempt(address))
        self._attempts.add(attempt)
        attempt.add_done_callback(self._attempt_over)

    async def stop(self) -> None:
        """Give up attempts under way. The switchboard has ended the open links before."""
        attempts = list(self._attempts)
        for attempt in attempts:
            attempt.cancel()
        await asyncio.gather(*attempts, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def _attempt(self, address: Address) -> None:
        """Take a place, connect, and run the connection."""
        link = self._switchboard.take_place(outgoing=True)
        if link is None:
            self._links.dial_failed(address.url, "this node has no room for more connections")
            return
        try:
            await self._connect(address, link=link)
        finally:
            self._switchboard.leave(link)

    async def _connect(self, address: Address, *, link: int) -> None:
        """Open the WebSocket within `connect_s` and run it."""
        try:
            async with asyncio.timeout(self._bounds.connect_s):
                web_socket = await self._client().ws_connect(
                    address.url,
                    compress=0,
                    max_msg_size=SOCKET_MESSAGE_BYTES,
                    timeout=ClientWSTimeout(ws_close=self._bounds.close_s),
                )
        except TimeoutError:
            self._links.dial_failed(address.url, f"no answer within {self._bounds.connect_s:g} s")
        except WSServerHandshakeError as error:
            self._links.dial_failed(
                address.url, f"expected a node there, found the HTTP answer {error.status}"
            )
        except (ClientError, OSError) as error:
            self._links.dial_failed(address.url, str(error) or type(error).__name__)
        else:
            await self._switchboard.run(web_socket, link=link, address=address.url)

    def _client(self) -> ClientSession:
        """Return the one client, made when the loop runs: no cookies, no proxy, no redirects."""
        if self._session is None:
            trace = TraceConfig()
            trace.on_request_redirect.append(_refuse_redirect)
            self._session = ClientSession(
                connector=TCPConnector(limit=0),
                cookie_jar=DummyCookieJar(),
                timeout=ClientTimeout(total=None),
                trace_configs=[trace],
            )
        return self._session

    def _attempt_over(self, attempt: asyncio.Task[None]) -> None:
        """Forget an attempt; an exception in it is our own bug and goes to the loop's handler at once."""
        self._attempts.discard(attempt)
        if not attempt.cancelled() and (error := attempt.exception()) is not None:
            attempt.get_loop().call_exception_handler({"message": "a connection failed", "exception": error})


async def _refuse_redirect(
    _session: ClientSession, _context: SimpleNamespace, _params: TraceRequestRedirectParams
) -> None:
    """Stop at a redirect: following one would let a stranger choose whom this node knocks at."""
    raise ClientError("expected a node there, found a redirect, which is not followed")
