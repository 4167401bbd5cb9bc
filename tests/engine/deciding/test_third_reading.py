"""Attacks on reviews and on files, over whole nodes."""

import base64

import pytest

from node import canonical, ids
from node.engine import commands
from node.engine.commands.effects import NewEffect
from node.engine.deciding import dossier
from node.governance.proposals import Proposal
from node.records import record
from node.replication.messages import Charters
from node.storage.memory.store import MemoryStore
from tests import builders
from tests.engine.deciding.test_closing import CLOSING, HOUR, federated, pass_time, put, result, vote
from tests.engine.deciding.test_closing_attacks import scope_of
from tests.engine.deciding.test_effects import effects, named
from tests.engine.deciding.test_reviews import decided, states
from tests.engine.harness import Node, peer_of
from tests.verifier import minimal
from tests.verifier.drawn import slip

# As many device additions as a charter keeps beside its chain.
FLOOD = 128


def asked_about(node: Node, proposal: str) -> Proposal:
    """Return a question as a node holds it."""
    rows = node.store.records.of_kind(scope_of(node), Proposal.kind)
    known = Proposal.among([record.stored(row.raw) for row in rows])
    return next(one for one in known if ids.show(one.id) == proposal)


@pytest.mark.long
@pytest.mark.timeout(60)
def test_attack_a_back_dated_appeal_upholds_nothing() -> None:
    """Nobody can vote any more on a question put so late, so not to annul by it says nothing."""
    nodes = federated(["ann", "bob", "carl", "dora"], closing=CLOSING)
    ann, bob, carl, dora = nodes
    decision = decided(nodes, effect=NewEffect(act="suspend", community=named(carl)))
    carl.ask(commands.AskReview(proposal=decision, reason="Not heard."))
    annul = NewEffect(act="annul", decision=decision)
    honest = str(carl.ask(commands.OpenProposal(title="Annul?", effect=annul))["proposal"])
    pass_time(ann, 2 * HOUR)
    good, about = asked_about(ann, honest), asked_about(ann, decision)
    earlier = good.windows.opens - about.windows.seals_from
    windows = good.windows.model_copy(
        update={"opens": good.windows.opens - earlier, "closes": good.windows.closes - earlier}
    )
    back_dated = good.model_copy(update={"proposer": dora.community, "nonce": b"x" * 16, "windows": windows})
    slip(dora, scope_of(dora), [back_dated.sign(dora.steward)])
    pass_time(ann, 2_000)
    for node in (ann, bob, carl):
        vote(node, honest)
        vote(node, ids.show(back_dated.id))
    pass_time(ann, windows.given_up_from * 1_000 - ann.network.now)
    assert result(ann, ids.show(back_dated.id))["state"] == "provisional"
    assert effects(ann)["suspended"] == []
    pass_time(ann, 26 * HOUR)
    assert states(nodes, honest) == {"in force"}
    assert states(nodes, decision) == {"annulled"}
    assert effects(ann)["suspended"] == []


def test_attack_more_devices_in_a_file_than_a_charter_keeps() -> None:
    """A true file stays true for both readers, whatever a steward's own devices are put into it."""
    nodes = federated(["ann", "bob", "carl", "dora"])
    ann, bob, carl, dora = nodes
    second = builders.added(dora.community, builders.key("dora's second"))
    standing = ann.engine._registry.community(dora.community)
    assert standing is not None
    retired = builders.retirement(standing, dora.device, stolen=False)
    beside = peer_of(dora).dial("ann")
    for said in (second, retired):
        beside.say(Charters(dora.community, (said.sign(dora.steward).raw,)))
    ann.network.lose(dora)
    pass_time(ann, 2_000)
    proposal = put(ann)
    for node in (ann, bob, carl):
        vote(node, proposal)
    pass_time(ann, 28 * HOUR)
    data = base64.b64decode(ann.ask(commands.ExportDecision(proposal=proposal))["data"])
    form, named_by, founding, charters, raws = canonical.decode(data)
    lower: list[bytes] = []
    for number in range(100 * FLOOD):
        one = builders.added(dora.community, builders.key(f"device {number}"))
        if one.payload_id < second.payload_id:
            lower.append(one.sign(dora.steward).raw)
        if len(lower) == FLOOD:
            break
    flooded = [
        [community, sorted([*known, *lower]) if community == dora.community else known]
        for community, known in charters
    ]
    for file in (data, canonical.encode([form, named_by, founding, flooded, raws])):
        read, again = dossier.verify(file, MemoryStore()), minimal.verify(file)
        assert (read.valid, read.problems) == (True, ())
        assert (again.valid, again.state) == (True, "certified")
