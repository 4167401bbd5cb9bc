"""A sync that a cut ends in the middle goes on where it was."""

import secrets

from node.engine import commands
from node.engine.commands.items import ItemEdit
from node.engine.inputs import Connected
from node.limits import COMPARE_INTERVAL_MS
from tests.engine.harness import Network, Node, federate, neighbours
from tests.engine.parting import part

_COMMANDS, _CARDS = 4, 250


def _apart() -> tuple[Network, Node, Node]:
    """Return two members, one of whom wrote a thousand cards that the other has not seen."""
    network = Network()
    ann, ben = network.node("ann"), network.node("ben")
    neighbours(ann, ben)
    federate(ann, ben)
    part(ann, ben)
    for number in range(_COMMANDS):
        cards = [
            ItemEdit(key=f"{number}-{card}", fields={"text": secrets.token_hex(200)})
            for card in range(_CARDS)
        ]
        ann.ask(commands.KeepItems(items=tuple(cards)))
    network.sent_bytes = 0
    return network, ann, ben


def _meet(network: Network, ben: Node) -> None:
    link = network.connect(ben, "ann")
    assert link is not None
    ben.handle(Connected(link, "ann"))


def _go_on(network: Network) -> None:
    """Let all come: a node that is given much at once does it bit by bit."""
    for _ in range(3):
        network.wait(COMPARE_INTERVAL_MS)


def _deliver_until(network: Network, ben: Node, entries: int) -> None:
    """Let frames arrive one by one until so many entries are held."""
    while ben.store.feeds.count() < entries:
        end, number, frame = network._under_way.popleft()
        assert frame is not None
        end.frame(number, frame)


def test_a_sync_that_is_cut_does_not_start_over() -> None:
    """Cut in the middle, all comes by the next connection, and what had come is not sent again."""
    network, ann, ben = _apart()
    _meet(network, ben)
    _go_on(network)
    whole = network.sent_bytes
    assert ben.store.feeds.count() == ann.store.feeds.count()

    network, ann, ben = _apart()
    _meet(network, ben)
    _deliver_until(network, ben, ann.store.feeds.count() // 2)
    part(ann, ben)
    network._under_way.clear()
    before = ben.store.feeds.count()
    assert before < ann.store.feeds.count()
    _meet(network, ben)
    _go_on(network)
    assert ben.store.feeds.count() == ann.store.feeds.count()
    assert network.sent_bytes < 1.25 * whole
