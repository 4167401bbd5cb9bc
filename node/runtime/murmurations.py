"""Announces this community's page to a Murmurations index, and takes it back, where a steward wants that.

Off unless the setting `murmurations` names an index. What was announced where is remembered in the data
folder, in `murmurations.json`, so that a page is taken back once the setting is gone: an index forgets a page
only after it has seen for itself that nothing stands there any more. So the process that takes a page back
shows none; the next one does again. An index that does not answer is asked again later.
"""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any, Final

import structlog
from aiohttp import ClientError, ClientSession

from node.clock import MS_PER_HOUR
from node.engine import commands
from node.errors import NodeError
from node.net import outgoing
from node.net.outgoing import ChosenBy
from node.runtime import clock
from node.runtime.config import Config
from node.storage.files import atomic_file
from node.storage.files.folder import DataFolder
from node.web.asking import Asks
from node.web.pages.feeds import MURMURATIONS_PATH

# How often to look whether the page has changed, and to try again what failed.
_LOOK_EVERY_S: Final = 3_600.0
# The page is announced anew after a week even unchanged: an index may have been emptied.
_AGAIN_MS: Final = 7 * 24 * MS_PER_HOUR
# An index fetches and checks the page before it answers.
_ANSWER_S_MAX: Final = 60.0
_ANSWER_BYTES_MAX: Final = 64 * 1024
_SAID_CHARS_MAX: Final = 200
_FILE: Final = "murmurations.json"
_DONE: Final = 200
# Taken back, or never known there.
_GONE: Final = frozenset({_DONE, 404})

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger("murmurations")


@dataclass(frozen=True, slots=True)
class Announced:
    """What an index was told.

    Attributes:
        index: its address.
        profile_url: where our page stands.
        page: a hash of what stood there.
        at: when, in milliseconds since 1970.
    """

    index: str
    profile_url: str
    page: str
    at: int


class Announcing:
    """Keep an index informed while the node runs.

    Args:
        folder: where it is remembered what was announced.
        settings: `murmurations` and `domain`.
        asks: gives commands to the core.
        wait: sleeps until it is time to look again.
    """

    def __init__(
        self,
        folder: DataFolder,
        settings: Config,
        asks: Asks,
        *,
        wait: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._file = folder.path / _FILE
        self._asks = asks
        self._wait = wait or _an_hour
        self._index = settings.murmurations
        self._profile_url = f"https://{settings.domain}{MURMURATIONS_PATH}"
        self._announced = self._read()
        self._shown = not self.withdrawing
        self._task: asyncio.Task[None] | None = None

    @property
    def withdrawing(self) -> bool:
        """Tell whether something announced is to be taken back, so that nothing may stand at its address."""
        known = self._announced
        return known is not None and (known.index, known.profile_url) != (self._index, self._profile_url)

    def start(self) -> None:
        """Begin to look, if there is anything to look after."""
        if self._index is not None or self._announced is not None:
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def look(self, session: ClientSession) -> None:
        """Do what is to be done now: take back, announce, or nothing."""
        try:
            if self.withdrawing:
                await self._withdraw(session)
            elif self._index is not None and self._shown:
                await self._announce(session, self._index)
        except (ClientError, TimeoutError, OSError) as error:
            _log.warning("index_not_reached", error=repr(error)[:_SAID_CHARS_MAX])
        except NodeError as error:
            _log.warning("page_not_announced", error=str(error))

    async def _run(self) -> None:
        async with outgoing.client(ChosenBy.STEWARD, whole_request_s=_ANSWER_S_MAX) as session:
            while True:
                await self.look(session)
                await self._wait()

    async def _announce(self, session: ClientSession, index: str) -> None:
        own = await self._asks.ask(commands.ShowProfile())
        if own["profile"] is None:
            return  # There is no page to show yet.
        page = sha256(json.dumps(own["profile"], sort_keys=True).encode()).hexdigest()
        now, known = clock.now(), self._announced
        if known is not None and known.page == page and 0 <= now - known.at < _AGAIN_MS:
            return
        status, said = await self._ask(
            session, "POST", f"{index}/v2/nodes-sync", {"profile_url": self._profile_url}
        )
        if status != _DONE:
            _log.warning("page_refused", index=index, status=status, said=said)
            return
        self._write(Announced(index, self._profile_url, page, now))
        _log.info("page_announced", index=index, profile_url=self._profile_url)

    async def _withdraw(self, session: ClientSession) -> None:
        known = self._announced
        assert known is not None
        node = sha256(known.profile_url.encode()).hexdigest()
        status, said = await self._ask(session, "DELETE", f"{known.index}/v2/nodes/{node}", None)
        if status not in _GONE:
            _log.warning("page_not_taken_back", index=known.index, status=status, said=said)
            return
        self._write(None)
        _log.info("page_taken_back", index=known.index, profile_url=known.profile_url)

    async def _ask(
        self, session: ClientSession, method: str, url: str, body: dict[str, str] | None
    ) -> tuple[int, str]:
        """Ask an index and return the status and the beginning of what it said."""
        async with session.request(method, url, json=body, allow_redirects=False) as response:
            said = await response.content.read(_ANSWER_BYTES_MAX)
            return response.status, said.decode("utf-8", "replace")[:_SAID_CHARS_MAX]

    def _read(self) -> Announced | None:
        try:
            tree: dict[str, Any] = json.loads(self._file.read_bytes())
            return Announced(**tree)
        except (OSError, ValueError, TypeError):
            return None

    def _write(self, announced: Announced | None) -> None:
        self._announced = announced
        if announced is None:
            self._file.unlink(missing_ok=True)
        else:
            atomic_file.replace(self._file, json.dumps(asdict(announced), indent=2).encode() + b"\n")


async def _an_hour() -> None:
    await asyncio.sleep(_LOOK_EVERY_S)
