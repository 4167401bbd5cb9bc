"""A witness does its duty later where it could not at once: tests of witnessing.py and reviewing.py."""

import pytest

from node.engine import commands
from node.engine.commands.effects import NewEffect
from node.feeds.entry import FeedKey
from node.governance.closing.statements import Seal
from tests.engine.deciding.test_closing import HOUR, federated, pass_time, put, result, signed_by, vote
from tests.engine.deciding.test_closing_attacks import scope_of
from tests.engine.deciding.test_effects import AT_ONCE, named
from tests.engine.deciding.test_reviews import decided, ends

FOUR = ("ann", "bob", "carl", "dora")


def test_a_review_ends_when_what_it_rests_on_is_back() -> None:
    """Papers that are away at the end of the review delay a witness's word and do not end it."""
    nodes = federated(["ann", "bob", "carl"])
    proposal = decided(nodes)
    carl = nodes[2]
    away = FeedKey(nodes[0].device.public, scope_of(carl))
    carl.engine._store.records.drop_carried(away, after_seq=0)
    pass_time(carl, 26 * HOUR)
    assert carl.community not in {bytes(one.witness) for one in ends(carl)}
    carl.ask(commands.Rebuild())
    pass_time(carl, HOUR)
    assert carl.community in {bytes(one.witness) for one in ends(carl)}
    assert result(carl, proposal)["state"] == "in force"


@pytest.mark.long
@pytest.mark.timeout(60)
def test_a_member_that_was_removed_stays_a_witness_of_what_names_it_over_a_restart() -> None:
    """Who witnesses a question is settled by its roll: being removed, and starting again, changes nothing."""
    nodes = federated(FOUR, closing=AT_ONCE)
    dora = nodes[3]
    out = commands.OpenProposal(title="Out?", effect=NewEffect(act="remove", community=named(dora)))
    removing = str(nodes[0].ask(out)["proposal"])
    for node in nodes:
        vote(node, removing)
    pass_time(dora, 20 * HOUR)
    asked = put(nodes[0], "Still with four?")
    vote(nodes[0], asked)
    pass_time(dora, 6 * HOUR)
    assert named(dora) not in {
        one["community"] for one in dora.ask(commands.ListFederations())["federations"][0]["members"]
    }
    dora.restart()
    dora.ask(commands.GoOn())
    pass_time(dora, 20 * HOUR)
    sealed = {one.proposal for one in signed_by(dora, Seal.kind)}
    assert len(sealed) == 2
