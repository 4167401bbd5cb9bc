"""The endpoint at which other nodes connect to this one."""

from typing import Any

from aiohttp import hdrs, web

from node.net.address import SYNC_PATH
from node.net.connection import SOCKET_MESSAGE_BYTES, Bounds
from node.net.links import Switchboard

# How long a caller that finds no room is asked to wait, in seconds; nodes back off by themselves.
_RETRY_AFTER_S = "30"


class Listener:
    """Accept WebSockets at `/sync` of whatever application its routes are added to."""

    def __init__(self, switchboard: Switchboard, bounds: Bounds) -> None:
        self._switchboard = switchboard
        self._bounds = bounds

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of the endpoint."""
        return [web.get(SYNC_PATH, self._accept, allow_head=False)]

    async def _accept(self, request: web.Request) -> web.StreamResponse:
        """Turn a request away or run its connection to the end. Cheap checks first."""
        if hdrs.ORIGIN in request.headers:
            # Browsers send it, nodes do not: a web page must not reach a node through its visitor.
            return web.Response(status=403, text="This address is for other nodes, not for browsers.\n")
        web_socket: web.WebSocketResponse[Any] = web.WebSocketResponse(
            timeout=self._bounds.close_s,
            compress=False,
            max_msg_size=SOCKET_MESSAGE_BYTES,
            autoping=False,  # The connection answers pings: it wants to hear of them.
        )
        if not web_socket.can_prepare(request):
            return web.Response(
                status=426,
                headers={hdrs.UPGRADE: "websocket", hdrs.CONNECTION: "Upgrade"},
                text="This address is for other nodes: connect a WebSocket here.\n",
            )
        link = self._switchboard.take_place(outgoing=False, host=request.remote or "")
        if link is None:
            return web.Response(
                status=503, headers={hdrs.RETRY_AFTER: _RETRY_AFTER_S}, text="No room for now.\n"
            )
        try:
            await web_socket.prepare(request)
            await self._switchboard.run(web_socket, link=link, address=None)
        finally:
            self._switchboard.leave(link)
        return web_socket
