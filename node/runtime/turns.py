"""Whose input the core handles next: each neighbour has a line of its own, and who has cost least is served.

How much one message may cost is bounded, how many come is not: a neighbour may ask again and again for what
takes long to answer. Handled in the order of arrival, that would take its time from all others. What entries
cost is counted in the core beside this (engine/sessions/pace.py), which also waits for others to catch up;
here no input waits while nothing else is to be done.
"""

import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Generic, TypeVar

_Input = TypeVar("_Input")
# Commands, timers and the like: what belongs to no link stands in one line.
NO_LINK = 0


@dataclass(slots=True)
class _Line(Generic[_Input]):
    """What waits of one link, and what handling its inputs has taken, in seconds."""

    waiting: deque[_Input] = field(default_factory=deque)
    spent_s: float = 0.0


class Turns(Generic[_Input]):
    """Inputs that wait for the core. Any thread may put; one takes, and says what that has cost."""

    def __init__(self) -> None:
        self._lines: dict[int, _Line[_Input]] = {}
        # By link those lines in which somebody waits.
        self._busy: dict[int, _Line[_Input]] = {}
        # What the line last served had spent: who comes back after a silence begins there, and has saved
        # nothing up. A new link begins at the most that any has spent: else one that used up its turn would
        # end and come back under another number.
        self._level_s = 0.0
        self._most_s = 0.0
        self._closed = False
        self._news = threading.Condition()

    def put(self, link: int, waiting: _Input) -> None:
        """Let an input wait behind all others of its link."""
        with self._news:
            line = self._lines.setdefault(link, _Line(spent_s=self._most_s))
            if not line.waiting:
                line.spent_s = max(line.spent_s, self._level_s)
                self._busy[link] = line
            line.waiting.append(waiting)
            self._news.notify()

    def close(self) -> None:
        """Let `take` return None once nothing waits any more."""
        with self._news:
            self._closed = True
            self._news.notify()

    def take(self) -> tuple[int, _Input] | None:
        """Wait for an input and return it with its link; None when nothing more will come."""
        with self._news:
            while not self._busy and not self._closed:
                self._news.wait()
            return self._next()

    def take_if_any(self) -> tuple[int, _Input] | None:
        """Return the next input with its link, or None when nothing waits just now."""
        with self._news:
            return self._next()

    def spent(self, link: int, seconds: float, *, is_over: bool) -> None:
        """Note what an input of a link has taken; with `is_over` it was its last."""
        with self._news:
            line = self._lines.get(link)
            if line is None:
                return
            line.spent_s += seconds
            self._most_s = max(self._most_s, line.spent_s)
            if is_over and not line.waiting:
                del self._lines[link]

    def _next(self) -> tuple[int, _Input] | None:
        if not self._busy:
            return None
        # Of lines that have cost the same the one that has waited longest.
        link = min(self._busy, key=lambda one: self._busy[one].spent_s)
        line = self._busy[link]
        self._level_s = line.spent_s
        waiting = line.waiting.popleft()
        del self._busy[link]
        if line.waiting:
            self._busy[link] = line
        return link, waiting
