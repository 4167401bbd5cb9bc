"""Checkpoints of feeds: what counts follows from the entries alone, and newcomers read nothing before them."""

import random
from collections.abc import Sequence

import pytest

from node.engine import commands
from node.engine.checkpoints import BEGUN, Begun
from node.engine.inputs import Connected, Disconnected
from node.engine.replicas.making import SCHEMAS
from node.feeds import bodies, checkpoints, scopes, stretch
from node.feeds.bodies import Kind
from node.feeds.checkpoints import Checkpoint
from node.feeds.entry import Entry, FeedKey, Head
from node.keys import KeyPair
from tests.engine.harness import Network, Node, neighbours

EDITS = 12
SALT = bytes(16)


def public(node: Node) -> FeedKey:
    """Return a node's public feed."""
    return FeedKey(node.device.public, scopes.PUBLIC)


def busy(name: str, network: Network, *, edits: int = EDITS) -> Node:
    """Return a node that has edited its page and an offer many times, in commits of their own."""
    node = network.node(name)
    node.ask(commands.EditProfile(name=name, description="first"))
    node.ask(commands.AddOffer(title="Bread", kind="offer"))
    for number in range(edits):
        node.ask(commands.EditProfile(description=f"Nr {number}"))
    return node


def trees(node: Node) -> dict[bytes, bytes]:
    """Return what a node shows of every document."""
    node.engine._documents.settle()
    return {row.id: row.tree for kind in SCHEMAS for row in node.store.documents.of_type(kind)}


def held(node: Node, feed: FeedKey) -> list[Entry]:
    """Return what a node holds of a feed, in the order of places."""
    return sorted((entry for entry in node.store.feeds.walk() if entry.feed == feed), key=lambda one: one.seq)


def equal(one: Node, other: Node) -> bool:
    """Tell whether two nodes claim the same in public."""
    first = one.engine._sharing.tree(scopes.PUBLIC, other.community)
    return first.hash == other.engine._sharing.tree(scopes.PUBLIC, one.community).hash


def place(entry: Entry) -> Head:
    """Return where an entry is."""
    return Head(entry.seq, entry.id)


def said(root: Entry | Head) -> bytes:
    """Return the body of a checkpoint behind an entry."""
    at = root if isinstance(root, Head) else place(root)
    return bodies.encode(Kind.CHECKPOINT, checkpoints.content(at), salt=SALT)


def rubbish(text: str) -> bytes:
    """Return a body that counts for nothing."""
    return bodies.encode(Kind.RECORD, text, salt=SALT)


def beside(node: Node, after: Entry | None, written: Sequence[bytes]) -> list[Entry]:
    """Return what a copy of a node's device writes behind an entry of its public feed."""
    at = place(after) if after is not None else None
    return stretch.make(public(node), at, written, hours=1, signer=node.device)


def holding(node: Node, feed: FeedKey) -> Checkpoint | None:
    """Return which checkpoint of a feed holds at a node."""
    return node.engine._registry.checkpoints.holding(feed)


def hand(node: Node, entries: Sequence[Entry], **more: Begun) -> None:
    """Let entries of another arrive."""
    arrival = node.engine._ingest.take(entries, **more)
    node.engine._after(arrival, node.network.now, own=False, origin=None)
    node.engine._documents.settle()
    node.store.commit()


def know(node: Node, other: Node) -> None:
    """Let a node know another's charter."""
    node.engine._registry.add_charter(other.community, other.store.charters.of(other.community))


def test_a_newcomer_reads_nothing_before_a_checkpoint() -> None:
    """It holds the feed from the place on, shows the same, and is equal with whoever holds all."""
    network = Network()
    ann = busy("ann", network)
    before = trees(ann)
    done = ann.ask(commands.ShortenFeed())
    assert done == {"spared": EDITS, "renewed": 2}
    assert trees(ann) == before, "a checkpoint changes nothing that is shown"
    ben = network.node("ben")
    neighbours(ann, ben)
    of_ann, of_ben = held(ann, public(ann)), held(ben, public(ann))
    assert of_ben == of_ann[-3:], "two documents begun anew, and the checkpoint"
    assert trees(ben) == trees(ann)
    assert equal(ann, ben)
    # It goes on, and passes on what it holds to the next.
    ann.ask(commands.EditProfile(description="after"))
    network.lose(ann)
    cleo = network.node("cleo")
    neighbours(ben, cleo)
    cleo.ask(commands.AddPeer(target=ann.name)) if False else None
    assert trees(ben) == trees(ann)
    ben.restart()
    assert equal(ann, ben)
    assert ben.ask(commands.Rebuild())["problems"] == 0
    assert trees(ben) == trees(ann)


def test_it_is_written_again_and_nothing_is_lost() -> None:
    """A second checkpoint goes beyond the first; whoever holds a part up to somewhere reads on from the last."""
    network = Network()
    ann, ben = busy("ann", network), network.node("ben")
    neighbours(ann, ben)
    ben_holds = held(ben, public(ann))
    for link in ben.engine._links.open_links():
        network.cut(link.number)
        ben.handle(Disconnected(link.number))
    network.settle()
    for number in range(3):
        ann.ask(commands.EditProfile(description=f"again {number}"))
        ann.ask(commands.ShortenFeed())
    ann.ask(commands.EditProfile(description="last"))
    link = network.connect(ben, "ann")
    assert link is not None
    ben.handle(Connected(link, "ann"))
    network.settle()
    network.wait(61_000)
    assert trees(ben) == trees(ann)
    assert equal(ann, ben)
    taken = held(ben, public(ann))
    assert taken == [*ben_holds, *held(ann, public(ann))[-4:]], "two epochs, the checkpoint, the edit behind"
    assert not ben.engine._registry.checkpoints.lacking()


@pytest.mark.parametrize("seed", range(12))
def test_any_order_of_arrival_makes_the_same(seed: int) -> None:
    """Branches, false and rival checkpoints and a retirement, in any order, from the beginning or from a place."""
    network, draw = Network(), random.Random(seed)
    ann = busy("ann", network, edits=5)
    ann.ask(commands.ShortenFeed())
    ann.ask(commands.EditProfile(description="after the first"))
    ann.ask(commands.ShortenFeed())
    trunk = held(ann, public(ann))
    early = beside(ann, trunk[3], [rubbish("a"), said(trunk[1]), rubbish("b")])
    late = beside(ann, trunk[-3], [rubbish("c"), said(Head(3, trunk[5].id)), said(trunk[4])])
    feed = public(ann)
    pieces = [trunk, early, late]
    nodes = []
    for name in ("one", "two", "three"):
        node = network.node(f"{name}{seed}")
        know(node, ann)
        waiting = [part[at : at + 1] for part in pieces for at in range(len(part))]
        draw.shuffle(waiting)
        if name == "three":
            last = [one for one in map(checkpoints.of, trunk) if one is not None][-1]
            hand(node, trunk[last.place - 1 : last.place], begun=Begun(feed, last.root, last.entry))
        while waiting:
            part = waiting.pop(0)
            prev = part[0].prev
            if prev is None or node.store.feeds.holds(feed, Head(part[0].seq - 1, prev)):
                hand(node, part)
            else:
                waiting.append(part)
        nodes.append(node)
    one, two, three = nodes
    assert holding(one, feed) == holding(two, feed) == holding(three, feed) is not None
    assert trees(one) == trees(two) == trees(three)
    standing = [
        {entry.id: node.engine._registry.standing(entry) for entry in held(node, feed)} for node in nodes
    ]
    assert standing[0] == standing[1] == standing[2]
    ends = [node.engine._sharing.claims(feed, node.community) for node in (one, two)]
    assert ends[0] == ends[1]
    assert one.ask(commands.Rebuild()) == two.ask(commands.Rebuild())
    assert trees(one) == trees(two)
