"""Nobody becomes a member by the word of others alone."""

import pytest

from node import ids
from node.engine import commands
from node.engine.commands.effects import NewEffect
from node.errors import ConflictError
from node.governance.effects import effect
from node.governance.proposals import Proposal
from tests.engine.deciding.test_closing import HOUR, federated, pass_time, result, vote
from tests.engine.deciding.test_closing_attacks import scope_of, stated
from tests.engine.deciding.test_effects import AT_ONCE, asking, members
from tests.engine.harness import neighbours
from tests.verifier.drawn import slip


def test_attack_nobody_is_admitted_against_its_will() -> None:
    """A question names only who asked to join; one forged for a stranger admits nobody, though it passes."""
    nodes = federated(["ann", "bob", "carl"], closing=AT_ONCE, house=12)
    stranger = nodes[0].network.node("dora")
    neighbours(nodes[0], stranger)
    named = ids.show(stranger.community)
    with pytest.raises(ConflictError, match="has not asked to join"):
        nodes[0].ask(commands.OpenProposal(title="In?", effect=NewEffect(act="admit", community=named)))
    welcome = NewEffect(act="admit", community=ids.show(asking(nodes, "eve").community))
    nodes[0].ask(commands.OpenProposal(title="In?", effect=welcome))
    honest = stated(nodes[0], Proposal)
    assert isinstance(honest, Proposal)
    forged = honest.model_copy(
        update={"title": "In!", "effect": effect("admit", target=stranger.community), "nonce": bytes(16)}
    )
    slip(nodes[0], scope_of(nodes[0]), [forged.sign(nodes[0].steward)])
    proposal = ids.show(forged.id)
    for node in nodes:
        vote(node, proposal)
    pass_time(nodes[0], 60 * HOUR)
    for node in nodes:
        found = result(node, proposal)
        assert (found["state"], found["verdict"]) == ("in force", "passed")
        assert members(node) == {"ann", "bob", "carl"}
