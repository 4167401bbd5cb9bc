"""The narrow way from the public listener to the core: few questions, and each asked once at a time.

Two walls stand here. Only questions whose answers hold nothing but the `public` scope pass, so that no
mistake in a page or in the API can show a member's record to a stranger. And equal questions share one answer
for a second, so that strangers, however many, cost the core little.
"""

import asyncio
from collections import OrderedDict
from typing import Final

from node.clock import MS_PER_SECOND, Timestamp
from node.engine import commands
from node.engine.commands import Command
from node.web.asking import Answer, Asks, Now

# Each answers from documents of the `public` scope, or with what anybody learns who connects.
PUBLIC_QUESTIONS: Final = (
    commands.ShowNode,
    commands.ShowProfile,
    commands.ShowCharter,
    commands.ListOffers,
    commands.Search,
    commands.Export,
    commands.Browse,
    commands.ShowListing,
    commands.ShowOffer,
    commands.ListNews,
)
FRESH_MS: Final = 1 * MS_PER_SECOND
# Different questions remembered for that second: about 100 KiB each, but for the lists of everything.
ANSWERS_MAX: Final = 128


class PublicAsks:
    """Ask on behalf of strangers.

    Args:
        asks: gives commands to the core.
        now: reads the clock.
    """

    def __init__(self, asks: Asks, now: Now) -> None:
        self._asks = asks
        self._now = now
        self._answers: OrderedDict[str, tuple[Timestamp, asyncio.Task[Answer]]] = OrderedDict()

    async def ask(self, command: Command) -> Answer:
        """Return the core's answer, at most a second old; nobody may change it.

        Raises:
            NodeError: what the core answered instead.
        """
        assert isinstance(command, PUBLIC_QUESTIONS), f"{command.command} is not for strangers"
        key = command.model_dump_json()
        asked, answer = self._answers.pop(key, (None, None))
        # A clock set back must not keep an old answer alive.
        if asked is None or answer is None or not 0 <= self._now() - asked < FRESH_MS:
            asked, answer = self._now(), asyncio.ensure_future(self._asks.ask(command))
            answer.add_done_callback(_notice)
        self._answers[key] = (asked, answer)
        if len(self._answers) > ANSWERS_MAX:
            self._answers.popitem(last=False)
        # One asker may hang up; the others still wait for the same answer.
        return await asyncio.shield(answer)


def _notice(answer: asyncio.Task[Answer]) -> None:
    """Take an error that nobody waits for any more: it is no trouble of the node."""
    if not answer.cancelled():
        answer.exception()
