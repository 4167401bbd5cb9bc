"""What holds however a close goes, over whole nodes: each test names its invariant, rule or threat."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from node import canonical, ids, keys
from node.engine import commands
from node.engine.deciding import dossier
from node.engine.inputs import Disconnected
from node.governance import ballots
from node.keys import KeyPair
from node.records import record
from node.storage.memory.store import MemoryStore
from tests.engine.deciding.test_closing import HOUR, federated, pass_time, put, result, vote
from tests.engine.deciding.test_closing_attacks import many_ballots, scope_of
from tests.engine.harness import End, Node, neighbours
from tests.verifier.drawn import slip

FOUR = ("ann", "bob", "carl", "dora")


@contextmanager
def parted(*groups: list[Node]) -> Iterator[None]:
    """Let no group of nodes reach another for a while."""
    network = groups[0][0].network
    group_of: dict[str, int] = {node.name: number for number, each in enumerate(groups) for node in each}
    connect = network.connect

    def within(dialler: End, address: str) -> int | None:
        same = isinstance(dialler, Node) and group_of[dialler.name] == group_of[address]
        return connect(dialler, address) if same else None

    network.connect = within  # type: ignore[method-assign]
    for node in (node for each in groups for node in each):
        for link in list(node.engine._links.open_links()):
            network.cut(link.number)
            node.handle(Disconnected(link.number))
    network.settle()
    yield
    network.connect = connect  # type: ignore[method-assign]


def states(nodes: list[Node], proposal: str) -> set[str]:
    """Return how a question stands at some nodes."""
    return {result(node, proposal)["state"] for node in nodes}


def test_i1_the_papers_in_any_order_and_twice_give_the_same_decision() -> None:
    """I1: a file whose records are turned around and doubled proves the same, byte for byte."""
    nodes = federated(FOUR)
    proposal = put(nodes[0])
    for node in nodes:
        vote(node, proposal)
    pass_time(nodes[0], 25 * HOUR)
    data = base64.b64decode(nodes[0].ask(commands.ExportDecision(proposal=proposal))["data"])
    form, named, founding, charters, records = canonical.decode(data, bytes_max=len(data))
    turned = canonical.encode([form, named, founding, charters[::-1], [*records[::-1], *records]])
    found = [dossier.verify(each, MemoryStore()) for each in (data, turned)]
    assert all(one.valid and one.reading is not None for one in found)
    assert len({one.reading.result.result_id for one in found if one.reading is not None}) == 1


def test_i3_halves_of_the_network_certify_nothing_and_together_one_result() -> None:
    """Two and two of four are both provisional while they are parted, and then certify one result."""
    nodes = federated(FOUR)
    proposal = put(nodes[0])
    with parted(nodes[:2], nodes[2:]):
        for node in nodes:
            vote(node, proposal, choice=1 if node in nodes[:2] else 2)
        pass_time(nodes[0], 28 * HOUR, steps=20)
        assert states(nodes, proposal) == {"provisional"}
    for _ in range(20):
        pass_time(nodes[0], HOUR)
    assert states(nodes, proposal) <= {"certified", "in force"}
    assert len({result(node, proposal)["result_id"] for node in nodes}) == 1


def test_i4_i9_nothing_after_the_opening_changes_who_votes_or_what_on() -> None:
    """I4, I9: new sizes, a new member and a recalled delegate change neither seats nor denominators."""
    nodes = federated(["ann", "bob", "carl"])
    proposal = put(nodes[0])
    vote(nodes[0], proposal)
    before = result(nodes[0], proposal)
    newcomer = nodes[0].network.node("new")
    neighbours(newcomer, nodes[0])
    newcomer.ask(commands.JoinFederation(link=nodes[0].ask(commands.Invite(addresses=("ann",)))["link"]))
    nodes[1].ask(commands.GrantMandate(holder=keys.show(KeyPair(bytes(32)).public)))
    for node, size in zip((*nodes, newcomer), (400, 1, 7, 90), strict=True):
        node.ask(commands.Attest(size=size))
    pass_time(nodes[0], 28 * HOUR)
    after = result(nodes[0], proposal)
    assert after["state"] == "certified"
    assert after["quorum"] == before["quorum"]
    assert (after["roll_seats"], after["result_id"]) == (before["roll_seats"], before["result_id"])


def test_i7_r4_a_delegate_who_tells_two_nodes_different_things_counts_for_nothing() -> None:
    """I7: two ballots in one place, shown to different nodes, make the seat void on all of them."""
    nodes = federated(FOUR)
    proposal = put(nodes[0])
    for node in nodes[:3]:
        vote(node, proposal)
    yes, no = (many_ballots(nodes[3], proposal, 2)[0], _other(nodes[3], proposal))
    slip(nodes[0], scope_of(nodes[0]), [yes])
    slip(nodes[1], scope_of(nodes[1]), [no])
    nodes[0].network.wait(500)
    pass_time(nodes[0], 25 * HOUR)
    found = [result(node, proposal) for node in nodes]
    assert {one["state"] for one in found} == {"certified"}
    for one in found:
        assert one["void"] == [{"community": ids.show(nodes[3].community), "seat": 1}]
        assert one["outcome"]["votes"] == {"yes": 3, "no": 0, "abstain": 1, "stand-aside": 0, "block": 0}


def _other(node: Node, proposal: str) -> record.Record:
    """Return another first ballot of a node's delegate."""
    paper = node.ask(commands.ShowPaper(proposal=proposal, holder=keys.show(node.delegate.public)))
    first = {**paper["seats"][0], "next_seq": 1, "prev": None}
    return ballots.make(ballots.paper_of(paper, first), (5,), node.delegate)


@pytest.mark.parametrize("revoke", [True, False])
def test_r3_a_recalled_delegate_s_ballot_stands_only_until_the_new_one_votes_or_it_is_revoked(
    revoke: bool,  # noqa: FBT001 - a parameter
) -> None:
    """What a recalled key cast is void where the new mandate says so; else it stands till another votes."""
    nodes = federated(["ann", "bob", "carl"])
    proposal = put(nodes[0])
    for node in nodes:
        vote(node, proposal)
    nodes[2].ask(commands.GrantMandate(holder=keys.show(KeyPair(bytes(32)).public), revoke_ballots=revoke))
    nodes[0].network.wait(500)
    late = many_ballots_of_old(nodes[2], proposal)
    slip(nodes[2], scope_of(nodes[2]), [late])
    nodes[0].network.wait(500)
    pass_time(nodes[0], 25 * HOUR)
    found = result(nodes[0], proposal)
    assert found["state"] == "certified"
    assert found["outcome"]["votes"]["no"] == (0 if revoke else 1)
    assert found["seats_voted"] == (2 if revoke else 3)


def many_ballots_of_old(node: Node, proposal: str) -> record.Record:
    """Return a second ballot, with another choice, under the mandate that the first one was cast under."""
    rows = node.store.records.about(scope_of(node), "ballot", ids.parse(proposal))
    records = [record.stored(row.raw) for row in rows]
    (before,) = [one for one in records if one.signer == node.delegate.public]
    said = ballots.Ballot.read(before)
    again = said.model_copy(update={"seq": 2, "prev": before.id, "choice": (2,)})
    return again.sign(node.delegate)


def test_threat_a_late_ballot_that_somebody_publishes_all_the_same() -> None:
    """A ballot signed in time and published after the seals is in no cut, and changes nothing."""
    nodes = federated(["ann", "bob", "carl"])
    proposal = put(nodes[0])
    for node in nodes[:2]:
        vote(node, proposal)
    kept_back = many_ballots(nodes[2], proposal, 1)
    pass_time(nodes[0], 25 * HOUR)
    before = result(nodes[0], proposal)
    slip(nodes[2], scope_of(nodes[2]), kept_back)
    pass_time(nodes[0], HOUR)
    after = result(nodes[0], proposal)
    assert (before["state"], before["seats_voted"]) == ("certified", 2)
    assert after["result_id"] == before["result_id"]
    assert not after["contested"]


def test_threat_a_node_that_sleeps_over_the_close_brings_its_ballot_in_by_the_others_receipts() -> None:
    """Whoever wakes after the close seals what it had; its ballot counts, for others had it in time."""
    nodes = federated(FOUR)
    proposal = put(nodes[0])
    for node in nodes:
        vote(node, proposal)
    with parted(nodes[:3], nodes[3:]):
        asleep = nodes[0].network._nodes.pop("dora")
        pass_time(nodes[0], 26 * HOUR)
        nodes[0].network._nodes["dora"] = asleep
    pass_time(nodes[0], 3 * HOUR, steps=20)
    assert states(nodes, proposal) == {"certified"}
    assert result(nodes[3], proposal)["seats_voted"] == 4
