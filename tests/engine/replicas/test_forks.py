"""A device that told two stories is shown to all who carry it, with a proof, until its stewards retire it."""

import pytest

from node import ids, keys
from node.engine import commands
from node.engine.ends import Standing
from node.errors import UserError
from node.feeds import stretch
from node.feeds.entry import FeedKey
from node.ids import EntryId
from node.limits import FORK_BRANCHES_MAX
from node.replication.messages import Entries
from tests import builders
from tests.engine.harness import Answer, Network, Node, federate, neighbours, peer_of
from tests.engine.parting import meet, part
from tests.engine.witnessing.test_order_of_arrival import SECOND, of_second, second_of, with_second_device


def forked() -> tuple[Network, Node, Node, Node]:
    """Return three members, of which the device of the second told another story beside its first."""
    network = Network()
    ann, ben, cleo = (network.node(name) for name in ("ann", "ben", "cleo"))
    neighbours(ann, ben, cleo)
    federate(ann, ben, cleo)
    for name in ("Ben", "Ben's bakery"):
        ben.ask(commands.EditProfile(name=name))
    feed = FeedKey(ben.device.public, builders.PUBLIC)
    (end,) = ann.store.feeds.heads_of(feed)
    path = ann.store.feeds.path(feed, end.id, after_seq=0, entries_max=100, bytes_max=10**6)
    beside = stretch.make(feed, builders.head(path[:1]), [b"x"], hours=1, signer=ben.device)
    peer_of(ben).dial("ann").say(*(Entries(part) for part in stretch.split(beside)))
    network.settle()
    return network, ann, ben, cleo


def forks(node: Node) -> list[Answer]:
    """Return the forks that a node names."""
    return list(node.ask(commands.PeerStatus())["forks"])


def test_a_fork_is_named_by_all_who_carry_it_and_its_proof_travels() -> None:
    """Cleo, who has both stories from Ann, names them; her proof is checked by a stranger's node."""
    network, ann, ben, cleo = forked()
    assert forks(ann) == forks(cleo)
    (told,) = forks(cleo)
    assert (told["community"], told["entry"], told["branches"]) == (ids.show(ben.community), 2, 2)
    proved = cleo.ask(commands.ProveFork(device=told["device"]))
    stranger = network.node("stranger")
    checked = stranger.ask(commands.CheckFork(proof=proved["proof"]))
    assert (checked["device"], checked["entry"]) == (keys.show(ben.device.public), 2)


def test_stewards_retire_a_device_by_the_proof() -> None:
    """The proof serves in place of the key; another community's does not, and nonsense is refused."""
    _, ann, ben, _ = forked()
    proof = ann.ask(commands.ProveFork(device=keys.show(ben.device.public)))["proof"]
    with pytest.raises(UserError, match="no device of this community"):
        ann.ask(commands.RetireDevice(device=proof))
    with pytest.raises(UserError, match="does not hold"):
        ann.ask(commands.RetireDevice(device=proof[:-8] + "AAAAAAAA"))
    # Ben's device cannot retire itself: what matters is that the proof was read as its key.
    with pytest.raises(UserError, match="cannot retire itself"):
        ben.ask(commands.RetireDevice(device=proof))


def test_one_story_has_no_proof() -> None:
    """Of a device that told one story there is nothing to prove."""
    _, ann, _, cleo = forked()
    with pytest.raises(UserError, match="one story only"):
        ann.ask(commands.ProveFork(device=keys.show(cleo.device.public)))


def counting(node: Node) -> set[EntryId]:
    """Return which entries of the second device count at a node as whatever they are."""
    held = [one for one in node.store.feeds.walk() if one.feed.device == SECOND.public]
    return {one.id for one in held if node.engine._registry.standing(one) is Standing.COUNTS}


def test_attack_a_stolen_device_tells_each_node_more_stories_than_anybody_keeps() -> None:
    """Its retirement names what all its stories begin with: of others each node holds what came first."""
    network, ann = with_second_device()
    ben = network.node("ben")
    neighbours(ann, ben)
    begun = of_second(3)[0]
    second_of(ann).dial("ann").say(Entries(begun))
    network.settle()
    part(ann, ben)
    known = stretch.prove(begun)
    for node in (ann, ben):
        peer = second_of(ann).dial(node.name)
        for number in range(FORK_BRANCHES_MAX):
            story = of_second(1, about=f"{node.name} {number}", after=builders.head(known))
            peer.say(Entries(story[0]))
    ann.ask(commands.RetireDevice(device=keys.show(SECOND.public), stolen=True))
    meet(ann, ben)
    assert counting(ann) == counting(ben) == {one.id for one in known}
    ben.ask(commands.Rebuild())
    assert counting(ben) == {one.id for one in known}
