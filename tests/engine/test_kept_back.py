"""A member that keeps the body of one of its entries back for good takes nobody's edits with it.

Mal shows one neighbour an entry without its body and what stands behind it. That is passed on to nobody, so
it must not count there either: what honest members write on top of it would be lost to all others.
"""

import random
from dataclasses import replace

import pytest

from node import ids
from node.engine import commands
from node.engine.commands.items import ItemEdit
from node.feeds import scopes, stretch
from node.feeds.entry import Entry, FeedKey
from node.governance.sizes import SizeAttestation
from node.ids import FederationId
from node.limits import COMPARE_INTERVAL_MS
from node.replication.messages import Entries
from tests.engine.harness import Network, Node, Peer, federate, neighbours, peer_of

SHARED, OWN = "shared", "mal's own"


class Village:
    """Ann, Ben and Mal share a card; Mal went off and wrote on one of its own, then on that."""

    def __init__(self) -> None:
        self.network = network = Network()
        self.ann, self.ben, self.mal = (network.node(name) for name in ("ann", "ben", "mal"))
        neighbours(self.ann, self.ben, self.mal)
        valley = federate(self.mal, self.ann, self.ben)["federation"]
        self.scope = scopes.members(FederationId(ids.parse(valley)))
        keep(self.ann, SHARED, 0)
        keep(self.mal, OWN, 0)
        network.lose(self.mal)
        for link in self.mal.engine._links.open_links():
            network.cut(link.number)
        network.settle()
        keep(self.mal, OWN, 1)
        self.kept_back = self._new()
        keep(self.mal, SHARED, 1)
        self.behind = self._new()[len(self.kept_back) :]
        self._peer: Peer | None = None

    def show(self, *entries: Entry) -> None:
        """Let Mal show entries to Ann."""
        if self._peer is None or self._peer.closed:
            self._peer = peer_of(self.mal).dial("ann")
        self._peer.say(*(Entries(part) for part in stretch.split(entries)))
        self.network.settle()

    def lie(self) -> None:
        """Let Mal show Ann what it wrote, and keep back what its first entry says."""
        self.show(*bare(self.kept_back))
        self.show(*self.behind)

    def begin_anew(self) -> list[Entry]:
        """Let Mal begin its own card anew, and return the epoch."""
        written = len(self._new())
        named = [one["id"] for one in self.mal.ask(commands.ListItems())["items"]]
        (own,) = (one for one in named if card(self.mal, one) == OWN)
        self.mal.ask(commands.ForgetHistory(ids=(own,)))
        return self._new()[written:]

    def claimed(self, node: Node) -> list[int]:
        """Return the places up to which a node claims Mal's feed."""
        feed = FeedKey(self.mal.device.public, self.scope)
        ends = node.store.feeds.heads_of(feed)
        return [one.seq for one in node.engine._wanted.ends(feed, ends)]

    def _new(self) -> list[Entry]:
        feed = FeedKey(self.mal.device.public, self.scope)
        (end,) = self.mal.store.feeds.heads_of(feed)
        (known,) = self.ann.store.feeds.heads_of(feed)
        return self.mal.store.feeds.path(
            feed, end.id, after_seq=known.seq, entries_max=1_000, bytes_max=10**9
        )


def keep(node: Node, name: str, count: int) -> None:
    """Write a number on a card."""
    node.ask(commands.KeepItems(items=(ItemEdit(key=name, fields={"name": name, "count": count}),)))


def count(node: Node, name: str = SHARED) -> int:
    """Return the number on a card as a node shows it."""
    shown = [one["fields"] for one in node.ask(commands.ListItems())["items"]]
    (found,) = (fields["count"] for fields in shown if fields["name"] == name)
    return int(found)


def card(node: Node, document: str) -> str:
    """Return the name on a card."""
    (found,) = (one["fields"] for one in node.ask(commands.ListItems())["items"] if one["id"] == document)
    return str(found["name"])


def bare(entries: list[Entry]) -> list[Entry]:
    """Return entries without their bodies."""
    return [replace(entry, body=None) for entry in entries]


@pytest.fixture
def village() -> Village:
    """Three members, one of whom lies."""
    return Village()


def test_an_edit_on_top_of_what_lies_behind_a_body_kept_back_reaches_everybody(village: Village) -> None:
    """Mal's word behind the gap counts nowhere, so Ann's edit builds on nothing that Ben cannot have."""
    village.lie()
    assert count(village.ann) == 0
    keep(village.ann, SHARED, 2)
    assert count(village.ann) == count(village.ben) == 2
    assert village.claimed(village.ann) == [village.kept_back[0].seq - 1]


@pytest.mark.parametrize("between", ["nothing", "rebuild and restart"])
def test_a_body_that_comes_late_lets_all_behind_it_count(village: Village, between: str) -> None:
    """What lay behind the gap counts and is passed on; a node that started again meanwhile does alike."""
    village.lie()
    if between != "nothing":
        village.ann.ask(commands.Rebuild())
        reconnect(village)
    assert count(village.ann) == 0
    assert count(village.ann, OWN) == 0
    village.show(*village.kept_back)
    assert count(village.ann) == 1
    assert count(village.ann, OWN) == 1
    village.network.wait(COMPARE_INTERVAL_MS)
    assert count(village.ben) == 1
    assert village.claimed(village.ann) == village.claimed(village.ben) == [village.behind[-1].seq]


def test_an_epoch_that_includes_what_was_kept_back_lets_all_behind_it_count(village: Village) -> None:
    """Nobody needs what an epoch includes: the gap is none any more, though the epoch stands behind it."""
    village.lie()
    epoch = village.begin_anew()
    assert count(village.ann) == 0
    village.show(*epoch)
    assert count(village.ann) == count(village.ann, OWN) == 1
    village.network.wait(COMPARE_INTERVAL_MS)
    assert count(village.ben) == count(village.ben, OWN) == 1


def test_an_epoch_behind_another_body_that_is_kept_back_closes_nothing(village: Village) -> None:
    """Else Mal chooses again who sees what: that epoch is passed on to nobody, so it includes nothing."""
    village.lie()
    written = len(village._new())
    keep(village.mal, SHARED, 3)
    village.show(*bare(village._new()[written:]))
    village.show(*village.begin_anew())
    assert count(village.ann) == 0
    keep(village.ann, SHARED, 2)
    assert count(village.ann) == count(village.ben) == 2
    reconnect(village)
    assert count(village.ann) == 2


def test_records_behind_a_body_that_is_kept_back_count_nowhere(village: Village) -> None:
    """A word that only some can have moves nobody: what votes rest on is held by all."""
    village.show(*bare(village.kept_back))
    written = len(village._new())
    village.mal.ask(commands.Attest(size=7))
    said = village._new()[written:]
    village.show(*village.behind, *said)
    known = village.ann.store.records.of_kind
    assert not known(village.scope, SizeAttestation.kind)
    village.show(*village.kept_back)
    assert len(known(village.scope, SizeAttestation.kind)) == 1


def reconnect(village: Village) -> None:
    """Start Ann's node again."""
    for link in village.ann.engine._links.open_links():
        village.network.cut(link.number)
    village.network.settle()
    village.ann.restart()
    village.network.wait(1_000)


def apart(node: Node) -> None:
    """Let a node hear of nobody."""
    for link in node.engine._links.open_links():
        node.network.cut(link.number)
    node.network.settle()


def says(village: Village, node: Node) -> object:
    """Return all that a node says of what counts, what is wanted and up to where it claims Mal's feed."""
    shown = sorted(str(one) for one in node.ask(commands.ListItems())["items"])
    records = [one.id for one in node.store.records.of_kind(village.scope, SizeAttestation.kind)]
    return shown, records, village.claimed(node), len(node.engine._wanted)


@pytest.mark.parametrize("seed", range(3))
def test_the_same_entries_in_any_order_count_alike(seed: int, village: Village) -> None:
    """Headers, epochs and bodies come as they may, with a rebuild or a restart between: both nodes agree."""
    village.mal.ask(commands.Attest(size=7))
    village.begin_anew()
    keep(village.mal, SHARED, 5)
    told = village._new()
    rng = random.Random(seed)
    # Whose bodies never come; Mal's epoch includes what it wrote on its own card.
    lost = {entry.id for entry in told if rng.random() < 0.2}
    said = []
    for node in (village.ann, village.ben):
        apart(node)
        node.network.lose(node)
        later = []
        for entry in told:
            bare_first = entry.id in lost or rng.random() < 0.5
            node.engine._ingest.take([replace(entry, body=None) if bare_first else entry])
            later += [entry] if bare_first and entry.id not in lost else []
            match rng.randrange(6):
                case 0:
                    node.ask(commands.Rebuild())
                case 1:
                    node.ask(commands.ListItems())
                    node.restart()
                case 2 if later:
                    node.engine._ingest.take([later.pop(rng.randrange(len(later)))])
        rng.shuffle(later)
        for entry in later:
            node.engine._ingest.take([entry])
        before = says(village, node)
        node.ask(commands.Rebuild())
        assert says(village, node) == before
        said.append(before)
    assert said[0] == said[1]
