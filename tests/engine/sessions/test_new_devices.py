"""Devices that a community added since its charter was read here: only they themselves may know of it."""

from node.limits import HANDSHAKE_MS_MAX
from node.replication.messages import Summary
from tests import builders
from tests.engine.harness import Network, Peer, neighbours

NEW = builders.key("new device")


def called(charter: str) -> tuple[Network, Peer]:
    """Return a network and a new device of a neighbour whose other machine is gone, after it called.

    Args:
        charter: what it shows when it is asked: the "new" charter, the "old" one, or "nothing".
    """
    network = Network()
    ann, ben = network.node("ann"), network.node("ben")
    neighbours(ann, ben)
    network.lose(ben)
    shown = [] if charter == "nothing" else [*ben.store.charters.of(ben.community)]
    if charter == "new":
        shown.append(builders.added(ben.community, NEW).sign(ben.steward).raw)
    return network, Peer(network, NEW, ben.community, charter=shown).dial("ann")


def test_a_device_added_when_the_others_were_gone_is_let_in() -> None:
    """It is asked for the charter that lists it, for nobody else can bring that."""
    _, peer = called("new")
    assert not peer.closed
    assert peer.heard_of(Summary)


def test_a_device_whose_charter_does_not_list_it_costs_its_link() -> None:
    """What it shows instead is the charter that was held already."""
    _, peer = called("old")
    assert peer.closed
    assert not peer.heard_of(Summary)


def test_a_device_that_shows_no_charter_is_not_waited_for_for_ever() -> None:
    """It has as long as a handshake may take."""
    network, peer = called("nothing")
    assert not peer.closed
    network.wait(HANDSHAKE_MS_MAX)
    assert peer.closed
