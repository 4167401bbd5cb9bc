"""All connections of a node: their numbers, their places, and who is told what happens to them.

This module owns how many connections there may be and the deadline of a handshake. A link's number is never
used twice, so a frame of an old connection cannot be taken for one of the new.
"""

import asyncio
import itertools
from collections import Counter
from dataclasses import dataclass
from typing import Protocol

from aiohttp import WSCloseCode

from node.net.connection import Bounds, Connection, Socket


@dataclass(frozen=True, slots=True)
class _Stranger:
    """A caller that nobody here is known to talk with: from which address, and since when."""

    host: str
    since: float


class Links(Protocol):
    """What the runtime hears from the network; all calls come from the event loop's thread.

    For one link the order is `connected`, any number of `frame_received` one at a time, `disconnected`.
    """

    def connected(self, link: int, *, outgoing: bool, address: str | None) -> None:
        """A socket is open. The address is the dialled one, None for a peer that came by itself."""
        ...

    async def frame_received(self, link: int, data: bytes) -> None:
        """A frame came. Return when the link may be read again: waiting here slows that peer down."""
        ...

    def disconnected(self, link: int, reason: str) -> None:
        """The link is over; the reason is in words, for logs and people."""
        ...

    def dial_failed(self, address: str, reason: str) -> None:
        """`dial` came to nothing: there was no link."""
        ...


class Switchboard:
    """Hold the open links and pass frames to and from them by number."""

    def __init__(self, links: Links, bounds: Bounds) -> None:
        self._links = links
        self._bounds = bounds
        self._numbers = itertools.count(1)
        self._places: set[int] = set()
        # Those of them that are strangers at the door, the longest there first.
        self._strangers: dict[int, _Stranger] = {}
        self._connections: dict[int, Connection] = {}
        self._handshake_timers: dict[int, asyncio.TimerHandle] = {}
        self._running: set[asyncio.Future[None]] = set()
        self._stopping = False

    def take_place(self, *, outgoing: bool, host: str = "") -> int | None:
        """Return the number of a new link, or None when there is no room: `leave` gives it back.

        Args:
            outgoing: whether it was dialled here.
            host: from which address somebody came.
        """
        if self._stopping or len(self._places) >= self._bounds.sessions_max:
            return None
        if not outgoing and not self._has_room_for(host):
            return None
        link = next(self._numbers)
        self._places.add(link)
        if not outgoing:
            self._strangers[link] = _Stranger(host, asyncio.get_running_loop().time())
        return link

    def leave(self, link: int) -> None:
        """Give a place back."""
        self._places.discard(link)
        self._strangers.pop(link, None)

    async def run(self, web_socket: Socket, *, link: int, address: str | None) -> None:
        """Run one open socket until it ends, telling the runtime of its beginning and its end."""
        connection = Connection(
            web_socket, link=link, deliver=self._links.frame_received, bounds=self._bounds
        )
        loop = asyncio.get_running_loop()
        over = loop.create_future()
        self._running.add(over)
        self._connections[link] = connection
        self._handshake_timers[link] = loop.call_later(self._bounds.handshake_s, self._too_late, link)
        if self._stopping:
            # It opened while the node was about to stop.
            self.close(link, code=WSCloseCode.GOING_AWAY, reason="this node is stopping")
        self._links.connected(link, outgoing=address is not None, address=address)
        reason = "the node stopped"
        try:
            reason = await connection.run()
        finally:
            self._handshake_timers.pop(link).cancel()
            del self._connections[link]
            self._running.discard(over)
            over.set_result(None)
            self._links.disconnected(link, reason)

    def proved(self, link: int) -> None:
        """Note that the peer has proved a device: the core ends the link if nobody talks with it in time.

        It stays a stranger at the door: anybody can make fresh keys and prove them.
        """
        if link in self._connections:
            self._handshake_timers[link].cancel()

    def established(self, link: int) -> None:
        """Note that the peer is one this node talks with: it is no stranger at the door any more."""
        self.proved(link)
        self._strangers.pop(link, None)

    def send(self, link: int, frame: bytes) -> None:
        """Queue a frame; one for a link that is over is dropped, as the cut itself would have done."""
        connection = self._connections.get(link)
        if connection is not None:
            connection.send(frame)

    def close(self, link: int, *, code: int, reason: str) -> None:
        """End a link after what is queued for it; one that is over already stays so."""
        connection = self._connections.get(link)
        if connection is not None:
            connection.close(code=code, reason=reason)

    async def stop(self) -> None:
        """Admit nobody more, say goodbye on every link, and return when all are over."""
        self._stopping = True
        for link in list(self._connections):
            self.close(link, code=WSCloseCode.GOING_AWAY, reason="this node is stopping")
        if self._running:
            await asyncio.wait(set(self._running))

    def _has_room_for(self, host: str) -> bool:
        """Tell whether one more stranger may come in, for whom another has to go if they are many.

        Whoever opens connections and says nothing must not shut the door for others: first somebody goes
        from the address that takes more places than any other, then whoever had time enough.
        """
        if len(self._strangers) < self._bounds.handshakes_pending_max:
            return True
        callers = Counter(one.host for one in self._strangers.values())
        crowd = max(callers.values())
        now = asyncio.get_running_loop().time()
        for link, one in self._strangers.items():
            crowds = callers[one.host] == crowd and callers[host] + 1 < crowd
            if link in self._connections and (crowds or now - one.since >= self._bounds.at_door_s):
                del self._strangers[link]
                self.close(link, code=WSCloseCode.TRY_AGAIN_LATER, reason="others want to come in")
                return True
        return False

    def _too_late(self, link: int) -> None:
        """Close a link whose peer did not prove in time who it is."""
        self.close(link, code=WSCloseCode.POLICY_VIOLATION, reason="the handshake took too long")
