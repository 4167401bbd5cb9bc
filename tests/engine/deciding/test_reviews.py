"""Withdrawal, reviews and annulment over whole nodes: node/engine/deciding/reviewing.py and standing.py."""

import base64
from dataclasses import replace

import pytest

from node import ids
from node.clock import Timestamp
from node.engine import commands
from node.engine.commands.effects import NewEffect
from node.engine.deciding import dossier
from node.engine.deciding.reviewing import may_ask
from node.engine.inputs import Woken
from node.errors import ConflictError
from node.governance import effects
from node.governance.closing.review import ReviewEnd, ReviewRequest, Withdraw
from node.governance.proposals import Proposal
from node.ids import PayloadId
from node.records import record
from node.storage.memory.store import MemoryStore
from tests.engine.deciding.test_closing import CLOSING, HOUR, federated, pass_time, put, result, vote
from tests.engine.deciding.test_closing_attacks import scope_of
from tests.engine.harness import Node
from tests.engine.parting import away
from tests.verifier.drawn import slip

DAY = 24 * HOUR
BOOK = NewEffect(act="budget", name="Books", amount=300, unit="euro")


def decided(
    nodes: list[Node], title: str = "A bike?", *, effect: NewEffect | None = None, choice: int = 1
) -> str:
    """Put a question, let all vote and wait until it is certified; return its id."""
    proposal = str(nodes[0].ask(commands.OpenProposal(title=title, effect=effect))["proposal"])
    for node in nodes:
        vote(node, proposal, choice)
    pass_time(nodes[0], 25 * HOUR)
    return proposal


def states(nodes: list[Node], proposal: str) -> set[str]:
    """Return what the nodes say about a question."""
    return {str(result(node, proposal)["state"]) for node in nodes}


def ends(node: Node) -> list[ReviewEnd]:
    """Return the ends of reviews that a node holds."""
    rows = node.store.records.of_kind(scope_of(node), ReviewEnd.kind)
    return ReviewEnd.among([record.stored(row.raw) for row in rows])


def exported(node: Node, proposal: str) -> dossier.Verified:
    """Return what a decision's own file proves, by itself and without a clock."""
    data = base64.b64decode(node.ask(commands.ExportDecision(proposal=proposal))["data"])
    return dossier.verify(data, MemoryStore())


def back(node: Node) -> None:
    """Let a node be reached again."""
    node.network._nodes[node.name] = node


@pytest.mark.parametrize("count", [1, 4])
def test_a_question_taken_back_before_any_seal_is_withdrawn(count: int) -> None:
    """The witnesses certify it at once; nothing is counted any more, and a file alone proves it."""
    nodes = federated([f"n{number}" for number in range(count)])
    proposal = put(nodes[0])
    vote(nodes[0], proposal)
    nodes[0].ask(commands.WithdrawProposal(proposal=proposal))
    assert result(nodes[-1], proposal)["taken_back"]
    pass_time(nodes[0], 1_000)
    assert states(nodes, proposal) == {"withdrawn"}
    pass_time(nodes[0], 60 * DAY)
    assert states(nodes, proposal) == {"withdrawn"}
    found = exported(nodes[-1], proposal)
    assert found.reading is not None
    assert (found.valid, found.reading.state) == (True, "withdrawn")


def test_only_its_proposer_takes_a_question_back_and_only_in_time() -> None:
    """Another member is refused, and so is the proposer once a witness has sealed."""
    nodes = federated(["ann", "bob", "carl"])
    proposal = put(nodes[0])
    with pytest.raises(ConflictError, match="only the community that put"):
        nodes[1].ask(commands.WithdrawProposal(proposal=proposal))
    for node in nodes:
        vote(node, proposal)
    pass_time(nodes[0], 25 * HOUR)
    with pytest.raises(ConflictError, match="too late"):
        nodes[0].ask(commands.WithdrawProposal(proposal=proposal))


def test_attack_withdrawal_after_the_first_seal() -> None:
    """A proposer who sees the result coming and publishes a withdrawal anyway changes nothing."""
    nodes = federated(["ann", "bob", "carl", "dora"], closing=f"{CLOSING}early = true\n")
    proposal = put(nodes[0])
    for node in nodes:
        paper = nodes.index(node)
        vote(node, proposal, 2 if paper else 1)
    seen = result(nodes[0], proposal)["proposal"]
    taken = Withdraw(
        proposal=nodes[0]
        .engine._witnessing._questions.put(
            nodes[0].engine._registry.members(nodes[0].engine._registry.federations()[0])  # type: ignore[arg-type] # it is one
        )[0]
        .id
    )
    slip(nodes[0], scope_of(nodes[0]), [taken.sign(nodes[0].steward)])
    pass_time(nodes[0], 5_000)
    assert seen == proposal
    assert states(nodes, proposal) == {"certified"}
    assert result(nodes[1], proposal)["outcome"]["verdict"] == "rejected"


def test_a_withdrawal_that_reaches_too_few_in_time_does_not_stop_the_close() -> None:
    """One witness saw it before it sealed, three did not: they count, and the one goes along."""
    nodes = federated(["ann", "bob", "carl", "dora"])
    proposal = put(nodes[0])
    for node in nodes:
        vote(node, proposal)
    away(nodes[0])
    nodes[0].ask(commands.WithdrawProposal(proposal=proposal))
    nodes[0].network.now = Timestamp(nodes[0].network.now + 1_000)
    nodes[0].handle(Woken())
    pass_time(nodes[1], 28 * HOUR)
    assert states(nodes[1:], proposal) == {"certified"}
    back(nodes[0])
    pass_time(nodes[1], HOUR, steps=20)
    assert states(nodes, proposal) == {"certified"}


def test_a_decision_is_in_force_once_the_witnesses_say_that_nobody_asked() -> None:
    """Not the reader's clock but papers say so: the decision's file proves it without any clock."""
    nodes = federated(["ann", "bob", "carl", "dora"])
    proposal = decided(nodes)
    assert states(nodes, proposal) == {"certified"}
    assert not ends(nodes[0])
    pass_time(nodes[0], 26 * HOUR)
    assert states(nodes, proposal) == {"in force"}
    assert len({one.witness for one in ends(nodes[0])}) == 4
    found = exported(nodes[0], proposal)
    assert found.reading is not None
    assert (found.valid, found.reading.state) == (True, "in force")


@pytest.mark.parametrize(("choice", "state"), [(1, "annulled"), (2, "upheld")])
def test_a_review_stays_a_decision_until_another_one_annuls_or_upholds_it(choice: int, state: str) -> None:
    """One community asks in time, so the effect waits; a second decision points back to the first."""
    nodes = federated(["ann", "bob", "carl"])
    proposal = decided(nodes, effect=BOOK)
    before = result(nodes[2], proposal)
    nodes[1].ask(commands.AskReview(proposal=proposal, reason="Dora had no say."))
    assert states(nodes, proposal) == {"under review"}
    with pytest.raises(ConflictError, match="already"):
        nodes[1].ask(commands.AskReview(proposal=proposal, reason="Again."))
    pass_time(nodes[0], 60 * DAY)
    assert states(nodes, proposal) == {"under review"}
    assert not any(result(node, proposal)["acts"] for node in nodes)
    decided(nodes, "Annul it?", effect=NewEffect(act="annul", decision=proposal), choice=choice)
    assert states(nodes, proposal) == {state}
    after = result(nodes[2], proposal)
    found = exported(nodes[2], proposal)
    assert found.reading is not None
    assert (found.valid, found.reading.state) == (True, state), "its own file says so too"
    assert after["result_id"] == before["result_id"]
    assert after["acts"] == (state == "upheld")
    assert [one["name"] for one in after["review"]["requests"]] != []


def test_attack_an_annulment_put_in_advance_is_no_review() -> None:
    """Put beside its decision and refused with nobody's vote, it neither upholds that nor annuls it."""
    nodes = federated(["ann", "bob", "carl"])
    decision = str(nodes[0].ask(commands.OpenProposal(title="Books?", effect=BOOK))["proposal"])
    (row,) = nodes[0].store.records.of_kind(scope_of(nodes[0]), Proposal.kind)
    (said,) = Proposal.among([record.stored(row.raw)])
    annulment = effects.effect("annul", target=said.id)
    ahead = said.model_copy(update={"title": "Annul it?", "effect": annulment})
    slip(nodes[0], scope_of(nodes[0]), [ahead.sign(nodes[0].steward)])
    for node in nodes:
        vote(node, decision)
    pass_time(nodes[0], 25 * HOUR)
    assert states(nodes, ids.show(ahead.id)) == {"in force"}, "certified, and final"
    assert result(nodes[0], ids.show(ahead.id))["outcome"]["verdict"] != "passed"
    assert states(nodes, decision) == {"certified"}
    shown = {one["effect"]["act"]: one for one in nodes[1].ask(commands.ListEffects())["effects"]}
    assert not shown["budget"]["acts"]
    nodes[1].ask(commands.AskReview(proposal=decision, reason="Too dear."))
    assert states(nodes, decision) == {"under review"}


def test_attack_a_review_asked_for_too_late() -> None:
    """A request after the witnesses said that nobody asked opens nothing, whatever it says."""
    nodes = federated(["ann", "bob", "carl"])
    proposal = decided(nodes)
    pass_time(nodes[0], 26 * HOUR)
    with pytest.raises(ConflictError, match="over"):
        nodes[1].ask(commands.AskReview(proposal=proposal, reason="I was asleep."))
    late = ReviewRequest(
        proposal=ends(nodes[0])[0].proposal,
        community=nodes[1].community,
        result=ends(nodes[0])[0].result,
        reason="I was asleep.",
    )
    slip(nodes[1], scope_of(nodes[1]), [late.sign(nodes[1].steward)])
    pass_time(nodes[0], 5_000)
    assert states(nodes, proposal) == {"in force"}


def test_attack_a_review_asked_for_by_a_stranger_or_in_anothers_name() -> None:
    """Only the stewards of a community with a seat count; forged requests leave the decision alone."""
    nodes = federated(["ann", "bob", "carl"])
    proposal = decided(nodes)
    named = nodes[0].engine._registry.members(nodes[0].engine._registry.federations()[0])
    assert named is not None
    question = nodes[0].engine._witnessing._questions.put(named)[0].id
    for community, by in ((nodes[2].community, nodes[1].steward), (bytes(32), nodes[1].steward)):
        forged = ReviewRequest(
            proposal=question,
            community=community,
            result=bytes.fromhex(result(nodes[0], proposal)["result_id"]),
            reason="No.",
        )
        slip(nodes[1], scope_of(nodes[1]), [forged.sign(by)])
    pass_time(nodes[0], 26 * HOUR)
    assert states(nodes, proposal) == {"in force"}


def test_attack_a_review_asked_for_by_a_former_member() -> None:
    """Where members may ask, those may whom the question's roll names, and who put it, not who had left."""
    ann, bob = federated(["ann", "bob"], closing=f'{CLOSING}[review]\nasked_by = "members"\n')
    put(ann)
    question = ann.engine._witnessing._questions.find(PayloadId(ids.parse(put(ann, "And this?"))))
    assert all(may_ask(question, one.community) for one in (ann, bob))
    without = {
        name: tuple(one for one in getattr(question.roll, name) if one.community != bob.community)
        for name in ("holders", "witnesses")
    }
    later = replace(question, roll=question.roll.model_copy(update=without))
    assert bob.community in later.members.ever
    assert may_ask(later, ann.community)
    assert not may_ask(later, bob.community)
    put_by = {"proposer": bob.community}
    assert may_ask(replace(later, proposal=later.proposal.model_copy(update=put_by)), bob.community)


def test_bylaws_may_ask_for_more_communities_and_stay_nothing() -> None:
    """With `communities = 2` one request is not enough; without `stays` an effect does not wait."""
    nodes = federated(["ann", "bob", "carl"], closing=f"{CLOSING}[review]\ncommunities = 2\nstays = false\n")
    proposal = decided(nodes, effect=BOOK)
    assert states(nodes, proposal) == {"in force"}
    assert all(result(node, proposal)["acts"] for node in nodes)
    nodes[1].ask(commands.AskReview(proposal=proposal, reason="Too dear."))
    assert states(nodes, proposal) == {"in force"}
    nodes[2].ask(commands.AskReview(proposal=proposal, reason="Too dear."))
    assert states(nodes, proposal) == {"under review"}
    assert all(result(node, proposal)["acts"] for node in nodes), "it was not stayed"


def test_i10_the_end_of_a_review_is_signed_once() -> None:
    """Restarts and rebuilds around the end of the review leave one word a witness, and the same state."""
    nodes = federated(["ann", "bob", "carl"])
    proposal = decided(nodes)
    nodes[0].network.wait(26 * HOUR)
    for _ in range(3):
        for node in nodes:
            for link in list(node.engine._links.open_links()):
                node.network.cut(link.number)
            node.restart()
        nodes[0].network.settle()
        nodes[0].network.wait(1_000)
    nodes[1].ask(commands.Rebuild())
    pass_time(nodes[0], 10_000)
    assert states(nodes, proposal) == {"in force"}
    assert len(ends(nodes[0])) == 3
