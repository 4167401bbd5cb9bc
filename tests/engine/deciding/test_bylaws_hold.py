"""What bylaws leave open, over whole nodes: who proposes, how many witnesses agree, who states sizes."""

import base64

import pytest

from node import ids
from node.engine import commands
from node.engine.deciding import dossier
from node.errors import NodeError, NotAuthorisedError
from node.governance.proposals import Proposal
from node.storage.memory.store import MemoryStore
from tests.engine.deciding.test_closing import CLOSING, HOUR, federated, pass_time, put, result, vote
from tests.engine.deciding.test_closing_attacks import scope_of, stated
from tests.engine.harness import Node, neighbours
from tests.verifier import minimal
from tests.verifier.drawn import slip


def proved(node: Node, proposal: str) -> list[tuple[bool, str]]:
    """Return what our own reader and the second one say of the decision's file."""
    data = base64.b64decode(node.ask(commands.ExportDecision(proposal=proposal))["data"])
    first, second = dossier.verify(data, MemoryStore()), minimal.verify(data)
    assert first.reading is not None
    return [(first.valid, first.reading.state), (second.valid, second.state)]


def test_attack_a_member_without_a_seat_puts_a_question_where_only_seated_ones_may() -> None:
    """`proposing.by = "seated"`: the command says no, and a forged question is on nobody's list."""
    nodes = federated(["ann", "bob", "carl"], closing=CLOSING + '[proposing]\nby = "seated"\n')
    put(nodes[0])
    newcomer = nodes[0].network.node("new")
    neighbours(newcomer, nodes[0])
    invited = nodes[0].ask(commands.Invite(addresses=("ann",)))
    newcomer.ask(commands.JoinFederation(link=invited["link"]))
    pass_time(nodes[0], 1_000)
    with pytest.raises(NodeError, match="seat"):
        put(newcomer, "A boat?")
    honest = stated(nodes[0], Proposal)
    assert isinstance(honest, Proposal)
    forged = honest.model_copy(update={"proposer": newcomer.community, "title": "Forged"})
    slip(newcomer, scope_of(nodes[0]), [forged.sign(newcomer.steward)])
    pass_time(nodes[0], HOUR)
    for node in nodes:
        listed = node.ask(commands.ListProposals())["proposals"]
        assert [one["title"] for one in listed] == ["A bike?"]


@pytest.mark.parametrize(("agreeing", "state"), [(2, "certified"), (3, "provisional")])
def test_bylaws_may_ask_for_more_witnesses_than_safety_does(agreeing: int, state: str) -> None:
    """Of three witnesses one is silent: two that agree are enough, unless the bylaws ask for all three."""
    nodes = federated(["ann", "bob", "carl"], closing=CLOSING + f"agreeing = {agreeing}\n")
    proposal = put(nodes[0])
    for node in nodes:
        vote(node, proposal)
    nodes[0].network.lose(nodes[2])
    pass_time(nodes[0], 28 * HOUR)
    for node in nodes[:2]:
        assert (result(node, proposal)["state"], result(node, proposal)["quorum"]["needed"]) == (
            state,
            agreeing,
        )
        assert proved(node, proposal) == [(state == "certified", state)] * 2


def test_sizes_that_others_state_make_the_roll() -> None:
    """`attesters = "others"`: what a community says of itself counts for nothing, two others' word does."""
    sizes = '[sizes]\nattesters = "others"\nwitnesses = 2\n'
    nodes = federated(["ann", "bob", "carl"], closing=CLOSING + sizes, house=10, attesters="others")
    first, *others = nodes
    with pytest.raises(NotAuthorisedError, match="stated by others"):
        first.ask(commands.Attest(size=10**6))
    for number, other in enumerate(others):
        other.ask(commands.Attest(size=600 + number, community=ids.show(first.community)))
    proposal = put(others[0])
    pass_time(first, 1_000)
    for node in nodes:
        rows = node.ask(commands.ShowRoll())["seats"]
        assert {one["size"] for one in rows if one["community"] == ids.show(first.community)} == {600}
        vote(node, proposal)
    pass_time(first, 25 * HOUR)
    assert proved(others[1], proposal) == [(True, "certified")] * 2
