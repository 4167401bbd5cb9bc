import asyncio

import pytest

from node.engine import commands
from node.engine.commands import Command
from node.errors import NotFoundError, StoreBusyError
from node.web.asking import Answer
from node.web.public_asking import (
    ANSWERS_MAX,
    AT_ONCE_MAX,
    FRESH_MS,
    PUBLIC_QUESTIONS,
    UNCHANGED_MS,
    WAITING_MAX,
    PublicAsks,
)
from tests.web.serving import Clock


class Core:
    """A core that answers when a test lets it."""

    def __init__(self) -> None:
        self.asked: list[Command] = []
        self.under_way = 0
        self.most = 0
        self.open = asyncio.Event()

    async def ask(self, command: Command) -> Answer:
        """Answer once the test opens."""
        self.asked.append(command)
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await self.open.wait()
        self.under_way -= 1
        if isinstance(command, commands.ShowOffer):
            raise NotFoundError("nothing")
        return {"number": len(self.asked)}


def search(number: int) -> Command:
    """Return a question unlike the others."""
    return commands.Search(words=(str(number),))


async def test_visitors_never_starve_the_steward() -> None:
    """Denial of service: however many strangers ask, few questions are with the core, and the rest wait."""
    core = Core()
    asks = PublicAsks(core, Clock())
    asked = [
        asyncio.ensure_future(asks.ask(search(number))) for number in range(AT_ONCE_MAX + WAITING_MAX + 5)
    ]
    for _ in range(3):
        await asyncio.sleep(0)
    assert len(core.asked) == AT_ONCE_MAX
    core.open.set()
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert core.most == AT_ONCE_MAX
    busy = [one for one in answers if isinstance(one, StoreBusyError)]
    assert len(busy) == AT_ONCE_MAX + 5
    assert len(core.asked) == WAITING_MAX


async def test_an_answer_is_kept_while_nothing_changes() -> None:
    """A second when things change, a minute when they do not; large ones only while they are asked."""
    core, clock, changes = Core(), Clock(), [0]
    core.open.set()
    asks = PublicAsks(core, clock, lambda: changes[0])
    await asks.ask(search(1))
    clock.wait(UNCHANGED_MS - 1)
    await asks.ask(search(1))
    assert len(core.asked) == 1
    changes[0] += 1
    await asks.ask(search(1))
    changes[0] += 1
    await asks.ask(search(1))
    assert len(core.asked) == 2
    clock.wait(FRESH_MS)
    await asks.ask(search(1))
    assert len(core.asked) == 3
    whole = commands.Browse(whole=True)
    await asyncio.gather(asks.ask(whole), asks.ask(whole))
    assert len(core.asked) == 4
    await asks.ask(whole)
    assert len(core.asked) == 5
    assert len(asks._answers) <= ANSWERS_MAX


async def test_an_error_is_kept_for_a_second_only() -> None:
    """What is not found now may arrive in a moment."""
    core, clock = Core(), Clock()
    core.open.set()
    asks = PublicAsks(core, clock, lambda: 0)
    for wait_ms, times in ((0, 1), (FRESH_MS - 1, 1), (1, 2)):
        clock.wait(wait_ms)
        with pytest.raises(NotFoundError):
            await asks.ask(commands.ShowOffer(id="x"))
        assert len(core.asked) == times


def test_no_question_of_a_stranger_looks_at_all_listings() -> None:
    """Denial of service: what lists everything is not among what a stranger may ask."""
    assert not {commands.Export, commands.ListOffers, commands.ListTokens} & set(PUBLIC_QUESTIONS)
