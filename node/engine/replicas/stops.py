"""Stops: where a feed ceases to count, for the body of an entry is kept back that no epoch includes.

What lies behind such an entry is claimed to nobody, so it counts nowhere: else its author would choose who
sees it, and what honest members write on top of it would be lost to all others (decision 0021). An epoch
includes an entry only if it is not itself behind such a gap. Of the ways to see that, which may go in circles
(each of two epochs may stand behind the other's gap), the one holds by which most counts; `settling.py` finds
it. This module knows what there is to be judged, and asks only where an answer may be another one by now.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from node.engine.ports import FeedStore
from node.engine.replicas.gaps import Gap
from node.engine.replicas.lanes import Lane, Lanes
from node.feeds.checkpoints import Checkpoint
from node.feeds.entry import FeedKey, Head
from node.ids import EntryId
from node.keys import PublicKey


@dataclass(frozen=True, slots=True)
class Includer:
    """An epoch that includes an entry.

    Attributes:
        holds: whether charters let it count. One that has fallen includes nothing any more, so the bodies are
            wanted again; but nobody kept them back, and nothing behind them is taken away for it.
    """

    feed: FeedKey
    place: Head
    holds: bool


@dataclass(slots=True)
class Waiting:
    """An epoch of which it is not known that it counts, and the entries without bodies that it includes."""

    epoch: Includer
    gaps: dict[EntryId, Gap] = field(default_factory=dict)


class Stops:
    """Know behind which entries of which feeds nothing counts.

    Args:
        own: this node's device: what it wrote itself counts here at once, for its next edit builds on it.
        fits: tells whether a checkpoint holds if nothing before it is kept back.

    Attributes:
        included: entries without bodies that waiting epochs include, each with these.
        waiting: these epochs, by their entries.
        said: checkpoints that are kept back, by feed and entry.
    """

    def __init__(self, feeds: FeedStore, own: PublicKey | None, fits: Callable[[Checkpoint], bool]) -> None:
        self._feeds = feeds
        self._fits = fits
        self._own = own
        self._lanes: dict[FeedKey, Lanes] = {}
        self.included: dict[EntryId, list[Waiting]] = {}
        self.waiting: dict[EntryId, Waiting] = {}
        self.said: dict[FeedKey, dict[EntryId, Checkpoint]] = {}
        # Epochs that were not known when it was last worked out.
        self._came: dict[EntryId, Includer] = {}
        # The feeds of which something is another since, and of these the ones where epochs have hopes.
        self._touched: dict[FeedKey, None] = {}
        self._hoping: dict[FeedKey, None] = {}
        self._moved: dict[FeedKey, None] = {}

    @property
    def stirred(self) -> bool:
        """Tell whether something came or went on which it hangs what stops."""
        return bool(self._touched)

    def lanes(self, feed: FeedKey) -> Sequence[Lane]:
        """Return the branches of a feed of which something is known, none for others."""
        known = self._lanes.get(feed)
        return known.all if known is not None else ()

    def lanes_through(self, gap: Gap) -> Sequence[Lane]:
        """Return the branches on which an entry without its body lies, none where it stops nothing."""
        known = self._lanes.get(gap.feed)
        return known.through(gap.place) if known is not None else ()

    def bear_on(self, feed: FeedKey) -> bool:
        """Tell whether something that is held of a feed may lie behind a stop."""
        return feed in self._lanes

    def behind(self, feed: FeedKey, place: Head) -> bool:
        """Tell whether an entry lies behind a stop, or may as far as is known by now."""
        known = self._lanes.get(feed)
        lane = known.one_through(place) if known is not None else None
        return lane is not None and place.seq > lane.stop

    def keeps_back(self, said: Checkpoint) -> bool:
        """Tell whether a checkpoint counts for nothing yet: see `weigh`."""
        return said.entry.id in self.said.get(said.feed, ())

    def weigh(self, said: Checkpoint) -> None:
        """Keep a checkpoint back that lies behind a stop, until it is clear that none forbids it."""
        if self.behind(said.feed, said.entry):
            self.said.setdefault(said.feed, {})[said.entry.id] = said
            self._touch(said.feed)

    def grew(self, feed: FeedKey) -> None:
        """Note that entries of a feed came."""
        if feed in self._lanes:
            self._lanes[feed].grew()

    def left_out(self, feed: FeedKey, place: Head) -> None:
        """Note that an entry was not routed for what lies before it."""
        known = self._lanes.get(feed)
        for lane in known.through(place) if known is not None else ():
            lane.late = min(lane.late, place.seq)
            self._moved[feed] = None

    def moved(self) -> list[FeedKey]:
        """Return the feeds of which something may stop elsewhere since it was last asked."""
        moved, self._moved = self._moved, {}
        return sorted(moved, key=in_order)

    def begin(self) -> None:
        """Take what was noted so far as what was so before: it was kept from another time."""
        for lanes in self._lanes.values():
            for lane in lanes.all:
                lane.was = lane.late = lane.stop

    def settle_down(self, feed: FeedKey) -> None:
        """Forget a feed of which nothing is wanted any more."""
        if feed in self._lanes and feed not in self.said and all(lane.idle for lane in self._lanes[feed].all):
            del self._lanes[feed]
            self._hoping.pop(feed, None)

    def came(self, gaps: Sequence[Gap]) -> None:
        """Note entries of one branch that came without their bodies: what came behind them is not routed."""
        self.note(gaps)
        for lane in self.lanes_through(gaps[0]):
            lane.was = min(lane.was, gaps[0].place.seq)

    def note(self, gaps: Sequence[Gap], by: Iterable[tuple[Includer, Sequence[Gap]]] = ()) -> None:
        """Note entries without their bodies, and anew which epochs include which of them.

        `resolve` tells which gaps that closes.
        """
        for gap in gaps:
            was_included = self._forget(gap)
            for lane in self._begun(gap):
                lane.put(gap.place, was_included=was_included)
        for epoch, included in by:
            entry = epoch.place.id
            if included and entry not in self.waiting:
                self._came[entry], self.waiting[entry] = epoch, Waiting(epoch)
            for gap in included:
                self.waiting[entry].gaps[gap.place.id] = gap
                self.included.setdefault(gap.place.id, []).append(self.waiting[entry])

    def lift(self, gap: Gap) -> None:
        """Note that the body of an entry has come, or is not wanted."""
        self._forget(gap)
        for lane in self.lanes_through(gap):
            if lane.open.take(gap.place.id):
                self._touch(gap.feed)

    def take_up(self) -> tuple[list[Includer], bool]:
        """Begin to work out what stops.

        Returns:
            Epochs that nothing can be before, and whether the answer may be another than it was: only if an
            epoch has hopes on a branch where something changed. What did not count before had its reasons,
            and elsewhere they still stand.
        """
        came, self._came = self._came, {}
        free: list[Includer] = []
        for one in came.values():
            if one.place.id in self.waiting:
                lane = self.lane_of(one)
                if lane is None:
                    free.append(one)
                else:
                    lane.waiting.put(one.place)
                    self._touch(one.feed)
        hopes = bool(free)
        for feed in self._touched:
            self._moved[feed] = None
            self._hoping.pop(feed, None)
            if feed in self.said or any(lane.hopes for lane in self.lanes(feed)):
                self._hoping[feed] = None
                hopes = True
        self._calm()
        return free, hopes

    def rest(self) -> None:
        """Note that it is worked out what stops, with all that this changed."""
        self._moved |= self._touched
        self._calm()

    def hoping(self) -> list[tuple[FeedKey, Lane]]:
        """Return the branches on which epochs or checkpoints may count."""
        found = []
        for feed in sorted(self._hoping, key=in_order):
            some = [(feed, lane) for lane in self.lanes(feed) if lane.hopes or feed in self.said]
            found += some
            if not some:
                del self._hoping[feed]
        return found

    def said_on(self, feed: FeedKey, lane: Lane) -> list[Checkpoint]:
        """Return the checkpoints on a branch that are kept back and would hold if they were not."""
        on = [one for one in self.said.get(feed, {}).values() if lane in self._lanes[feed].through(one.entry)]
        return list(filter(self._fits, on))

    def free(self, said: Checkpoint) -> None:
        """Keep a checkpoint back no more."""
        kept = self.said.get(said.feed, {})
        kept.pop(said.entry.id, None)
        if not kept:
            self.said.pop(said.feed, None)

    def lane_of(self, epoch: Includer) -> Lane | None:
        """Return the branch on which an epoch waits, None where nothing can be before it."""
        known = self._lanes.get(epoch.feed)
        return known.one_through(epoch.place) if known is not None else None

    def stands(self, entry: EntryId) -> list[Gap]:
        """Note that an epoch counts, or would if charters let it: what it includes stops nothing any more.

        Returns:
            These entries; they are wanted no more if it counts.
        """
        known = self.waiting.pop(entry)
        lane = self.lane_of(known.epoch)
        if lane is not None:
            lane.waiting.take(entry)
        found = list(known.gaps.values())
        for gap in found:
            if known.epoch.holds:
                self._forget(gap)
            else:
                self.included[gap.place.id].remove(known)
            for through in self._begun(gap):
                through.open.take(gap.place.id)
        return found

    def _begun(self, gap: Gap) -> Sequence[Lane]:
        """Return the branches on which an entry without its body lies; what is known of them changes."""
        if gap.feed.device == self._own:
            return ()
        known = self._lanes.get(gap.feed)
        if known is None:
            known = self._lanes[gap.feed] = Lanes(self._feeds, gap.feed, self.included)
        if not known.touched:
            self._touch(gap.feed)
        return known.through(gap.place)

    def _touch(self, feed: FeedKey) -> None:
        self._touched[feed] = None
        if feed in self._lanes:
            self._lanes[feed].touched = True

    def _calm(self) -> None:
        for feed in self._touched:
            if feed in self._lanes:
                self._lanes[feed].touched = False
        self._touched.clear()

    def _forget(self, gap: Gap) -> bool:
        """Forget what includes an entry; an epoch that includes nothing else waits no more.

        Returns:
            Whether something included it.
        """
        found = self.included.pop(gap.place.id, None)
        for known in found or ():
            known.gaps.pop(gap.place.id, None)
            if not known.gaps and self.waiting.pop(known.epoch.place.id, None) is not None:
                lane = self.lane_of(known.epoch)
                if lane is not None:
                    lane.waiting.take(known.epoch.place.id)
                    self._touch(known.epoch.feed)
        return found is not None


def in_order(feed: FeedKey) -> tuple[str, bytes]:
    """Return by what feeds are put in order."""
    return feed.scope, feed.device
