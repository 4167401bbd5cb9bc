"""The trees that follow every change are those that would be built anew."""

from collections.abc import Callable

from node import ids
from node.engine import commands
from node.engine.inputs import Woken
from node.engine.sessions.views import Views
from node.feeds import scopes
from node.replication.ranges.tree import Range
from tests.engine.harness import Network, Node, federate, neighbours


def fresh(node: Node, scope: str, peer: Node) -> Range:
    """Return the tree of what is shared, built from the store as after a restart."""
    sharing = node.engine._sharing
    views = Views(node.store, node.engine._registry, node.engine._wanted)
    return views.tree(
        scope,
        sharing.communities(scope, peer.community),
        sharing.chartered(scope, peer.community),
    )


def test_a_tree_that_followed_is_the_one_that_is_built_anew() -> None:
    """After entries, a founding, a newcomer and a new device each node's trees are as after a restart."""
    network = Network()
    ann, ben, cleo = (network.node(name) for name in ("ann", "ben", "cleo"))
    neighbours(ann, ben, cleo)
    valley = federate(ann, ben)["federation"]
    members = scopes.members(ids.FederationId(ids.parse(valley)))
    steps: tuple[Callable[[], object], ...] = (
        lambda: ann.ask(commands.EditProfile(name="Ann's orchard")),
        lambda: ben.ask(commands.Attest(size=40)),
        lambda: cleo.ask(commands.JoinFederation(link=ann.ask(commands.Invite(addresses=("ann",)))["link"])),
        lambda: cleo.ask(commands.EditProfile(name="Cleo's mill")),
        lambda: ben.ask(commands.AddOffer(title="Bread", category="food")),
    )
    for step in steps:
        step()
        network.settle()
        for node in (ann, ben, cleo):
            for peer in (ann, ben, cleo):
                for scope in (scopes.PUBLIC, members):
                    followed = node.engine._sharing.tree(scope, peer.community)
                    assert followed.hash == fresh(node, scope, peer).hash
    assert ann.engine._sharing.tree(members, ben.community).count >= 4


def test_a_peer_that_is_no_member_is_shown_an_empty_tree() -> None:
    """What is compared with an outsider in a members' scope is nothing at all."""
    network = Network()
    ann, ben, cleo = (network.node(name) for name in ("ann", "ben", "cleo"))
    neighbours(ann, ben, cleo)
    valley = federate(ann, ben)["federation"]
    members = scopes.members(ids.FederationId(ids.parse(valley)))
    assert ann.engine._sharing.tree(members, cleo.community).count == 0
    assert ann.engine._sharing.tree(members, ben.community).count > 0


def test_one_tree_serves_all_members() -> None:
    """All peers with whom the same is shared share one tree."""
    network = Network()
    ann, ben, cleo = (network.node(name) for name in ("ann", "ben", "cleo"))
    neighbours(ann, ben, cleo)
    valley = federate(ann, ben, cleo)["federation"]
    members = scopes.members(ids.FederationId(ids.parse(valley)))
    sharing = ann.engine._sharing
    assert sharing.tree(members, ben.community) is sharing.tree(members, cleo.community)


def test_the_trees_that_members_compare_are_made_when_a_node_starts() -> None:
    """Whoever connects first after a start waits for no tree to be made."""
    network = Network()
    ann, ben = (network.node(name) for name in ("ann", "ben"))
    neighbours(ann, ben)
    valley = federate(ann, ben)["federation"]
    members = scopes.members(ids.FederationId(ids.parse(valley)))
    trees = {scope: fresh(ann, scope, ben).hash for scope in (scopes.PUBLIC, members)}
    ann.restart()
    ann.handle(Woken())
    made = ann.engine._sharing._views._views
    assert {scope: [view.tree.hash for view in made[scope].values()] for scope in trees} == {
        scope: [root] for scope, root in trees.items()
    }
