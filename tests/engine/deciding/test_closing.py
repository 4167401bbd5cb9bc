"""How a decision closes over whole nodes: tests of node/engine/witnessing/witness.py and outcomes.py."""

from collections.abc import Sequence
from typing import Any

import pytest

from node import ids, keys
from node.engine import commands
from node.engine.inputs import Disconnected
from node.errors import ConflictError, UserError
from node.governance import ballots, papers
from node.governance.closing.statements import CutVote, Receipt, Seal
from node.governance.counting.methods import ELECTION_METHODS
from node.governance.proposals import Proposal
from node.records import record
from tests.engine.harness import Network, Node, neighbours

HOUR = 3_600_000
CLOSING = """
[closing]
voting = "1 day"
grace = "1 hour"
patience = "2 hours"
review = "1 day"
stall = "30 days"
"""


def federated(
    names: Sequence[str], *, closing: str = CLOSING, house: int | None = None, attesters: str = "itself"
) -> list[Node]:
    """Return nodes of one federation, a seat for each unless said, whose stewards' delegates may vote.

    Each states its own size, or that of all others where the bylaws want it so, or the first two state all.
    """
    network = Network()
    nodes = [network.node(name) for name in names]
    neighbours(*nodes)
    first, *others = nodes
    first.ask(
        commands.FoundFederation(
            bylaws=f'name = "Valley"\n[seats]\nhouse = {house or len(nodes)}\n{closing}'.encode(),
            file_name="b.toml",
            founders=tuple(ids.show(one.community) for one in others),
        )
    )
    for other in others:
        other.ask(commands.Approve())
    for node in nodes:
        for subject in nodes:
            named = attesters == "named" and node in nodes[:2]
            if named or (attesters != "named" and (subject is node) == (attesters == "itself")):
                node.ask(commands.Attest(size=20, community=ids.show(subject.community)))
    for node in nodes:
        node.ask(commands.GrantMandate(holder=keys.show(node.delegate.public)))
    return nodes


def put(node: Node, title: str = "A bike?") -> str:
    """Put a yes/no question and return its id."""
    return str(node.ask(commands.OpenProposal(title=title))["proposal"])


def vote(node: Node, proposal: str, choice: int = 1) -> list[str]:
    """Let a node's delegate vote."""
    paper = node.ask(commands.ShowPaper(proposal=proposal, holder=keys.show(node.delegate.public)))
    signed = [
        ballots.make(ballots.paper_of(paper, seat), (choice,), node.delegate) for seat in paper["seats"]
    ]
    cast = node.ask(commands.CastBallots(ballots=tuple(one.raw for one in signed)))["ballots"]
    node.network.wait(500)  # Witnesses give receipts for what gathered in a moment.
    return list(cast)


def result(node: Node, proposal: str) -> dict[str, Any]:
    """Return how a question stands at a node."""
    return node.ask(commands.ShowResult(proposal=proposal))


def start_again(nodes: list[Node]) -> None:
    """Take all nodes down in turn and let them find each other again."""
    for node in nodes:
        for link in list(node.engine._links.open_links()):
            node.network.cut(link.number)
        node.restart()
    nodes[0].network.settle()


def pass_time(node: Node, milliseconds: int, *, steps: int = 6) -> None:
    """Let time pass, and then a few seconds more in which nodes answer one another."""
    node.network.wait(milliseconds)
    for _ in range(steps):
        node.network.wait(1_000)


def signed_by(node: Node, kind: str) -> list[Any]:
    """Return the statements of a kind that a node's device signed, about questions and not about rolls."""
    forms = {form.kind: form for form in (Receipt, Seal, CutVote)}
    scope = next(scope for scope in node.store.feeds.scopes() if scope.startswith("members:"))
    held = [record.stored(row.raw) for row in node.store.records.of_kind(scope, kind)]
    put = Proposal.among([record.stored(row.raw) for row in node.store.records.of_kind(scope, Proposal.kind)])
    closings = {papers.instance(one.id) for one in put}
    said = [forms[kind].read(one) for one in held if one.signer == node.device.public]
    return [one for one in said if not isinstance(one, CutVote) or one.instance in closings]


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_after_the_close_every_node_holds_one_certified_result(count: int) -> None:
    """Votes, a day and the grace later all nodes say `certified` with the same ids, and then `in force`."""
    nodes = federated([f"n{number}" for number in range(count)])
    proposal = put(nodes[0])
    for node in nodes:
        vote(node, proposal)
    assert {result(node, proposal)["state"] for node in nodes} == {"provisional"}
    pass_time(nodes[0], 25 * HOUR)
    found = [result(node, proposal) for node in nodes]
    assert {one["state"] for one in found} == {"certified"}
    assert len({one["result_id"] for one in found}) == 1
    assert {one["outcome"]["verdict"] for one in found} == {"passed"}
    assert all(one["why_provisional"] == "" and not one["not_sealed"] for one in found)
    pass_time(nodes[0], 26 * HOUR)
    assert {result(node, proposal)["state"] for node in nodes} == {"in force"}


def test_voting_ends_at_the_close() -> None:
    """A ballot handed in after the grace is refused with a sentence; the certified result stands (I2)."""
    nodes = federated(["ann", "bob", "carl"])
    proposal = put(nodes[0])
    vote(nodes[0], proposal)
    pass_time(nodes[0], 25 * HOUR)
    before = result(nodes[0], proposal)
    with pytest.raises(ConflictError, match="has ended"):
        vote(nodes[1], proposal)
    assert result(nodes[0], proposal)["result_id"] == before["result_id"]


def test_a_silent_witness_of_four_does_not_stop_the_close() -> None:
    """Three of four certify once they have waited for the fourth's seal as long as the bylaws say."""
    nodes = federated(["ann", "bob", "carl", "dora"])
    proposal = put(nodes[0])
    for node in nodes:
        vote(node, proposal)
    nodes[0].network.wait(1_000)
    silent = nodes.pop()
    del silent.network._nodes[silent.name]
    for link in list(silent.engine._links.open_links()):
        silent.network.cut(link.number)
    silent.network.settle()
    pass_time(nodes[0], 25 * HOUR)
    assert {result(node, proposal)["state"] for node in nodes} == {"provisional"}
    assert len(result(nodes[0], proposal)["not_sealed"]) == 1
    pass_time(nodes[0], 2 * HOUR, steps=10)
    found = [result(node, proposal) for node in nodes]
    assert {one["state"] for one in found} == {"certified"}
    assert all(one["seats_voted"] == 4 for one in found), "its ballot came in time and counts"


def test_i10_a_restart_between_any_two_steps_signs_nothing_twice() -> None:
    """Every node is started again after each second of the close: one seal and one vote a step from each."""
    nodes = federated(["ann", "bob", "carl", "dora"])
    proposal = put(nodes[0])
    for node in nodes:
        vote(node, proposal)
    nodes[0].network.wait(25 * HOUR)
    for _ in range(8):
        start_again(nodes)
        for _ in range(3):
            nodes[0].network.wait(400)
    assert {result(node, proposal)["state"] for node in nodes} == {"certified"}
    for node in nodes:
        assert len(signed_by(node, Seal.kind)) == 1
        steps = [(each.step, each.round) for each in signed_by(node, CutVote.kind)]
        assert len(steps) == len(set(steps))


def test_early_closing_ends_when_every_seat_has_voted() -> None:
    """Where the bylaws say so nobody waits for the hour when all have spoken."""
    nodes = federated(["ann", "bob", "carl"], closing=f"{CLOSING}early = true\n")
    proposal = put(nodes[0])
    for node in nodes[:2]:
        vote(node, proposal)
    pass_time(nodes[0], 1_000)
    assert result(nodes[0], proposal)["state"] == "provisional"
    vote(nodes[2], proposal)
    pass_time(nodes[0], 1_000)
    assert {result(node, proposal)["state"] for node in nodes} == {"certified"}


def test_r10_a_question_that_cannot_be_closed_is_given_up_together() -> None:
    """Two witnesses without each other's seals certify nothing; when they meet after the limit it fails."""
    nodes = federated(["ann", "bob"])
    proposal = put(nodes[0])
    vote(nodes[0], proposal)
    for node in nodes:
        for link in list(node.engine._links.open_links()):
            node.network.cut(link.number)
            node.handle(Disconnected(link.number))
    parted = nodes[0].network._nodes.copy()
    for other in nodes[1:]:
        del other.network._nodes[other.name]
    pass_time(nodes[0], 26 * HOUR)
    assert result(nodes[0], proposal)["state"] == "provisional"
    pass_time(nodes[0], 31 * 24 * HOUR)
    assert result(nodes[0], proposal)["phase"] == "stalled"
    nodes[0].network._nodes.update(parted)
    pass_time(nodes[0], HOUR, steps=40)
    assert {result(node, proposal)["state"] for node in nodes} == {"failed"}


def test_a_ballot_is_safe_once_enough_witnesses_confirm_it() -> None:
    """A voter learns who has the ballot, that it is safe, and in the end that it was counted."""
    nodes = federated(["ann", "bob", "carl"])
    proposal = put(nodes[0])
    (receipt,) = vote(nodes[1], proposal)
    seen = nodes[1].ask(commands.CheckBallot(ballot=receipt))
    assert (len(seen["receipts"]), seen["witnesses"], seen["safe"], seen["counted"]) == (3, 3, True, True)
    (later,) = vote(nodes[1], proposal, choice=2)
    pass_time(nodes[0], 25 * HOUR)
    assert not nodes[2].ask(commands.CheckBallot(ballot=receipt))["counted"], "a later one replaced it"
    assert nodes[2].ask(commands.CheckBallot(ballot=later))["counted"]


def test_a_ballot_that_one_of_four_witnesses_has_not_confirmed_is_not_called_safe() -> None:
    """One may lie and another be left out of the cut, so all four must confirm it; it counts all the same."""
    nodes = federated(["ann", "bob", "carl", "dora"])
    proposal = put(nodes[0])
    silent = nodes[3]
    silent.network.lose(silent)
    (cast,) = vote(nodes[1], proposal)
    seen = nodes[1].ask(commands.CheckBallot(ballot=cast))
    assert (len(seen["receipts"]), seen["witnesses"], seen["safe"], seen["counted"]) == (3, 4, False, True)
    pass_time(nodes[0], 28 * HOUR)
    assert result(nodes[2], proposal)["state"] == "certified"
    assert nodes[2].ask(commands.CheckBallot(ballot=cast))["counted"]


@pytest.mark.parametrize("method", sorted(ELECTION_METHODS))
def test_every_method_elects_and_is_certified(method: str) -> None:
    """An election by each method closes, and every node shows the same certified outcome."""
    nodes = federated(["ann", "bob", "carl"])
    options = ("Ada", "Ben", "Cem")
    asked = commands.OpenProposal(title="Council", method=method, options=options, seats=2)
    proposal = str(nodes[0].ask(asked)["proposal"])
    pass_time(nodes[0], 1_000)  # The lot is drawn, before which no ballot gets a receipt.
    for node in nodes:
        vote(node, proposal, choice=2)
    pass_time(nodes[0], 25 * HOUR)
    found = [result(node, proposal) for node in nodes]
    assert {one["state"] for one in found} == {"certified"}
    assert len({one["result_id"] for one in found}) == 1
    assert "Ben" in found[0]["outcome"]["elected"]


def test_a_question_that_its_method_cannot_count_is_not_put() -> None:
    """An unknown method, or more options than it can compare, is refused before anybody votes."""
    (node,) = federated(["ann"])
    with pytest.raises(UserError, match="expected one of the methods"):
        node.ask(commands.OpenProposal(title="Council", method="guess", options=("Ada",)))
    many = tuple(f"option {number}" for number in range(201))
    with pytest.raises(UserError, match="expected 1 to 200 options"):
        node.ask(commands.OpenProposal(title="Council", method="schulze", options=many))
