"""Declining a founding: who is named says so, the others read it, and it can be taken back until founded."""

from typing import Any

import pytest

from node import ids
from node.engine import commands
from node.errors import ConflictError
from node.federation.declining import Declining
from node.feeds import scopes
from node.ids import FederationId
from node.keys import KeyPair
from node.records.approvals import Approval
from tests.engine.harness import Network, Node, neighbours
from tests.engine.test_hostile_members import publish
from tests.engine.test_waiting import EVA, second, waiting


def found(ann: Node, *others: Node) -> str:
    """Let a community found a federation with others, who have yet to approve."""
    founders = tuple(ids.show(one.community) for one in others)
    done = ann.ask(
        commands.FoundFederation(bylaws=b'name = "Valley"\n', file_name="b.toml", founders=founders)
    )
    return str(done["federation"])


def declining(node: Node) -> list[str]:
    """Return the names of who declines, as a node sees it."""
    (listed,) = node.ask(commands.ListFederations())["federations"]
    return [one["name"] for one in listed["awaited"] if one["declined"]]


@pytest.fixture
def three() -> tuple[Node, Node, Node]:
    """Return three neighbours, of whom the second has two stewards that must sign."""
    network = Network()
    ann, bob, carl = network.node("ann"), network.node("bob", cosigners=(EVA,)), network.node("carl")
    neighbours(ann, bob, carl)
    for node in (ann, bob, carl):
        node.ask(commands.EditProfile(name=node.name))
    return ann, bob, carl


def test_the_others_see_who_declined_and_that_it_was_taken_back(three: tuple[Node, Node, Node]) -> None:
    """A founder declines, and all read it; it takes that back, approves, and the federation stands."""
    ann, bob, carl = three
    found(ann, bob, carl)
    carl.ask(commands.DeclineFounding())
    assert [declining(node) for node in three] == [["carl"]] * 3
    bob.ask(commands.Approve())
    second(bob)
    assert not ann.ask(commands.ListFederations())["federations"][0]["founded"]
    carl.ask(commands.DeclineFounding(undo=True))
    assert [declining(node) for node in three] == [[]] * 3
    carl.ask(commands.DeclineFounding())
    carl.ask(commands.Approve())
    assert all(node.ask(commands.ListFederations())["federations"][0]["founded"] for node in three)
    assert [declining(node) for node in three] == [[]] * 3


def test_declining_is_the_word_of_as_many_stewards_as_must_sign(three: tuple[Node, Node, Node]) -> None:
    """One of two stewards alone declines nothing; what a newer word replaced waits no more."""
    ann, bob, _ = three
    found(ann, bob)
    (row,) = bob.ask(commands.DeclineFounding())["to_approve"]
    assert row["in_words"][0].startswith("States that this community declines to found “Valley” (")
    assert declining(ann) == []
    second(bob)
    assert (declining(ann), waiting(bob)) == (["bob"], [])
    bob.ask(commands.DeclineFounding(undo=True))
    assert declining(ann) == ["bob"]
    second(bob)
    assert declining(ann) == []
    bob.ask(commands.DeclineFounding())
    done = bob.ask(commands.Approve())["to_approve"]
    approval = Approval(of=ids.parse(done[0]["id"]), community=bob.community).sign(EVA)
    bob.ask(commands.ApproveWaiting(statement=done[0]["id"], approval=approval.raw))
    assert (declining(ann), waiting(bob)) == ([], [])


def test_there_is_only_an_own_part_to_decline(three: tuple[Node, Node, Node]) -> None:
    """Nothing to decline where none waits, or it is declined, approved or founded; nor to take back twice."""
    ann, _, carl = three

    def refused(node: Node, says: str, **fields: Any) -> None:
        with pytest.raises(ConflictError, match=says):
            node.ask(commands.DeclineFounding(**fields))

    refused(carl, "no founding waits")
    named = found(ann, carl)
    refused(ann, "nothing takes that back", federation=named)
    refused(carl, "nothing to take back", undo=True)
    carl.ask(commands.DeclineFounding())
    refused(carl, "--undo takes it back")
    carl.ask(commands.Approve())
    refused(carl, "is founded", federation=named)
    newcomer = ann.network.node("nan")
    link = ann.ask(commands.Invite(addresses=("ann",)))["link"]
    newcomer.ask(commands.JoinFederation(link=link))
    refused(newcomer, "does not name this community", federation=named)


def test_of_two_foundings_the_one_not_declined_is_meant(three: tuple[Node, Node, Node]) -> None:
    """Who declined one founding approves the other without naming it."""
    ann, bob, carl = three
    unwanted, wanted = found(bob, carl), found(ann, carl)
    with pytest.raises(ConflictError, match="which of 2 federations"):
        carl.ask(commands.Approve())
    carl.ask(commands.DeclineFounding(federation=unwanted))
    assert carl.ask(commands.Approve())["federation"] == wanted


def test_attack_a_neighbour_declines_in_another_s_name(three: tuple[Node, Node, Node]) -> None:
    """Whoever signs that a founder declines, with a key that is none of its stewards', says nothing."""
    ann, bob, carl = three
    federation = ids.parse(found(ann, carl))
    said = Declining(federation=federation, community=carl.community, declines=True, serial=9)
    scope = scopes.members(FederationId(federation))
    publish(carl, "ann", [said.sign(KeyPair(bytes([9]) * 32)), said.sign(bob.steward)], scope)
    assert (declining(ann), declining(carl)) == ([], [])
