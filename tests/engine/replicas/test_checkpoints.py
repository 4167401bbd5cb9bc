"""Checkpoints of feeds: what counts follows from the entries alone; newcomers read nothing before them."""

import copy
import random
from collections.abc import Sequence

import pytest

from node import ids
from node.clock import MS_PER_HOUR
from node.crdt.edits import Put
from node.engine import commands
from node.engine.checkpoints import BEGUN, Begun
from node.engine.effects import Effect
from node.engine.inputs import Disconnected
from node.engine.replicas.checkpointing import SPARED_MIN
from node.engine.replicas.making import SCHEMAS
from node.feeds import bodies, checkpoints, scopes, stretch
from node.feeds.bodies import Kind
from node.feeds.checkpoints import Checkpoint
from node.feeds.entry import Entry, FeedKey, Head
from node.identity import community
from node.identity.charter import Cut
from node.ids import DocumentId
from node.replication.beginning import Beginning
from node.replication.messages import Entries, Want
from tests.engine.bundles.bundling import contents, look, take, written
from tests.engine.harness import Network, Node, federate, neighbours, peer_of
from tests.engine.parting import meet, part

EDITS = 12
SALT = bytes(16)


def public(node: Node) -> FeedKey:
    """Return a node's public feed."""
    return FeedKey(node.device.public, scopes.PUBLIC)


def busy(name: str, network: Network, *, edits: int = EDITS) -> Node:
    """Return a node that has edited its page and an offer many times, in commits of their own."""
    node = network.node(name)
    work(node, edits)
    return node


def work(node: Node, edits: int = EDITS) -> None:
    """Edit a node's page and an offer many times."""
    node.ask(commands.EditProfile(name=node.name, description="first"))
    node.ask(commands.AddOffer(title="Bread", kind="offer"))
    for number in range(edits):
        node.ask(commands.EditProfile(description=f"Nr {number}"))


def members(network: Network) -> tuple[Node, Node, Node]:
    """Return three members of a federation, of which the third has been away since it was founded."""
    ann, ben, cleo = (network.node(name) for name in ("ann", "ben", "cleo"))
    neighbours(ann, ben, cleo)
    federate(ann, ben, cleo)
    for _ in range(3):
        network.wait(61_000)
    part(cleo)
    work(ann)
    return ann, ben, cleo


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
    done(node, node.engine._after(arrival, node.network.now, own=False, origin=None))


def done(node: Node, effects: Sequence[Effect]) -> None:
    """End what a test let a node do."""
    effects = [*effects, *node.engine.conclude()]
    node.store.commit()
    for effect in effects:
        node._carry_out(effect)
    node.network.settle()


def know(node: Node, other: Node) -> None:
    """Let a node know another's charter."""
    node.engine._registry.add_charter(other.community, other.store.charters.of(other.community))


def retirement(node: Node, last: Head | None) -> list[bytes]:
    """Return the record that retires a node's device as stolen, with what counts in public; none for None."""
    known = node.engine._registry.community(node.community)
    assert known is not None
    if last is None:
        return []
    cuts = [Cut(scope=scopes.PUBLIC, seq=last.seq, entry=last.id)]
    link = community.next_retirement(known, node.device.public, stolen=True, cuts=cuts)
    return [link.sign(node.steward).raw]


def learn(node: Node, other: Node, records: Sequence[bytes]) -> None:
    """Let a node learn of more that another's charter says."""
    before = node.engine._registry.community(other.community)
    assert node.engine._registry.add_charter(other.community, records)
    done(node, node.engine._charter_grew(other.community, before, node.network.now))


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
    know(cleo, ann)
    ben.restart()
    assert equal(ann, ben)
    assert ben.ask(commands.Rebuild())["problems"] == 0
    assert trees(ben) == trees(ann)


def test_it_is_written_again_and_nothing_is_lost() -> None:
    """A second checkpoint goes beyond the first; whoever holds a part of the feed reads on from the last."""
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
    meet(ben, ann, minutes=1)
    assert trees(ben) == trees(ann)
    assert equal(ann, ben)
    taken = held(ben, public(ann))
    assert taken == [*ben_holds, *held(ann, public(ann))[-4:]], "two epochs, the checkpoint, the edit behind"
    assert not ben.engine._registry.checkpoints.lacking()


@pytest.mark.parametrize("seed", range(10))
def test_any_order_of_arrival_makes_the_same(seed: int) -> None:
    """Branches, rival checkpoints and a retirement, in any order, from the beginning or from a place."""
    network, draw = Network(), random.Random(seed)
    ann = busy(f"ann{seed}", network, edits=5)
    ann.ask(commands.ShortenFeed())
    ann.ask(commands.EditProfile(description="after the first"))
    ann.ask(commands.ShortenFeed())
    ann.ask(commands.EditProfile(description="after the second"))
    trunk = held(ann, public(ann))
    early = beside(ann, trunk[3], [rubbish("a"), said(trunk[1]), rubbish("b")])
    late = beside(ann, trunk[-3], [rubbish("c"), said(Head(3, trunk[5].id)), said(trunk[4])])
    feed = public(ann)
    pieces = [trunk, early, late]
    retired = retirement(
        ann, [None, place(trunk[2]), place(trunk[-3]), place(trunk[-1]), place(early[1])][seed % 5]
    )
    nodes = []
    for name in ("one", "two", "three"):
        node = network.node(f"{name}{seed}")
        know(node, ann)
        waiting = [part[at : at + 1] for part in pieces for at in range(len(part))]
        waiting += [[]] * bool(retired)
        draw.shuffle(waiting)
        if name == "three":
            last = [one for one in map(checkpoints.of, trunk) if one is not None][-1]
            hand(node, trunk[last.place - 1 : last.place], begun=Begun(feed, last.root, last.entry))
        while waiting:
            part = waiting.pop(0)
            if not part:
                learn(node, ann, retired)
                continue
            prev = part[0].prev
            if prev is None or node.store.feeds.holds(feed, Head(part[0].seq - 1, prev)):
                hand(node, part)
            else:
                waiting.append(part)
        nodes.append(node)
    one, two, three = nodes
    assert holding(one, feed) == holding(two, feed) == holding(three, feed)
    assert (holding(one, feed) is None) == (seed % 5 == 1)
    assert trees(one) == trees(two) == trees(three)
    standing = [
        {entry.id: node.engine._registry.standing(entry) for entry in held(node, feed)} for node in nodes
    ]
    assert standing[0] == standing[1] == standing[2]
    ends = [node.engine._sharing.claims(feed, node.community) for node in (one, two)]
    assert ends[0] == ends[1]
    assert one.ask(commands.Rebuild()) == two.ask(commands.Rebuild())
    assert trees(one) == trees(two)


def copied(node: Node, name: str) -> Node:
    """Return a node on a copy of another's disk, with the same keys."""
    other = copy.copy(node)
    other.name, other.random, other.store = name, random.Random(name), copy.deepcopy(node.store)
    other.notes, other._replies = [], {}
    other.restart()
    node.network._nodes[name] = other
    return other


def test_a_theft_noticed_later_brings_back_what_counted_before_the_checkpoint() -> None:
    """A retirement that cuts before it makes it fall; who began there gets the rest from who kept it."""
    network = Network()
    ann, ben, cleo = members(network)
    trunk = held(ann, public(ann))
    ann.ask(commands.EditProfile(description="by a thief"))
    ann.ask(commands.ShortenFeed())
    meet(cleo, ben)
    assert len(held(cleo, public(ann))) == 3 < len(held(ben, public(ann)))
    part(ann)
    network.lose(ann)
    learn(ben, ann, retirement(ann, place(trunk[-1])))
    network.wait(61_000)
    assert holding(cleo, public(ann)) is None
    assert cleo.engine._sharing.claims(public(ann), cleo.community) == []
    for _ in range(4):
        network.wait(61_000)
    assert held(cleo, public(ann)) == held(ben, public(ann))
    assert cleo.store.local.all(BEGUN) == []
    assert trees(cleo) == trees(ben)
    assert equal(cleo, ben)


def test_a_copy_of_a_device_goes_on_behind_the_checkpoint() -> None:
    """What a copied disk wrote beside counts for nothing with everybody, and nobody waits for it."""
    network = Network()
    ann, ben, cleo = members(network)
    twin = copied(ann, "twin")
    for number in range(9):
        twin.ask(commands.EditProfile(description=f"beside {number}"))
    ann.ask(commands.ShortenFeed())
    part(ann)
    meet(twin, ben)
    meet(cleo, ben)
    assert trees(twin) == trees(ben) == trees(cleo) == trees(ann)
    assert equal(twin, ben)
    assert equal(ben, cleo)
    twin.ask(commands.EditProfile(description="behind"))
    network.wait(61_000)
    assert trees(twin) == trees(ben) == trees(cleo)
    assert b"behind" in b"".join(trees(ben).values())
    assert equal(ben, cleo)
    meet(ann, ben)
    assert trees(ann) == trees(ben)
    assert equal(ann, ben)


def test_a_checkpoint_that_names_another_entry_holds_nowhere() -> None:
    """It gets a verdict, and a newcomer reads the feed from its beginning."""
    network = Network()
    ann = busy("ann", network)
    trunk = held(ann, public(ann))
    for wrong in (said(Head(4, trunk[4].id)), said(Head(99, trunk[4].id)), said(Head(0, trunk[4].id))):
        last = held(ann, public(ann))[-1]
        hand(ann, beside(ann, last, [wrong]))
    assert holding(ann, public(ann)) is None
    assert len(ann.store.documents.verdicts()) == 3
    ben = network.node("ben")
    neighbours(ann, ben)
    assert held(ben, public(ann)) == held(ann, public(ann))
    assert equal(ann, ben)


def test_nothing_is_taken_from_a_place_that_was_not_asked_for() -> None:
    """A neighbour that sends the middle of a feed by itself is asked for what lies before."""
    network = Network()
    ann, ben = busy("ann", network), network.node("ben")
    ann.ask(commands.ShortenFeed())
    know(ben, ann)
    ben.ask(commands.AddPeer(target=ids.show(ann.community)))
    trunk = held(ann, public(ann))
    peer = peer_of(ann).dial("ben")
    (shown,) = stretch.split(trunk[-1:])
    (rest,) = stretch.split(trunk[-3:])
    peer.say(Beginning(shown), Entries(rest))
    assert held(ben, public(ann)) == []
    assert ben.store.local.all(BEGUN) == []
    assert peer.heard_of(Want)


def test_a_beginning_that_was_cut_off_goes_on_where_it_was() -> None:
    """A node that crashed between the place and the checkpoint claims nothing and reads on, not back."""
    network = Network()
    ann, ben = busy("ann", network), network.node("ben")
    ann.ask(commands.ShortenFeed())
    trunk = held(ann, public(ann))
    named = checkpoints.of(trunk[-1])
    assert named is not None
    know(ben, ann)
    hand(ben, trunk[-3:-2], begun=Begun(public(ann), named.root, named.entry))
    ben.restart()
    assert ben.engine._registry.checkpoints.ends(public(ann), ben.store.feeds.heads_of(public(ann))) == []
    assert ben.engine._registry.checkpoints.lacking() == [], "it may still lead to the checkpoint"
    neighbours(ann, ben)
    network.wait(61_000)
    assert held(ben, public(ann)) == trunk[-3:]
    assert trees(ben) == trees(ann)
    assert equal(ann, ben)


def test_a_chain_that_does_not_lead_to_the_checkpoint_is_read_from_its_beginning() -> None:
    """An author that names a place for another branch than it gives gains nothing by it."""
    network = Network()
    ann, ben = busy("ann", network), network.node("ben")
    trunk = held(ann, public(ann))
    root = place(trunk[5])
    false = beside(ann, trunk[3], [rubbish(str(number)) for number in range(3)] + [said(root)])
    know(ben, ann)
    hand(ben, trunk[6:], begun=Begun(public(ann), root, place(false[-1])))
    assert [one.root for one in ben.engine._registry.checkpoints.lacking()] == [root]
    neighbours(ann, ben)
    for _ in range(3):
        network.wait(61_000)
    assert held(ben, public(ann)) == trunk
    assert equal(ann, ben)
    assert trees(ben) == trees(ann)


def test_a_file_for_a_newcomer_begins_at_the_checkpoint() -> None:
    """What nobody needs is in no bundle either, and who reads it holds what others hold."""
    network = Network()
    ann, ben = busy("ann", network), network.node("ben")
    whole = len(written(ann))
    ann.ask(commands.ShortenFeed())
    file = written(ann)
    assert len(file) < whole
    ben.ask(commands.AddPeer(target=ids.show(ann.community)))
    looked = look(ben, contents(file))
    assert [one["broken"] for one in looked] == [None] * len(looked)
    take(ben, contents(file))
    take(ben, contents(file))
    assert held(ben, public(ann)) == held(ann, public(ann))[-3:]
    assert trees(ben) == trees(ann)
    ann.ask(commands.EditProfile(description="later"))
    take(ben, contents(written(ann)))
    assert held(ben, public(ann)) == held(ann, public(ann))[-4:]


@pytest.mark.long
@pytest.mark.timeout(60)
def test_a_node_spares_newcomers_a_thousand_headers_by_itself() -> None:
    """In a quiet moment, once what nobody needs is most of its feed; not at once when it starts."""
    network = Network()
    ann, ben = network.node("ann"), network.node("ben")
    ann.ask(commands.EditProfile(name="ann", description="first"))
    offers = [ann.ask(commands.AddOffer(title=f"Offer {number}", kind="offer"))["id"] for number in range(4)]
    for number in range(SPARED_MIN // 4):
        for offer in offers:
            edit = Put(("text", "und"), f"Text {number}")
            drafts = ann.engine._documents.edit(DocumentId(ids.parse(offer)), [edit], network.now)
            done(ann, ann.engine._publish([(scopes.PUBLIC, drafts)], network.now))
    ann.ask(commands.ForgetHistory(ids=tuple(offers)))
    network.wait(1_000)
    network.wait(1_000)
    assert holding(ann, public(ann)) is None
    before = trees(ann)
    network.wait(MS_PER_HOUR)
    named = holding(ann, public(ann))
    assert named is not None
    assert named.place > SPARED_MIN
    network.wait(MS_PER_HOUR)
    assert holding(ann, public(ann)) == named
    neighbours(ann, ben)
    assert len(held(ben, public(ann))) < 2 * len(offers) + 3
    assert trees(ben) == trees(ann) == before
