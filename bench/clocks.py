"""The clocks of bench.flood: what a node works lets its time go by, measured or made up."""

import time
from collections.abc import Callable

from node.clock import Timestamp
from node.engine.effects import Effect
from node.engine.engine import Engine
from node.engine.inputs import FrameReceived, Input
from node.engine.ports import Store
from node.engine.reactor import Reactor
from node.engine.sessions.accounts import Accounts
from node.ids import CommunityId

START_MS = 1_790_000_000_000
_US_PER_S = 1_000_000


class Clock:
    """The processor time of the node, and idle time between what it has to do."""

    def __init__(self) -> None:
        self.us = 0.0
        self._begun: float | None = None

    @property
    def now(self) -> Timestamp:
        """Return the time in milliseconds, as the node reads it."""
        return Timestamp(START_MS + int(self.seconds() * 1_000))

    def seconds(self) -> float:
        """Return the time since the beginning."""
        running = 0.0 if self._begun is None else time.process_time() - self._begun
        return self.us / _US_PER_S + running

    def run(self, work: Callable[[], None]) -> None:
        """Let the node work, and let so much time go by."""
        self._begun = time.process_time()
        work()
        spent, self._begun = time.process_time() - self._begun, None
        self.us += spent * _US_PER_S

    def node(self, engine: Engine, store: Store) -> Reactor:
        """Return a reactor whose work lets the time go by."""
        return Reactor(engine, store)


class MadeUpClock(Clock):
    """A clock that goes on by made-up costs: the same run takes the same time on every machine.

    Args:
        frame_us: what handling a frame costs, whatever is in it.
        times: how many times what the core estimates it takes to take in what it holds.
    """

    def __init__(self, *, frame_us: int, times: int) -> None:
        super().__init__()
        self._frame_us = frame_us
        self._times = times

    def seconds(self) -> float:
        """Return the time since the beginning."""
        return self.us / _US_PER_S

    def run(self, work: Callable[[], None]) -> None:
        """Let the node work; the reactor lets the time go by."""
        work()

    def node(self, engine: Engine, store: Store) -> Reactor:
        """Return a reactor whose work lets the time go by."""
        return _CostlyReactor(engine, store, self, frame_us=self._frame_us, times=self._times)


class _CostlyReactor(Reactor):
    """A reactor whose work costs what is made up."""

    def __init__(self, engine: Engine, store: Store, clock: Clock, *, frame_us: int, times: int) -> None:
        super().__init__(engine, store)
        self._clock, self._frame_us, self._times = clock, frame_us, times
        self.accounts = self._made = _Told(engine.accounts)

    def handle(self, received: Input, now: Timestamp) -> None:
        """Handle an input for the price of a frame, and of taking in what is in it."""
        super().handle(received, now)
        self._clock.us += self._frame_us if isinstance(received, FrameReceived) else 0
        self._clock.us += self._made.look() * self._times

    def commit(self) -> list[Effect]:
        """Commit for the price of judging and writing what was taken in."""
        effects = super().commit()
        self._clock.us += self._made.look() * self._times
        return effects


class _Told(Accounts):
    """Accounts of which the work can be looked at before it is taken."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._work: dict[CommunityId, int] = {}

    def look(self) -> int:
        """Return how much was worked in all since this was last asked."""
        self._work = self._accounts.take_work()
        return sum(self._work.values())

    def whose(self, number: int) -> CommunityId:
        """Return on whose account a link's inputs are handled."""
        return self._accounts.whose(number)

    def take_work(self) -> dict[CommunityId, int]:
        """Return what was looked at."""
        taken, self._work = self._work, {}
        return taken
