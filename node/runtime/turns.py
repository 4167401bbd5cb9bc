"""Whose input the core handles next: each community takes its turn, and who has cost least is served.

How much one message may cost is bounded, how many come is not: a neighbour may send without end, or ask again
and again for what takes long to answer. Handled in the order of arrival, that would take its time from all
others. So each party that wants something has an equal share of the measured time, whatever number of links
it comes by; who has cost much more than the others lately (engine/pace.py) has a small part of a share until
they have caught up. No input waits while nothing else is to be done.
"""

import threading
from collections import deque
from typing import Final, Generic, TypeVar

from node.clock import Timestamp
from node.engine.pace import OWN, STRANGERS, Pace
from node.ids import CommunityId

_Input = TypeVar("_Input")
# Commands, timers and the like: what belongs to no link stands in one line, which is our own.
NO_LINK = 0
# Who yields has so small a part of a share: one that floods beside a single other takes a ninth from it.
YIELDING_PARTS: Final = 8


class Turns(Generic[_Input]):
    """Inputs that wait for the core. Any thread may put; one takes, and says what that has cost.

    Args:
        pace: says who yields; it is told what each party has cost.
    """

    def __init__(self, pace: Pace | None = None) -> None:
        self._lines: dict[int, deque[_Input]] = {}
        self._parties: dict[int, CommunityId] = {NO_LINK: OWN}
        # By party the links of which something waits; the first of each has waited longest for its turn.
        self._busy: dict[CommunityId, dict[int, None]] = {}
        # By party, what it has cost in parts of shares, in microseconds. Who comes back after a silence
        # begins where the party served last stood: it has saved nothing up here.
        self._spent: dict[CommunityId, int] = {}
        self._level = 0
        self._pace = pace if pace is not None else Pace()
        self._closed = False
        self._news = threading.Condition()

    def put(self, link: int, waiting: _Input) -> None:
        """Let an input wait behind all others of its link."""
        with self._news:
            line = self._lines.setdefault(link, deque())
            line.append(waiting)
            if len(line) == 1:
                self._queue(link)
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

    def belongs(self, link: int, party: CommunityId) -> None:
        """Note on whose account the inputs of a link are handled; until it is said, on that of strangers."""
        with self._news:
            before = self._party(link)
            if link == NO_LINK or before == party:
                return
            self._parties[link] = party
            if self._lines.get(link):
                del self._busy[before][link]
                if not self._busy[before]:
                    del self._busy[before]
                self._queue(link)

    def over(self, link: int) -> None:
        """Forget a link that has ended, and what parties have spent that are served next anyway."""
        with self._news:
            if self._lines.get(link) or link == NO_LINK:
                return
            self._lines.pop(link, None)
            self._parties.pop(link, None)
            behind = {party: spent for party, spent in self._spent.items() if spent > self._level}
            self._spent = behind | {party: self._spent[party] for party in self._busy}

    def spent(self, party: CommunityId, work_us: int, now: Timestamp) -> None:
        """Note what was done on a party's account, in microseconds.

        It is less than none where more was noted before than it turned out to be.
        """
        with self._news:
            self._pace.spent(party, work_us, now)
            times = YIELDING_PARTS if self._pace.yields(party, now) else 1
            self._spent[party] = max(self._spent.get(party, 0), self._level) + work_us * times

    def _next(self) -> tuple[int, _Input] | None:
        if not self._busy:
            return None
        # Of parties that have cost the same the one that has waited longest, and of its links likewise.
        party = min(self._busy, key=self._spent.__getitem__)
        self._level = max(self._level, self._spent[party])
        link = next(iter(self._busy[party]))
        waiting = self._lines[link].popleft()
        del self._busy[party][link]
        if self._lines[link]:
            self._busy[party][link] = None
        if others := self._busy.pop(party):
            self._busy[party] = others
        return link, waiting

    def _party(self, link: int) -> CommunityId:
        return self._parties.get(link, STRANGERS)

    def _queue(self, link: int) -> None:
        """Let a link wait for its party's turn, behind that party's other links."""
        party = self._party(link)
        if party not in self._busy:
            self._spent[party] = max(self._spent.get(party, 0), self._level)
        self._busy.setdefault(party, {})[link] = None
