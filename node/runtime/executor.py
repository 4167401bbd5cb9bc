"""The one thread on which the core runs: takes what waits, handles it, commits once, releases the effects.

Many inputs share one commit, so a disk that takes 5 ms a commit still carries thousands of entries a second
(design, section 8). Effects are handed to the event loop only after the commit: nothing leaves this node that
a power cut could take back.
"""

import asyncio
import contextlib
import gc
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from node.clock import Timestamp
from node.engine.effects import Effect
from node.engine.inputs import CommandReceived, Connected, Disconnected, FrameReceived, Input
from node.engine.ports import Store
from node.engine.reactor import Reactor
from node.errors import StorageError
from node.runtime.turns import NO_LINK, Turns

# Inputs that share a commit: enough to fill a disk's time, few enough that a person does not wait.
BATCH_INPUTS_MAX: Final = 256
# No further input joins a batch that has been handled for so long: a commit takes 1 to 10 ms, so the disk
# costs a small part of it, and what was pushed meanwhile is on its way while the next batch is handled.
BATCH_S_MAX: Final = 0.05
# The same while nothing waits but frames of one neighbour: what it sends is a stretch of the past, and a
# document of which several changes come in one batch is judged, written and shown once for all of them.
CATCHING_UP_S_MAX: Final = 0.15
# What Python's garbage collector waits for, a hundred times its own defaults. Open documents are many objects
# without cycles; searching all of them again and again cost a quarter of the time that taking entries takes.
_GARBAGE_THRESHOLDS: Final = (70_000, 20, 100)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An input with what to call on the event loop once its effects are released."""

    received: Input
    handled: Callable[[], None] | None


class ReactorThread:
    """Run a reactor on a thread of its own.

    Args:
        now: reads the clock.
        release: called on the event loop with the effects of each committed batch, in order.
        failed: called on the event loop at most once, with what stopped the thread.
        batch_s_max: how long a batch is added to, in seconds.
        catching_up_s_max: the same for one that holds the frames of one neighbour alone.
    """

    def __init__(
        self,
        reactor: Reactor,
        store: Store,
        *,
        now: Callable[[], Timestamp],
        release: Callable[[list[Effect]], None],
        failed: Callable[[Exception], None],
        batch_s_max: float = BATCH_S_MAX,
        catching_up_s_max: float = CATCHING_UP_S_MAX,
    ) -> None:
        self._reactor = reactor
        self._store = store
        self._now = now
        self._release = release
        self._failed = failed
        self._batch_s_max = batch_s_max
        self._catching_up_s_max = catching_up_s_max
        self._loop = asyncio.get_running_loop()
        self._turns: Turns[_Waiting] = Turns()
        self._changes = 0
        # Whether the event loop has carried out the batch before. Without waiting for it a core that is
        # faster than the loop would pile effects up; with it, inputs pile up and share the next commit.
        self._carried_out = threading.Event()
        self._carried_out.set()
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="reactor", daemon=True)

    def changes(self) -> int:
        """Return a number that has grown whenever what anybody can read may have changed."""
        return self._changes

    def start(self) -> None:
        """Begin to handle inputs."""
        gc.set_threshold(*_GARBAGE_THRESHOLDS)
        self._thread.start()

    def submit(self, received: Input, handled: Callable[[], None] | None = None) -> None:
        """Queue an input; `handled` is called on the event loop after its effects were released."""
        self._turns.put(_link_of(received), _Waiting(received, handled))

    async def stop(self) -> None:
        """Handle what was submitted before, then end the thread."""
        self._turns.close()
        await asyncio.to_thread(self._thread.join)

    def join(self) -> None:
        """End the thread as `stop` does, without giving way: for when `stop` was cut short."""
        self._turns.close()
        # The loop is stuck in here and carries nothing out.
        self._ending = True
        self._carried_out.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            while self._turn():
                pass
        except Exception as error:  # noqa: BLE001 (whatever it is: nothing of this batch may stay or leave)
            # A state that an assertion found broken, or a disk that failed, must not be written on. Should
            # even this fail, closing the file gives back what was not committed.
            with contextlib.suppress(StorageError):
                self._store.rollback()
            self._loop.call_soon_threadsafe(self._failed, error)

    def _turn(self) -> bool:
        """Handle one batch and return whether there may be another."""
        batch, last = self._handle()
        if batch:
            effects = self._reactor.commit()
            if any(_may_change(waiting.received) for waiting in batch):
                # Before the answers leave: whoever has one reads nothing older afterwards.
                self._changes += 1
            if not self._ending:
                self._carried_out.wait()
            self._carried_out.clear()
            self._loop.call_soon_threadsafe(self._finish, effects, batch)
        return not last

    def _handle(self) -> tuple[list[_Waiting], bool]:
        """Wait for an input, handle it and those that come meanwhile, and say whether there are no more."""
        batch: list[_Waiting] = []
        turn = self._turns.take()
        if turn is None:
            return batch, True
        begun = time.monotonic()
        # The neighbour whose frames are all that came so far.
        only = turn[0]
        while turn is not None:
            link, waiting = turn
            worked = time.thread_time()
            self._reactor.handle(waiting.received, self._now())
            is_over = isinstance(waiting.received, Disconnected)
            self._turns.spent(link, time.thread_time() - worked, is_over=is_over)
            batch.append(waiting)
            if link != only or not isinstance(waiting.received, FrameReceived):
                only = NO_LINK
            seconds_max = self._batch_s_max if only == NO_LINK else self._catching_up_s_max
            if len(batch) == BATCH_INPUTS_MAX or time.monotonic() - begun >= seconds_max:
                break
            turn = self._turns.take_if_any()
        return batch, False

    def _finish(self, effects: list[Effect], batch: list[_Waiting]) -> None:
        self._carried_out.set()
        self._release(effects)
        for waiting in batch:
            if waiting.handled is not None:
                waiting.handled()


def _link_of(received: Input) -> int:
    """Return in which line an input waits: its link's, so that each link's inputs stay in order."""
    return received.link if isinstance(received, Connected | FrameReceived | Disconnected) else NO_LINK


def _may_change(received: Input) -> bool:
    """Tell whether an input may change what is shown: what neighbours send, commands that do something."""
    if isinstance(received, CommandReceived):
        return not received.command.question
    return isinstance(received, FrameReceived)
