"""Statements with numbers at the ends of what they may be: nobody's node stops at them."""

from node import ids
from node.engine import commands
from node.governance.proposals import Proposal
from tests.engine.deciding.test_closing import federated, pass_time, put, result, vote
from tests.engine.deciding.test_closing_attacks import scope_of, stated
from tests.verifier.drawn import slip

# The last second that a question may name.
LAST = 250_000_000_000


def test_attack_a_question_at_the_end_of_all_time_stops_every_node() -> None:
    """Where the bylaws' voting would end beyond it the question is not put, and all else goes on."""
    ann, bob = nodes = federated(["ann", "bob"])
    put(ann)
    pass_time(ann, 1_000)
    like = stated(ann, Proposal)
    assert isinstance(like, Proposal)
    windows = like.windows.model_copy(update={"opens": LAST - 10, "closes": LAST})
    late = like.model_copy(update={"proposer": bob.community, "windows": windows})
    slip(bob, scope_of(bob), [late.sign(bob.steward)])
    pass_time(ann, 1_000)
    ann.restart()
    pass_time(ann, 1_000)
    proposal = put(ann, "Does all go on?")
    for node in nodes:
        vote(node, proposal)
    assert result(bob, proposal)["valid"] == 2
    listed = {one["id"] for one in ann.ask(commands.ListProposals())["proposals"]}
    assert ids.show(late.id) not in listed
