"""Settling which epochs count of those that stand behind gaps, and which checkpoints.

All that may count is taken to count; what then still stands behind a body that nothing includes is left out,
with what only it includes, until nothing is left out any more. So most counts of all that fits together, and
the order of arrival plays no part. Each step lowers where some branch stops, never raises it, and looks at
what hangs on that and at nothing else.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from node.engine.replicas.gaps import Gap
from node.engine.replicas.lanes import Lane
from node.engine.replicas.stops import Includer, Stops
from node.feeds.checkpoints import Checkpoint
from node.feeds.entry import Head
from node.ids import EntryId


@dataclass(slots=True)
class Settled:
    """What came of it.

    Attributes:
        closed: entries that epochs include, so that nobody needs their bodies.
        freed: checkpoints that are kept back no more.
    """

    closed: list[Gap]
    freed: list[Checkpoint]


@dataclass(slots=True)
class _Level:
    """Where a branch stops as far as was worked out.

    Attributes:
        stop: nothing behind this place counts.
        floor: nothing before this place stops it, if the checkpoint taken to count does.
        said: that checkpoint.
        waiting: the epochs that wait on it, in order.
        hopeful: how many of them, from the first, lie before `stop`.
    """

    stop: int
    floor: int
    said: Checkpoint | None
    waiting: list[Head]
    hopeful: int


def resolve(stops: Stops) -> Settled:
    """Work out what of all that waits counts by now, and note it."""
    free, hopes = stops.take_up()
    if not hopes:
        return Settled([], [])
    refused: set[EntryId] = set()
    while True:
        round_ = _Round(stops, len(free), refused)
        failed = round_.run()
        if not failed:
            break
        refused |= failed
    closed = _note(stops, [*free, *round_.standing()])
    stops.rest()
    freed = [level.said for level in round_.levels.values() if level.said is not None]
    return Settled(closed, freed)


def _note(stops: Stops, standing: list[Includer]) -> list[Gap]:
    """Let epochs count, those first that include something; return what is wanted no more."""
    found = []
    for one in sorted(standing, key=lambda one: not one.holds):
        if one.place.id in stops.waiting:
            gaps = stops.stands(one.place.id)
            found += gaps if one.holds else []
    return found


class _Round:
    """Lower where branches stop until all fits together, with some checkpoints refused."""

    def __init__(self, stops: Stops, free: int, refused: set[EntryId]) -> None:
        self._stops = stops
        self._free = free
        self.levels: dict[Lane, _Level] = {}
        for feed, lane in stops.hoping():
            said = _best(lane, stops.said_on(feed, lane), refused)
            floor = said.place if said is not None else 0
            stop = lane.sure(floor)
            waiting = list(lane.waiting.in_order())
            hopeful = bisect_left(waiting, stop, key=lambda one: one.seq)
            self.levels[lane] = _Level(stop, floor, said, waiting, hopeful)

    def run(self) -> set[EntryId]:
        """Find where the branches stop; return checkpoints that were taken to count and do not."""
        hopeful = sum(level.hopeful for level in self.levels.values()) + self._free
        # Where all may count nothing is left open.
        for lane, level in self.levels.items() if hopeful < len(self._stops.waiting) else ():
            for place in lane.open.in_order():
                if place.seq >= level.stop:
                    break
                if place.seq >= level.floor and not self._closes(place.id):
                    self._lower(lane, place.seq)
                    break
        return {
            level.said.entry.id
            for level in self.levels.values()
            if level.said is not None and level.stop < level.said.entry.seq
        }

    def standing(self) -> Iterator[Includer]:
        """Yield the epochs that count, as far as what lies before them says."""
        for level in self.levels.values():
            for one in level.waiting[: level.hopeful]:
                yield self._stops.waiting[one.id].epoch

    def _closes(self, gap: EntryId) -> bool:
        """Tell whether an epoch includes an entry of which it is not known that it does not count."""
        return any(self._has_hope(one.epoch) for one in self._stops.included[gap])

    def _has_hope(self, epoch: Includer) -> bool:
        lane = self._stops.lane_of(epoch)
        if lane is None:
            return True
        level = self.levels.get(lane)
        return level is not None and epoch.place.seq < level.stop

    def _lower(self, lane: Lane, stop: int) -> None:
        """Let a branch stop earlier, and others where only epochs behind that included something."""
        pending = [(lane, stop)]
        while pending:
            lane, stop = pending.pop()
            level = self.levels[lane]
            if stop >= level.stop:
                continue
            level.stop = stop
            while level.hopeful and level.waiting[level.hopeful - 1].seq > stop:
                level.hopeful -= 1
                pending += self._left_open(level.waiting[level.hopeful])

    def _left_open(self, epoch: Head) -> Iterator[tuple[Lane, int]]:
        """Yield where something is kept back if an epoch does not count."""
        for gap in self._stops.waiting[epoch.id].gaps.values():
            if self._closes(gap.place.id):
                continue
            for lane in self._stops.lanes_through(gap):
                level = self.levels.get(lane)
                if level is not None and gap.place.seq >= level.floor and gap.place.id in lane.open:
                    yield lane, gap.place.seq


def _best(lane: Lane, said: Iterable[Checkpoint], refused: set[EntryId]) -> Checkpoint | None:
    """Return the checkpoint on a branch with the highest place that nothing forbids for certain."""
    for one in sorted(said, key=lambda one: (-one.place, one.entry.id)):
        if one.entry.id not in refused and lane.sure(one.place) > one.entry.seq:
            return one
    return None
