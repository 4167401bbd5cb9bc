"""What a single lying witness or member can not hold up: over whole nodes."""

from node import ids
from node.engine import commands
from node.governance.closing import merkle
from node.governance.closing.statements import Seal
from tests.engine.deciding.test_closing import HOUR, federated, pass_time, put, result, vote
from tests.engine.deciding.test_closing_attacks import scope_of
from tests.engine.harness import Node
from tests.engine.rolls.test_rolls import rolls
from tests.verifier.drawn import slip


def seal_over(node: Node, proposal: str, *listed: bytes) -> None:
    """Let a node publish a seal over whatever it likes, whenever it likes."""
    seal = Seal(
        proposal=ids.parse(proposal),
        witness=node.community,
        root=merkle.root(sorted(listed)),
        listed=tuple(sorted(listed)),
        receipts=(),
    )
    slip(node, scope_of(node), [seal.sign(node.device)])


def test_attack_a_lone_seal_that_blocks_a_withdrawal() -> None:
    """A liar that seals while voting is open does not keep the proposer from taking its question back."""
    nodes = federated(["ann", "bob", "carl", "dora"])
    proposal = put(nodes[0])
    vote(nodes[0], proposal)
    seal_over(nodes[3], proposal)
    nodes[0].ask(commands.WithdrawProposal(proposal=proposal))
    pass_time(nodes[0], 1_000)
    assert {result(node, proposal)["state"] for node in nodes[:3]} == {"withdrawn"}


def test_attack_a_made_up_ballot_id_that_stays_every_decision() -> None:
    """A liar that lists a ballot which nobody ever saw is reported, and opens no review."""
    nodes = federated(["ann", "bob", "carl", "dora"])
    proposal = put(nodes[0])
    for node in nodes:
        vote(node, proposal)
    seal_over(nodes[3], proposal, b"\x07" * 32)
    pass_time(nodes[0], 25 * HOUR)
    found = result(nodes[0], proposal)
    assert (found["state"], len(found["contested"])) == ("certified", 1)
    assert not found["contested_could_change_it"]
    pass_time(nodes[0], 3 * 24 * HOUR)
    assert {result(node, proposal)["state"] for node in nodes[:3]} == {"in force"}


def test_attack_stating_the_same_size_again_and_again() -> None:
    """A member's new statement of its old size asks for no new roll, so the chain is not used up."""
    nodes = federated(["ann", "bob", "carl"])
    put(nodes[0])
    pass_time(nodes[0], 1_000)
    for _ in range(3):
        nodes[2].ask(commands.Attest(size=20))
        put(nodes[0])
        pass_time(nodes[0], 1_000)
    assert {one.version for one in rolls(nodes[0])} == {1}
    nodes[2].ask(commands.Attest(size=40))
    put(nodes[0])
    pass_time(nodes[0], 1_000)
    assert {one.version for one in rolls(nodes[0])} == {1, 2}
