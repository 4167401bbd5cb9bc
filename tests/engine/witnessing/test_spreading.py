"""Papers that only a forked feed carries: tests of node/engine/witnessing/spreading.py, attacks by name."""

from node import ids
from node.clock import Timestamp
from node.feeds import bodies, stretch
from node.feeds.bodies import Kind
from node.feeds.entry import FeedKey, Head
from node.governance.closing.statements import CutVote, Receipt
from node.limits import FORK_BRANCHES_MAX
from node.records.record import Record
from node.replication.messages import Entries
from tests.engine.deciding.test_closing import HOUR, federated, pass_time, put, result, signed_by, vote
from tests.engine.deciding.test_closing_attacks import many_ballots, scope_of
from tests.engine.harness import Node, Peer, peer_of
from tests.engine.parting import part


class TwoFaced:
    """A witness's device whose node is gone, and that shows each of the others branches of its own.

    Attributes:
        nodes: the others.
    """

    def __init__(self, nodes: list[Node]) -> None:
        self.nodes, self._liar = nodes[:-1], nodes[-1]
        self.community, self.device = self._liar.community, self._liar.device
        self._scope = scope_of(self._liar)
        self._feed = FeedKey(self.device.public, self._scope)
        self._before = self._liar.store.feeds.heads_of(self._feed)[-1]
        first = peer_of(self._liar)
        first.network.lose(self._liar)
        self._peers = {
            node.name: Peer(first.network, self.device, self.community, charter=first.charter)
            for node in self.nodes
        }

    def show(self, shown: dict[str, list[Record]]) -> None:
        """Show each node a branch of its own with these records, and as many others as it takes besides.

        Their links to each other are cut for as long as that takes.
        """
        for node in self.nodes:
            part(node)
        for number, node in enumerate(self.nodes):
            self._branch(node, shown.get(node.name, []), salt=number)

    def _branch(self, node: Node, records: list[Record], *, salt: int) -> None:
        peer = self._peers[node.name].dial(node.name)
        for number in range(FORK_BRANCHES_MAX):
            said = [bodies.encode(Kind.RECORD, one.raw, salt=bytes([salt, number]) * 8) for one in records]
            noise = bodies.encode(Kind.RECORD, b"noise", salt=bytes([salt, number]) * 8)
            written = stretch.make(
                self._feed,
                Head(self._before.seq, self._before.id),
                [noise, *said] if number == 0 else [noise],
                hours=497_222,
                signer=self.device,
            )
            peer.say(*(Entries(each) for each in stretch.split(written)))
        assert len(node.store.feeds.heads_of(self._feed)) == FORK_BRANCHES_MAX
        assert all(node.store.records.get(one.id) is not None for one in records)


def test_attack_each_witness_gets_another_receipt_from_a_feed_with_many_branches() -> None:
    """What each alone was shown and names in its seal, it carries: all seals can be judged, and it closes."""
    nodes = federated(["ann", "bob", "carl", "dora"])
    proposal = put(nodes[0])
    for node in nodes[:3]:
        vote(node, proposal)
    late = many_ballots(nodes[3], proposal, 1)
    liar = TwoFaced(nodes)
    network = nodes[0].network
    # After the last look before the close, so that no list has the ballot: receipts alone can bring it in.
    network.wait(25 * HOUR - 60_000)
    network.now = Timestamp(network.now + 60_000)
    shown = {}
    for number, node in enumerate(liar.nodes):
        made_up = tuple(sorted([late[0].id, bytes([number]) * 32]))
        given = Receipt(proposal=ids.parse(proposal), witness=liar.community, listed=made_up)
        shown[node.name] = given.sign(liar.device)
    liar.show({name: [*late, given] for name, given in shown.items()})
    pass_time(nodes[0], 1_000)
    pass_time(nodes[0], 2 * HOUR, steps=60)
    named = {one for node in liar.nodes for (seal,) in [signed_by(node, "seal")] for one in seal.receipts}
    assert {one.id for one in shown.values()} <= named, "else nothing was tried"
    assert {result(node, proposal)["state"] for node in liar.nodes} == {"certified"}


def test_attack_a_vote_that_certifies_is_shown_to_one_witness_alone() -> None:
    """Whoever sees a certificate carries what it rests on, so that the others do not vote for ever."""
    nodes = federated(["ann", "bob", "carl", "dora"])
    proposal = put(nodes[0])
    for node in nodes[:3]:
        vote(node, proposal)
    liar = TwoFaced(nodes)
    ann, _, carl = liar.nodes
    network = ann.network
    network.wait(25 * HOUR)
    network.wait(2 * HOUR)
    while not all(signed_by(node, CutVote.kind) for node in liar.nodes):
        network.wait(100)
    network.lose(carl)
    part(carl)
    liar.nodes.remove(carl)
    while not signed_by(ann, CutVote.kind)[1:]:
        network.wait(100)
    network.wait(100)
    (committed,) = [one for one in signed_by(ann, CutVote.kind) if one.step == "com"]
    said = committed.model_copy(update={"witness": liar.community}).sign(liar.device)
    assert {result(node, proposal)["state"] for node in liar.nodes} == {"provisional"}
    liar.show({"ann": [said]})
    pass_time(ann, 1_000, steps=60)
    assert {result(node, proposal)["state"] for node in liar.nodes} == {"certified"}
