"""A checkpoint behind a body that is kept back speaks to nobody, and a feed with branches hides nothing."""

from dataclasses import replace

import pytest

from node.engine import commands
from node.feeds import stretch
from node.feeds.entry import Entry, Head
from node.replication.messages import Entries
from tests.engine.harness import Network, Node, neighbours, peer_of
from tests.engine.test_many_checkpoints import place, public, said, written


class Hamlet:
    """Ann, and Mal whose public feed ends in a checkpoint."""

    def __init__(self) -> None:
        self.network = Network()
        self.ann, self.mal = (self.network.node(name) for name in ("ann", "mal"))
        neighbours(self.ann, self.mal)
        self.peer = peer_of(self.mal).dial("ann")
        (end,) = self.ann.store.feeds.heads_of(public(self.mal)) or (None,)
        first = self._last(self.ann) if end is not None else None
        self.written = written(self.mal, first, 6)

    def _last(self, node: Node) -> Entry:
        return [entry for entry in node.store.feeds.walk() if entry.feed == public(self.mal)][-1]

    def show(self, *entries: Entry) -> None:
        """Let Mal show entries to Ann."""
        self.peer.say(*(Entries(part) for part in stretch.split(entries)))
        self.network.settle()

    def holding(self) -> Head | None:
        """Return which checkpoint of Mal's feed holds at Ann's."""
        self.ann.engine._ingest.catch_up()
        held = self.ann.engine._registry.checkpoints.holding(public(self.mal))
        return held.entry if held is not None else None

    def claimed(self) -> list[int]:
        """Return up to where Ann claims Mal's feed."""
        ends = self.ann.store.feeds.heads_of(public(self.mal))
        return [one.seq for one in self.ann.engine._wanted.ends(public(self.mal), ends)]


@pytest.fixture
def hamlet() -> Hamlet:
    """Two neighbours."""
    return Hamlet()


def bare(entry: Entry) -> Entry:
    """Return an entry without its body."""
    return replace(entry, body=None)


def test_a_checkpoint_behind_a_body_kept_back_holds_when_the_gap_closes(hamlet: Hamlet) -> None:
    """Else what lies before its place counts at those who cannot have the checkpoint, and here not."""
    first, second, third, kept_back, *rest = hamlet.written
    checkpoint = said(hamlet.mal, rest[-1], second)
    hamlet.show(first, second, third, bare(kept_back), *rest, checkpoint)
    assert hamlet.holding() is None
    assert hamlet.claimed() == [third.seq]
    hamlet.ann.ask(commands.Rebuild())
    hamlet.ann.restart()
    assert hamlet.holding() is None
    assert hamlet.claimed() == [third.seq]
    hamlet.peer = peer_of(hamlet.mal).dial("ann")
    hamlet.show(kept_back)
    assert hamlet.holding() == place(checkpoint)
    assert hamlet.claimed() == [checkpoint.seq]
    counts = hamlet.ann.engine._registry.checkpoints.counts
    assert [counts(public(hamlet.mal), place(one)) for one in (second, third)] == [False, True]


def test_a_checkpoint_holds_whose_place_lies_behind_what_was_kept_back(hamlet: Hamlet) -> None:
    """Nobody needs the body of what no longer counts, and the checkpoint itself reaches everybody."""
    *before, kept_back, last = hamlet.written
    checkpoint = said(hamlet.mal, last, kept_back)
    hamlet.show(*before, bare(kept_back), last, checkpoint)
    assert hamlet.holding() == place(checkpoint)
    assert hamlet.claimed() == [checkpoint.seq]


def test_a_gap_on_one_branch_keeps_nothing_of_another_back(hamlet: Hamlet) -> None:
    """What lies on a branch beside the gap counts, and what lies behind the gap when it closes."""
    first, second, third, *rest = hamlet.written
    hamlet.show(first, second, third)
    beside = written(hamlet.mal, first, 3, mark=1)
    hamlet.show(bare(beside[0]), *beside[1:])
    hamlet.ann.engine._ingest.catch_up()
    behind = hamlet.ann.engine._wanted.stops.behind
    assert [behind(public(hamlet.mal), place(one)) for one in (second, third, *beside)] == [
        False,
        False,
        False,
        True,
        True,
    ]
    hamlet.show(*rest)
    assert not behind(public(hamlet.mal), place(rest[-1]))
    hamlet.show(beside[0])
    hamlet.ann.engine._ingest.catch_up()
    assert not behind(public(hamlet.mal), place(beside[-1]))
