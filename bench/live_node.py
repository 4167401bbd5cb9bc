"""One whole node for measurements: a real data folder, the real core on its thread, real sockets.

It is the node that `hedgerow serve` runs, without control socket and pages, and with a window for the
stopwatch: what the store's readers see is told after each commit.
"""

import asyncio
import secrets
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

from aiohttp import WSCloseCode, web

from node.clock import MS_PER_SECOND, Timestamp
from node.engine.commands import Command
from node.engine.effects import CloseLink, Dial, Effect, Introduced, Note, Reply, SendFrame, WakeAt
from node.engine.engine import Engine
from node.engine.inputs import DialFailed, Woken
from node.engine.ports import DocumentRow
from node.engine.reactor import Reactor
from node.engine.setup import Keyring, own_community
from node.net import address
from node.net.network import Network
from node.runtime import clock, founding, keyrings
from node.runtime.control import Tickets
from node.runtime.executor import ReactorThread
from node.runtime.network_links import NetworkLinks
from node.storage.documents import SqlDocuments
from node.storage.files.folder import DataFolder
from node.storage.sqlite import SqliteStore

HOST = "127.0.0.1"
_STATIC_PRIVATE_BYTES = 32

# Told after a commit of the documents it changed.
Seen = Callable[[Sequence[DocumentRow]], None]


class WatchedDocuments:
    """The store's documents, with a note of what was written."""

    def __init__(self, documents: SqlDocuments) -> None:
        self._documents = documents
        self.written: dict[bytes, DocumentRow] = {}

    def put(self, row: DocumentRow) -> None:
        """Write a document over its former state."""
        self.written[row.id] = row
        self._documents.put(row)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._documents, name)


class WatchedStore:
    """The store, with a note of what its documents became."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self.documents = WatchedDocuments(store.documents)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


class WatchedReactor(Reactor):
    """The reactor, which says after each commit what readers see anew.

    On the core's thread; where the commit has something to send, on the event loop after that was sent, so
    that what is measured does not wait for the stopwatch.
    """

    def __init__(self, engine: Engine, store: Any, seen: Seen) -> None:
        super().__init__(engine, store)
        self._written: dict[bytes, DocumentRow] = store.documents.written
        self._seen = seen
        self._untold: deque[list[DocumentRow]] = deque()

    def commit(self) -> list[Effect]:
        """Commit, then tell."""
        effects = super().commit()
        if self._written:
            rows = list(self._written.values())
            self._written.clear()
            if any(isinstance(effect, SendFrame) for effect in effects):
                self._untold.append(rows)
            else:
                self._seen(rows)
        return effects

    def tell(self) -> None:
        """Tell what waited until the frames had gone."""
        while self._untold:
            self._seen(self._untold.popleft())


class LiveNode:
    """Run one node in this process.

    Args:
        seen: told of what each commit changed; None to leave the store unwatched.
    """

    def __init__(self, store: SqliteStore, keyring: Keyring, seen: Seen | None = None) -> None:
        self.store: Any = WatchedStore(store) if seen is not None else store
        self.community = keyring.community
        self.engine = Engine(
            store=self.store,
            keyring=keyring,
            entropy=secrets.token_bytes,
            static_private=secrets.token_bytes(_STATIC_PRIVATE_BYTES),
        )
        self.reactor = (
            WatchedReactor(self.engine, self.store, seen)
            if seen is not None
            else Reactor(self.engine, self.store)
        )
        self.thread = ReactorThread(
            self.reactor,
            self.store,
            now=clock.now,
            release=self._release,
            failed=self._fail,
        )
        self.links = NetworkLinks(self.thread.submit, self._proved)
        self.network = Network(self.links)
        self.tickets = Tickets(self.thread.submit)
        self.failure: Exception | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._open: set[int] = set()
        self.thread.start()
        self.thread.submit(Woken())

    @classmethod
    def found(cls, path: Path, seen: Seen) -> Self:
        """Found a community in a new data folder and run its node."""
        folder = DataFolder(path)
        founding.found(folder, None)
        store = SqliteStore.open(folder.database)
        community = own_community(store)
        assert community is not None
        return cls(store, keyrings.open_keyring(folder, community, lambda _: ""), seen)

    async def listen(self) -> int:
        """Open a port on loopback and return its number."""
        application = web.Application()
        application.router.add_routes(self.network.routes())
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, HOST, 0)
        await site.start()
        port = runner.addresses[0][1]
        assert isinstance(port, int)
        return port

    async def ask(self, command: Command) -> dict[str, Any]:
        """Give the node a command and return its answer."""
        return await self.tickets.ask(command)

    def cut(self) -> None:
        """Close every link."""
        for link in sorted(self._open):
            self.network.close(link, code=WSCloseCode.GOING_AWAY, reason="the bench cuts it")
        self._open.clear()

    def _proved(self, link: int) -> None:
        self.network.proved(link)

    def _release(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case SendFrame(link, frame):
                    self._open.add(link)
                    self.network.send(link, frame)
                case CloseLink(link, reason):
                    self._open.discard(link)
                    self.network.close(link, code=WSCloseCode.POLICY_VIOLATION, reason=reason)
                case Introduced(link):
                    self.network.established(link)
                case Dial(wanted):
                    self._dial(wanted)
                case Reply():
                    self.tickets.reply(effect)
                case WakeAt(at):
                    self._wake_at(at)
                case Note():
                    pass
        if isinstance(self.reactor, WatchedReactor):
            # Now the frames are only queued; the connections' writers wake before this is called.
            asyncio.get_running_loop().call_soon(self.reactor.tell)

    def _dial(self, wanted: str) -> None:
        try:
            parsed = address.parse(wanted)
        except Exception as error:  # noqa: BLE001 - the core is told whatever it was
            self.thread.submit(DialFailed(wanted, str(error)))
            return
        self.links.dialling(parsed.url, wanted)
        self.network.dial(parsed)

    def _wake_at(self, at: Timestamp) -> None:
        if self._timer is not None:
            self._timer.cancel()
        delay_s = max(0, at - clock.now()) / MS_PER_SECOND
        self._timer = asyncio.get_running_loop().call_later(delay_s, self.thread.submit, Woken())

    def _fail(self, error: Exception) -> None:
        self.failure = error
        raise error
