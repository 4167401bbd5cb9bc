"""One WebSocket: a read pump, a write pump, a heartbeat, and the ways in which they end.

This module owns queues, close codes and deadlines of a single connection. It does not know what frames mean,
who the peer is or how many connections there are.

Backpressure: a frame is delivered by awaiting the receiver. Until the receiver returns, nothing more is read
from this socket, its buffers fill, and TCP slows the peer down. Sending never waits: what the peer does not
take is queued up to a bound, and past it the connection is closed, so that a slow reader costs only itself.
"""

import asyncio
import contextlib
import socket
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from aiohttp import ClientWebSocketResponse, WSCloseCode, WSMessage, WSMsgType, web

from node.limits import (
    FRAME_BYTES_MAX,
    HANDSHAKE_MS_MAX,
    HANDSHAKES_PENDING_MAX,
    SEND_QUEUE_BYTES_MAX,
    SESSIONS_MAX,
)

# Either end of a WebSocket; the parameter says only how text frames would be decoded.
Socket: TypeAlias = web.WebSocketResponse[Any] | ClientWebSocketResponse[Any]
# Returns when the next frame of this link may be read.
Deliver: TypeAlias = Callable[[int, bytes], Awaitable[None]]

# aiohttp refuses messages of this size and more, so the largest frame must stay below it.
SOCKET_MESSAGE_BYTES: Final = FRAME_BYTES_MAX + 1
# What a queued frame costs beside its bytes, roughly: without it, tiny frames would queue up uncounted.
FRAME_OVERHEAD_BYTES: Final = 64
# RFC 6455, section 5.5: a control frame carries 125 bytes, of which the close code takes two.
CLOSE_REASON_BYTES_MAX: Final = 123
# What a stranger's close reason may add to a log line.
_REASON_CHARS_SHOWN: Final = 60


@dataclass(frozen=True, slots=True)
class Bounds:
    """Say how much and how long; tests pass smaller ones.

    heartbeat_s: a ping this often keeps home routers from forgetting the connection (they do after 30 s and
        more) and gives the peer something to answer. silence_s: two pings unanswered and some patience.
    at_door_s: a handshake is three frames, on a slow line too; whoever takes longer makes room for others.
    connect_s: names, TCP, TLS and the upgrade together. close_s: for sending what is queued, and goodbye.
    """

    sessions_max: int = SESSIONS_MAX
    handshakes_pending_max: int = HANDSHAKES_PENDING_MAX
    handshake_s: float = HANDSHAKE_MS_MAX / 1_000
    at_door_s: float = 2.0
    send_queue_bytes_max: int = SEND_QUEUE_BYTES_MAX
    heartbeat_s: float = 20.0
    silence_s: float = 60.0
    connect_s: float = 15.0
    close_s: float = 3.0


class Connection:
    """Pump frames between one socket and its receiver until either side ends it."""

    def __init__(self, web_socket: Socket, *, link: int, deliver: Deliver, bounds: Bounds) -> None:
        self._socket = web_socket
        # Kept from the start: aiohttp forgets it when it closes, and cutting must work afterwards too.
        self._raw: socket.socket | None = web_socket.get_extra_info("socket")
        self._link = link
        self._deliver = deliver
        self._bounds = bounds
        self._queue: deque[bytes] = deque()
        self._queue_bytes = 0
        self._wake = asyncio.Event()
        self._closing: tuple[int, str] | None = None
        self._cut_timer: asyncio.TimerHandle | None = None
        self._silence_timer: asyncio.TimerHandle | None = None
        # Since when the peer was listened to without a word of it; None while the receiver holds a frame.
        self._silent_since: float | None = None
        self._reason: str | None = None

    def send(self, frame: bytes) -> None:
        """Queue a frame; a full queue closes the connection instead, and nothing queued is kept."""
        if self._closing is not None:
            return
        assert 0 < len(frame) <= FRAME_BYTES_MAX, f"a frame of {len(frame)} bytes does not fit"
        cost = len(frame) + FRAME_OVERHEAD_BYTES
        if self._queue_bytes + cost > self._bounds.send_queue_bytes_max:
            self._queue.clear()
            self.close(code=WSCloseCode.TRY_AGAIN_LATER, reason="the send queue is full")
            return
        self._queue.append(frame)
        self._queue_bytes += cost
        self._wake.set()

    def close(self, *, code: int, reason: str) -> None:
        """Send what is queued, say goodbye, and cut the line when that takes too long."""
        if self._closing is not None:
            return
        self._closing = (code, reason)
        self._end(f"closed here with {int(code)}: {reason}")
        self._cut_later()
        self._wake.set()

    async def run(self) -> str:
        """Pump until the connection has ended, and return the reason in words for the log."""
        pumps = [asyncio.create_task(pump()) for pump in (self._read, self._write, self._beat)]
        reading, writing, _ = pumps
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            if self._closing is not None and not (reading.done() and reading.exception()):
                await asyncio.wait([writing])
        finally:
            if self._silence_timer is not None:
                self._silence_timer.cancel()
            for pump in pumps:
                pump.cancel()
            results = await asyncio.gather(*pumps, return_exceptions=True)
            # A closed transport may still hold bytes that the peer never takes.
            self._cut_later()
        for result in results:
            # An exception here is the receiver's bug: it must not vanish in a task.
            if isinstance(result, Exception):
                raise result
        return self._reason or "ended"

    async def _read(self) -> None:
        """Deliver binary frames one after the other; pings aside, everything else ends the connection."""
        loop = asyncio.get_running_loop()
        self._silent_since = loop.time()
        self._listen_for(self._bounds.silence_s)
        while True:
            message = await self._socket.receive()
            if message.type is WSMsgType.BINARY:
                self._silent_since = None
                await self._deliver(self._link, message.data)
                self._silent_since = loop.time()
            elif message.type is WSMsgType.PING or message.type is WSMsgType.PONG:
                self._silent_since = loop.time()
                if message.type is WSMsgType.PING:
                    with contextlib.suppress(ConnectionError):  # What comes next says that it is lost.
                        await self._socket.pong(message.data)
            elif message.type is WSMsgType.TEXT:
                self.close(code=WSCloseCode.UNSUPPORTED_DATA, reason="expected binary frames, found text")
                return
            else:
                self._end(_why_ended(message))
                return

    async def _write(self) -> None:
        """Send what is queued as fast as the peer takes it; after `close`, say goodbye and return."""
        try:
            while True:
                while self._queue:
                    frame = self._queue.popleft()
                    self._queue_bytes -= len(frame) + FRAME_OVERHEAD_BYTES
                    await self._socket.send_bytes(frame)
                if self._closing is not None:
                    break
                self._wake.clear()
                await self._wake.wait()
            code, reason = self._closing
            await self._socket.close(code=code, message=_shortened(reason))
        except ConnectionError:
            self._end("the connection was lost")

    async def _beat(self) -> None:
        """Ping now and then, whatever else is going on: the answer proves that somebody is there."""
        try:
            while True:
                await asyncio.sleep(self._bounds.heartbeat_s)
                await self._socket.ping()
        except ConnectionError:
            self._end("the connection was lost")

    def _listen_for(self, seconds: float) -> None:
        """Look in so many seconds whether the peer was silent: a timer for each frame costs more."""
        self._silence_timer = asyncio.get_running_loop().call_later(seconds, self._look_whether_silent)

    def _look_whether_silent(self) -> None:
        since, now = self._silent_since, asyncio.get_running_loop().time()
        left = self._bounds.silence_s - (now - since if since is not None else 0.0)
        if left > 0:
            self._listen_for(left)
        else:
            self._end(f"nothing was heard for {self._bounds.silence_s:g} s")
            self._cut()

    def _end(self, reason: str) -> None:
        """Keep the first reason: the later ones follow from it."""
        if self._reason is None:
            self._reason = reason

    def _cut_later(self) -> None:
        """Make sure that the line is cut within `close_s`, whatever the peer does or leaves undone."""
        if self._cut_timer is None:
            loop = asyncio.get_running_loop()
            self._cut_timer = loop.call_later(self._bounds.close_s, self._cut)

    def _cut(self) -> None:
        """Shut the socket down at once; asyncio's own close would wait for the peer to read."""
        if self._raw is not None:
            with contextlib.suppress(OSError):
                self._raw.shutdown(socket.SHUT_RDWR)


def _why_ended(message: WSMessage) -> str:
    """Put into words why aiohttp gave out no more frames."""
    if message.type is WSMsgType.CLOSE:
        said = f": {message.extra[:_REASON_CHARS_SHOWN]!r}" if message.extra else ""
        return f"the peer closed with {message.data}{said}"
    if message.type is WSMsgType.ERROR:
        return f"the peer broke the WebSocket protocol: {message.data}"
    return "the connection was lost"


def _shortened(reason: str) -> bytes:
    """Return as much of a reason as a close frame can carry, never half a letter."""
    return reason.encode()[:CLOSE_REASON_BYTES_MAX].decode(errors="ignore").encode()
