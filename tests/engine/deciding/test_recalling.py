"""A witness on a disk that was put back: tests of node/engine/deciding/recalling.py, attacks by name."""

import pickle

from node import ids
from node.clock import Timestamp
from node.engine import commands
from node.engine.deciding.recalling import Recollection
from node.engine.inputs import Disconnected, Woken
from node.engine.registry import Registry
from node.governance.closing.statements import CutVote, Seal
from node.limits import COMPARE_INTERVAL_MS
from node.records import record
from tests.engine.deciding.test_closing import (
    HOUR,
    federated,
    pass_time,
    put,
    result,
    signed_by,
    vote,
)
from tests.engine.deciding.test_closing_attacks import scope_of
from tests.engine.harness import Node

FOUR = ("ann", "bob", "carl", "dora")


def alone(node: Node) -> dict[str, Node]:
    """Cut a node off from the others, and return them."""
    others = {name: one for name, one in node.network._nodes.items() if one is not node}
    for name in others:
        del node.network._nodes[name]
    for link in list(node.engine._links.open_links()):
        node.network.cut(link.number)
        node.handle(Disconnected(link.number))
    node.network.settle()
    return others


def put_back(node: Node, copy: bytes) -> None:
    """Start a node from an old copy of its disk."""
    node.store = pickle.loads(copy)
    node.restart()


def words(nodes: list[Node], of: Node) -> list[tuple[str, ...]]:
    """Return the places in which a witness signed something that any node holds, once a different record."""
    found = {}
    for node in nodes:
        for kind in (Seal.kind, CutVote.kind):
            for row in node.store.records.of_kind(scope_of(node), kind):
                if row.signer == of.device.public:
                    found[row.id] = record.stored(row.raw)
    votes = [(str(one.instance), one.step, str(one.round)) for one in CutVote.among(found.values())]
    return [*votes, *((str(one.proposal),) for one in Seal.among(found.values()))]


def test_attack_restored_witness_signs_again_before_a_neighbour_showed_it_its_own_word() -> None:
    """I10 for a disk that goes back: a witness seals and votes only when it has compared what it signed."""
    nodes = federated(FOUR)
    dora = nodes[3]
    proposal = put(nodes[0])
    vote(nodes[0], proposal)
    copy = pickle.dumps(dora.store)
    for node in nodes[1:3]:
        vote(node, proposal)
    pass_time(nodes[0], 25 * HOUR)
    assert result(nodes[0], proposal)["state"] == "certified"
    others = alone(dora)
    put_back(dora, copy)
    for _ in range(4):
        dora.network.wait(HOUR)
    assert not signed_by(dora, Seal.kind)
    assert "has not compared" in result(dora, proposal)["abstains_here"]
    dora.network._nodes.update(others)
    for _ in range(4):
        pass_time(dora, HOUR)
    assert {result(node, proposal)["state"] for node in nodes} == {"certified"}
    said = words(nodes, dora)
    assert len(said) == len(set(said))
    assert len(signed_by(dora, Seal.kind)) == 1


def test_a_witness_that_only_stopped_goes_on_with_the_first_neighbour() -> None:
    """Who was cut off at its start witnesses as soon as it and one neighbour have compared and caught up."""
    nodes = federated(FOUR)
    ann = nodes[0]
    proposal = put(ann)
    vote(ann, proposal)
    back = alone(ann)
    ann.restart()
    ann.network.wait(25 * HOUR)
    assert not signed_by(ann, Seal.kind)
    ann.network._nodes["bob"] = back["bob"]
    pass_time(ann, HOUR, steps=3)
    pass_time(ann, COMPARE_INTERVAL_MS, steps=3)
    assert signed_by(ann, Seal.kind)
    assert result(ann, proposal)["abstains_here"] == ""


def test_a_steward_lets_a_node_go_on_alone_for_one_start() -> None:
    """Who knows that the disk is no old copy says so; the next start asks again."""
    nodes = federated(FOUR)
    ann = nodes[0]
    proposal, later = put(ann), put(ann, "Another?")
    alone(ann)
    ann.restart()
    ann.handle(Woken())
    ann.ask(commands.GoOn())
    ann.network.wait(25 * HOUR)
    assert {seal.proposal for seal in signed_by(ann, Seal.kind)} == {
        ids.parse(proposal),
        ids.parse(later),
    }
    third = put(ann, "A third?")
    ann.restart()
    pass_time(ann, 25 * HOUR)
    assert ids.parse(third) not in {seal.proposal for seal in signed_by(ann, Seal.kind)}


def test_what_waits_for_a_comparison_asks_for_one_soon_and_then_less_and_less_often() -> None:
    """Neighbours that were busy when they last compared do so again within a second, not within a minute."""
    ann = federated(("ann", "bob"))[0]
    alone(ann)
    recollection = Recollection(ann.store, Registry(ann.store), ann.community, ann.engine._links)
    assert not recollection.wants_comparing(Timestamp(0))
    assert recollection.next_due() is None
    assert not recollection.is_sure(scope_of(ann))
    asked = [
        at for at in range(0, 4 * COMPARE_INTERVAL_MS, 250) if recollection.wants_comparing(Timestamp(at))
    ]
    assert asked[:3] == [500, 1_500, 3_500]
    assert asked[-1] - asked[-2] == COMPARE_INTERVAL_MS
    assert recollection.next_due() == asked[-1] + COMPARE_INTERVAL_MS
