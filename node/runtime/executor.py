"""The one thread on which the core runs: takes what waits, handles it, commits once, releases the effects.

Many inputs share one commit, so a disk that takes 5 ms a commit still carries thousands of entries a second
(design, section 8). Effects are handed to the event loop only after the commit: nothing leaves this node that
a power cut could take back.
"""

import asyncio
import contextlib
import gc
import threading
from collections.abc import Callable
from typing import Final

from node.clock import Timestamp
from node.engine.effects import Effect
from node.engine.inputs import CommandReceived, FrameReceived, Input
from node.engine.ports import Store
from node.engine.reactor import Reactor
from node.errors import StorageError
from node.runtime.batches import BATCH_S_MAX, CATCHING_UP_S_MAX, Batches, Waiting

# What Python's garbage collector waits for, a hundred times its own defaults. Open documents are many objects
# without cycles; searching all of them again and again cost a quarter of the time that taking entries takes.
_GARBAGE_THRESHOLDS: Final = (70_000, 20, 100)


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
        self._store = store
        self._release = release
        self._failed = failed
        self._batches = Batches(
            reactor, now=now, batch_s_max=batch_s_max, catching_up_s_max=catching_up_s_max
        )
        self._loop = asyncio.get_running_loop()
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
        self._batches.put(received, handled)

    async def stop(self) -> None:
        """Handle what was submitted before, then end the thread."""
        self._batches.close()
        await asyncio.to_thread(self._thread.join)

    def join(self) -> None:
        """End the thread as `stop` does, without giving way: for when `stop` was cut short."""
        self._batches.close()
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
        batch = self._batches.handle()
        if not batch:
            return False
        effects = self._batches.commit()
        if any(_may_change(waiting.received) for waiting in batch):
            # Before the answers leave: whoever has one reads nothing older afterwards.
            self._changes += 1
        if not self._ending:
            self._carried_out.wait()
        self._carried_out.clear()
        self._loop.call_soon_threadsafe(self._finish, effects, batch)
        return True

    def _finish(self, effects: list[Effect], batch: list[Waiting]) -> None:
        self._carried_out.set()
        self._release(effects)
        for waiting in batch:
            if waiting.handled is not None:
                waiting.handled()


def _may_change(received: Input) -> bool:
    """Tell whether an input may change what is shown: what neighbours send, commands that do something."""
    if isinstance(received, CommandReceived):
        return not received.command.question
    return isinstance(received, FrameReceived)
