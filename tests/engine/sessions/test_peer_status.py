"""What `peer status` says: whether all is synced, what is missing, and which neighbour shows less."""

from dataclasses import replace

from node import ids
from node.engine import commands
from node.engine.commands.items import ItemEdit
from node.engine.inputs import Disconnected
from node.engine.sessions.quotas import Quota
from node.feeds import bodies, scopes, stretch
from node.feeds.bodies import Kind
from node.feeds.entry import FeedKey, Head
from node.limits import COMPARE_INTERVAL_MS
from node.replication.messages import ClaimedHead, Entries, Heads
from tests.engine.harness import Answer, Network, Node, Peer, federate, neighbours, peer_of


def session(node: Node, other: Node) -> Answer:
    """Return what a node says of its session with another."""
    sessions = node.ask(commands.PeerStatus())["sessions"]
    (found,) = [one for one in sessions if one["community"] == ids.show(other.community)]
    return dict(found)


def three() -> tuple[Network, Node, Node, Node]:
    """Return three members of one federation, all of them neighbours of each other."""
    network = Network()
    ann, ben, cleo = (network.node(name) for name in ("ann", "ben", "cleo"))
    neighbours(ann, ben, cleo)
    federate(ann, ben, cleo)
    network.settle()
    network.wait(2 * COMPARE_INTERVAL_MS)
    return network, ann, ben, cleo


def one_and_a_peer() -> tuple[Network, Node, Peer]:
    """Return a node and a neighbour that says only what a test lets it say."""
    network = Network()
    ann, ben = network.node("ann"), network.node("ben")
    neighbours(ann, ben)
    return network, ann, peer_of(ben).dial("ann")


def test_what_is_synced_is_said_at_once() -> None:
    """After an edit has reached the other side both say that all is the same, and nothing is odd."""
    network, ann, ben, _ = three()
    ann.ask(commands.EditProfile(name="Ann's orchard"))
    network.settle()
    for node, other in ((ann, ben), (ben, ann)):
        told = session(node, other)
        assert [scope["missing"] for scope in told["scopes"]] == [0, 0]
        assert all(scope["equal_since"] for scope in told["scopes"])
        assert all(scope["differs_since"] is None and scope["lacking"] == [] for scope in told["scopes"])
        assert told["findings"] == []


def test_what_a_neighbour_claims_and_does_not_give_is_named() -> None:
    """An end that nobody can give is listed with its community for as long as it is claimed."""
    network, ann, peer = one_and_a_peer()
    feed = FeedKey(peer.device.public, scopes.PUBLIC)
    claim = ClaimedHead(peer.community, feed.device, Head(7, ids.EntryId(bytes(32))))
    peer.say(Heads(scopes.PUBLIC, (claim,), ()))
    network.settle()
    (told,) = ann.ask(commands.PeerStatus())["sessions"]
    (scope,) = told["scopes"]
    assert scope["missing"] == 1
    assert [(one["community"], one["entry"]) for one in scope["lacking"]] == [(ids.show(peer.community), 7)]


def test_attack_a_neighbour_that_takes_no_more_of_a_feed_to_hide_it_is_named() -> None:
    """Ben's node says that it takes no more of Cleo: it is not said that Ben holds the same as others."""
    network, ann, ben, cleo = three()
    ben.engine._quotas._raised[cleo.community] = replace(Quota(), entries=1)
    ben.engine._quotas.review()
    network.wait(COMPARE_INTERVAL_MS)
    cleo.ask(commands.EditProfile(name="Cleo's mill"))
    network.wait(COMPARE_INTERVAL_MS)
    assert not ben.store.feeds.heads_of(FeedKey(cleo.device.public, scopes.PUBLIC))
    for node in (ann, cleo):
        told = session(node, ben)
        assert {one["name"] for scope in told["scopes"] for one in scope["not_taken"]} == {"Cleo's mill"}
        assert all(
            scope["not_taken"] == [] for scope in session(node, cleo if node is ann else ann)["scopes"]
        )


def test_attack_a_neighbour_that_hides_a_feed_is_named_beside_one_that_shows_it() -> None:
    """Ben's node takes and shows nothing new of Cleo's: Ann, who has it from Cleo, sees that."""
    network, ann, ben, cleo = three()
    hidden = FeedKey(cleo.device.public, scopes.PUBLIC)
    _blind(ben, hidden)
    cleo.ask(commands.EditProfile(name="Cleo's mill"))
    network.settle()
    for _ in range(6):
        network.wait(COMPARE_INTERVAL_MS)
    (found,) = session(ann, ben)["findings"]
    assert (found["oddity"], found["community"]) == ("shows less", ids.show(cleo.community))
    assert found["shown_by"] == ["Cleo's mill"]
    assert session(ann, cleo)["findings"] == []


def _blind(node: Node, hidden: FeedKey) -> None:
    """Let a node take nothing more of a feed, as one that hides it from others would."""
    sharing = node.engine._sharing
    honest = sharing.admits
    sharing.admits = lambda feed, peer: feed != hidden and honest(feed, peer)  # type: ignore[method-assign]


def test_an_older_version_is_synced_with_too() -> None:
    """A node that offers nothing beyond the first version ends with the same, and is said to be equal."""
    network = Network()
    ann, old = network.node("ann"), network.node("old", features=())
    neighbours(ann, old)
    federate(ann, old)
    old.ask(commands.EditProfile(name="Old mill"))
    ann.ask(commands.EditProfile(name="Ann's orchard"))
    network.settle()
    network.wait(2 * COMPARE_INTERVAL_MS)
    assert ann.store.feeds.heads(scopes.PUBLIC) == old.store.feeds.heads(scopes.PUBLIC)
    assert all(scope["equal_since"] for scope in session(ann, old)["scopes"])


def test_a_silent_peer_is_not_taken_for_one_that_hides() -> None:
    """Who does not compare at all is not equal, and nothing is held against it."""
    network, ann, peer = one_and_a_peer()
    for _ in range(6):
        network.wait(COMPARE_INTERVAL_MS)
    (told,) = ann.ask(commands.PeerStatus())["sessions"]
    assert told["findings"] == []
    assert [scope["equal_since"] for scope in told["scopes"]] == [None]
    assert not peer.closed


def test_what_came_without_its_content_is_listed_until_it_comes() -> None:
    """Two entries whose bodies are left out are named by feed, with how many; once they come nothing is."""
    network, ann, peer = one_and_a_peer()
    feed = FeedKey(peer.device.public, scopes.PUBLIC)
    salted = [bodies.encode(Kind.RECORD, b"what it says", salt=bytes([salt]) * 16) for salt in (1, 2)]
    written = stretch.make(feed, None, salted, hours=1, signer=peer.device)
    bare = [replace(entry, body=None) for entry in written]
    peer.say(*(Entries(part) for part in stretch.split(bare)))
    network.settle()
    told = ann.ask(commands.PeerStatus())
    (row,) = told["wanted"]
    assert told["wanted_bodies"] == row["bodies"] == 2
    assert (row["community"], row["first"]) == (ids.show(peer.community), 1)
    assert (row["document"], row["type"], row["scope"]) == (None, None, scopes.PUBLIC)
    peer.say(*(Entries(part) for part in stretch.split(written)))
    network.settle()
    told = ann.ask(commands.PeerStatus())
    assert (told["wanted_bodies"], told["wanted"]) == (0, [])


def test_a_late_edit_where_somebody_had_written_since_is_listed() -> None:
    """Of Ben's late edits one is made again; the place that Ann wrote over is named with its document."""
    network = Network()
    ann, ben = network.node("ann"), network.node("ben")
    neighbours(ann, ben)
    federate(ann, ben)
    spade = keep(ann, name="spade")
    for link in ben.engine._links.open_links():
        network.cut(link.number)
        ben.handle(Disconnected(link.number))
    network.settle()
    keep(ben, name="Ben's spade", place="shed")
    ann.ask(commands.ForgetHistory(ids=(spade,)))
    keep(ann, name="Ann's spade")
    assert ben.ask(commands.PeerStatus())["left_over"] == []
    for _ in range(6):
        network.wait(COMPARE_INTERVAL_MS)
    (row,) = ben.ask(commands.PeerStatus())["left_over"]
    assert (row["document"], row["type"], row["places"], row["named"]) == (spade, "item", 1, ["name"])
    assert ann.ask(commands.PeerStatus())["left_over"] == []
    (shown,) = ann.ask(commands.ListItems())["items"]
    assert shown["fields"] == {"name": "Ann's spade", "place": "shed"}


def keep(node: Node, **fields: str) -> str:
    """Write on the card named spade and return its id."""
    answer = node.ask(commands.KeepItems(items=(ItemEdit(key="spade", fields=fields),)))
    return str(answer["items"][0]["id"])


def test_a_second_way_to_a_neighbour_is_no_trouble() -> None:
    """Two nodes that dial each other keep one connection, and neither is told that something is wrong."""
    network = Network()
    ann, ben = network.node("ann"), network.node("ben")
    for node, other in ((ann, ben), (ben, ann)):
        node.ask(commands.AddPeer(target=ids.show(other.community)))
    for node, other in ((ann, ben), (ben, ann)):
        node.ask(commands.AddPeer(target=other.name))
    for _ in range(5):
        network.wait(COMPARE_INTERVAL_MS)
    for node in (ann, ben):
        assert [one["problem"] for one in node.ask(commands.ListPeers())["addresses"]] == [""]
