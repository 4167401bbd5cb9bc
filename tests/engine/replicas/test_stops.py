"""Stops: what is worked out bit by bit is what one would find by looking at everything at once."""

import random
from dataclasses import dataclass, field, replace

import pytest

from node.engine.replicas import settling
from node.engine.replicas.gaps import Gap
from node.engine.replicas.stops import Includer, Stops
from node.feeds import stretch
from node.feeds.entry import Entry, FeedKey, Head
from node.ids import EntryId
from node.keys import KeyPair
from node.storage.memory.store import MemoryStore

SCOPE = "public"


@dataclass
class World:
    """Feeds that grow by entries without bodies and by epochs, as a node would hear of them.

    Attributes:
        before: by entry the one before it on its branch.
        open: entries without bodies, with the epochs that include them.
        places: by entry where it is.
    """

    rng: random.Random
    authors: list[KeyPair]
    store: MemoryStore = field(default_factory=MemoryStore)
    before: dict[EntryId, EntryId | None] = field(default_factory=dict)
    open: dict[EntryId, tuple[Gap, list[Includer]]] = field(default_factory=dict)
    epochs: dict[EntryId, Includer] = field(default_factory=dict)
    places: dict[EntryId, tuple[FeedKey, Head]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.stops = Stops(self.store.feeds, None, lambda _: True)

    def grow(self, *, fork: bool) -> Entry:
        """Write an entry behind the end of a feed, or beside what is there."""
        author = self.rng.choice(self.authors)
        feed = FeedKey(author.public, SCOPE)
        ends = self.store.feeds.heads_of(feed)
        at = self.rng.choice(ends) if ends else None
        if fork and at is not None:
            own = sorted(head.id for known, head in self.places.values() if known == feed)
            at = self.places[self.rng.choice(own)][1]
        (made,) = stretch.make(feed, at, [self.rng.randbytes(8)], hours=1, signer=author)
        bare = self.rng.random() < 0.6
        self.store.feeds.append([replace(made, body=None) if bare else made])
        self.before[made.id] = at.id if at is not None else None
        self.places[made.id] = (feed, Head(made.seq, made.id))
        self.stops.grew(feed)
        if bare:
            gap = Gap(feed, Head(made.seq, made.id), made.prev, None)
            self.open[made.id] = (gap, [])
            self.stops.came([gap])
        return made

    def include(self, entry: Entry) -> None:
        """Let an entry be an epoch that includes some that are open."""
        one = Includer(entry.feed, Head(entry.seq, entry.id), self.rng.random() < 0.9)
        self.epochs[entry.id] = one
        for name in self.rng.sample(sorted(self.open), min(len(self.open), self.rng.randrange(1, 5))):
            gap, by = self.open[name]
            by.append(one)
            self.stops.note([gap], [(one, [gap]) for one in by])

    def include_no_more(self) -> None:
        """Let an epoch be none by now, as far as something goes that it included and that stops."""
        stopping = sorted(name for name in self.judged()[0] if self.open[name][1])
        if stopping:
            gap, by = self.open[self.rng.choice(stopping)]
            by.pop(self.rng.randrange(len(by)))
            self.stops.note([gap], [(one, [gap]) for one in by])

    def fill(self) -> None:
        """Let the body of an entry come."""
        if self.open:
            gap, _ = self.open.pop(self.rng.choice(sorted(self.open)))
            self.stops.lift(gap)

    def ancestors(self, entry: EntryId) -> set[EntryId]:
        """Return all entries before one."""
        found, at = set[EntryId](), self.before[entry]
        while at is not None:
            found.add(at)
            at = self.before[at]
        return found

    def judged(self) -> tuple[set[EntryId], set[EntryId]]:
        """Return what stops, and what is wanted: look at everything until nothing is left out any more."""
        standing = set(self.epochs)
        while True:
            stopping = {
                name for name, (_, by) in self.open.items() if not any(one.place.id in standing for one in by)
            }
            left = {name for name in standing if not self.ancestors(name) & stopping}
            if left == standing:
                break
            standing = left
        wanted = {
            name
            for name, (_, by) in self.open.items()
            if not any(one.holds and one.place.id in standing for one in by)
        }
        return stopping, wanted


@pytest.mark.parametrize("seed", range(10))
def test_what_stops_is_what_looking_at_everything_at_once_finds(seed: int) -> None:
    """Whatever comes in whatever order, on feeds that fork or not: the same stops, the same bodies wanted."""
    rng = random.Random(seed)
    world = World(rng, [KeyPair(rng.randbytes(32)) for _ in range(rng.randrange(1, 4))])
    forks = seed % 2 * 0.1
    for _ in range(60):
        entry = world.grow(fork=rng.random() < forks)
        if entry.id not in world.open and rng.random() < 0.8:
            world.include(entry)
        if rng.random() < 0.15:
            world.fill()
        if rng.random() < 0.15:
            world.include_no_more()
        if rng.random() < 0.7:
            continue
        stopping, wanted = world.judged()
        closed = {gap.place.id for gap in settling.resolve(world.stops).closed}
        assert set(world.open) - closed == wanted
        for name in closed:
            del world.open[name]
        for name, (feed, place) in world.places.items():
            behind = bool(world.ancestors(name) & stopping)
            assert world.stops.behind(feed, place) == behind, (seed, place.seq)
