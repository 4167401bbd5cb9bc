"""Real listeners on loopback over a real engine with its store in memory."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

from aiohttp import ClientResponse, ClientSession, web

from node.clock import Timestamp
from node.engine.commands import Command
from node.web.app import operator_app, public_app
from node.web.asking import Allowance, Answer, WebConfig
from node.web.tokens import Scope, StoredToken, Tokens, TokensInMemory, make
from tests.engine.harness import START, Node

CONFIG = WebConfig(version="0.0.0-test", public_allowance=None, operator_allowance=None)

ONE_REQUEST = Allowance(burst=1, per_second=1)


class NodeAsks:
    """Give commands to a node of the tests; counts them."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.asked: list[Command] = []

    async def ask(self, command: Command) -> Answer:
        """Return the node's answer."""
        self.asked.append(command)
        return self.node.ask(command)


@dataclass
class Clock:
    """A clock that a test sets."""

    at: Timestamp = START

    def __call__(self) -> Timestamp:
        """Return the time."""
        return self.at

    def wait(self, milliseconds: int) -> None:
        """Let time pass."""
        self.at = Timestamp(self.at + milliseconds)


@dataclass
class Site:
    """One listener and a client of it."""

    port: int
    client: ClientSession
    asks: NodeAsks
    clock: Clock
    token: str = ""

    def url(self, path: str) -> str:
        """Return the address of a path."""
        return f"http://127.0.0.1:{self.port}{path}"

    async def send(self, method: str, path: str, **fields: Any) -> ClientResponse:
        """Send a request and read the answer."""
        response = await self.client.request(method, self.url(path), **fields)
        await response.read()
        return response

    async def get(self, path: str, **headers: str) -> ClientResponse:
        """Read something."""
        return await self.send("GET", path, headers=headers)

    async def json(self, path: str) -> Any:
        """Return a successful answer."""
        response = await self.get(path)
        assert response.status == 200, await response.text()
        return await response.json()

    async def publish(self, method: str, path: str, tree: Any = None) -> ClientResponse:
        """Send with the token that may publish."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return await self.send(method, path, json=tree, headers=headers)


@contextlib.asynccontextmanager
async def public(node: Node, config: WebConfig = CONFIG) -> AsyncIterator[Site]:
    """Serve the public listener."""
    asks, clock = NodeAsks(node), Clock()
    async with _listening(public_app(asks, config=config, now=clock), asks, clock) as site:
        yield site


@contextlib.asynccontextmanager
async def operator(
    node: Node,
    config: WebConfig = CONFIG,
    *,
    tokens: Tokens | None = None,
    more: tuple[StoredToken, ...] = (),
) -> AsyncIterator[Site]:
    """Serve the operator's listener, with one token that may publish, and more."""
    asks, clock = NodeAsks(node), Clock()
    held = tokens if tokens is not None else TokensInMemory()
    shown, stored = make("test", frozenset({Scope.PUBLISH}), entropy=node.random.randbytes, now=clock())
    for token in (stored, *more):
        await held.add(token)
    app = operator_app(asks, config=config, now=clock, tokens=held)
    async with _listening(app, asks, clock) as site:
        yield replace(site, token=shown)


@contextlib.asynccontextmanager
async def listening(app: web.Application, node: Node) -> AsyncIterator[Site]:
    """Serve an application that a test made itself."""
    async with _listening(app, NodeAsks(node), Clock()) as site:
        yield site


@contextlib.asynccontextmanager
async def _listening(app: web.Application, asks: NodeAsks, clock: Clock) -> AsyncIterator[Site]:
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    async with ClientSession() as client:
        try:
            yield Site(port, client, asks, clock)
        finally:
            await runner.cleanup()
