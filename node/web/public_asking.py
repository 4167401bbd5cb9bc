"""The narrow way from the public listener to the core: few questions, few at a time, each asked once.

Three walls stand here. Only questions whose answers hold nothing but the `public` scope pass, so that no
mistake in a page or in the API can show a member's record to a stranger. Equal questions share one answer for
a second, and longer while nothing changes. And only so many questions are with the core at one time: however
many strangers ask, a steward waits behind a handful.
"""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from node.clock import MS_PER_SECOND, Timestamp
from node.engine import commands
from node.engine.commands import Browse, Command
from node.errors import StoreBusyError
from node.web.asking import Answer, Asks, Changes, Now, never_the_same

# Each answers from documents of the `public` scope, or with what anybody learns who connects. None looks at
# all listings: a list has a part of at most 100.
PUBLIC_QUESTIONS: Final = (
    commands.ShowNode,
    commands.ShowProfile,
    commands.ShowCharter,
    commands.Search,
    commands.Browse,
    commands.ShowListing,
    commands.ShowOffer,
    commands.ListNews,
)
FRESH_MS: Final = 1 * MS_PER_SECOND
# While nothing changes: an offer that ends with the day, and a listing that was hidden, show so soon enough.
UNCHANGED_MS: Final = 60 * MS_PER_SECOND
# Different answers remembered, about 100 KiB each; 2 MiB where somebody wrote listings to fill our memory.
ANSWERS_MAX: Final = 64
# Strangers' questions that are with the core at one time, of the 64 that may wait there (runtime/control.py):
# enough that it is never idle, few enough that a steward's command is soon next.
AT_ONCE_MAX: Final = 3
# Strangers' questions that wait for their turn; beyond that the node is busy, and says so at once.
WAITING_MAX: Final = 256


class PublicAsks:
    """Ask on behalf of strangers.

    Args:
        asks: gives commands to the core.
        now: reads the clock.
        changes: grows whenever what is kept may have changed.
    """

    def __init__(self, asks: Asks, now: Now, changes: Changes = never_the_same) -> None:
        self._asks = asks
        self._now = now
        self._changes = changes
        self._answers: OrderedDict[str, _Kept] = OrderedDict()
        self._turns = asyncio.Semaphore(AT_ONCE_MAX)
        self._waiting = 0

    async def ask(self, command: Command) -> Answer:
        """Return the core's answer, at most a second old unless nothing changed; nobody may change it.

        Raises:
            NodeError: what the core answered instead.
            StoreBusyError: too many strangers ask at this moment.
        """
        assert isinstance(command, PUBLIC_QUESTIONS), f"{command.command} is not for strangers"
        key = command.model_dump_json()
        kept = self._answers.pop(key, None)
        if kept is None or not self._holds(kept):
            changes = self._changes()
            answer = asyncio.ensure_future(self._in_turn(command))
            answer.add_done_callback(_notice)
            kept = _Kept(self._now(), changes, answer)
        self._answers[key] = kept
        if isinstance(command, Browse) and command.whole:
            # Large, and kept as the file that is made of it (kept_files.py): only shared while it is asked.
            kept.answer.add_done_callback(lambda _: self._answers.pop(key, None))
        if len(self._answers) > ANSWERS_MAX:
            self._answers.popitem(last=False)
        # One asker may hang up; the others still wait for the same answer.
        return await asyncio.shield(kept.answer)

    def _holds(self, kept: "_Kept") -> bool:
        # A clock set back must not keep an old answer alive.
        age_ms = self._now() - kept.asked
        if kept.answer.done() and (kept.answer.cancelled() or kept.answer.exception() is not None):
            return 0 <= age_ms < FRESH_MS
        return 0 <= age_ms < (UNCHANGED_MS if kept.changes == self._changes() else FRESH_MS)

    async def _in_turn(self, command: Command) -> Answer:
        if self._waiting >= WAITING_MAX:
            raise StoreBusyError(f"{WAITING_MAX} visitors wait for this node already: try again")
        self._waiting += 1
        try:
            async with self._turns:
                return await self._asks.ask(command)
        finally:
            self._waiting -= 1


@dataclass(frozen=True, slots=True)
class _Kept:
    """An answer, when it was asked for, and what had changed by then."""

    asked: Timestamp
    changes: int
    answer: asyncio.Task[Answer]


def _notice(answer: asyncio.Task[Answer]) -> None:
    """Take an error that nobody waits for any more: it is no trouble of the node."""
    if not answer.cancelled():
        answer.exception()
