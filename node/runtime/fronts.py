"""The two listeners: the public one for neighbours and visitors, the operator's for this machine.

Wires settings, core and sockets to the applications of `node.web`; what they answer is theirs.
"""

import asyncio
import contextlib
import resource
import socket
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from aiohttp import web

from node.runtime import clock
from node.runtime.config import Config
from node.runtime.control import Tickets
from node.runtime.executor import ReactorThread
from node.web import door
from node.web.app import operator_app, public_app
from node.web.asking import WebConfig
from node.web.door import Door
from node.web.metrics import Metrics
from node.web.tokens import TokensInStore

# What a request under way may take when the node stops; links have said goodbye before.
_GOODBYE_S: Final = 5.0
# How long a connection may wait with its next request, or need for the head of its first.
_KEEP_ALIVE_S: Final = 30.0
# What is left of a body that nobody wants is read for so long, in the hope that the client reads the answer.
_LINGER_S: Final = 2.0
_BACKLOG: Final = 128
# The line of a request, and one header. Browsers send the cookies of every program at 127.0.0.1 to all ports.
_LINE_BYTES_MAX: Final = 8_190
_HEADERS_MAX: Final = 100
# 512 visitors on each listener, 600 links, and the store.
_OPEN_FILES_WANTED: Final = 4_096


class Fronts:
    """Serve both listeners.

    Args:
        settings: what the steward decided.
        thread: the core.
        tickets: gives commands to it.
        links: the routes at which other nodes connect.
        murmurations_page: whether the own page shows as a Murmurations profile.
    """

    def __init__(
        self,
        settings: Config,
        thread: ReactorThread,
        tickets: Tickets,
        *,
        links: Iterable[web.RouteDef],
        murmurations_page: bool,
    ) -> None:
        config = WebConfig(
            version=program_version(),
            domain=settings.domain,
            contact=settings.contact,
            operator_hosts=frozenset(settings.operator_hosts),
            proxies=settings.proxies,
            open_reads=settings.operator_reads == "open",
            murmurations_page=murmurations_page,
        )
        metrics = Metrics(version=config.version)
        public = public_app(
            tickets, config=config, now=clock.now, links=links, metrics=metrics, changes=thread.changes
        )
        operator = operator_app(
            tickets, config=config, now=clock.now, tokens=TokensInStore(tickets), metrics=metrics
        )
        self._public = _Front(public, Door(proxies=settings.proxies))
        self._operator = _Front(operator, Door())

    async def start(self, public: socket.socket, operator: socket.socket | None) -> None:
        """Begin to serve at open ports."""
        _allow_open_files()
        await self._public.start(public)
        if operator is not None:
            await self._operator.start(operator)

    async def stop(self) -> None:
        """Take no more requests, and let those under way be answered."""
        await asyncio.gather(self._public.stop(), self._operator.stop())


class _Front:
    """One listener."""

    def __init__(self, app: web.Application, its_door: Door) -> None:
        door.guard(app, its_door)
        self._door = its_door
        self._listening: asyncio.Server | None = None
        self._runner = web.AppRunner(
            app,
            access_log=None,
            # Bodies are small and never compressed; what inflates to more than it seems is refused (api).
            auto_decompress=False,
            keepalive_timeout=_KEEP_ALIVE_S,
            lingering_time=_LINGER_S,
            max_line_size=_LINE_BYTES_MAX,
            max_field_size=_LINE_BYTES_MAX,
            max_headers=_HEADERS_MAX,
            shutdown_timeout=_GOODBYE_S,
        )

    async def start(self, port: socket.socket) -> None:
        await self._runner.setup()
        assert self._runner.server is not None
        self._listening = await asyncio.get_running_loop().create_server(
            self._door.factory(self._runner.server), sock=port, backlog=_BACKLOG
        )

    async def stop(self) -> None:
        if self._listening is not None:
            self._listening.close()
        self._door.close()
        await self._runner.cleanup()


def program_version() -> str:
    """Return the version of this program."""
    try:
        return version("hedgerow")
    except PackageNotFoundError:
        return "0"


def _allow_open_files() -> None:
    """Let this process open as many files as it may need, as far as the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES_WANTED if hard == resource.RLIM_INFINITY else min(hard, _OPEN_FILES_WANTED)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
