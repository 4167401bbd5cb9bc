"""Elections with a quorum over whole nodes: below it nobody is elected, by both readers."""

import base64

import pytest

from node.engine import commands
from node.governance.proposals import Proposal
from node.records import record
from tests.engine.deciding.test_closing import CLOSING, HOUR, federated, pass_time, result
from tests.engine.deciding.test_closing_attacks import scope_of
from tests.engine.harness import Node
from tests.engine.test_bodies import council, elect, names, vote
from tests.verifier import minimal
from tests.verifier.drawn import slip

QUORUM = CLOSING + '[electing]\nof = "communities"\n[electing.quorum]\nnumerator = 2\ndenominator = 3\n'


@pytest.fixture
def nodes() -> list[Node]:
    """Return three nodes of a federation in whose elections two of three communities must take part."""
    made = federated(["ann", "bob", "carl"], closing=QUORUM)
    made[0].ask(commands.KeepBody(body="Coordination council", kind="council", places=2, term_days=365))
    return made


def test_below_the_quorum_nobody_is_elected_and_the_places_stay_as_they_are(nodes: list[Node]) -> None:
    """Two of three vote: counted as ever; then one: no count and no holder, to the second reader too."""
    ann = nodes[0]
    first = elect(ann)
    vote(nodes[:2], first, [(1, 2), (1, 2)])
    assert result(ann, first)["turnout"]["reached"]
    held = names(ann)
    assert None not in held
    proposal = elect(ann)
    vote(nodes[:1], proposal, [(3, 4)])
    for node in nodes:
        found = result(node, proposal)
        assert found["state"] == "in force"
        assert (found["verdict"], found["elected"], found["rounds"]) == ("no-quorum", [], [])
        assert found["turnout"] == {
            "of": "communities",
            "present": 1,
            "needed": 2,
            "total": 3,
            "reached": False,
        }
        assert names(node) == held
        assert council(node)["coming"] == []
    exported = ann.ask(commands.ExportDecision(proposal=proposal))
    proved = minimal.verify(base64.b64decode(exported["data"]))
    assert (proved.valid, proved.state, proved.outcome[0]) == (True, "in force", "no-quorum")
    assert proved.result_id.hex() == result(ann, proposal)["result_id"]


def test_attack_an_election_put_without_the_quorum_of_the_bylaws(nodes: list[Node]) -> None:
    """A question that leaves the bylaws' quorum out, or states another, is not put."""
    ann, bob, _ = nodes
    proposal = elect(ann)
    rows = ann.store.records.of_kind(scope_of(ann), Proposal.kind)
    (said,) = Proposal.among([record.stored(row.raw) for row in rows])
    assert said.turnout is not None
    lower = said.turnout.model_copy(update={"quorum": (1, 3)})
    for turnout in (None, lower):
        forged = said.model_copy(update={"turnout": turnout, "title": f"Council {turnout}"})
        slip(ann, scope_of(ann), [forged.sign(ann.steward)])
    pass_time(ann, HOUR)
    assert [one["id"] for one in bob.ask(commands.ListProposals())["proposals"]] == [proposal]
