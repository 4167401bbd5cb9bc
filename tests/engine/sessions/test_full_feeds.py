"""Feeds with as many branches as are kept: whoever holds fewer takes more, however two nodes compare."""

import pytest

from node import ids
from node.engine.engine import FEATURES
from node.feeds import scopes, stretch
from node.feeds.entry import FeedKey, Head
from node.ids import FederationId
from node.limits import COMPARE_INTERVAL_MS, FORK_BRANCHES_MAX
from tests.engine.harness import Network, federate, neighbours


@pytest.mark.parametrize("features", [(), FEATURES], ids=["as an older version", "by ranges"])
def test_who_holds_fewer_branches_takes_more_until_it_is_full(features: tuple[str, ...]) -> None:
    """A node that was away while a device told its story in sixteen ways learns of all sixteen later."""
    network = Network()
    ann, ben, cleo = (network.node(name, features=features) for name in ("ann", "ben", "cleo"))
    neighbours(ann, ben, cleo)
    valley = federate(ann, ben, cleo)["federation"]
    feed = FeedKey(ben.device.public, scopes.members(FederationId(ids.parse(valley))))
    (end,) = ann.store.feeds.heads_of(feed)
    network.lose(ben)
    for link in ben.engine._links.open_links():
        network.cut(link.number)
    network.settle()
    for number in range(FORK_BRANCHES_MAX):
        beside = stretch.make(feed, end, [b"branch %d" % number], hours=1, signer=ben.device)
        arrival = ann.engine._ingest.take(beside)
        # What is pushed about them gets lost.
        ann.engine._after(arrival, network.now, own=False, origin=None)
    assert len(ann.store.feeds.heads_of(feed)) == FORK_BRANCHES_MAX
    assert cleo.store.feeds.heads_of(feed) == [Head(end.seq, end.id)]
    for _ in range(3):
        network.wait(COMPARE_INTERVAL_MS)
    assert cleo.store.feeds.heads_of(feed) == ann.store.feeds.heads_of(feed)
