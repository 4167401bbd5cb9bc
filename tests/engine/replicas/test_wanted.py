"""Wanted bodies: what a node asks for, and what it knows to be superseded whatever comes first."""

from dataclasses import replace

import pytest

from node import ids
from node.clock import Timestamp
from node.engine import commands
from node.engine.commands.items import ItemEdit
from node.engine.replicas import gaps
from node.engine.replicas.wanted import WantedBodies
from node.feeds import scopes, stretch
from node.feeds.entry import Entry, FeedKey, Head
from node.ids import FederationId
from tests.engine.harness import Network, Node, federate, neighbours

CARDS = 3


class Village:
    """Ann's and Ben's feeds of cards that Ann then began anew; Cara was away and has none of it."""

    def __init__(self) -> None:
        network = Network()
        self.ann, self.ben, self.cara = (network.node(name) for name in ("ann", "ben", "cara"))
        neighbours(self.ann, self.ben, self.cara)
        valley = federate(self.ann, self.ben, self.cara)["federation"]
        self.scope = scopes.members(FederationId(ids.parse(valley)))
        network.lose(self.cara)
        for link in self.cara.engine._links.open_links():
            network.cut(link.number)
        network.settle()
        keep(self.ann, count=1)
        keep(self.ben, count=2)
        # As they were written, with all bodies.
        self.bens = unknown(self.ben, self.ben, self.cara, self.scope)
        written = unknown(self.ann, self.ann, self.cara, self.scope)
        named = [str(one["id"]) for one in self.ann.ask(commands.ListItems())["items"]]
        self.ann.ask(commands.ForgetHistory(ids=tuple(named)))
        self.anns = unknown(self.ann, self.ann, self.cara, self.scope)
        self.headers, self.epochs = self.anns[: len(written)], self.anns[len(written) :]
        assert len(self.epochs) == CARDS

    def wanted(self) -> int:
        """Return how many bodies Cara wants, as her node knows it and as it would after a restart."""
        self.cara.engine._wanted.settle()
        count = len(self.cara.engine._wanted)
        again = WantedBodies(self.cara.store, self.cara.engine._registry)
        assert len(again) == count == len(list(gaps.kept(self.cara.store)))
        for feed in (self.anns[0].feed, self.bens[0].feed):
            ends = self.cara.store.feeds.heads_of(feed)
            assert again.ends(feed, ends) == self.cara.engine._wanted.ends(feed, ends)
        return count


def keep(node: Node, **fields: int) -> None:
    """Write the same on every card."""
    items = tuple(ItemEdit(key=f"card {number}", fields=fields) for number in range(CARDS))
    node.ask(commands.KeepItems(items=items))


def unknown(holder: Node, author: Node, reader: Node, scope: str) -> list[Entry]:
    """Return the entries of an author that a reader has not."""
    feed = FeedKey(author.device.public, scope)
    ends = reader.store.feeds.heads_of(feed)
    (end,) = holder.store.feeds.heads_of(feed)
    after = ends[0].seq if ends else 0
    return holder.store.feeds.path(feed, end.id, after_seq=after, entries_max=1_000, bytes_max=10**9)


def bare(entries: list[Entry]) -> list[Entry]:
    """Return entries without their bodies."""
    return [replace(entry, body=None) for entry in entries]


@pytest.fixture
def village() -> Village:
    """Two feeds of cards that were begun anew."""
    return Village()


def test_what_has_no_body_is_wanted_until_its_epoch_comes(village: Village) -> None:
    """A newcomer reads headers before the epochs that include them; these count when all is included."""
    take = village.cara.engine._ingest.take
    take(bare(village.headers))
    assert village.wanted() == CARDS
    take(bare(village.bens))
    assert village.wanted() == 2 * CARDS
    for number, epoch in enumerate(village.epochs, start=1):
        take([epoch])
        assert village.wanted() == (0 if number == CARDS else 2 * CARDS)


def test_what_an_epoch_that_is_held_includes_is_never_wanted(village: Village) -> None:
    """Who holds the epochs first wants nothing of another feed that they include."""
    take = village.cara.engine._ingest.take
    take(village.anns)
    assert village.wanted() == 0
    for entry in bare(village.bens):
        take([entry])
        assert village.wanted() == 0


def test_a_body_that_comes_at_once_is_not_wanted(village: Village) -> None:
    """An entry held without its body, and with it before anybody asks, is not asked for."""
    take = village.cara.engine._ingest.take
    take(bare(village.bens))
    take(village.bens)
    assert village.wanted() == 0
    assert not village.cara.engine._wanted.settle()


def test_a_body_that_is_superseded_is_dropped_though_it_comes_behind_its_epoch(village: Village) -> None:
    """A neighbour that has not dropped what is forgotten sends it: it does not stay."""
    cara = village.cara
    cara.engine._ingest.take(village.anns)
    cara.engine._ingest.take(village.bens)
    cara.ask(commands.ListItems())
    for _ in range(3):
        cara.network.now = Timestamp(cara.network.now + 1_000)
        cara.ask(commands.ListItems())
        cara.engine._tidying.act(cara.network.now)
    held = [one.id for one in cara.store.feeds.walk() if one.document is not None and one.body is not None]
    assert held == [entry.id for entry in village.epochs]
    assert [one["fields"] for one in cara.ask(commands.ListItems())["items"]] == [{"count": 2}] * CARDS


def test_a_gap_beside_a_whole_branch_changes_no_claim(village: Village) -> None:
    """Who was sent a second branch without its body claims what its neighbours do, who never saw it."""
    cara = village.cara
    cara.engine._ingest.take(village.bens)
    first, last = village.bens[0], village.bens[-1]
    beside = stretch.make(
        first.feed, Head(first.seq, first.id), [b"kept back"], hours=1, signer=village.ben.device
    )
    cara.engine._ingest.take(bare(beside))
    assert village.wanted() == 1
    ends = cara.store.feeds.heads_of(first.feed)
    assert len(ends) == 2
    assert cara.engine._wanted.ends(first.feed, ends) == [Head(last.seq, last.id)]
