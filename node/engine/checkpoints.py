"""Checkpoints of feeds: which of them holds, from where on a feed counts, and what of it is still to come.

Which one holds is a function of the entries held and the charters alone (docs/checkpoints.md). Whoever takes
a feed up from a checkpoint holds nothing before its place; this knows whether that is enough.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from node import canonical
from node.engine.ports import Store
from node.feeds import checkpoints, stretch
from node.feeds.checkpoints import Checkpoint
from node.feeds.entry import Entry, FeedKey, Head
from node.feeds.stretch import Stretch
from node.ids import EntryId
from node.keys import PublicKey
from node.limits import FORK_BRANCHES_MAX

# Of the local store: by entry the checkpoints that are held, and by the entry before it each place from which
# a branch is held though nothing before is, with the checkpoint that its author named for it.
HELD: Final = "checkpoints"
BEGUN: Final = "begun"


@dataclass(frozen=True, slots=True)
class Begun:
    """A branch that is held from a place on.

    Attributes:
        root: the entry before it, which is not held.
        by: the checkpoint to which the branch shall lead, as its author signed it.
    """

    feed: FeedKey
    root: Head
    by: Head


@dataclass(frozen=True, slots=True)
class State:
    """What it hangs on which entries of a feed count, beside charters.

    Attributes:
        holding: the checkpoint that holds.
        lacking: entries that are not held though what lies behind them is and would count with them.
    """

    holding: Checkpoint | None
    lacking: tuple[EntryId, ...]


_ALL: Final = State(None, ())


@dataclass(frozen=True, slots=True)
class Span:
    """Consecutive entries of the branch that has this end, from the first place to the last."""

    end: EntryId
    first: int
    last: int


class Checkpoints:
    """Know from where on each feed counts; follows every write of the same transaction.

    Args:
        counts: tells whether an entry counts as far as the charters of its device say.

    Attributes:
        keeps_back: tells whether a checkpoint lies behind a body that is kept back (replicas/stops.py).
    """

    def __init__(self, store: Store, counts: Callable[[FeedKey, Head], bool]) -> None:
        self._store = store
        self._counts = counts
        self.keeps_back: Callable[[Checkpoint], bool] = lambda _: False
        self._held: dict[FeedKey, dict[EntryId, Checkpoint]] = {}
        self._begun: dict[FeedKey, dict[EntryId, Begun]] = {}
        # Which one holds, as far as it was asked.
        self._holding: dict[FeedKey, Checkpoint | None] = {}
        # What authors said in files: from where the entries that follow there may begin.
        self._said: dict[FeedKey, Checkpoint] = {}
        # By feed what is lacking, and the feeds of which that is to be worked out anew. It is asked for at
        # every input, and each feed that was taken up from a checkpoint stands among those begun for ever.
        self._lacking: dict[FeedKey, list[Begun]] = {}
        self._stale: set[FeedKey] = set()
        for key, value in store.local.all(HELD):
            feed, (seq, place), (before,) = _read(value)
            self._keep(Checkpoint(feed, Head(seq, EntryId(key)), place, EntryId(before)))
        for key, value in store.local.all(BEGUN):
            feed, (seq, by), (named,) = _read(value)
            begun = Begun(feed, Head(seq, EntryId(key)), Head(by, EntryId(named)))
            self._begun.setdefault(feed, {})[begun.root.id] = begun
        self._stale.update(self._begun)

    def holding(self, feed: FeedKey) -> Checkpoint | None:
        """Return the checkpoint of a feed that holds, None for none.

        Of several the one with the highest place; of those the one in the lowest entry. So nobody needs to
        know whether one goes on from another.
        """
        if feed not in self._held:
            return None
        if feed not in self._holding:
            ordered = sorted(self._held[feed].values(), key=_in_order)
            self._holding[feed] = next(filter(self._holds, ordered), None)
        return self._holding[feed]

    def fits(self, said: Checkpoint) -> bool:
        """Tell whether a checkpoint may speak for its feed, and what it says of its own branch is so."""
        found = self._store.feeds.fork_point(said.feed, said.entry.id, [said.root])
        return found == said.root.seq and self._counts(said.feed, said.entry)

    def weigh(self, feed: FeedKey) -> list[Checkpoint]:
        """Let it be worked out anew which checkpoint of a feed holds, and return those that may."""
        self._holding.pop(feed, None)
        self._stale.update({feed} & self._begun.keys())
        return list(self._held.get(feed, {}).values())

    def state(self, feed: FeedKey) -> State:
        """Return what it hangs on which entries of a feed count."""
        if feed not in self._held and feed not in self._begun:
            return _ALL
        if self._stale:
            self.lacking()
        lacking = tuple(sorted(one.root.id for one in self._lacking.get(feed, ())))
        return State(self.holding(feed), lacking)

    def reaches(self, feed: FeedKey, place: Head, state: State) -> bool:
        """Tell whether an entry that is held counts where things stand so."""
        begun, holding = self._begun.get(feed, {}), state.holding
        if any(self._leads_to(begun[root], place) for root in state.lacking if root in begun):
            return False
        if holding is None:
            return True
        if place.seq < holding.place:
            return False
        if len(self._store.feeds.heads_of(feed)) == 1:
            return True
        return self._store.feeds.fork_point(feed, place.id, [holding.root]) == holding.root.seq

    def moved(self, feed: FeedKey, before: State) -> list[Span]:
        """Return where all entries lie of which something else counts than before, and no others.

        A checkpoint that goes a little further must cost little: feeds are long, and may say many.
        """
        now, found = self.state(feed), []
        for end in self._store.feeds.heads_of(feed):
            was, is_now = (self._first(feed, end, state) for state in (before, now))
            if was != is_now:
                found.append(Span(end.id, min(was, is_now), max(was, is_now) - 1))
        return found

    def bears_on(self, feed: FeedKey) -> bool:
        """Tell whether some entries of a feed may count and others not."""
        return self.state(feed) != _ALL

    def counts(self, feed: FeedKey, place: Head) -> bool:
        """Tell whether an entry that is held lies behind the place of the checkpoint that holds.

        What is held from a place on, though what lies before counts too, does not until that is here.
        """
        return (state := self.state(feed)) is _ALL or self.reaches(feed, place, state)

    def ends(self, feed: FeedKey, ends: Sequence[Head]) -> list[Head]:
        """Return which ends of a feed may be claimed: those that count, with all before them that does."""
        if feed not in self._held and feed not in self._begun:
            return list(ends)
        state = self.state(feed)
        waiting = list(self._waiting(feed))
        return [
            end
            for end in ends
            if self.reaches(feed, end, state) and not any(self._leads_to(one, end) for one in waiting)
        ]

    def end(self, feed: FeedKey) -> Head | None:
        """Return the end behind which a feed's author goes on, None where nothing of it is held."""
        held = self._store.feeds.heads_of(feed)
        counting = [end for end in held if self.counts(feed, end)]
        return (counting or held)[-1] if held else None

    def crowded(self, feed: FeedKey, before: Head | None) -> bool:
        """Tell whether a feed has as many branches as one may that begins behind an entry.

        Those that do not count leave room for those that do, and are bounded like them: else whoever wrote a
        checkpoint could tell without end what nobody reads.
        """
        ends = self._store.feeds.heads_of(feed)
        if len(ends) < FORK_BRANCHES_MAX:
            return False
        counting, holding = len(self.ends(feed, ends)), self.holding(feed)
        if holding is None or before == holding.root or (before is not None and self.counts(feed, before)):
            return counting >= FORK_BRANCHES_MAX
        return len(ends) - counting >= FORK_BRANCHES_MAX

    def whole(self, feed: FeedKey) -> bool:
        """Tell whether nothing that counts lies before what is held of a feed."""
        return feed not in self._begun or not any(self._waiting(feed))

    def lacking(self) -> list[Begun]:
        """Return what is held from a place on though what lies before counts; not while it leads on there."""
        for feed in self._stale:
            found = [one for one in self._waiting(feed) if not self._leads_on(one)]
            self._lacking.pop(feed, None)
            if found:
                self._lacking[feed] = found
        self._stale.clear()
        if not self._lacking:
            return []
        feeds = sorted(self._lacking, key=lambda feed: (feed.scope, feed.device))
        return [begun for feed in feeds for begun in self._lacking[feed]]

    def shown(self, said: Checkpoint) -> Stretch:
        """Return the stretch that shows to others what a checkpoint which is held says."""
        feeds, feed, at = self._store.feeds, said.feed, said.entry
        ends = (end for end in feeds.heads_of(feed) if feeds.fork_point(feed, end.id, [at]) == at.seq)
        path = feeds.path(feed, next(ends).id, after_seq=at.seq - 1, entries_max=1, bytes_max=0)
        return stretch.split(path)[0]

    def note(self, entries: Sequence[Entry]) -> bool:
        """Note a checkpoint among proved entries that are not kept; tell whether there is one."""
        for entry in entries:
            if (said := checkpoints.of(entry)) is not None:
                self._said[said.feed] = said
                return True
        return False

    def noted(self, feed: FeedKey, root: Head) -> Head | None:
        """Return the noted checkpoint by which a branch may begin behind this entry, None for none."""
        said = self._said.get(feed)
        return said.entry if said is not None and said.root == root else None

    def begin(self, begun: Begun) -> None:
        """Note that a branch is held from a place on."""
        self._stale.add(begun.feed)
        self._begun.setdefault(begun.feed, {})[begun.root.id] = begun
        self._store.local.put(
            BEGUN, begun.root.id, _written(begun.feed, begun.root.seq, begun.by.seq, begun.by.id)
        )

    def pieces(self, entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
        """Yield consecutive entries in parts, where some of them join a branch that is held."""
        start = 0
        for begun in sorted(self._begun.get(entries[0].feed, {}).values(), key=lambda one: one.root.seq):
            at = begun.root.seq - entries[0].seq
            if 0 <= at < len(entries) - 1 and entries[at].id == begun.root.id:
                yield entries[start : at + 1]
                start = at + 1
        yield entries[start:]

    def took(self, feed: FeedKey, entries: Sequence[Entry]) -> bool:
        """Note entries of a feed that came; tell whether branches were joined: what counts may be another."""
        for entry in entries:
            said = checkpoints.of(entry)
            if said is not None and not self.contradicts(said):
                self._keep(said)
                value = _written(feed, said.entry.seq, said.place, said.before)
                self._store.local.put(HELD, said.entry.id, value)
                self._prefer(said)
        held = self._begun.get(feed)
        if held is not None:
            self._stale.add(feed)
        joined = [one for one in held.values() if self._store.feeds.holds(feed, one.root)] if held else []
        for one in joined:
            del self._begun[feed][one.root.id]
            self._store.local.remove(BEGUN, one.root.id)
        if joined:
            self._holding.pop(feed, None)
            if not self._begun[feed]:
                del self._begun[feed]
        return bool(joined)

    def contradicts(self, said: Checkpoint) -> bool:
        """Tell whether a checkpoint names another entry than the one before its place on its own branch."""
        feeds = self._store.feeds
        others = [
            Head(said.root.seq, one) for one in feeds.at(said.feed, said.root.seq) if one != said.before
        ]
        return bool(others) and feeds.fork_point(said.feed, said.entry.id, others) == said.root.seq

    def forget(self) -> None:
        """Work out anew which checkpoints hold: charters have changed, or what they name has come."""
        self._holding.clear()
        self._stale.update(self._begun)

    def _waiting(self, feed: FeedKey) -> Iterator[Begun]:
        """Yield the places from which branches are held though what lies before them counts."""
        holding = self.holding(feed)
        for begun in self._begun.get(feed, {}).values():
            if holding is None or begun.root.seq >= holding.place:
                yield begun

    def _leads_to(self, begun: Begun, place: Head) -> bool:
        """Tell whether an entry lies on a branch that is held from a place on."""
        if place.seq <= begun.root.seq:
            return False
        return self._store.feeds.fork_point(begun.feed, place.id, [begun.root]) == begun.root.seq

    def _keep(self, said: Checkpoint) -> None:
        self._held.setdefault(said.feed, {})[said.entry.id] = said

    def _prefer(self, said: Checkpoint) -> None:
        """Let a checkpoint that came hold, if it does, instead of the one that did so far.

        Without sorting all that are held: a device may write thousands of them.
        """
        if said.feed in self._holding:
            known = self._holding[said.feed]
            if (known is None or _in_order(said) < _in_order(known)) and self._holds(said):
                self._holding[said.feed] = said

    def _first(self, feed: FeedKey, end: Head, state: State) -> int:
        """Return from which place on a branch counts, the one behind its end where nothing of it does."""
        if not self.reaches(feed, end, state):
            return end.seq + 1
        return state.holding.place if state.holding is not None else 1

    def _holds(self, said: Checkpoint) -> bool:
        """Tell whether a checkpoint counts and what it says of its own branch is so."""
        return self.fits(said) and not self.keeps_back(said)

    def _leads_on(self, begun: Begun) -> bool:
        """Tell whether the checkpoint for which a branch was begun may still come."""
        feeds = self._store.feeds
        if feeds.holds(begun.feed, begun.by):
            shown = self._held.get(begun.feed, {}).get(begun.by.id)
            return shown is not None and self.keeps_back(shown) and self.fits(shown)
        own = [end for end in feeds.heads_of(begun.feed) if self._leads_to(begun, end)]
        return all(end.seq < begun.by.seq for end in own)


def _in_order(said: Checkpoint) -> tuple[int, EntryId]:
    """Return by what the one of several that holds comes first."""
    return -said.place, said.entry.id


def _written(feed: FeedKey, first: int, second: int, named: bytes) -> bytes:
    return canonical.encode([feed.device, feed.scope, first, second, named])


def _read(value: bytes) -> tuple[FeedKey, tuple[int, int], tuple[bytes]]:
    match canonical.decode(value):
        case [bytes(device), str(scope), int(first), int(second), bytes(named)]:
            return FeedKey(PublicKey(device), scope), (first, second), (named,)
        case _:
            raise AssertionError("what is known of a checkpoint is broken")
