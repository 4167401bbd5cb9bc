"""Virtual time: what happens next, in an order that the seed alone decides."""

import heapq
from collections.abc import Callable

Happening = Callable[[], None]


class Timeline:
    """Keep what is to happen and let it happen in order of time, then of planning.

    Args:
        steps_max: how many happenings one run may have; a run that passes it has failed.
    """

    def __init__(self, steps_max: int) -> None:
        self.now_ms = 0
        self._heap: list[tuple[int, int, bool, Happening]] = []
        self._planned = 0
        self._left = steps_max
        # Happenings that are no timers: frames under way, commits, replies.
        self._busy = 0

    def plan(self, delay_ms: int, happening: Happening, *, timer: bool = False) -> None:
        """Let something happen after a delay; a timer is not waited for by `settle`."""
        assert delay_ms >= 0
        self._planned += 1
        self._busy += not timer
        heapq.heappush(self._heap, (self.now_ms + delay_ms, self._planned, timer, happening))

    def settle(self) -> None:
        """Go on until only timers are left."""
        while self._busy:
            self._next()

    def run_until(self, end_ms: int) -> None:
        """Go on to a point in time."""
        while self._heap and self._heap[0][0] <= end_ms:
            self._next()
        self.now_ms = max(self.now_ms, end_ms)

    def _next(self) -> None:
        assert self._left > 0, "the run passed its limit of steps: the nodes never come to rest"
        self._left -= 1
        self.now_ms, _, timer, happening = heapq.heappop(self._heap)
        self._busy -= not timer
        happening()
