"""Tests of the network on real loopback sockets: two networks, or one and a peer that misbehaves."""

import asyncio
import base64
import contextlib
import socket
import struct
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import pytest
from aiohttp import ClientSession, TCPConnector, WSMsgType, WSServerHandshakeError, web

from node.limits import FRAME_BYTES_MAX
from node.net.address import Address, parse
from node.net.connection import Bounds
from node.net.network import Network

WAIT_S = 10.0


@dataclass
class Recorder:
    """Stand in for the runtime: remember every call, and hold frames back while the gate is shut."""

    events: asyncio.Queue[tuple[object, ...]] = field(default_factory=asyncio.Queue)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    frames_seen: int = 0

    def __post_init__(self) -> None:
        self.gate.set()

    def connected(self, link: int, *, outgoing: bool, address: str | None) -> None:
        """Remember the beginning of a link."""
        self.events.put_nowait(("connected", link, outgoing, address))

    async def frame_received(self, link: int, data: bytes) -> None:
        """Remember a frame and return when the gate is open."""
        self.frames_seen += 1
        self.events.put_nowait(("frame", link, data))
        await self.gate.wait()

    def disconnected(self, link: int, reason: str) -> None:
        """Remember the end of a link."""
        self.events.put_nowait(("disconnected", link, reason))

    def dial_failed(self, address: str, reason: str) -> None:
        """Remember a failed attempt."""
        self.events.put_nowait(("dial_failed", address, reason))

    async def next(self, kind: str) -> tuple[object, ...]:
        """Return the next event, which must be of this kind."""
        async with asyncio.timeout(WAIT_S):
            event = await self.events.get()
        assert event[0] == kind, event
        return event[1:]

    async def link(self) -> int:
        """Return the number of the link whose beginning is the next event."""
        number = (await self.next("connected"))[0]
        assert isinstance(number, int)
        return number


@dataclass
class Node:
    """One network with what it said, served on a free loopback port."""

    network: Network
    heard: Recorder
    address: Address

    @property
    def url(self) -> str:
        """Return where this node is dialled."""
        return self.address.url


Start = Callable[[Bounds], Awaitable[Node]]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Return a function that starts a node; all are stopped at the end, the application after the network."""
    runners: list[tuple[Network, web.AppRunner]] = []

    async def start_node(bounds: Bounds) -> Node:
        heard = Recorder()
        network = Network(heard, bounds=bounds)
        app = web.Application()
        app.add_routes(network.routes())
        runner, port = await serve(app)
        runners.append((network, runner))
        return Node(network, heard, Address(host="127.0.0.1", port=port))

    yield start_node
    for network, runner in runners:
        await network.stop()
        await runner.cleanup()


async def serve(app: web.Application) -> tuple[web.AppRunner, int]:
    """Serve an application on a free loopback port."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    return runner, runner.addresses[0][1]


async def joined(first: Node, second: Node) -> tuple[int, int]:
    """Let the first dial the second and return the link's number at either end."""
    first.network.dial(second.address)
    return await first.heard.link(), await second.heard.link()


async def raw_peer(node: Node) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Open a WebSocket by hand: such a peer may do what no library does."""
    reader, writer = await asyncio.open_connection(node.address.host, node.address.port)
    key = base64.b64encode(bytes(16)).decode()
    writer.write(
        f"GET /sync HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
    )
    head = await reader.readuntil(b"\r\n\r\n")
    assert b" 101 " in head
    return reader, writer


# --- frames ------------------------------------------------------------------------------------------


async def test_frames_arrive_both_ways_in_order(start: Start) -> None:
    """Frames from one byte to the largest arrive whole and in order, from either end."""
    near, far = await start(Bounds()), await start(Bounds())
    near_link, far_link = await joined(near, far)
    frames = [bytes([n]) * size for n, size in enumerate((1, 125, 126, 65_534, FRAME_BYTES_MAX, 7), start=1)]
    for frame in frames:
        near.network.send(near_link, frame)
        far.network.send(far_link, frame[::-1])
    assert [await far.heard.next("frame") for _ in frames] == [(far_link, frame) for frame in frames]
    assert [await near.heard.next("frame") for _ in frames] == [(near_link, frame) for frame in frames]


async def test_the_dialler_knows_the_address_and_the_listener_does_not(start: Start) -> None:
    """Both ends hear of the link once, and only the dialler's has an address."""
    near, far = await start(Bounds()), await start(Bounds())
    near.network.dial(parse(f"127.0.0.1:{far.address.port}"))
    assert (await near.heard.next("connected"))[1:] == (True, far.url)
    assert (await far.heard.next("connected"))[1:] == (False, None)


async def test_numbers_of_links_are_never_used_twice(start: Start) -> None:
    """A frame for an old link is dropped and never reaches the new link to the same peer."""
    near, far = await start(Bounds()), await start(Bounds())
    old, _ = await joined(near, far)
    near.network.close(old, code=1000, reason="again")
    await near.heard.next("disconnected")
    await far.heard.next("disconnected")
    new, far_link = await joined(near, far)
    assert new != old
    near.network.send(old, b"late")
    near.network.close(old, code=1000, reason="late")
    near.network.established(old)
    near.network.send(new, b"fresh")
    assert await far.heard.next("frame") == (far_link, b"fresh")


async def test_attack_oversized_frame_closes_with_1009(start: Start) -> None:
    """One byte more than a frame may have ends the connection before it is buffered, and no other."""
    node, neighbour = await start(Bounds()), await start(Bounds())
    good, node_link = await joined(neighbour, node)
    async with ClientSession() as session, session.ws_connect(node.url) as stranger:
        stranger_link = await node.heard.link()
        await stranger.send_bytes(bytes(FRAME_BYTES_MAX + 1))
        message = await stranger.receive(timeout=WAIT_S)
        assert (message.type, message.data) == (WSMsgType.CLOSE, 1009)
    link, reason = await node.heard.next("disconnected")
    assert link == stranger_link
    assert "exceeds limit" in str(reason)
    neighbour.network.send(good, b"still here")
    assert await node.heard.next("frame") == (node_link, b"still here")


async def test_attack_message_in_many_pieces_closes_with_1009(start: Start) -> None:
    """Pieces of one message count together."""
    node = await start(Bounds())
    reader, writer = await raw_peer(node)
    for opcode in (0x02, 0x00):
        writer.write(bytes([opcode, 0xFE]) + struct.pack("!H", 40_000) + bytes(4 + 40_000))
    close_frame = await asyncio.wait_for(reader.readexactly(4), WAIT_S)
    assert close_frame[0] == 0x88
    assert struct.unpack("!H", close_frame[2:]) == (1009,)
    writer.close()
    await writer.wait_closed()


async def test_text_frames_close_with_1003(start: Start) -> None:
    """Nodes speak in binary frames; text ends the connection and is not delivered."""
    node = await start(Bounds())
    async with ClientSession() as session, session.ws_connect(node.url) as stranger:
        await stranger.send_str("hello")
        message = await stranger.receive(timeout=WAIT_S)
        assert (message.type, message.data) == (WSMsgType.CLOSE, 1003)
        assert message.extra == "expected binary frames, found text"
    await node.heard.link()
    await node.heard.next("disconnected")


async def test_frames_are_not_compressed(start: Start) -> None:
    """Compression outside the encryption is declined, even when the peer offers it."""
    node = await start(Bounds())
    async with ClientSession() as session, session.ws_connect(node.url, compress=15) as stranger:
        assert not stranger.compress


# --- who is let in -----------------------------------------------------------------------------------


async def test_attack_browser_page_is_refused(start: Start) -> None:
    """A request with an Origin header gets 403: no web page reaches a node through its visitor."""
    node = await start(Bounds())
    async with ClientSession() as session:
        with pytest.raises(WSServerHandshakeError) as caught:
            await session.ws_connect(node.url, origin="http://evil.example")
        assert caught.value.status == 403


async def test_a_plain_request_is_told_to_upgrade(start: Start) -> None:
    """Whoever opens the address in another way learns what it is for."""
    node = await start(Bounds())
    async with ClientSession() as session, session.get(node.url.replace("ws:", "http:")) as answer:
        assert answer.status == 426
        assert "other nodes" in await answer.text()


async def test_attack_strangers_at_the_door_are_bounded(start: Start) -> None:
    """Strangers take few places, also those that proved fresh keys; each one we talk with frees one."""
    node = await start(Bounds(handshakes_pending_max=2))
    async with contextlib.AsyncExitStack() as stack:
        session = await stack.enter_async_context(ClientSession())
        for _ in range(2):
            await stack.enter_async_context(session.ws_connect(node.url))
        link = await node.heard.link()
        node.network.proved(link)
        with pytest.raises(WSServerHandshakeError) as caught:
            await session.ws_connect(node.url)
        assert caught.value.status == 503
        node.network.established(link)
        await stack.enter_async_context(session.ws_connect(node.url))


async def test_attack_who_says_nothing_at_the_door_makes_room_for_who_knocks(start: Start) -> None:
    """With the door full of silent callers a neighbour comes in, and the one longest there goes."""
    node = await start(Bounds(handshakes_pending_max=2, at_door_s=0))
    async with ClientSession() as session, contextlib.AsyncExitStack() as stack:
        silent = [await stack.enter_async_context(session.ws_connect(node.url)) for _ in range(2)]
        for _ in silent:
            await node.heard.link()
        await stack.enter_async_context(session.ws_connect(node.url))
        message = await silent[0].receive(timeout=WAIT_S)
        assert (message.type, message.data) == (WSMsgType.CLOSE, 1013)


@pytest.mark.skipif(sys.platform != "linux", reason="one loopback address elsewhere")
async def test_attack_one_address_does_not_shut_the_door_for_others(start: Start) -> None:
    """Whoever takes all places from one address loses one to a caller from another, at once."""
    node = await start(Bounds(handshakes_pending_max=2))
    elsewhere = TCPConnector(local_addr=("127.0.0.2", 0))
    async with contextlib.AsyncExitStack() as stack:
        here = await stack.enter_async_context(ClientSession())
        there = await stack.enter_async_context(ClientSession(connector=elsewhere))
        first, _ = [await stack.enter_async_context(here.ws_connect(node.url)) for _ in range(2)]
        for _ in range(2):
            await node.heard.link()
        await stack.enter_async_context(there.ws_connect(node.url))
        message = await first.receive(timeout=WAIT_S)
        assert (message.type, message.data) == (WSMsgType.CLOSE, 1013)
        with pytest.raises(WSServerHandshakeError):
            await here.ws_connect(node.url)


async def test_all_connections_together_are_bounded(start: Start) -> None:
    """Past the bound nobody is let in and nobody is dialled, and a place given back is free again."""
    near, far = await start(Bounds(sessions_max=1)), await start(Bounds(sessions_max=1))
    link, _ = await joined(near, far)
    near.network.dial(far.address)
    assert "no room" in str(await near.heard.next("dial_failed"))
    third = await start(Bounds())
    third.network.dial(far.address)
    assert "503" in str(await third.heard.next("dial_failed"))
    near.network.close(link, code=1000, reason="making room")
    await far.heard.next("disconnected")
    # The listener's place is free once its request is over, which the next attempts wait for.
    async with asyncio.timeout(WAIT_S):
        while True:
            third.network.dial(far.address)
            if (await third.heard.events.get())[0] == "connected":
                break


async def test_attack_silent_stranger_is_shown_out(start: Start) -> None:
    """A peer that does not finish its handshake in time is closed; one that did is not."""
    node = await start(Bounds(handshake_s=0.2))
    async with ClientSession() as session, session.ws_connect(node.url) as known:
        node.network.proved(await node.heard.link())
        async with session.ws_connect(node.url) as stranger:
            await node.heard.link()
            message = await stranger.receive(timeout=WAIT_S)
            assert (message.type, message.data) == (WSMsgType.CLOSE, 1008)
        await node.heard.next("disconnected")
        await known.send_bytes(b"still here")
        assert (await node.heard.next("frame"))[1] == b"still here"


# --- how connections end -----------------------------------------------------------------------------


async def test_stopping_sends_what_is_queued_and_says_goodbye(start: Start) -> None:
    """A stop delivers queued frames, closes with 1001 at both ends, and ends each link exactly once."""
    near, far = await start(Bounds()), await start(Bounds())
    near_link, far_link = await joined(near, far)
    frames = [bytes([n]) * 60_000 for n in range(1, 51)]
    for frame in frames:
        near.network.send(near_link, frame)
    await asyncio.wait_for(near.network.stop(), WAIT_S)
    assert [await far.heard.next("frame") for _ in frames] == [(far_link, frame) for frame in frames]
    link, reason = await far.heard.next("disconnected")
    assert link == far_link
    assert "1001" in str(reason)
    assert "stopping" in str(reason)
    assert (await near.heard.next("disconnected"))[0] == near_link
    assert near.heard.events.empty()
    assert far.heard.events.empty()
    near.network.dial(far.address)
    await near.heard.next("dial_failed")


async def test_a_listener_that_stops_says_goodbye_too(start: Start) -> None:
    """The end that was dialled stops as gracefully, and turns newcomers away."""
    near, far = await start(Bounds()), await start(Bounds())
    near_link, far_link = await joined(near, far)
    far.network.send(far_link, b"last words")
    await asyncio.wait_for(far.network.stop(), WAIT_S)
    assert await near.heard.next("frame") == (near_link, b"last words")
    assert "1001" in str(await near.heard.next("disconnected"))
    near.network.dial(far.address)
    assert "503" in str(await near.heard.next("dial_failed"))


async def test_a_reason_of_any_length_fits_a_close_frame(start: Start) -> None:
    """A long reason is shortened between letters, not refused."""
    near, far = await start(Bounds()), await start(Bounds())
    near_link, _ = await joined(near, far)
    near.network.close(near_link, code=4000, reason="é" * 200)
    _, reason = await far.heard.next("disconnected")
    assert "4000" in str(reason)
    assert "é" * 60 in str(reason)


async def test_attack_slow_reader_overflows_only_itself(start: Start) -> None:
    """A peer that takes nothing is closed once its queue is full, and others do not notice."""
    node, neighbour = await start(Bounds(send_queue_bytes_max=1_000_000, close_s=0.2)), await start(Bounds())
    good, node_good = await joined(neighbour, node)
    reader, writer = await raw_peer(node)
    slow = await node.heard.link()
    async with asyncio.timeout(WAIT_S):
        while node.heard.events.empty():
            node.network.send(slow, bytes(60_000))
            node.network.send(node_good, b"tick")
            assert await neighbour.heard.next("frame") == (good, b"tick")
    link, reason = await node.heard.next("disconnected")
    assert link == slow
    assert "send queue is full" in str(reason)
    node.network.send(node_good, b"still here")
    assert await neighbour.heard.next("frame") == (good, b"still here")
    del reader
    writer.transport.abort()


async def test_a_queue_of_tiny_frames_is_bounded_too(start: Start) -> None:
    """Each queued frame counts for more than its bytes, so that a million empty ones do not fit."""
    node = await start(Bounds(send_queue_bytes_max=1_000))
    async with ClientSession() as session, session.ws_connect(node.url):
        link = await node.heard.link()
        for _ in range(16):
            node.network.send(link, b"x")
        assert "full" in str(await node.heard.next("disconnected"))


async def test_a_busy_runtime_slows_the_peer_down(start: Start) -> None:
    """While the runtime holds a frame, no further one of that link is delivered; nothing is lost by it.

    The wait is longer than the silence after which a peer is given up: it is not the peer that is silent.
    """
    near, far = await start(Bounds()), await start(Bounds(heartbeat_s=0.1, silence_s=0.4))
    near_link, far_link = await joined(near, far)
    other, far_other = await joined(near, far)
    far.heard.gate.clear()
    frames = [n.to_bytes(2, "big") * 30_000 for n in range(60)]
    for frame in frames:
        near.network.send(near_link, frame)
    assert await far.heard.next("frame") == (far_link, frames[0])
    near.network.send(other, b"another link is read all the same")
    assert (await far.heard.next("frame"))[0] == far_other
    # The mute peer is a clock: when it is given up, the held links have been idle for as long.
    _, writer = await raw_peer(far)
    await far.heard.link()
    assert "nothing was heard" in str(await far.heard.next("disconnected"))
    writer.transport.abort()
    assert far.heard.frames_seen == 2
    far.heard.gate.set()
    assert [await far.heard.next("frame") for _ in frames[1:]] == [(far_link, frame) for frame in frames[1:]]


async def test_a_link_closes_while_the_runtime_holds_a_frame(start: Start) -> None:
    """Closing does not wait for a receiver that waits, and delivers nothing afterwards."""
    near, far = await start(Bounds()), await start(Bounds(close_s=0.2))
    near_link, far_link = await joined(near, far)
    far.heard.gate.clear()
    near.network.send(near_link, b"held")
    near.network.send(near_link, b"never delivered")
    await far.heard.next("frame")
    far.network.close(far_link, code=1008, reason="enough")
    assert (await far.heard.next("disconnected"))[0] == far_link
    far.heard.gate.set()
    assert "1008" in str(await near.heard.next("disconnected"))
    assert far.heard.frames_seen == 1


async def test_a_vanished_peer_is_noticed(start: Start) -> None:
    """A peer that answers no ping any more is given up after the silence, without a word from TCP."""
    node = await start(Bounds(heartbeat_s=0.05, silence_s=0.3))
    reader, writer = await raw_peer(node)
    link = await node.heard.link()
    assert (await asyncio.wait_for(reader.readexactly(2), WAIT_S))[0] == 0x89
    assert await node.heard.next("disconnected") == (link, "nothing was heard for 0.3 s")
    writer.transport.abort()


async def test_a_quiet_peer_that_answers_pings_is_kept(start: Start) -> None:
    """Silence of the application is no silence: answered pings keep an idle link for longer than it."""
    near = await start(Bounds(heartbeat_s=0.1, silence_s=1.0))
    far = await start(Bounds(heartbeat_s=0.1, silence_s=1.0))
    near_link, far_link = await joined(near, far)
    reader, writer = await raw_peer(near)
    await near.heard.link()
    # The mute peer is a clock: when it is given up, the quiet one has been idle for as long.
    assert "nothing was heard" in str(await near.heard.next("disconnected"))
    near.network.send(near_link, b"still here")
    assert await far.heard.next("frame") == (far_link, b"still here")
    del reader
    writer.transport.abort()


async def test_a_reset_connection_is_noticed_at_once(start: Start) -> None:
    """A peer whose machine resets the connection is gone without waiting for any deadline."""
    node = await start(Bounds())
    _, writer = await raw_peer(node)
    link = await node.heard.link()
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
    assert (await node.heard.next("disconnected"))[0] == link


# --- dialling ----------------------------------------------------------------------------------------


async def test_nobody_listening_is_told(start: Start) -> None:
    """A refused connection is one failed attempt with a reason."""
    node = await start(Bounds())
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        node.network.dial(parse(f"127.0.0.1:{port}"))
        address, reason = await node.heard.next("dial_failed")
    assert address == f"ws://127.0.0.1:{port}/sync"
    assert reason == "nobody answers there (connection refused)"


async def test_attack_mute_listener_costs_one_timeout(start: Start) -> None:
    """Somebody who accepts and never answers is given up after the connect timeout."""
    node = await start(Bounds(connect_s=0.2))
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        node.network.dial(parse(f"127.0.0.1:{mute.getsockname()[1]}"))
        assert "no answer within 0.2 s" in str(await node.heard.next("dial_failed"))


async def test_stopping_gives_up_attempts_under_way(start: Start) -> None:
    """A stop does not wait for somebody who does not answer."""
    node = await start(Bounds(connect_s=600))
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        node.network.dial(parse(f"127.0.0.1:{mute.getsockname()[1]}"))
        accepted, _ = await asyncio.to_thread(mute.accept)
        await asyncio.wait_for(node.network.stop(), WAIT_S)
        accepted.close()


async def test_attack_redirect_is_not_followed(start: Start) -> None:
    """A stranger cannot send a node on to another address, such as one inside its home network."""
    node, inside = await start(Bounds()), await start(Bounds())

    async def redirect(_request: web.Request) -> web.Response:
        raise web.HTTPFound(inside.url.replace("ws:", "http:"))

    app = web.Application()
    app.add_routes([web.get("/sync", redirect)])
    runner, port = await serve(app)
    node.network.dial(parse(f"127.0.0.1:{port}"))
    assert "redirect" in str(await node.heard.next("dial_failed"))
    assert inside.heard.events.empty()
    await runner.cleanup()


async def test_an_address_that_is_no_node_is_told(start: Start) -> None:
    """Another web server's answer is named by its status."""
    node = await start(Bounds())
    runner, port = await serve(web.Application())
    node.network.dial(parse(f"127.0.0.1:{port}"))
    assert "404" in str(await node.heard.next("dial_failed"))
    await runner.cleanup()
