"""What a hostile neighbour or stranger may say costs that peer, and neither the node nor anybody else."""

import pytest

from node import ids
from node.engine import commands
from node.engine.inputs import Disconnected
from node.feeds import stretch
from node.feeds.bodies import Kind
from node.feeds.entry import FeedKey, Head
from node.feeds.stretch import Item, Stretch
from node.ids import EntryId
from node.limits import MESSAGE_BYTES_MAX
from node.records import record
from node.replication.messages import (
    Charters,
    ClaimedHead,
    Entries,
    Heads,
    JoinAnswer,
    Want,
    WantCharters,
    Wanted,
)
from tests import builders
from tests.engine.harness import Network, Node, Peer, federate, neighbours, peer_of


def alone(node: Node) -> None:
    """End all links of a node and let both sides notice."""
    for link in node.engine._links.open_links():
        node.network.cut(link.number)
        node.handle(Disconnected(link.number))
    node.network.settle()


def test_a_scope_that_names_no_id_ends_the_session_and_not_the_node() -> None:
    """Fifty-two base32 letters that spell no id look like a members' scope and are refused as one."""
    network = Network()
    ann, ben = network.node("ann"), network.node("ben")
    neighbours(ann, ben)
    peer = peer_of(ben).dial("ann")
    sent = builders.stretches(ben.device, [(Kind.RECORD, b"", None)], scope="members:" + "b" * 52)
    peer.say(Entries(sent[0]))
    assert ann.ask(commands.ShowNode())["entries"] == 0


def test_a_broken_stretch_that_waits_costs_the_stranger_and_not_the_steward() -> None:
    """What a stranger left waiting is judged when it is accepted: the command is done, its link ends."""
    network = Network()
    ann = network.node("ann")
    stranger = builders.community("stranger")
    peer = Peer(network, stranger.device, stranger.id, charter=[stranger.founding.raw]).dial("ann")
    good = builders.stretches(stranger.device, [(Kind.RECORD, b"", None)])[0]
    peer.say(Entries(Stretch(good.feed, 2, EntryId(bytes(32)), good.items, bytes(64))))
    ann.ask(commands.AddPeer(target=ids.show(stranger.id)))
    assert peer.closed


def test_attack_fresh_keys_and_a_charter_of_them_leave_a_caller_a_stranger() -> None:
    """Whoever made keys a moment ago counts as a stranger at the door until the steward lets it in."""
    network = Network()
    ann = network.node("ann")
    stranger = builders.community("stranger")
    peer = Peer(network, stranger.device, stranger.id, charter=[stranger.founding.raw]).dial("ann")
    assert not peer.closed
    assert ann.introduced == []
    ann.ask(commands.AddPeer(target=ids.show(stranger.id)))
    assert ann.introduced == [link.number for link in ann.engine._links.open_links()]
    assert len(ann.introduced) == 1


def test_a_device_that_stands_in_no_charter_costs_no_other_link() -> None:
    """A silent link that claims another's community ends alone when that community's charter arrives."""
    network = Network()
    ann = network.node("ann")
    known = builders.community("known")
    ann.ask(commands.AddPeer(target=ids.show(known.id)))
    impostor = Peer(network, builders.key("impostor"), known.id).dial("ann")
    honest = Peer(network, known.device, known.id, charter=[known.founding.raw]).dial("ann")
    ann.ask(commands.AddPeer(target=ids.show(known.id)))
    assert impostor.closed
    assert not honest.closed


def test_strangers_charters_are_not_kept() -> None:
    """Whoever knocks without being a neighbour leaves nothing on the disk but a line for the steward."""
    network = Network()
    ann = network.node("ann")
    for number in range(3):
        one = builders.community(f"stranger {number}")
        Peer(network, one.device, one.id, charter=[one.founding.raw]).dial("ann")
    assert ann.store.charters.communities() == [ann.community]


def test_attack_a_neighbour_names_strangers_who_never_knocked() -> None:
    """The steward is shown who knocked: a neighbour that sends charters of others adds nobody to them."""
    network = Network()
    ann, ben = network.node("ann"), network.node("ben")
    neighbours(ann, ben)
    knocking = builders.community("knocking")
    Peer(network, knocking.device, knocking.id, charter=[knocking.founding.raw]).dial("ann")
    made_up = [builders.community(f"made up {number}") for number in range(40)]
    peer_of(ben).dial("ann").say(*(Charters(one.id, (one.founding.raw,)) for one in made_up))
    strangers = ann.ask(commands.ListPeers())["strangers"]
    assert [one["community"] for one in strangers] == [ids.show(knocking.id)]


def test_attack_answers_to_what_nobody_asked_fill_no_log() -> None:
    """A stranger that answers requests to join which were never made leaves no line in the log."""
    network = Network()
    ann, stranger = network.node("ann"), builders.community("stranger")
    peer = Peer(network, stranger.device, stranger.id).dial("ann")
    peer.say(*(JoinAnswer(accepted=True, text="x" * 300) for _ in range(5)))
    assert [note for note in ann.notes if note.event == "join_answered"] == []


def test_a_charter_never_grows_beyond_one_message() -> None:
    """Junk signed by a community's own steward is no part of its charter; asking for it breaks nothing."""
    network = Network()
    ann, ben = network.node("ann"), network.node("ben")
    neighbours(ann, ben)
    peer = peer_of(ben).dial("ann")
    junk = [record.sign("charter-retire", bytes([n]) * 200_000, ben.steward).raw for n in range(4)]
    for raw in junk:
        peer = peer if not peer.closed else peer_of(ben).dial("ann")
        peer.say(Charters(ben.community, (raw,)))
    peer = peer if not peer.closed else peer_of(ben).dial("ann")
    peer.say(WantCharters((ben.community,)))
    assert sum(map(len, ann.store.charters.of(ben.community))) < MESSAGE_BYTES_MAX


@pytest.mark.parametrize("content", [5, None, {}, [1], True, "text"])
def test_the_log_retells_bodies_of_any_shape(content: object) -> None:
    """A genesis whose content is no byte string is retold as something that cannot be read."""
    network = Network()
    ann, ben = network.node("ann"), network.node("ben")
    neighbours(ann, ben)
    drafts: list[builders.Draft] = [(kind, content, None) for kind in Kind]
    peer_of(ben).dial("ann").say(Entries(builders.stretches(ben.device, drafts)[0]))
    assert len(ann.ask(commands.ShowLog())["entries"]) == len(Kind)


def test_a_relay_cannot_strip_bodies() -> None:
    """Entries sent without their bodies do not count as held: the author's own sending still brings them."""
    network = Network()
    ann, ben, carl = (network.node(name) for name in ("ann", "ben", "carl"))
    neighbours(ann, ben, carl)
    federate(ann, ben, carl)
    alone(ben)
    ben.ask(commands.EditProfile(name="Bee"))
    feed = FeedKey(ben.device.public, builders.PUBLIC)
    entries = [one for one in ben.store.feeds.walk() if one.feed == feed]
    peer = peer_of(carl).dial("ann")
    for part in stretch.split(entries):
        stripped = tuple(
            Item(i.hours, None, e.body_hash, e.body_bytes, e.document)
            for i, e in zip(part.items, entries, strict=True)
        )
        peer.say(Entries(Stretch(part.feed, part.first_seq, part.prev, stripped, part.signature)))
    ben.ask(commands.AddPeer(target="ann"))
    network.wait(400_000)
    network.wait(400_000)
    profile = ann.ask(commands.ShowProfile(community=ids.show(ben.community)))["profile"]
    assert profile is not None
    assert profile["name"] == {"und": "Bee"}


def test_a_feed_with_too_many_branches_parts_no_honest_neighbours() -> None:
    """A device that tells twenty stories costs its own feed room, and no link between honest nodes."""
    network = Network()
    ann, ben, carl = (network.node(name) for name in ("ann", "ben", "carl"))
    neighbours(ann, ben, carl)
    federate(ann, ben, carl)
    branches = [
        builders.stretches(carl.device, [(Kind.RECORD, b"%d" % number, None)])[0] for number in range(20)
    ]
    peer = peer_of(carl).dial("ann")
    for branch in branches[:14]:
        peer.say(Entries(branch))
    peer = peer_of(carl).dial("ben")
    for branch in branches[6:]:
        peer.say(Entries(branch))
    network.wait(61_000)
    network.wait(61_000)
    assert not [reason for node in (ann, ben) for reason in node.reasons() if "branches" in reason]
    ben.ask(commands.AddNote(text="still here"))
    assert len(ann.ask(commands.ShowBoard())["notes"]) == 1


def test_one_small_question_is_not_answered_with_megabytes() -> None:
    """Asking sixty-four times for one branch in one message brings it about once."""
    network = Network()
    ann, ben = network.node("ann"), network.node("ben")
    neighbours(ann, ben)
    for number in range(10):
        ann.ask(commands.AddOffer(title=f"t{number}", text="x" * 15_000))
    held = ann.store.feeds.heads_of(FeedKey(ann.device.public, builders.PUBLIC))[-1]
    peer = peer_of(ben).dial("ann")
    before = network.sent_bytes
    peer.say(Want(builders.PUBLIC, (Wanted(ann.device.public, held.id, ()),)))
    once = network.sent_bytes - before
    before = network.sent_bytes
    peer.say(Want(builders.PUBLIC, tuple(Wanted(ann.device.public, held.id, ()) for _ in range(64))))
    assert network.sent_bytes - before < 8 * once
    before = network.sent_bytes
    peer.say(WantCharters((ann.community,) * 500))
    assert network.sent_bytes - before < 100_000


def test_claims_without_end_find_a_limit() -> None:
    """A peer that claims heads nobody holds fills a bounded list, and the node keeps no more of them."""
    network = Network()
    ann, ben = network.node("ann"), network.node("ben")
    neighbours(ann, ben)
    peer = peer_of(ben).dial("ann")
    for part in range(24):
        claims = tuple(
            ClaimedHead(
                ben.community,
                ben.device.public,
                Head(9, EntryId(builders.identifier(f"{part} {n}"))),
            )
            for n in range(500)
        )
        if not peer.closed:
            peer.say(Heads(builders.PUBLIC, claims, ()))
    sessions = ann.ask(commands.PeerStatus())["sessions"]
    assert all(scope["missing"] <= 10_000 for session in sessions for scope in session["scopes"])
