import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from ipaddress import ip_network

from aiohttp import web

from node.web import door
from node.web.asking import LINK_PATHS
from node.web.door import Door

LARGE = b"x" * (16 * 1024 * 1024)
WAIT_S = 10.0


class House:
    """A listener behind a door, with an answer that a test holds back and one that is large."""

    def __init__(self, its_door: Door) -> None:
        self.door = its_door
        self.port = 0
        self.let_go = asyncio.Event()
        self.entered = asyncio.Event()

    async def quick(self, _: web.Request) -> web.Response:
        """Answer at once."""
        return web.Response(text="hello")

    async def slow(self, _: web.Request) -> web.Response:
        """Answer when the test lets it."""
        self.entered.set()
        await self.let_go.wait()
        return web.Response(text="at last")

    async def large(self, _: web.Request) -> web.Response:
        """Answer with more than the system's buffers hold."""
        return web.Response(body=LARGE)

    async def call(self, path: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect and ask for something."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        return reader, writer

    async def until(self, holds: Callable[[], bool]) -> None:
        """Give way until something holds that no event tells of."""
        async with asyncio.timeout(WAIT_S):
            while True:
                if holds():
                    return
                await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def house(its_door: Door) -> AsyncIterator[House]:
    """Serve."""
    served = House(its_door)
    app = web.Application()
    app[LINK_PATHS] = frozenset({"/sync"})
    for path, handler in (
        ("/quick", served.quick),
        ("/slow", served.slow),
        ("/large", served.large),
        ("/sync", served.slow),
    ):
        app.router.add_get(path, handler)
    door.guard(app, its_door)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    assert runner.server is not None
    listening = await asyncio.get_running_loop().create_server(
        its_door.factory(runner.server), sock=socket.create_server(("127.0.0.1", 0))
    )
    served.port = listening.sockets[0].getsockname()[1]
    try:
        yield served
    finally:
        listening.close()
        its_door.close()
        await runner.cleanup()


async def test_a_quiet_connection_makes_room() -> None:
    """Exhausted connections: a stranger who opens many loses the quietest, and others still get in."""
    async with house(Door(connections_max=3)) as served:
        held = [await asyncio.open_connection("127.0.0.1", served.port) for _ in range(3)]
        await served.until(lambda: len(served.door) == 3)
        reader, writer = await served.call("/quick")
        assert b"200 OK" in await reader.readline()
        assert len(served.door) == 3
        assert await held[0][0].read() == b""
        for _, each in (*held, (reader, writer)):
            each.close()
        await served.until(lambda: len(served.door) == 0)


async def test_who_is_being_served_is_never_turned_out() -> None:
    """With every connection at work the next is turned away; neighbours' links take no visitor's place."""
    async with house(Door(connections_max=1)) as served:
        link = await served.call("/sync")
        await served.entered.wait()
        served.entered.clear()
        busy, writer = await served.call("/slow")
        await served.entered.wait()
        away, other = await served.call("/quick")
        assert await away.read() == b""
        assert served.door.turned_away == 1
        served.let_go.set()
        assert b"200 OK" in await busy.readline()
        for each in (writer, other, link[1]):
            each.close()


async def test_one_client_has_a_bound_of_its_own() -> None:
    """What one address opens costs its own quiet connections; a proxy, behind which many stand, has none."""
    # Loopback counts as many too, where tunnels end; a test has no other address.
    async with house(Door(per_client_max=1, counted_for=lambda address, _: address)) as served:
        first, first_writer = await asyncio.open_connection("127.0.0.1", served.port)
        _, second = await served.call("/quick")
        assert await first.read() == b""
        for each in (first_writer, second):
            each.close()
    async with house(Door(proxies=(ip_network("127.0.0.1"),), per_client_max=1)) as served:
        held = [await served.call("/quick") for _ in range(3)]
        for reader, writer in held:
            assert b"200 OK" in await reader.readline()
            writer.close()


async def test_who_does_not_read_an_answer_is_cut() -> None:
    """Slow reader: an answer that nobody takes is not kept for ever, and an ordinary one is not in danger."""
    async with house(Door(reading_s_max=0.0)) as served:
        reader, writer = await served.call("/large")
        await served.until(lambda: any(one.answering for one in served.door._guests.values()))
        served.door.look()
        assert len(served.door) == 0
        with contextlib.suppress(ConnectionError):
            assert len(await reader.read()) < len(LARGE)
        writer.close()
    async with house(Door()) as served:
        reader, writer = await served.call("/large")
        served.door.look()
        assert len(await reader.readexactly(len(LARGE))) == len(LARGE)
        writer.close()
