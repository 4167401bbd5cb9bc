"""Which federation a command means, when a community knows more than one."""

import pytest

from node import ids
from node.engine import commands
from node.errors import ConflictError, NotFoundError
from tests.engine.harness import Network, federate, neighbours


def test_being_named_a_founder_unasked_makes_no_command_ambiguous() -> None:
    """A neighbour's founding that nobody here approved, of the same name too, changes no command."""
    network = Network()
    ann, bob, oak = (network.node(name) for name in ("ann", "bob", "oak"))
    neighbours(ann, bob, oak)
    first = federate(ann, bob)["federation"]
    rules = b'name = "Valley"\n'
    trap = oak.ask(
        commands.FoundFederation(bylaws=rules, file_name="b.toml", founders=(ids.show(ann.community),))
    )["federation"]
    network.wait(1_000)
    assert len(ann.ask(commands.ListFederations())["federations"]) == 2
    assert ann.ask(commands.Attest(size=9))["federation"] == first
    assert ann.ask(commands.Attest(size=9, federation="Valley"))["federation"] == first
    # Whoever approves a founding means the one that waits.
    assert ann.ask(commands.Approve())["federation"] == trap
    with pytest.raises(ConflictError, match=f"--federation .*{first}") as both:
        ann.ask(commands.Attest(size=9))
    assert trap in str(both.value)
    with pytest.raises(NotFoundError, match="no federation is called 'Hills'"):
        ann.ask(commands.Attest(size=9, federation="Hills"))


def test_a_founder_that_is_no_neighbour_is_named() -> None:
    """A founding that may never reach a community says whom it may not reach."""
    network = Network()
    ann, bob, oak = (network.node(name) for name in ("ann", "bob", "oak"))
    neighbours(ann, bob)
    neighbours(bob, oak)
    federate(bob, ann, oak)
    network.wait(1_000)
    assert ids.show(oak.community) not in str(ann.ask(commands.ListPeers())["neighbours"])
    founders = (ids.show(bob.community), ids.show(oak.community))
    done = ann.ask(commands.FoundFederation(bylaws=b'name = "Hill"\n', file_name="b.toml", founders=founders))
    assert [one["community"] for one in done["unreached"]] == [ids.show(oak.community)]
