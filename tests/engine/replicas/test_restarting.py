"""When nodes restart documents by themselves: rivals, documents that grew, and devices that stay away."""

import copy
import random

import pytest

from node import ids
from node.clock import MS_PER_HOUR, Timestamp
from node.crdt import epochs
from node.crdt.epochs import Epoch
from node.engine import commands
from node.engine.commands.items import ItemEdit
from node.engine.inputs import CommandReceived, FrameReceived, Woken
from node.engine.replicas.making import GROWN_BYTES_MIN, GROWN_CHANGES_MIN, Growth
from node.engine.setup import enrol_request, remember_community
from node.feeds import bodies
from node.feeds.entry import Entry
from node.keys import KeyPair
from node.records import record
from node.storage.memory.store import MemoryStore
from tests.engine.harness import Network, Node, federate, neighbours
from tests.engine.parting import meet, part

LANGUAGES = tuple(f"x{first}{second}" for first in "abcdef" for second in "ab")


def two_members() -> tuple[Network, Node, Node]:
    """Return two members of a federation, of which the first owns what both keep."""
    network = Network()
    ann, ben = network.node("ann"), network.node("ben")
    neighbours(ann, ben)
    federate(ann, ben)
    return network, ann, ben


def further_device(node: Node, name: str) -> Node:
    """Return another device of a node's community, with a key and a store of its own."""
    other = copy.copy(node)
    other.name, other.random, other.store = name, random.Random(name), MemoryStore()
    other.device = KeyPair(other.random.randbytes(32))
    other.notes, other._replies = [], {}
    asked = enrol_request(other.device, other.random.randbytes(32), node.community)
    node.ask(commands.AddDevice(request=asked))
    remember_community(other.store, node.community)
    for raw in node.store.charters.of(node.community):
        other.store.charters.add(node.community, record.read(raw).id, raw)
    other.store.commit()
    other.restart()
    node.network._nodes[name] = other
    meet(other, node, minutes=4)
    return other


def keep(node: Node, **fields: str | int) -> str:
    """Write on the card named spade and return its id."""
    answer = node.ask(commands.KeepItems(items=(ItemEdit(key="spade", fields=fields),)))
    return str(answer["items"][0]["id"])


def card(node: Node) -> object:
    """Return what the card says at a node."""
    (found,) = node.ask(commands.ListItems())["items"]
    return found["fields"]


def restarts(node: Node) -> list[tuple[Entry, Epoch]]:
    """Return the epochs that a node holds whole, in the order of their entries."""
    held = [(entry, bodies.decode(entry.body)) for entry in node.store.feeds.walk() if entry.body]
    return [(entry, epochs.decode(body.content)) for entry, body in held if body.kind is bodies.Kind.EPOCH]


def test_of_two_restarts_with_one_number_the_lower_id_counts_and_the_others_edit_is_carried() -> None:
    """Two devices of the owner restart one card apart: one epoch counts, the next takes over the other."""
    network, ann, ben = two_members()
    spade = keep(ann, name="spade")
    loft = further_device(ann, "loft")
    assert card(loft) == {"name": "spade"}
    part(ann, loft, ben)
    keep(ann, count=1)
    keep(loft, place="loft")
    for node in (ann, loft):
        node.ask(commands.ForgetHistory(ids=(spade,)))
    (one,), (other,) = restarts(ann), restarts(loft)
    assert one[1].number == other[1].number == 1
    lower = min(one[0].id, other[0].id)

    for node in (ann, loft):
        meet(ben, node, minutes=0)
        part(ben, node)
    counts = {"count": 1} if lower == one[0].id else {"place": "loft"}
    assert card(ben) == {"name": "spade", **counts}
    meet(ann, loft, minutes=4)
    meet(ben, ann, minutes=4)
    ((entry, epoch),) = [found for found in restarts(ann) if found[1].number == 2]
    # The lowest device of the community writes it, and no other.
    assert entry.feed.device == min(ann.device.public, loft.device.public)
    assert epoch.before == tuple(sorted((one[0].id, other[0].id)))
    assert card(ann) == card(loft) == card(ben) == {"name": "spade", "count": 1, "place": "loft"}
    for _ in range(3):
        network.wait(61_000)
    assert max(epoch.number for _, epoch in restarts(ann)) == 2, "the rivals restart on and on"


def test_a_document_that_outweighs_what_it_says_tenfold_is_restarted() -> None:
    """A profile rewritten until its history weighs ten times its text begins anew, once."""
    network, ann, ben = two_members()
    text = ""
    written = 0
    while not restarts(ann) and written < 30 * GROWN_BYTES_MIN:
        text = random.Random(written).randbytes(1_500).hex()
        written += len(text)
        ann.ask(commands.EditProfile(description=text))
        if written < GROWN_BYTES_MIN // 2:
            network.wait(1_000)
            assert not restarts(ann), "a small document is not worth restarting"
        network.wait(1_000)
    ((_, epoch),) = restarts(ann)
    assert written > GROWN_BYTES_MIN * 3 // 4, "the bodies weigh a little more than the text"
    assert (epoch.number, epoch.erases) == (1, False)
    network.wait(61_000)
    network.wait(61_000)
    assert len(restarts(ann)) == len(restarts(ben)) == 1
    for node in (ann, ben):
        shown = node.ask(commands.ShowProfile(community=ids.show(ann.community)))["profile"]
        assert text in str(shown["description"])


def test_how_far_a_document_grows_is_told_to_the_engine() -> None:
    """A node to which five changes are many begins its page anew at the fifth, others leave theirs alone."""
    network, ann, ben = two_members()
    ann.growth = Growth(changes=5)
    ann.restart()
    neighbours(ann, ben)
    for number in range(5):
        assert not restarts(ann)
        for node in (ann, ben):
            node.ask(commands.EditProfile(description=f"We are {number} neighbours.", language="en"))
        network.wait(1_000)
    network.wait(1_000)  # In a quiet moment.
    ((entry, epoch),) = restarts(ann)
    assert entry.feed.device == ann.device.public
    assert (epoch.number, epoch.erases) == (1, False)


@pytest.mark.long
@pytest.mark.timeout(60)
def test_a_document_of_nearly_two_thousand_changes_is_restarted() -> None:
    """A profile edited 1,900 times, however little each time, begins anew, and not before."""
    network, ann, ben = two_members()
    for language in LANGUAGES:  # So much that 1,900 small edits do not outweigh it tenfold.
        text = random.Random(language).randbytes(2_000).hex()
        ann.ask(commands.EditProfile(description=text, language=language))
    edits = len(LANGUAGES)
    while not restarts(ann) and edits < GROWN_CHANGES_MIN:
        some = min(100, GROWN_CHANGES_MIN - 1 - edits) or 1
        for number in range(edits, edits + some):
            command = commands.EditProfile(tags=("garden", f"number-{number % 7}"))
            ann.reactor.handle(CommandReceived(next(network.numbers), command), network.now)
        ann.handle(Woken())
        network.wait(1_000)
        edits += some
    assert edits == GROWN_CHANGES_MIN
    ((_, epoch),) = restarts(ann)
    assert epoch.number == 1
    meet(ben, ann, minutes=4)
    assert len(restarts(ben)) == 1


def test_late_edits_of_a_device_that_stays_away_are_taken_over_after_a_day() -> None:
    """What Cara wrote late reached the owner, she never came back: 24 hours on the owner makes it again."""
    network, ann, ben = two_members()
    cara = network.node("cara")
    neighbours(ann, ben, cara)
    cara.ask(commands.JoinFederation(link=str(ann.ask(commands.Invite())["link"])))
    for _ in range(4):
        network.wait(61_000)
    spade = keep(ann, name="spade", count=1)
    part(ann)
    keep(cara, owner="Cara")  # Ben has it.
    part(cara)
    network.lose(cara)
    ann.ask(commands.ForgetHistory(ids=(spade,)))
    meet(ben, ann, minutes=4)
    assert card(ann) == card(ben) == {"name": "spade", "count": 1}
    network.wait(22 * MS_PER_HOUR)
    for _ in range(3):
        network.wait(61_000)
    assert card(ann) == {"name": "spade", "count": 1}, (
        "a device that was off over night carries it over itself"
    )
    network.wait(3 * MS_PER_HOUR)
    for _ in range(3):
        network.wait(61_000)
    assert card(ann) == card(ben) == {"name": "spade", "count": 1, "owner": "Cara"}
    entries = ann.store.feeds.count()
    network.wait(25 * MS_PER_HOUR)
    network.wait(61_000)
    assert ann.store.feeds.count() == entries, "taken over once"


def test_late_edits_are_carried_over_when_the_epoch_comes_in_one_transaction_with_a_timer() -> None:
    """A node woken between an epoch's frame and the commit does not take the document for untouched."""
    network, ann, ben = two_members()
    spade = keep(ann, name="spade")
    part(ben)
    keep(ben, owner="Ben")
    ann.ask(commands.ForgetHistory(ids=(spade,)))
    commit = ben.handle

    def woken_within(received: object) -> None:
        """Handle each frame and a timer behind it before the commit, as one batch of the node's thread."""
        if isinstance(received, FrameReceived):
            network.now = Timestamp(network.now + 1_000)
            ben.reactor.handle(received, network.now)
            commit(Woken())
        else:
            commit(received)  # type: ignore[arg-type]

    ben.handle = woken_within  # type: ignore[method-assign]
    network.wait(61_000)
    meet(ben, ann, minutes=4)
    assert card(ben) == card(ann) == {"name": "spade", "owner": "Ben"}
