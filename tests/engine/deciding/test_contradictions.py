"""Papers that contradict each other, over whole nodes: what all nodes and both readers of a file then say."""

import base64

import pytest

from node import canonical, ids
from node.engine import commands
from node.engine.deciding import dossier
from node.governance import papers
from node.governance.closing import merkle
from node.governance.closing.statements import CutValue, CutVote, Seal
from node.storage.memory.store import MemoryStore
from tests.engine.deciding.test_closing import HOUR, federated, pass_time, put, result, signed_by, vote
from tests.engine.deciding.test_closing_attacks import many_ballots, scope_of
from tests.engine.harness import Node
from tests.engine.test_lone_liars import seal_over
from tests.verifier import minimal
from tests.verifier.drawn import slip

TOO_LATE = "it came too late: too few witnesses had it in time"


def judged(node: Node, proposal: str) -> list[tuple[bool, str]]:
    """Return what our own reader and the second one say of the decision's file: valid, and its state."""
    data = base64.b64decode(node.ask(commands.ExportDecision(proposal=proposal))["data"])
    first, second = dossier.verify(data, MemoryStore()), minimal.verify(data)
    assert first.reading is not None
    assert second.result_id == first.reading.result.result_id
    return [(first.valid, first.reading.state), (second.valid, second.state)]


def cut_vote(node: Node, proposal: str, step: str, value: CutValue, *, turn: int = 0) -> CutVote:
    """Return a vote of a witness, whether it would ever give it or not."""
    instance = papers.instance(ids.parse(proposal))
    said = {"instance": instance, "witness": node.community, "step": step, "round": turn, "value": value}
    return CutVote.model_validate(said | {"lock": None})


@pytest.mark.parametrize("count", [2, 3, 4])
@pytest.mark.parametrize("rival", ["another result", "none at all"])
def test_r9_two_certificates_are_shown_as_diverged(count: int, rival: str) -> None:
    """When all witnesses sign a second outcome in a later round, nodes and files say so, and act on none."""
    nodes = federated(["ann", "bob", "carl", "dora"][:count])
    proposal = put(nodes[0])
    for node in nodes:
        vote(node, proposal)
    pass_time(nodes[0], 25 * HOUR)
    assert result(nodes[0], proposal)["state"] == "certified"
    good = signed_by(nodes[0], CutVote.kind)[-1].value
    failed = canonical.digest("hedgerow/failed/1", ids.parse(proposal))
    other = (
        good.model_copy(update={"result": bytes(32)})
        if rival == "another result"
        else CutValue(proposal=good.proposal, seals=(), cut=failed, result=failed)
    )
    for node in nodes:
        votes = [cut_vote(node, proposal, step, other, turn=5) for step in ("pre", "com")]
        slip(node, scope_of(node), [one.sign(node.device) for one in votes])
    pass_time(nodes[0], HOUR)
    for node in nodes:
        found = result(node, proposal)
        assert (found["state"], found["acts"]) == ("diverged", False)
        assert judged(node, proposal) == [(False, "diverged")] * 2


def test_r2_contested_ballots_that_could_change_it_open_a_review() -> None:
    """A rival pair that one witness alone lists leaves it certified; once both come, nobody acts on it."""
    nodes = federated(["ann", "bob", "carl", "dora"])
    proposal = put(nodes[0])
    vote(nodes[0], proposal, 1)
    vote(nodes[1], proposal, 2)
    held = many_ballots(nodes[2], proposal, 2)
    seal_over(nodes[3], proposal, held[0].id, held[1].id)
    pass_time(nodes[0], 25 * HOUR + 60_000)
    slip(nodes[2], scope_of(nodes[2]), held)
    pass_time(nodes[0], 1_000)
    for node in nodes:
        found = result(node, proposal)
        assert (found["state"], found["contested_could_change_it"]) == ("under review", True)
        assert len(found["contested"]) == len(held)
        assert judged(node, proposal) == [(True, "under review")] * 2


def test_r4_a_rival_ballot_after_certification_changes_nothing() -> None:
    """Only ballots within the cut are compared: a second one in the same place comes too late, for all."""
    nodes = federated(["ann", "bob", "carl", "dora"])
    proposal = put(nodes[0])
    for node in nodes[:3]:
        vote(node, proposal)
    pass_time(nodes[0], 25 * HOUR)
    before = result(nodes[0], proposal)
    rivals = many_ballots(nodes[2], proposal, 1)
    slip(nodes[2], scope_of(nodes[2]), rivals)
    pass_time(nodes[0], HOUR)
    for node in nodes:
        after = result(node, proposal)
        assert (after["state"], after["result_id"], after["void"]) == ("certified", before["result_id"], [])
        assert [one["reason"] for one in after["set_aside"]] == [TOO_LATE]
        assert judged(node, proposal) == [(True, "certified")] * 2


def test_a_witness_that_signs_both_ways_is_named_in_the_result() -> None:
    """Two votes of one step and round stop nothing, and every node says whose they are."""
    nodes = federated(["ann", "bob", "carl", "dora"])
    proposal = put(nodes[0])
    for node in nodes:
        vote(node, proposal)
    pass_time(nodes[0], 25 * HOUR)
    assert result(nodes[0], proposal)["lying"] == []
    first = next(one for one in signed_by(nodes[3], CutVote.kind) if one.step == "pre")
    second = first.model_copy(update={"value": first.value.model_copy(update={"result": bytes(32)})})
    slip(nodes[3], scope_of(nodes[3]), [second.sign(nodes[3].device)])
    pass_time(nodes[0], 1_000)
    for node in nodes:
        found = result(node, proposal)
        (named,) = found["lying"]
        assert (found["state"], named.rstrip("…")) == ("certified", ids.show(nodes[3].community)[:8])


@pytest.mark.parametrize("asked", ["for what it counts", "for another result"])
def test_r9_a_node_commits_only_to_what_it_counted_itself(asked: str) -> None:
    """Three of four witnesses ask for a result: the fourth commits to it where it counts the same only."""
    nodes = federated(["ann", "bob", "carl", "dora"])
    ann, *others = nodes
    proposal = put(ann)
    cast = sorted(ids.parse(one) for node in nodes for one in vote(node, proposal))
    for node in others:
        ann.network.lose(node)
    pass_time(ann, 25 * HOUR)
    seals = [
        Seal(
            proposal=ids.parse(proposal),
            witness=node.community,
            root=merkle.root(cast),
            listed=tuple(cast),
            receipts=(),
        )
        for node in others
    ]
    slip(ann, scope_of(ann), [seal.sign(node.device) for seal, node in zip(seals, others, strict=True)])
    pass_time(ann, 1_000)
    (asked_for,) = signed_by(ann, CutVote.kind)
    assert asked_for.step == "pre"
    right = asked == "for what it counts"
    value = asked_for.value if right else asked_for.value.model_copy(update={"result": bytes(32)})
    asking = [cut_vote(node, proposal, "pre", value).sign(node.device) for node in others]
    slip(ann, scope_of(ann), asking)
    pass_time(ann, 1_000)
    committed = [one for one in signed_by(ann, CutVote.kind) if one.step == "com"]
    assert [one.value for one in committed] == ([value] if right else [])
