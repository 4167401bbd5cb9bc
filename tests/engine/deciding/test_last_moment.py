"""A liar lets one record out in each round, to one node and at the last moment: attacks on draws and rolls.

Witnesses that hold different records compute different things. Where all that are honest must agree, because
the liar is silent, no round may be spoilt for ever by that.
"""

import random

import pytest

from node import ids
from node.engine import commands
from node.engine.inputs import FrameReceived
from node.feeds import stretch
from node.feeds.entry import Head
from node.governance.closing.statements import LotCommit
from node.governance.sizes import SizeAttestation
from node.records.record import Record
from node.replication import messages
from node.replication.messages import Entries
from tests import builders
from tests.engine.deciding.test_closing import federated, pass_time, put
from tests.engine.deciding.test_closing_attacks import scope_of
from tests.engine.deciding.test_lots import elect, seed
from tests.engine.deciding.test_rolls import rolls
from tests.engine.harness import Node, peer_of
from tests.engine.test_hostile_members import end_of

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
