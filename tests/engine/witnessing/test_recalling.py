"""A witness on a disk that was put back: tests of node/engine/witnessing/recalling.py, attacks by name."""

import pickle

import pytest

from node import ids
from node.clock import Timestamp
from node.engine import commands
from node.engine.inputs import Disconnected, Woken
from node.engine.registry import Registry
from node.engine.witnessing.recalling import OTHERS_WITHIN, Recollection, told_needed
from node.governance.closing.quorum import Quorum
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
from tests.engine.harness import Node, peer_of
from tests.engine.parting import away

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


def test_attack_restored_witness_asks_a_neighbour_that_never_heard_its_word() -> None:
    """One that holds as little as the old copy is not enough while others may be reached that it told."""
    nodes = federated(FOUR)
    ann, bob, carl, dora = nodes
    proposal = put(ann)
    vote(ann, proposal)
    copy = pickle.dumps(dora.store)
    away(carl)
    for node in (bob, dora):
        vote(node, proposal)
    pass_time(ann, 25 * HOUR)
    assert signed_by(dora, Seal.kind)
    for node in (ann, bob):
        away(node)
    dora.network._nodes["carl"] = carl
    put_back(dora, copy)
    while not any(link.session for link in dora.engine._links.open_links()):
        dora.network.wait(1_000)
    for _ in range(60):
        dora.network.wait(1_000)
    assert not signed_by(dora, Seal.kind)
    dora.network._nodes.update({"ann": ann, "bob": bob})
    for _ in range(OTHERS_WITHIN // 5_000):
        dora.network.wait(5_000)
    for _ in range(4):
        pass_time(dora, HOUR)
    assert {result(node, proposal)["state"] for node in nodes} == {"certified"}
    said = words(nodes, dora)
    assert len(said) == len(set(said))


def test_attack_a_neighbour_that_never_holds_the_same_keeps_no_witness_from_its_duty() -> None:
    """Who is there and does not come to hold the same is waited for twice as long as who is away."""
    ann, _, carl, dora = federated(FOUR)
    scope = scope_of(ann)
    away(carl)
    silent = peer_of(dora)
    away(dora)
    ann.restart()
    silent.dial("ann")

    def sure_after(milliseconds: int) -> bool:
        for _ in range(milliseconds // 5_000):
            ann.network.wait(5_000)
        return ann.engine._witnessing._recollection.is_sure(scope)

    assert not sure_after(5_000)
    assert not sure_after(OTHERS_WITHIN)
    assert sure_after(OTHERS_WITHIN)


@pytest.mark.parametrize(("witnesses", "others"), [(2, 1), (3, 2), (4, 3), (7, 5), (31, 21)])
def test_so_many_others_hold_an_honest_part_of_each_certificate(witnesses: int, others: int) -> None:
    """Of the others at most W - Q + f may be liars, or without a voice in a certificate with this node's."""
    quorum = Quorum.of(witnesses)
    assert told_needed(quorum) == others <= witnesses - 1
    honest = quorum.needed - 1 - quorum.liars
    assert witnesses - 1 - honest < others


def test_a_witness_that_only_stopped_goes_on_with_whom_it_reaches() -> None:
    """Who was cut off at its start waits some minutes for other neighbours, then witnesses without them."""
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
    pass_time(ann, OTHERS_WITHIN, steps=3)
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
