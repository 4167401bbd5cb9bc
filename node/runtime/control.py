"""The control socket: how commands reach a running node. Only the owner of the data folder can open it."""

import asyncio
import itertools
import os
import socket
from collections.abc import Awaitable, Callable
from typing import Any, Final

import structlog
from aiohttp import web

from node.engine.commands import Command
from node.engine.effects import Reply
from node.engine.inputs import CommandReceived
from node.errors import ConfigError, NodeError, StoreBusyError, UserError
from node.runtime import requests
from node.storage.files.folder import DataFolder

# Commands that wait for their answer at one time; a script that starts more is asked to wait.
COMMANDS_WAITING_MAX: Final = 64
_SOCKET_BACKLOG: Final = 64
# What a command under way may take when the node stops.
_GOODBYE_S: Final = 10.0
_OWNER_ONLY: Final = 0o177

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger("control")


class Tickets:
    """Pair commands with their replies.

    Args:
        submit: hands an input to the core.
    """

    def __init__(self, submit: Callable[[CommandReceived], None]) -> None:
        self._submit = submit
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any] | NodeError]] = {}
        self._failure: NodeError | None = None

    async def ask(self, command: Command) -> dict[str, Any]:
        """Give a command to the core and return its answer.

        Raises:
            NodeError: what the core answered instead.
            StoreBusyError: too many commands wait already.
        """
        if self._failure is not None:
            raise self._failure
        if len(self._waiting) >= COMMANDS_WAITING_MAX:
            raise StoreBusyError(f"{COMMANDS_WAITING_MAX} commands wait for this node already: try again")
        ticket = next(self._numbers)
        future = asyncio.get_running_loop().create_future()
        self._waiting[ticket] = future
        # The event that tests and operators count: the command is here, and nothing of it is on the disk.
        _log.debug("command_received", ticket=ticket, command=command.command)
        self._submit(CommandReceived(ticket, command))
        try:
            answer: dict[str, Any] | NodeError = await future
        finally:
            del self._waiting[ticket]
        if isinstance(answer, NodeError):
            raise answer
        return answer

    def reply(self, reply: Reply) -> None:
        """Pass an answer on; nobody waits any more when the caller hung up."""
        future = self._waiting.get(reply.ticket)
        if future is not None and not future.done():
            future.set_result(reply.result)

    def fail(self, error: NodeError) -> None:
        """Answer everybody who waits, and whoever still asks, with an error."""
        self._failure = error
        for future in self._waiting.values():
            if not future.done():
                future.set_result(error)


class ControlSocket:
    """Serve commands at the data folder's control.sock."""

    def __init__(self, ask: Callable[[Command], Awaitable[dict[str, Any]]]) -> None:
        self._ask = ask
        self._runner: web.AppRunner | None = None
        self._folder: DataFolder | None = None

    async def start(self, folder: DataFolder) -> None:
        """Listen; the caller holds the folder's lock, so a socket that lies there is a dead node's.

        Raises:
            ConfigError: the socket cannot be made.
        """
        application = web.Application(client_max_size=requests.REQUEST_BYTES_MAX)
        application.router.add_post(requests.COMMAND_PATH, self._take)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=_GOODBYE_S)
        self._folder = folder
        await self._runner.setup()
        await web.SockSite(self._runner, _listening(folder), backlog=_SOCKET_BACKLOG).start()

    async def stop(self) -> None:
        """Let the commands under way be answered, then take the socket away."""
        if self._runner is not None and self._folder is not None:
            await self._runner.cleanup()
            self._folder.control_socket.unlink(missing_ok=True)

    async def _take(self, request: web.Request) -> web.Response:
        try:
            command = requests.read_command(await _body(request))
            return _json(await self._ask(command), status=200)
        except NodeError as error:
            told = requests.problem(error)
            return _json(told, status=told["status"])


async def _body(request: web.Request) -> bytes:
    """Read a request's body."""
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge as error:
        raise UserError(
            f"expected at most {requests.REQUEST_BYTES_MAX} bytes in one command: split the file"
        ) from error


def _json(tree: dict[str, Any], *, status: int) -> web.Response:
    kind = "application/json" if status == 200 else "application/problem+json"
    return web.Response(body=requests.as_bytes(tree), status=status, content_type=kind)


def _listening(folder: DataFolder) -> socket.socket:
    """Make control.sock, readable by its owner from its first moment on."""
    folder.control_socket.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    mask = os.umask(_OWNER_ONLY)
    try:
        with folder.socket_path() as path:
            listening.bind(str(path))
    except OSError as error:
        listening.close()
        raise ConfigError(f"expected to make {folder.control_socket}, found: {error.strerror}") from error
    finally:
        os.umask(mask)
    return listening
