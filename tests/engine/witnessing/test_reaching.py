"""Papers that only one community's feeds carry: tests of engine/witnessing/reaching.py, attacks by name."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node import ids, keys
from node.engine import commands
from node.engine.commands.effects import NewEffect
from node.engine.witnessing.reaching import Doubt, Reaching, Turns
from node.engine.witnessing.spreading import CARRIED
from node.governance import ballots
from node.governance.ballots import Ballot
from node.governance.closing.quorum import Quorum
from node.governance.closing.review import ReviewRequest
from node.governance.mandates import Mandate
from node.ids import RecordId
from node.keys import KeyPair
from node.records.record import Record
from node.replication.messages import Charters, Entries
from tests import builders
from tests.engine.deciding.test_closing import CLOSING, HOUR, federated, pass_time, put, result, vote
from tests.engine.deciding.test_closing_attacks import many_ballots, scope_of
from tests.engine.deciding.test_effects import AT_ONCE, effects, named
from tests.engine.deciding.test_reviews import decided
from tests.engine.harness import Node, Peer, peer_of
from tests.engine.rolls.test_rolls import rolls
from tests.engine.witnessing.test_spreading import TwoFaced

FOUR = ("ann", "bob", "carl", "dora")
# Three of four must ask for a review or admit; what is refused acts after all.
THREE_ADMIT = f'{CLOSING}[admission]\napprovals = 3\nway = "either"\n'


def test_attack_a_ballot_stands_in_a_branch_that_one_witness_never_takes() -> None:
    """Who lists it carries it, so that all can count the cut that it is in."""
    nodes = federated(FOUR)
    proposal = put(nodes[0])
    for node in nodes[:3]:
        vote(node, proposal)
    late = many_ballots(nodes[3], proposal, 1)
    liar = TwoFaced(nodes)
    liar.show({"ann": late, "bob": late})
    assert [held(node, late[0]) for node in liar.nodes] == [True, True, False], "else nothing was tried"
    pass_time(nodes[0], 1_000)
    pass_time(nodes[0], 26 * HOUR)
    pass_time(nodes[0], 2 * HOUR, steps=30)
    assert [result(node, proposal)["state"] for node in liar.nodes] == ["certified"] * 3
    assert {result(node, proposal)["result_id"] for node in liar.nodes} == {
        result(nodes[0], proposal)["result_id"]
    }


def test_attack_a_recall_stands_in_a_branch_that_one_witness_never_takes() -> None:
    """What a mandate holds by is carried as a ballot is: it voids ballots, so it is in the cut."""
    nodes = federated(FOUR)
    proposal = put(nodes[0])
    for node in nodes:
        vote(node, proposal)
    liar = TwoFaced(nodes)
    recalled = Mandate(
        federation=rolls(nodes[0])[0].federation,
        community=liar.community,
        seat=1,
        seq=9,
        prev=builders.identifier("the one before"),
        holder=None,
        revokes_ballots=True,
    ).sign(nodes[3].steward)
    liar.show({"ann": [recalled], "bob": [recalled]})
    assert [held(node, recalled) for node in liar.nodes] == [True, True, False], "else nothing was tried"
    pass_time(nodes[0], 1_000)
    pass_time(nodes[0], 26 * HOUR)
    pass_time(nodes[0], 2 * HOUR, steps=30)
    assert [result(node, proposal)["state"] for node in liar.nodes] == ["certified"] * 3


def test_attack_a_request_for_a_review_is_shown_to_one_witness_alone() -> None:
    """Who names it at the end of the review carries it: whether the decision acts is the same everywhere."""
    nodes = federated(FOUR, closing=THREE_ADMIT, house=12)
    proposal = decided(nodes, effect=NewEffect(act="suspend", community=named(nodes[2])))
    asked = ReviewRequest(
        proposal=ids.parse(proposal),
        community=nodes[3].community,
        result=bytes.fromhex(result(nodes[0], proposal)["result_id"]),
        reason="No.",
    ).sign(nodes[3].steward)
    liar = TwoFaced(nodes)
    ann = nodes[0]
    liar.show({"ann": [asked]})
    assert [held(node, asked) for node in liar.nodes] == [True, False, False], "else nothing was tried"
    pass_time(ann, 28 * HOUR)
    assert {result(node, proposal)["state"] for node in liar.nodes} == {"under review"}
    question = commands.OpenProposal(title="Annul?", effect=NewEffect(act="annul", decision=proposal))
    appeal = str(ann.ask(question)["proposal"])
    for node in liar.nodes:
        vote(node, appeal, 2)
    pass_time(ann, 26 * HOUR)
    pass_time(ann, 2 * HOUR, steps=30)
    assert {(result(node, proposal)["state"], result(node, proposal)["acts"]) for node in liar.nodes} == {
        ("upheld", True)
    }


@pytest.mark.long
@pytest.mark.timeout(60)
@pytest.mark.parametrize("act", ["suspend", "bylaws"])
def test_attack_a_decision_is_undone_by_pushing_out_the_device_that_carried_a_ballot(act: str) -> None:
    """What is certified stays so, and acts, with the rolls after it, whatever a charter comes to name."""
    nodes = federated(FOUR, closing=AT_ONCE, house=12)
    ann, bob, carl, dora = nodes
    put(ann)
    pass_time(ann, 1_000)
    rules = f'name = "Valley"\n[seats]\nhouse = 8\n{AT_ONCE}'.encode()
    effect = {
        "suspend": NewEffect(act="suspend", community=named(carl)),
        "bylaws": NewEffect(act="bylaws", content=rules, file_name="b.toml"),
    }[act]
    proposal = str(ann.ask(commands.OpenProposal(title="Shall we?", effect=effect))["proposal"])
    for node in (ann, bob):
        vote(node, proposal)
    device = builders.key("dora's second")
    own = cast_by(dora, device, proposal)
    ann.network.lose(dora)
    for hours in (25, 3, 26):
        pass_time(ann, hours * HOUR)
    assert [(result(node, proposal)["state"], result(node, proposal)["acts"]) for node in (ann, bob)] == [
        ("in force", True)
    ] * 2
    later = put(ann, "And then?")
    own.say(Charters(dora.community, tuple(one.raw for one in lower_additions(dora, device))))
    pass_time(ann, 1_000)
    for node in (ann, bob):
        known = node.engine._registry.community(dora.community)
        assert known is not None
        assert device.public not in known.devices, "else nothing was tried"
        assert (result(node, proposal)["state"], result(node, proposal)["acts"]) == ("in force", True)
        assert len(effects(node)["suspended"]) == (act == "suspend")
        assert len(rolls(node)) == 2
    for node in (ann, bob, carl)[: 2 if act == "suspend" else 3]:
        vote(node, later)
    for hours in (25, 3, 26):
        pass_time(ann, hours * HOUR)
    if act == "bylaws":
        assert {result(node, later)["state"] for node in (ann, bob, carl)} == {"in force"}


def cast_by(node: Node, device: KeyPair, proposal: str) -> Peer:
    """Let a community vote by a further device that no roll names; return its link to ann."""
    network = node.network
    mine = [
        *node.store.charters.of(node.community),
        builders.added(node.community, device).sign(node.steward).raw,
    ]
    paper = node.ask(commands.ShowPaper(proposal=proposal, holder=keys.show(node.delegate.public)))
    signed = [ballots.make(ballots.paper_of(paper, one), (1,), node.delegate) for one in paper["seats"]]
    own = peer_of(node).dial("ann")
    own.say(Charters(node.community, tuple(mine)))
    pass_time(node, 1_000)
    further = Peer(network, device, node.community, charter=mine).dial("ann")
    parts = builders.stretches(device, builders.carried(signed), scope=scope_of(node))
    further.say(*(Entries(one) for one in parts))
    pass_time(node, 2_000)
    return own


def lower_additions(node: Node, device: KeyPair) -> list[Record]:
    """Return additions of devices that fill a charter and go before one that it names."""
    last = builders.added(node.community, device).payload_id
    found: list[Record] = []
    number = 0
    while len(found) < 128:
        one = builders.added(node.community, builders.key(f"flood {number}"))
        number += 1
        if one.payload_id < last:
            found.append(one.sign(node.steward))
    return found


def test_nothing_is_carried_where_devices_stay_and_feeds_have_no_branches() -> None:
    """The ordinary case costs nothing: each paper is in the feed of whoever published it, and in no other."""
    nodes = federated(FOUR)
    proposal = put(nodes[0])
    for node in nodes:
        vote(node, proposal)
    pass_time(nodes[0], 26 * HOUR)
    pass_time(nodes[0], 26 * HOUR)
    assert {result(node, proposal)["state"] for node in nodes} == {"in force"}
    for node in nodes:
        assert node.store.local.all(CARRIED) == []
        assert Reaching(node.store, node.engine._registry).doubt(scope_of(node)) == Doubt()


def test_what_a_further_device_carries_is_carried_by_few_witnesses_once() -> None:
    """Of a ballot that all hold f+1 witnesses see to it: one of them is honest."""
    nodes = federated(FOUR)
    ann, dora = nodes[0], nodes[3]
    proposal = put(ann)
    for node in nodes[:3]:
        vote(node, proposal)
    device = builders.key("dora's second")
    cast_by(dora, device, proposal)
    scope = scope_of(ann)
    assert Reaching(ann.store, ann.engine._registry).doubt(scope) == Doubt(passing=frozenset({device.public}))
    (paper,) = [
        one.id
        for one in ann.store.records.of_kind(scope, Ballot.kind)
        if {feed.device for feed in ann.store.records.carriers(scope, one.id)} == {device.public}
    ]
    pass_time(ann, 26 * HOUR)
    pass_time(ann, 26 * HOUR)
    assert {result(node, proposal)["state"] for node in nodes} == {"in force"}
    assert len(ann.store.records.carriers(scope, paper)) == 1 + 2
    assert sum(len(node.store.local.all(CARRIED)) for node in nodes) == 2


@given(number=st.integers(1, 31), paper=st.binary(min_size=32, max_size=32))
def test_each_paper_is_the_turn_of_more_witnesses_than_may_lie(number: int, paper: bytes) -> None:
    """So many and no more, whatever the paper is called."""
    witnesses: Sequence[bytes] = [bytes([one]) * 32 for one in range(number)]
    quorum = Quorum.of(number)
    turn = [one for one in witnesses if Turns(witnesses, one, quorum).has(RecordId(paper))]
    assert len(turn) == quorum.honest_among


def held(node: Node, one: Record) -> bool:
    """Tell whether a node holds a record."""
    return node.store.records.get(one.id) is not None
