"""A liar lets one record out in each round, to one node and at the last moment: attacks on draws and rolls.

Witnesses that hold different records compute different things. Where all that are honest must agree, because
the liar is silent, no round may be spoilt for ever by that.
"""

import itertools
import random

import pytest

from node import ids
from node.clock import Timestamp
from node.engine import commands
from node.engine.inputs import FrameReceived, Woken
from node.feeds import stretch
from node.feeds.entry import Head
from node.feeds.stretch import Stretch
from node.governance.closing.statements import CutVote, LotCommit
from node.governance.closing.subjects import ROLL, Place
from node.governance.sizes import SizeAttestation
from node.records import record
from node.records.record import Record
from node.replication import messages
from node.replication.messages import Entries
from tests import builders
from tests.engine.deciding.test_closing import federated, pass_time, put
from tests.engine.deciding.test_closing_attacks import scope_of
from tests.engine.harness import Node, Peer, peer_of
from tests.engine.rolls.test_rolls import rolls
from tests.engine.test_hostile_members import end_of
from tests.engine.witnessing.test_lots import elect, seed

FOUR = ("ann", "bob", "carl", "dora")
# The first rounds last 15 seconds, 30 and so on.
ROUNDS = 4


class Liar:
    """The key of a member whose own node stopped; it talks to one node alone."""

    def __init__(self, member: Node, to: Node) -> None:
        self._member, self._to, self._scope = member, to, scope_of(to)
        self._end = end_of(member, self._scope)
        peer = peer_of(member)
        to.network.lose(member)
        to.network.settle()
        self._peer = peer.dial(to.name)
        _, self._link = to.network._others[self._peer._number]

    def let_out(self, said: Record) -> None:
        """Lay one record into the feed, without a moment in which it reaches anybody but one node."""
        drafts = builders.carried([said])
        (part,) = builders.stretches(self._member.device, drafts, scope=self._scope, after=self._end)
        last = stretch.prove(part)[-1]
        self._end = Head(last.seq, last.id)
        for frame in self._peer._channel.seal(messages.encode(Entries(part))):
            self._to.handle(FrameReceived(self._link, frame))


def next_round(node: Node, number: int, liar: Liar, said: Record) -> None:
    """Let a round end and the next begin, a record being let out just before witnesses ask."""
    node.network.wait(15_000 << number)
    node.network.wait(1)
    liar.let_out(said)
    for _ in range(3):
        node.network.wait(300)


def test_attack_a_witness_binds_itself_again_in_each_round_of_a_draw() -> None:
    """Who binds itself twice is left out: a lower commitment let out in each round holds up no lot."""
    nodes = federated(FOUR)
    ann, dora = nodes[0], nodes[3]
    put(ann)
    pass_time(ann, 2_000)
    proposal = elect(ann)
    liar, chance = Liar(dora, ann), random.Random(1)
    bound = [
        LotCommit(
            question=ids.parse(proposal), witness=dora.community, draw=1, commitment=chance.randbytes(32)
        ).sign(dora.device)
        for _ in range(50)
    ]
    lower = iter(sorted(bound, key=lambda one: one.id, reverse=True)[:: len(bound) // 10])
    liar.let_out(next(lower))
    ann.network.wait(300)
    liar.let_out(next(lower))
    ann.network.wait(5_000)
    ann.network.wait(300)
    for number in range(ROUNDS):
        next_round(ann, number, liar, next(lower))
    pass_time(ann, 25_000)
    assert len({seed(node, proposal) for node in nodes[:3]} - {None}) == 1


@pytest.mark.parametrize("step", [0, 1])
def test_attack_a_size_is_stated_again_in_each_round_about_a_roll(step: int) -> None:
    """The same size stated again gives the same roll; another size, and what others asked for is joined."""
    nodes = federated(FOUR, house=12)
    ann, bob, _, dora = nodes
    put(ann)
    pass_time(ann, 2_000)
    (first,) = rolls(ann)
    liar = Liar(dora, ann)

    def stated(number: int) -> Record:
        fields = {"federation": first.federation, "attester": dora.community, "subject": dora.community}
        size = {"size": 20 + step * (1 + number), "serial": 10 + number}
        return SizeAttestation.model_validate({**fields, **size}).sign(dora.steward)

    bob.ask(commands.Attest(size=60))
    put(bob, "Second?")
    liar.let_out(stated(0))
    for _ in range(2):
        ann.network.wait(300)
    for number in range(ROUNDS):
        if len(rolls(ann)) == 1:
            next_round(ann, number, liar, stated(1 + number))
    assert {len(rolls(node)) for node in nodes[:3]} == {2}


class ToEach:
    """The key of a member whose own node stopped; it lets more out to each node than to the one before."""

    def __init__(self, member: Node, to: list[Node]) -> None:
        self._member, self._scope = member, scope_of(member)
        self._end = end_of(member, self._scope)
        first = peer_of(member)
        network = first.network
        network.lose(member)
        network.settle()
        self._dialled = []
        for node in to:
            peer = Peer(network, member.device, member.community, charter=first.charter).dial(node.name)
            network.settle()
            self._dialled.append((node, peer, network._others[peer._number][1]))

    def let_out(self, said: list[Record]) -> None:
        """Give the first node the first of these, the next two and so on, and none a moment to pass it on."""
        parts = self._laid(said)
        for count, (node, peer, link) in enumerate(self._dialled, start=1):
            for part in parts[:count]:
                for frame in peer._channel.seal(messages.encode(Entries(part))):
                    node.handle(FrameReceived(link, frame))
        self._look()

    def tell_all(self, said: list[Record]) -> None:
        """Give all of them the same."""
        parts = self._laid(said)
        for node, peer, link in self._dialled:
            for part in parts:
                for frame in peer._channel.seal(messages.encode(Entries(part))):
                    node.handle(FrameReceived(link, frame))
        self._member.network.settle()

    def _laid(self, said: list[Record]) -> list[Stretch]:
        """Lay records into the feed, each in a stretch of its own."""
        parts = []
        for one in said:
            drafts = builders.carried([one])
            parts += builders.stretches(self._member.device, drafts, scope=self._scope, after=self._end)
            last = stretch.prove(parts[-1])[-1]
            self._end = Head(last.seq, last.id)
        return parts

    def _look(self) -> None:
        for _ in range(2):  # Each looks before anything reaches it of what the others look at.
            network = self._member.network
            network.now = Timestamp(network.now + 300)
            for node, _, _ in self._dialled:
                node.handle(Woken())
            network.settle()


def test_attack_a_further_size_reaches_each_witness_at_the_last_moment_of_each_round() -> None:
    """Where all ask for different rolls, they join the one whose turn it is, if it leaves nobody out."""
    nodes = federated(FOUR, house=12)
    ann, bob, carl, dora = nodes
    put(ann)
    pass_time(ann, 2_000)
    (first,) = rolls(ann)
    liar = ToEach(dora, [ann, bob, carl])
    numbers = itertools.count(1)

    def stated() -> Record:
        fields = {"federation": first.federation, "attester": dora.community, "subject": dora.community}
        number = next(numbers)
        size = {"size": 20 + number, "serial": 10 + number}
        return SizeAttestation.model_validate({**fields, **size}).sign(dora.steward)

    ann.ask(commands.Attest(size=30))
    put(bob, "Second?")
    liar.let_out([stated() for _ in range(3)])
    rows = ann.store.records.about(scope_of(ann), CutVote.kind, Place(first.federation, ROLL, 2).instance)
    votes = CutVote.among([record.stored(row.raw) for row in rows])
    assert len({one.value for one in votes if one.step == "pre"}) == 3, "else nothing was tried"
    for number in range(5):  # Of four turns, from the second round on, three are honest ones.
        if len(rolls(ann)) == 1:
            ann.network.wait(15_000 << number)
            liar.let_out([stated() for _ in range(3)])
    assert {len(rolls(node)) for node in (ann, bob, carl)} == {2}
