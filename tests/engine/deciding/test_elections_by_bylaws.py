"""Bylaws that say how elections are counted and for how long, and seats that a lot gave, over whole nodes."""

import base64

import pytest

from node.engine import commands
from node.engine.deciding import dossier
from node.errors import UserError
from node.governance import decisions
from node.governance.decisions import Following
from node.governance.proposals import Proposal, Roll, SeatRule
from node.governance.sizes import Size
from node.ids import CommunityId, FederationId, PayloadId
from node.records import record
from node.storage.memory.store import MemoryStore
from tests.engine.deciding.test_closing import CLOSING, HOUR, federated, pass_time, put, result
from tests.engine.deciding.test_closing import vote as cast
from tests.engine.deciding.test_closing_attacks import scope_of
from tests.engine.harness import Node
from tests.engine.rolls.test_rolls import rolls
from tests.engine.test_bodies import elect, vote
from tests.verifier import minimal
from tests.verifier.drawn import slip
from tests.verifier.proving import File

RULES = CLOSING + '[electing]\nmethods = ["phragmen", "meek"]\nlongest_term = "365 days"\n'
BY_SIZE = 'method = "penrose"\nfloor = 0\nties = "larger"\n'


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


def test_a_tied_seat_goes_to_the_larger_where_the_bylaws_say_so() -> None:
    """90 and 10 people, two seats by Penrose: the second is tied, and the larger has it, by both readers."""
    ann, bob = nodes = federated(["ann", "bob"], house=2, closing=BY_SIZE + CLOSING)
    ann.ask(commands.Attest(size=90))
    bob.ask(commands.Attest(size=10))
    shown = bob.ask(commands.ShowRoll())
    assert (shown["ties_by"], [one["seats"] for one in shown["seats"] if one["size"] == 90]) == (
        "larger",
        [2],
    )
    proposal = put(ann)
    cast(ann, proposal)
    pass_time(ann, 25 * HOUR)
    data = base64.b64decode(bob.ask(commands.ExportDecision(proposal=proposal))["data"])
    assert dossier.verify(data, MemoryStore()).valid
    assert minimal.verify(data).valid
    # By the lot the same seats may come out, and by the smaller others: either is not these bylaws' roll.
    for ties in ("smaller", None):
        file = File(data)
        for rules in file.bylaws.values():
            rules["seats"] = {name: said for name, said in rules.seats.items() if name != "ties"}
            rules["seats"] |= {"ties": ties} if ties else {}
        with pytest.raises(ValueError, match="not put"):
            minimal.Question(file, file.wanted)
    (roll,) = rolls(nodes[0])
    questions = bob.engine._witnessing._questions
    members = bob.engine._registry.members(FederationId(roll.federation))
    assert members is not None
    assert questions.rolls.stands(members, roll)
    for said in ("lot", "smaller"):
        again = made_again(roll, roll.rule._replace(ties=said))
        assert decisions.roll_holds(again)
        assert not questions.rolls.stands(members, again)


def made_again(roll: Roll, rule: SeatRule) -> Roll:
    """Return a roll with its seats shared out by another rule."""
    sizes = [
        Size(CommunityId(one.community), one.size, tuple(map(PayloadId, one.attestations)))
        for one in roll.holders
    ]
    follows = Following(roll.version, roll.previous, roll.bylaws, roll.sized)
    return decisions.make_roll(roll.federation, sizes, follows=follows, rule=rule, witnesses=roll.witnesses)
