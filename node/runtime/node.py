"""A running node: wires settings, store, core, sockets and timer together, and takes them down in order."""

import asyncio
import contextlib
import os
from collections.abc import Callable
from typing import Any, Final

import structlog
from aiohttp import WSCloseCode

from node.clock import MS_PER_SECOND, Timestamp
from node.engine.effects import CloseLink, Dial, Effect, Introduced, Note, Reply, SendFrame, WakeAt
from node.engine.inputs import DialFailed, Woken
from node.errors import StorageError, StoreBusyError, StoreUnavailableError, UserError
from node.net import address
from node.net.network import Network
from node.runtime import clock, listening
from node.runtime.config import Config
from node.runtime.control import ControlSocket, Tickets
from node.runtime.executor import ReactorThread
from node.runtime.fronts import Fronts
from node.runtime.keyrings import AskPassphrase
from node.runtime.listening import Listening
from node.runtime.murmurations import Announcing
from node.runtime.network_links import NetworkLinks
from node.runtime.opening import Core, open_core
from node.storage.files.folder import DataFolder, FolderLock

# Without a node each command works on the folder for about a second: who starts a node and goes on in another
# window finds it at work.
_COMMAND_S_MAX: Final = 5.0
_LOOK_AGAIN_S: Final = 0.05

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger("node")


class Node:
    """One node of one data folder, from its start to its end.

    Args:
        folder: where everything lies; `serve` takes its lock.
        ask: returns the passphrase of a key file that has one.
    """

    def __init__(self, folder: DataFolder, settings: Config, ask: AskPassphrase) -> None:
        self._folder = folder
        self._settings = settings
        self._ask = ask
        self._stop = asyncio.Event()
        self._failure: Exception | None = None

    def stop(self) -> None:
        """Ask the node to end; `serve` returns when it has. To be called on the event loop."""
        self._stop.set()

    async def serve(self, ready: Callable[[Listening], None]) -> None:
        """Run until `stop`.

        Args:
            ready: called once, when the node can be reached.

        Raises:
            ConfigError: the folder, a key or the port is not usable.
            StorageError: the store failed; nothing half-done was kept.
            AssertionError: a mistake of ours; nothing half-done was kept.
        """
        with await self._lock():
            core = open_core(self._folder, self._ask, store=self._settings.store)
            try:
                await self._run(core, ready)
            finally:
                core.store.close()
        if self._failure is not None:
            raise self._failure

    async def _lock(self) -> FolderLock:
        """Take the folder's lock; a command that is at work there by itself is waited for, a node is not.

        Raises:
            StoreBusyError: another node runs in the folder, or a command does not end.
            ConfigError: the folder cannot be written.
        """
        until = asyncio.get_running_loop().time() + _COMMAND_S_MAX
        while True:
            try:
                return self._folder.lock()
            except StoreBusyError:
                is_node = self._folder.read_address() is not None
                if is_node or asyncio.get_running_loop().time() >= until:
                    raise
            await asyncio.sleep(_LOOK_AGAIN_S)

    async def _run(self, core: Core, ready: Callable[[Listening], None]) -> None:
        asyncio.get_running_loop().set_exception_handler(self._trouble)
        effects = _Effects(self._fail)
        thread = ReactorThread(
            core.reactor, core.store, now=clock.now, release=effects.release, failed=self._fail
        )
        links = NetworkLinks(thread.submit, effects.proved)
        network = Network(links)
        tickets = Tickets(thread.submit)
        effects.connect(thread=thread, links=links, network=network, tickets=tickets)
        control = ControlSocket(tickets.ask)
        announcing = Announcing(self._folder, self._settings, tickets)
        fronts = Fronts(
            self._settings,
            thread,
            tickets,
            links=network.routes(),
            murmurations_page=not announcing.withdrawing,
        )
        async with contextlib.AsyncExitStack() as takedown:
            # Undone from the last to the first, each whatever the others came to: a store that is closed
            # while the core still writes to it takes the whole process down.
            port = takedown.enter_context(listening.open_port(self._settings))
            operator = listening.open_operator_port(self._settings)
            if operator is not None:
                takedown.enter_context(operator)
            thread.start()
            takedown.callback(thread.join)
            takedown.push_async_callback(thread.stop)
            takedown.push_async_callback(fronts.stop)
            takedown.push_async_callback(network.stop)
            takedown.callback(effects.end)
            takedown.push_async_callback(announcing.stop)
            takedown.push_async_callback(control.stop)
            takedown.callback(self._folder.remove_address)
            takedown.callback(self._say_goodbye, tickets)
            await fronts.start(port, operator)
            await control.start(self._folder)
            announcing.start()
            where = listening.describe(port, operator, self._settings)
            self._folder.write_address(where.as_json(os.getpid()))
            thread.submit(Woken())
            _log.info(
                "listening",
                host=where.host,
                port=where.port,
                operator=where.operator,
                folder=str(self._folder.path),
            )
            ready(where)
            await self._stop.wait()

    def _say_goodbye(self, tickets: Tickets) -> None:
        """Log the end, and tell whoever still waits when it is not a graceful one."""
        _log.info("stopping")
        if self._failure is not None:
            tickets.fail(StoreUnavailableError(f"the node stopped: {self._failure}"))

    def _fail(self, error: Exception) -> None:
        """Stop because of an error; the first one is the one to report."""
        if self._failure is None:
            self._failure = error
            _log.error("failed", error=str(error), kind=type(error).__name__)
        self._stop.set()

    def _trouble(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Take what went wrong in a task nobody waits for: our own mistakes stop the node."""
        error = context.get("exception")
        if isinstance(error, AssertionError | StorageError):
            self._fail(error)
        else:
            _log.error("trouble", message=str(context.get("message")), error=repr(error))


class _Effects:
    """Carry out what the core asks of the world, on the event loop, in order.

    Args:
        fail: stops the node.
    """

    _thread: ReactorThread
    _links: NetworkLinks
    _network: Network
    _tickets: Tickets

    def __init__(self, fail: Callable[[Exception], None]) -> None:
        self._fail = fail
        self._timer: asyncio.TimerHandle | None = None
        self._ended = False

    def connect(
        self, *, thread: ReactorThread, links: NetworkLinks, network: Network, tickets: Tickets
    ) -> None:
        """Say who carries out what."""
        self._thread = thread
        self._links = links
        self._network = network
        self._tickets = tickets

    def end(self) -> None:
        """Dial nobody and wake no more; what is still committed is answered."""
        self._ended = True
        if self._timer is not None:
            self._timer.cancel()

    def proved(self, link: int) -> None:
        """Note that a link's handshake is over."""
        self._network.proved(link)

    def release(self, effects: list[Effect]) -> None:
        """Carry out the effects of one committed batch."""
        answered = [effect.ticket for effect in effects if isinstance(effect, Reply)]
        # Written before the first of them leaves: who does not read this line knows that none did.
        _log.debug("effects_released", count=len(effects), tickets=answered)
        for effect in effects:
            self._carry_out(effect)

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case SendFrame(link, frame):
                self._network.send(link, frame)
            case CloseLink(link, reason):
                self._network.close(link, code=WSCloseCode.POLICY_VIOLATION, reason=reason)
            case Introduced(link):
                self._network.established(link)
            case Dial(wanted):
                self._dial(wanted)
            case Reply():
                self._tickets.reply(effect)
            case WakeAt(at):
                self._wake_at(at)
            case Note(event, fields):
                _log.info(event, **fields)

    def _dial(self, wanted: str) -> None:
        if self._ended:
            return
        try:
            parsed = address.parse(wanted)
        except UserError as error:
            self._thread.submit(DialFailed(wanted, str(error)))
            return
        self._links.dialling(parsed.url, wanted)
        self._network.dial(parsed)

    def _wake_at(self, at: Timestamp) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if not self._ended:
            delay_s = max(0, at - clock.now()) / MS_PER_SECOND
            self._timer = asyncio.get_running_loop().call_later(delay_s, self._thread.submit, Woken())
