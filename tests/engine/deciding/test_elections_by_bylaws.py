"""Bylaws that say how elections are counted and for how long, and seats that a lot gave, over whole nodes."""

import base64

import pytest

from node.engine import commands
from node.errors import UserError
from node.governance.proposals import Proposal
from node.records import record
from tests.engine.deciding.test_closing import CLOSING, HOUR, federated, pass_time, result
from tests.engine.deciding.test_closing_attacks import scope_of
from tests.engine.harness import Node
from tests.engine.test_bodies import elect, vote
from tests.verifier import minimal
from tests.verifier.drawn import slip
from tests.verifier.proving import File

RULES = CLOSING + '[electing]\nmethods = ["phragmen", "meek"]\nlongest_term = "365 days"\n'


@pytest.fixture
def nodes() -> list[Node]:
    """Return two nodes whose bylaws name two methods and a year."""
    made = federated(["ann", "bob"], closing=RULES)
    made[0].ask(commands.KeepBody(body="Coordination council", kind="council", places=2, term_days=365))
    return made


def test_elections_are_counted_as_the_bylaws_say(nodes: list[Node]) -> None:
    """The first method is the usual one; another or a longer term is refused, by both readers."""
    ann = nodes[0]
    asked = commands.OpenProposal(title="Who?", method="election", options=("Ana", "Ben"))
    assert ann.ask(asked)["method"] == "phragmen"
    with pytest.raises(UserError, match="count elections by phragmen or meek, found plurality"):
        ann.ask(asked.model_copy(update={"method": "plurality"}))
    with pytest.raises(UserError, match="last 365 days at most, found 366"):
        elect(ann, term_days=366)
    proposal = elect(ann)
    vote(nodes, proposal, [(1, 2), (1, 2)])
    data = base64.b64decode(ann.ask(commands.ExportDecision(proposal=proposal))["data"])
    proved = minimal.verify(data)
    assert (proved.valid, proved.result_id.hex()) == (True, result(ann, proposal)["result_id"])
    for changed in ({"methods": ["meek"]}, {"longest_term": 31_535_999}):
        file = File(data)
        for rules in file.bylaws.values():
            rules["electing"] |= changed
        with pytest.raises(ValueError, match="not put"):
            minimal.Question(file, file.wanted)


def test_attack_an_election_counted_otherwise_or_for_longer_than_the_bylaws_say(nodes: list[Node]) -> None:
    """A question with another method or a longer term, signed by a changed program, is put on no node."""
    ann, bob = nodes
    proposal = elect(ann)
    rows = ann.store.records.of_kind(scope_of(ann), Proposal.kind)
    (said,) = Proposal.among([record.stored(row.raw) for row in rows])
    assert said.fills is not None
    longer = said.fills.model_copy(update={"ends": said.fills.ends + 1})
    for change in ({"method": "plurality/1"}, {"fills": longer}):
        slip(ann, scope_of(ann), [said.model_copy(update={**change, "title": "Forged"}).sign(ann.steward)])
    pass_time(ann, HOUR)
    assert [one["id"] for one in bob.ask(commands.ListProposals())["proposals"]] == [proposal]


def test_whoever_got_a_seat_by_lot_is_named_with_whom_it_was_equal() -> None:
    """Of two communities of one size one has the third seat; both nodes say so, and name the same."""
    ann, bob = federated(["ann", "bob"], house=3)
    shown = [node.ask(commands.ShowRoll())["ties"] for node in (ann, bob)]
    (tie,) = shown[0]
    assert (tie["seats"], len(tie["among"]), len(tie["given"])) == (1, 2, 1)
    seats = {one["community"]: one["seats"] for one in ann.ask(commands.ShowRoll())["seats"]}
    assert seats[tie["given"][0]["community"]] == 2
    assert shown[1] == shown[0]
