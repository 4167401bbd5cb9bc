"""Lanes: the branches of one feed that has gaps, and what lies on each of them.

A feed that was never forked has one lane, and every question is a comparison of places. Of others each branch
is a lane by itself: what lies on several is noted in each of them, so that nothing is looked for again.
"""

from collections.abc import Container, Iterator
from heapq import heappop, heappush
from typing import Final

from node.engine.ports import FeedStore
from node.engine.replicas.lowest import Places
from node.feeds.entry import FeedKey, Head
from node.ids import EntryId

# A place behind all places.
NOWHERE: Final = 2**63


class Lane:
    """One branch.

    Attributes:
        tip: its end.
        open: entries without their bodies that stop it as far as is known.
        included: of all feeds, those that epochs include of which it is not known that they count.
        waiting: such epochs on this branch; each epoch waits on one branch on which it lies.
        was: where the branch stopped when it was last routed.
        late: the lowest entry that was not routed then, though its body is held, as far as that is known.
    """

    __slots__ = ("_sure", "included", "late", "open", "tip", "waiting", "was")

    def __init__(self, tip: Head, included: Container[EntryId]) -> None:
        self.tip = tip
        self.included = included
        self.open, self.waiting = Places(), Places()
        self.was = self.late = NOWHERE
        # Those that nothing includes, and some that went or were included since.
        self._sure: list[Head] = []

    @property
    def stop(self) -> int:
        """Return the place behind which nothing counts as far as is known, `NOWHERE` for none."""
        return seq_of(self.open.lowest())

    @property
    def hopes(self) -> bool:
        """Tell whether an epoch waits here that no entry is before which nothing includes at all."""
        return seq_of(self.waiting.lowest()) < self.sure()

    @property
    def idle(self) -> bool:
        """Tell whether nothing is known of this branch that is worth keeping."""
        return not (self.open or self.waiting) and self.late == NOWHERE

    def put(self, place: Head, *, was_included: bool) -> None:
        """Note an entry without its body that nothing includes, or nothing any more."""
        if self.open.put(place) or was_included:
            heappush(self._sure, place)

    def sure(self, floor: int = 0) -> int:
        """Return the lowest place that nothing includes, not before `floor`; `NOWHERE` for none."""
        while self._sure and not self._stands(self._sure[0]):
            heappop(self._sure)
        if not self._sure or self._sure[0].seq >= floor:
            return seq_of(self._sure[0] if self._sure else None)
        return min((one.seq for one in self._sure if one.seq >= floor and self._stands(one)), default=NOWHERE)

    def _stands(self, place: Head) -> bool:
        return place.id in self.open and place.id not in self.included


class Lanes:
    """The branches of one feed.

    Attributes:
        all: they.
        touched: whether something is another than when it was last worked out what stops.
    """

    def __init__(self, feeds: FeedStore, feed: FeedKey, included: Container[EntryId]) -> None:
        self._feeds = feeds
        self._feed = feed
        self._included = included
        self.all = [Lane(tip, included) for tip in feeds.heads_of(feed)]
        self.touched = False

    def grew(self) -> None:
        """Note that entries came: branches have other ends, or there are others."""
        tips = self._feeds.heads_of(self._feed)
        if len(tips) == len(self.all) == 1:
            self.all[0].tip = tips[0]
            return
        known = {lane.tip for lane in self.all}
        came = [tip for tip in tips if tip not in known]
        gone = [lane for lane in self.all if lane.tip not in tips]
        if len(came) == len(gone) == 1 and self._leads(came[0], gone[0].tip):
            gone[0].tip = came[0]
        elif came or gone:
            self._part(tips)

    def through(self, place: Head) -> list[Lane]:
        """Return the branches on which an entry that is held lies."""
        return self.all if len(self.all) == 1 else [one for one in self.all if self._leads(one.tip, place)]

    def one_through(self, place: Head) -> Lane | None:
        """Return a branch on which an entry lies; what is before it is the same on all of them."""
        if len(self.all) == 1:
            return self.all[0]
        return next((one for one in self.all if self._leads(one.tip, place)), None)

    def _leads(self, tip: Head, place: Head) -> bool:
        return place.seq <= tip.seq and self._feeds.fork_point(self._feed, tip.id, [place]) == place.seq

    def _part(self, tips: list[Head]) -> None:
        """Begin anew with other branches: no more often than a feed may have some."""
        before, self.all = self.all, [Lane(tip, self._included) for tip in tips]
        for place in _of_all(one.open for one in before):
            for lane in self.through(place):
                lane.put(place, was_included=False)
        for place in _of_all(one.waiting for one in before):
            lane_of = self.one_through(place)
            assert lane_of is not None, "what is held lies on a branch"
            lane_of.waiting.put(place)
        lowered = any(one.stop < one.was for one in before)
        for lane in self.all:
            lane.late = min((one.late for one in before), default=NOWHERE)
            lane.was = NOWHERE if lowered else lane.stop


def seq_of(place: Head | None) -> int:
    """Return where a place lies, `NOWHERE` for none."""
    return NOWHERE if place is None else place.seq


def _of_all(parts: Iterator[Places]) -> list[Head]:
    return sorted({place for part in parts for place in part.in_order()}, key=lambda one: (one.seq, one.id))
