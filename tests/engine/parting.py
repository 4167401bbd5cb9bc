"""Parting nodes of a test's network, and letting them meet again."""

from node.engine.inputs import Connected, Disconnected
from tests.engine.harness import Node

# So long, in milliseconds, that neighbours have compared once more.
_COMPARED_MS = 61_000


def part(*nodes: Node) -> None:
    """End all links of these nodes; they dial again when they wake."""
    for node in nodes:
        for link in list(node.engine._links.open_links()):
            node.network.cut(link.number)
            node.handle(Disconnected(link.number))
    nodes[0].network.settle()


def away(node: Node) -> None:
    """Cut a node off from all others: nobody reaches it, and it is not woken."""
    node.network.lose(node)
    part(node)


def meet(node: Node, other: Node, *, minutes: int = 2) -> None:
    """Connect two nodes and let time pass, in which they meet others too."""
    link = node.network.connect(node, other.name)
    assert link is not None
    node.handle(Connected(link, other.name))
    node.network.settle()
    for _ in range(minutes):
        node.network.wait(_COMPARED_MS)
