"""One batch of the core's work: what waits is handled in turn, committed once, and put on its account.

What a batch does costs twice: while its inputs are handled, and before the commit, when documents are judged
and written. The first goes on the account of whoever sent the input. The second, more than half of it, goes
on that of whose entries made the work, as the core estimates it: a stretch of many is quickly handled.
"""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from node.clock import Timestamp
from node.engine.effects import Effect
from node.engine.inputs import Connected, Disconnected, FrameReceived, Input
from node.engine.pace import OWN, Pace
from node.engine.reactor import Reactor
from node.ids import CommunityId
from node.runtime.turns import NO_LINK, Turns

# Inputs that share a commit: enough to fill a disk's time, few enough that a person does not wait.
BATCH_INPUTS_MAX: Final = 256
# No further input joins a batch that has been worked on for so long: a commit takes 1 to 10 ms, so the disk
# costs a small part of it, and what was pushed meanwhile is on its way while the next batch is handled.
BATCH_S_MAX: Final = 0.05
# Nor one that has taken so many times as long by the clock. On a busy machine a thread that works 5 ms may
# wait 50 for its next turn: with batches cut by the clock alone it would commit, tell its neighbours and hear
# of it from each of them ten times as often just when there is least time for it.
WAITED_TIMES: Final = 8
# Nor when what was handled will take so many times as long with what is done before the commit.
WHOLE_TIMES: Final = 3
# The same while nothing waits but frames of one neighbour: what it sends is a stretch of the past, and a
# document of which several changes come in one batch is judged, written and shown once for all of them.
CATCHING_UP_S_MAX: Final = 0.15
_US_PER_S: Final = 1_000_000
# What is done before a commit costs so many times what taking the same entries in does, as estimated: to
# begin with. Each batch then tells; that it is less is believed by so great a part at a time, for the next
# one may hold other things, and a batch that comes out too long keeps everybody waiting.
_LATER_TIMES: Final = 5.0
_LATER_TIMES_MAX: Final = 100.0
_BELIEVED: Final = 0.2


@dataclass(frozen=True, slots=True)
class Waiting:
    """An input with what to call once its effects are released."""

    received: Input
    handled: Callable[[], None] | None


class Batches:
    """Let a reactor handle what waits, batch by batch. Whoever puts may be on any thread.

    Args:
        now: reads the clock.
        batch_s_max: how long a batch is added to, in seconds of processor time.
        catching_up_s_max: the same for one that holds the frames of one neighbour alone.
        elapsed_s: reads a clock for how long a batch has taken, waits included, in seconds.
        worked_s: reads the processor time of the thread that handles, in seconds.
        pace: says who yields, and is told what each party has cost.
    """

    def __init__(
        self,
        reactor: Reactor,
        *,
        now: Callable[[], Timestamp],
        batch_s_max: float = BATCH_S_MAX,
        catching_up_s_max: float = CATCHING_UP_S_MAX,
        elapsed_s: Callable[[], float] = time.monotonic,
        worked_s: Callable[[], float] = time.thread_time,
        pace: Pace | None = None,
    ) -> None:
        self._reactor = reactor
        self._now = now
        self._batch_s_max = batch_s_max
        self._catching_up_s_max = catching_up_s_max
        self._elapsed_s = elapsed_s
        self._worked_s = worked_s
        self._turns: Turns[Waiting] = Turns(pace)
        self._later_times = _LATER_TIMES
        # By party, of the batch under way: estimated work, and what was noted for what is still to come.
        self._made: Counter[CommunityId] = Counter()
        self._later_us: Counter[CommunityId] = Counter()

    def put(self, received: Input, handled: Callable[[], None] | None = None) -> None:
        """Let an input wait for its turn."""
        self._turns.put(_link_of(received), Waiting(received, handled))

    def close(self) -> None:
        """Let `handle` come back empty once nothing waits any more."""
        self._turns.close()

    def handle(self) -> list[Waiting]:
        """Wait for an input and handle it and those that come meanwhile; none when nothing more will come."""
        batch: list[Waiting] = []
        turn = self._turns.take()
        begun, worked = self._elapsed_s(), self._worked_s()
        # The neighbour whose frames are all that came so far.
        only = turn[0] if turn is not None else NO_LINK
        while turn is not None:
            link, waiting = turn
            self._handle(link, waiting.received)
            batch.append(waiting)
            if link != only or not isinstance(waiting.received, FrameReceived):
                only = NO_LINK
            seconds_max = self._batch_s_max if only == NO_LINK else self._catching_up_s_max
            worked_s = self._worked_s() - worked
            whole_s = worked_s + self._later_us.total() / _US_PER_S
            if worked_s >= seconds_max or whole_s >= seconds_max * WHOLE_TIMES:
                break
            if self._elapsed_s() - begun >= seconds_max * WAITED_TIMES:
                break
            if len(batch) == BATCH_INPUTS_MAX:
                break
            turn = self._turns.take_if_any()
        return batch

    def commit(self) -> list[Effect]:
        """Commit what was handled and return what it asks of the world."""
        begun = self._worked_s()
        effects = self._reactor.commit()
        spent_us = int((self._worked_s() - begun) * _US_PER_S)
        if self._made:
            told = min(spent_us / self._made.total(), _LATER_TIMES_MAX)
            self._later_times = max(told, self._later_times + (told - self._later_times) * _BELIEVED)
        self._made.update(self._reactor.accounts.take_work())
        in_all = max(1, self._made.total())
        for party, part in sorted(self._made.items()):
            part_us = spent_us * part // in_all
            self._turns.spent(party, part_us - self._later_us[party], self._now())
        self._made.clear()
        self._later_us.clear()
        return effects

    def _handle(self, link: int, received: Input) -> None:
        accounts, begun = self._reactor.accounts, self._worked_s()
        party = OWN if link == NO_LINK else accounts.whose(link)
        self._reactor.handle(received, self._now())
        spent_us = int((self._worked_s() - begun) * _US_PER_S)
        self._turns.spent(party, spent_us, self._now())
        for author, made in sorted(accounts.take_work().items()):
            later_us = int(made * self._later_times)
            self._made[author] += made
            self._later_us[author] += later_us
            self._turns.spent(author, later_us, self._now())
        if link != NO_LINK:
            self._turns.belongs(link, accounts.whose(link))
        if isinstance(received, Disconnected):
            self._turns.over(link)


def _link_of(received: Input) -> int:
    """Return in which line an input waits: its link's, so that each link's inputs stay in order."""
    return received.link if isinstance(received, Connected | FrameReceived | Disconnected) else NO_LINK
