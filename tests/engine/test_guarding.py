"""Guardians' words in whole nodes: a neighbour asks and hands in for a community that has no node left."""

import base64

from node import ids, keys
from node.engine import commands
from node.identity import guarding
from tests.engine.harness import Network, Node, federate, neighbours


def test_a_neighbour_asks_and_hands_in_for_a_community_that_lost_its_machine() -> None:
    """The charter that a member holds is enough, and what guardians signed reaches the other members."""
    network = Network()
    ann, bob, cem = (network.node(name) for name in ("ann", "bob", "cem"))
    neighbours(ann, bob, cem)
    federate(ann, bob, cem)
    network.lose(ann)
    asked = bob.ask(
        commands.AskGuardians(
            device=keys.show(ann.device.public), community=ids.show(ann.community), stolen=True
        )
    )
    answer = guarding.sign(guarding.read_request(base64.b64decode(asked["data"])), ann.recovery)
    done = bob.ask(commands.HandInGuardians(answers=(answer,)))
    assert (done["signed"], done["needed"], done["holds"]) == (1, 1, True)
    network.wait(60_000)
    assert [retired(node, ann) for node in (bob, cem)] == ["stolen", "stolen"]


def retired(node: Node, whose: Node) -> str | None:
    """Return what a node says of a community's only device."""
    shown = node.ask(commands.ShowCharter(community=ids.show(whose.community)))
    reason: str | None = shown["devices"][0]["retired"]
    return reason
