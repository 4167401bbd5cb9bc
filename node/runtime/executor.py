"""The one thread on which the core runs: takes what waits, handles it, commits once, releases the effects.

Many inputs share one commit, so a disk that takes 5 ms a commit still carries thousands of entries a second
(design, section 8). Effects are handed to the event loop only after the commit: nothing leaves this node that
a power cut could take back.
"""

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from node.clock import Timestamp
from node.engine.effects import Effect
from node.engine.inputs import Input
from node.engine.ports import Store
from node.engine.reactor import Reactor
from node.errors import StorageError

# Inputs that share a commit: enough to fill a disk's time, few enough that a person does not wait.
BATCH_INPUTS_MAX: Final = 256


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
    """

    def __init__(
        self,
        reactor: Reactor,
        store: Store,
        *,
        now: Callable[[], Timestamp],
        release: Callable[[list[Effect]], None],
        failed: Callable[[Exception], None],
    ) -> None:
        self._reactor = reactor
        self._store = store
        self._now = now
        self._release = release
        self._failed = failed
        self._loop = asyncio.get_running_loop()
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="reactor", daemon=True)

    def start(self) -> None:
        """Begin to handle inputs."""
        self._thread.start()

    def submit(self, received: Input, handled: Callable[[], None] | None = None) -> None:
        """Queue an input; `handled` is called on the event loop after its effects were released."""
        self._queue.put(_Waiting(received, handled))

    async def stop(self) -> None:
        """Handle what was submitted before, then end the thread."""
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def join(self) -> None:
        """End the thread as `stop` does, without giving way: for when `stop` was cut short."""
        self._queue.put(None)
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
        batch, last = self._take()
        for waiting in batch:
            self._reactor.handle(waiting.received, self._now())
        if batch:
            effects = self._reactor.commit()
            self._loop.call_soon_threadsafe(self._finish, effects, batch)
        return not last

    def _take(self) -> tuple[list[_Waiting], bool]:
        """Wait for an input, take those that wait with it, and say whether they are the last."""
        batch: list[_Waiting] = []
        waiting = self._queue.get()
        while waiting is not None:
            batch.append(waiting)
            if len(batch) == BATCH_INPUTS_MAX:
                return batch, False
            try:
                waiting = self._queue.get_nowait()
            except queue.Empty:
                return batch, False
        return batch, True

    def _finish(self, effects: list[Effect], batch: list[_Waiting]) -> None:
        self._release(effects)
        for waiting in batch:
            if waiting.handled is not None:
                waiting.handled()
