"""An epoch names a branch of which the end is shown last: what it includes is the same at every node."""

import random
import time
from collections.abc import Sequence
from typing import NamedTuple

import pytest

from node import ids
from node.crdt import epochs, runs
from node.crdt.edits import Edit, Put
from node.crdt.epochs import Epoch, Included
from node.crdt.gate import DocumentGate
from node.crdt.operations import Actor
from node.crdt.waiting import Offer
from node.directory.item import ITEM_SCHEMA
from node.engine.ports import DocumentRow
from node.engine.replicas.awaited import AWAITED
from node.engine.replicas.documents import read_tree
from node.feeds import bodies, scopes, stretch
from node.feeds.bodies import Changes, Kind
from node.feeds.entry import Entry, FeedKey, Head
from node.ids import DocumentId, EntryId, FederationId
from node.keys import PublicKey
from node.replication.messages import Entries
from tests.engine.harness import Network, Node, Peer, federate, neighbours, peer_of
from tests.engine.parting import away, part
from tests.engine.test_kept_back import bare, count, keep

CARD, OTHER = "card", "other"


class Told(NamedTuple):
    """What Mal tells: an epoch of the card, and beside it a branch that this names, but for its end."""

    epoch: list[Entry]
    edits: list[Entry]
    end: list[Entry]


class Liar:
    """Mal owns a card; Ann hears of it from nobody else."""

    def __init__(self) -> None:
        self.network = network = Network()
        self.ann, self.mal = network.node("ann"), network.node("mal")
        neighbours(self.ann, self.mal)
        valley = federate(self.mal, self.ann)["federation"]
        keep(self.mal, CARD, 0)
        keep(self.mal, OTHER, 0)
        self.feed = FeedKey(self.mal.device.public, scopes.members(FederationId(ids.parse(valley))))
        away(self.mal)
        self._peer: Peer | None = None

    def told(self, *, end_names: str) -> Told:
        """Write an epoch that includes edits of its own runs, which end with an entry of some card."""
        card, nonce = self.card(CARD), bytes(16)
        first, *others = _written(
            self._actor(card, 1, nonce),
            [Put(("name",), CARD), Put(("count",), 0)],
            *([Put(("count",), number)] for number in (1, 2, 3)),
        )
        (before,) = self.mal.store.feeds.heads_of(self.feed)
        edits = self._said(before, *(_brings(card, None, raw) for raw in others[:2]))
        last = _brings(card, None, others[2])
        if end_names == OTHER:
            other, run = self.card(OTHER), bytes(15) + b"\1"
            (raw,) = _written(self._actor(other, 0, run), [Put(("told",), 1)])
            last = _brings(other, run, raw)
        end = self._said(Head(edits[-1].seq, edits[-1].id), last)
        named = Included(self.mal.device.public, end[-1].id, (range(edits[0].seq, end[-1].seq + 1),))
        said = Epoch(
            genesis=card.genesis,
            number=1,
            erases=False,
            before=(),
            included=(named,),
            first=Changes(nonce, (first,)),
        )
        body = bodies.encode(Kind.EPOCH, epochs.encode(said), salt=bytes(16), document=card.id)
        return Told(self._said(before, body), edits, end)

    def show(self, entries: Sequence[Entry]) -> None:
        """Let Mal show entries to Ann."""
        if self._peer is None or self._peer.closed:
            self._peer = peer_of(self.mal).dial("ann")
        self._peer.say(*(Entries(part) for part in stretch.split(entries)))

    def restart(self) -> None:
        """Start Ann's node again."""
        part(self.ann)
        self.ann.restart()

    def writes(self, *said: bytes) -> list[Entry]:
        """Return entries that go on from what Ann holds of Mal's feed, the first signed by itself."""
        (before,) = self.mal.store.feeds.heads_of(self.feed)
        first = self._said(before, said[0])
        return [*first, *self._said(Head(first[0].seq, first[0].id), *said[1:])]

    def claimed(self) -> list[int]:
        """Return the places up to which Ann claims Mal's feed."""
        ends = self.ann.store.feeds.heads_of(self.feed)
        return [one.seq for one in self.ann.engine._wanted.ends(self.feed, ends)]

    def card(self, name: str) -> DocumentRow:
        """Return one of Mal's cards."""
        rows = self.mal.store.documents.of_type("item")
        (found,) = (row for row in rows if read_tree(row)["name"] == name)
        return found

    def _actor(self, card: DocumentRow, epoch: int, nonce: bytes) -> Actor:
        return runs.actor(device_key=self.mal.device.public, document=card.id, epoch=epoch, nonce=nonce)

    def _said(self, before: Head, *said: bytes) -> list[Entry]:
        return stretch.make(self.feed, before, said, hours=1, signer=self.mal.device)


def _written(actor: Actor, *steps: Sequence[Edit]) -> list[bytes]:
    gate, found = DocumentGate(ITEM_SCHEMA), []
    for edits in steps:
        raw = gate.change(actor=actor, edits=edits, time_s=1)
        assert raw is not None
        gate.admit([Offer(raw, actor)])
        found.append(raw)
    return found


def _brings(card: DocumentRow, nonce: bytes | None, raw: bytes) -> bytes:
    return bodies.encode(Kind.CHANGES, [nonce, [raw]], salt=raw[-16:], document=DocumentId(card.id))


def awaits(node: Node) -> int:
    """Return how many ends a node awaits."""
    return len(node.store.local.all(AWAITED))


@pytest.mark.parametrize("between", ["nothing", "restart"])
@pytest.mark.parametrize("shown", ["whole", "bare"])
@pytest.mark.parametrize("end_names", [CARD, OTHER])
def test_attack_the_end_of_a_branch_that_an_epoch_includes_comes_last(
    end_names: str, shown: str, between: str
) -> None:
    """What counted until the end came counts no more, as where the end was held before the epoch came."""
    liar = Liar()
    told = liar.told(end_names=end_names)
    liar.show(told.epoch)
    liar.show(told.edits)
    assert count(liar.ann, CARD) == 2
    if between == "restart":
        liar.restart()
    assert awaits(liar.ann) == 1
    liar.show(told.end if shown == "whole" else bare(told.end))
    assert count(liar.ann, CARD) == 0
    assert awaits(liar.ann) == 0


@pytest.mark.parametrize("between", ["nothing", "restart"])
@pytest.mark.parametrize("end_names", [CARD, OTHER])
def test_attack_bodies_are_left_out_before_the_end_comes_that_says_they_are_included(
    end_names: str, between: str
) -> None:
    """Nobody wants them any more, and what lies behind them counts and is claimed, at every node alike."""
    liar = Liar()
    told = liar.told(end_names=end_names)
    liar.show(told.epoch)
    liar.show(bare(told.edits))
    assert liar.claimed() == [told.epoch[-1].seq]
    if between == "restart":
        liar.restart()
    liar.show(told.end)
    assert liar.claimed() == [told.epoch[-1].seq, told.end[-1].seq]
    shown = [read_tree(row) for row in liar.ann.store.documents.of_type("item")]
    assert any("told" in fields for fields in shown) == (end_names == OTHER)


def many(device: PublicKey, what: str) -> tuple[Included, ...]:
    """Return as much of a feed as fits into an epoch: made-up ends, or one with places here and there."""
    dice = random.Random(what)
    if what == "ends":
        ends = sorted(EntryId(dice.randbytes(32)) for _ in range(2_500))
        return tuple(Included(device, end, (range(1, 10_001),)) for end in ends)
    places = (100_000 + 2 * number for number in range(60_000))
    return (Included(device, EntryId(dice.randbytes(32)), tuple(range(one, one + 1) for one in places)),)


@pytest.mark.parametrize("what", ["ends", "places"])
def test_attack_an_epoch_names_more_than_anybody_holds(what: str) -> None:
    """Headers of its document cost no more for it: a few hundred took seconds, and more each time."""
    liar = Liar()
    card = liar.card(CARD)
    said = Epoch(
        genesis=card.genesis,
        number=1,
        erases=False,
        before=(),
        included=many(liar.mal.device.public, what),
        first=None,
    )
    body = bodies.encode(Kind.EPOCH, epochs.encode(said), salt=bytes(16), document=card.id)
    edits = [_brings(card, None, number.to_bytes(40, "big")) for number in range(512)]
    told = liar.writes(body, *edits)
    liar.show(told[:1])
    begun = time.process_time()
    liar.show(bare(told[1:]))
    assert time.process_time() - begun < 1.5
    assert liar.claimed() == [told[0].seq]
