"""Lanes: the branches of one feed that has gaps, and what lies on each of them.

A feed that was never forked has one lane, and every question is a comparison of places. Of others each branch
is a lane by itself: what lies on several is noted in each of them, so that nothing is looked for again.
"""

from collections.abc import Iterator
from typing import Final

from node.engine.ports import FeedStore
from node.engine.replicas.lowest import Places
from node.feeds.entry import FeedKey, Head

# A place behind all places.
NOWHERE: Final = 2**63


class Lane:
    """One branch.

    Attributes:
        tip: its end.
        sure: entries without their bodies that no epoch includes.
        unsure: those that epochs include, none of which counts as far as is known.
        waiting: such epochs on this branch; each epoch waits on one branch on which it lies.
        doubt: the lowest entry that came without its body since it was last worked out what includes it.
        was: where the branch stopped when it was last routed.
        late: the lowest entry that was not routed then, though its body is held, as far as that is known.
    """

    __slots__ = ("doubt", "late", "sure", "tip", "unsure", "waiting", "was")

    def __init__(self, tip: Head) -> None:
        self.tip = tip
        self.sure, self.unsure, self.waiting = Places(), Places(), Places()
        self.doubt = self.was = self.late = NOWHERE

    @property
    def stop(self) -> int:
        """Return the place behind which nothing counts, `NOWHERE` for none."""
        return min(lowest(self.sure), lowest(self.unsure))

    @property
    def limit(self) -> int:
        """Return the place behind which nothing counts as far as is worked out by now."""
        return min(self.stop, self.doubt)

    @property
    def hopes(self) -> bool:
        """Tell whether an epoch waits here that no entry is before which nothing includes at all."""
        return lowest(self.waiting) < lowest(self.sure)

    @property
    def idle(self) -> bool:
        """Tell whether nothing is known of this branch that is worth keeping."""
        return not (self.sure or self.unsure or self.waiting) and self.doubt == self.late == NOWHERE


class Lanes:
    """The branches of one feed.

    Attributes:
        all: they.
        touched: whether something is another than when it was last worked out what stops.
    """

    def __init__(self, feeds: FeedStore, feed: FeedKey) -> None:
        self._feeds = feeds
        self._feed = feed
        self.all = [Lane(tip) for tip in feeds.heads_of(feed)]
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
        before, self.all = self.all, [Lane(tip) for tip in tips]
        for place in _of_all(one.sure for one in before):
            for lane in self.through(place):
                lane.sure.put(place)
        for place in _of_all(one.unsure for one in before):
            for lane in self.through(place):
                lane.unsure.put(place)
        for place in _of_all(one.waiting for one in before):
            lane_of = self.one_through(place)
            assert lane_of is not None, "what is held lies on a branch"
            lane_of.waiting.put(place)
        lowered = any(one.limit < min(one.was, one.doubt) for one in before)
        for lane in self.all:
            lane.doubt = min((one.doubt for one in before), default=NOWHERE)
            lane.late = min((one.late for one in before), default=NOWHERE)
            lane.was = NOWHERE if lowered else lane.limit


def lowest(places: Places, floor: int = 0) -> int:
    """Return the lowest of some places that is not before `floor`, `NOWHERE` for none."""
    place = places.lowest()
    if place is None:
        return NOWHERE
    if place.seq >= floor:
        return place.seq
    return next((one.seq for one in places.in_order() if one.seq >= floor), NOWHERE)


def _of_all(parts: Iterator[Places]) -> list[Head]:
    return sorted({place for part in parts for place in part.in_order()}, key=lambda one: (one.seq, one.id))
