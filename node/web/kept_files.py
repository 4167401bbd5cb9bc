"""Files made of many listings, kept for whoever asks next, and made one at a time.

A file of the directory costs the core up to a second or so: a stranger must not be able to have many made. So
one is made at a time, whoever waits too long is asked to come back, and what was made serves everybody until
something changes. Memory is bounded by the size of what is kept, not by the number of files.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from aiohttp import hdrs, web

from node.clock import MS_PER_SECOND, Timestamp
from node.web.asking import Changes, Now
from node.web.problems import RETRY_AFTER_S, RefusedError

# However much changes, a file is not made anew within this time: who follows the directory sees no more.
FRESH_MS: Final = 10 * MS_PER_SECOND
# While nothing changes; as long as programs are told that they may keep it.
UNCHANGED_MS: Final = 600 * MS_PER_SECOND
KEPT_BYTES_MAX: Final = 32 * 1024 * 1024
# Who waits for another file to be finished; each of them holds a connection.
WAITING_MAX: Final = 16


@dataclass(frozen=True, slots=True)
class File:
    """A finished file.

    Attributes:
        following: the address of the next part, None for the last.
    """

    content: bytes
    following: str | None = None


@dataclass(frozen=True, slots=True)
class _Kept:
    file: File
    made: Timestamp
    changes: int


class KeptFiles:
    """Make files, and keep those asked for last.

    Args:
        now: reads the clock.
        changes: grows whenever what the node keeps may have changed.
    """

    def __init__(self, now: Now, changes: Changes) -> None:
        self._now = now
        self._changes = changes
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._bytes = 0
        self._making = asyncio.Lock()
        self._waiting = 0

    async def get(self, name: str, make: Callable[[], Awaitable[File]]) -> File:
        """Return a file.

        Args:
            name: all that its content depends on, the address under which it was asked for included.
            make: makes it.

        Raises:
            RefusedError: 503, when too many others wait.
        """
        found = self._holding(name)
        if found is not None:
            return found
        if self._waiting >= WAITING_MAX:
            raise RefusedError(
                503,
                "Many ask for large files at this moment: try again.",
                headers={hdrs.RETRY_AFTER: RETRY_AFTER_S},
            )
        self._waiting += 1
        try:
            async with self._making:
                # Whoever waited with us for the same file has made it by now.
                found = self._holding(name)
                if found is None:
                    changes, made = self._changes(), self._now()
                    found = await make()
                    self._keep(name, _Kept(found, made, changes))
                return found
        finally:
            self._waiting -= 1

    def __len__(self) -> int:
        return self._bytes

    def _holding(self, name: str) -> File | None:
        kept = self._kept.get(name)
        if kept is None:
            return None
        age_ms = self._now() - kept.made
        if 0 <= age_ms < (UNCHANGED_MS if kept.changes == self._changes() else FRESH_MS):
            self._kept.move_to_end(name)
            return kept.file
        self._drop(name)
        return None

    def _keep(self, name: str, kept: _Kept) -> None:
        self._kept[name] = kept
        self._bytes += len(kept.file.content)
        while self._bytes > KEPT_BYTES_MAX:
            self._drop(next(iter(self._kept)))

    def _drop(self, name: str) -> None:
        self._bytes -= len(self._kept.pop(name).file.content)


KEPT_FILES: Final[web.AppKey[KeptFiles]] = web.AppKey("KEPT_FILES")
