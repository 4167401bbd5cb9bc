"""What a device may do with checkpoints of its feed: however many it writes, others need not do much."""

import random

from node.engine.checkpoints import Checkpoints, State
from node.engine.replicas import gathering
from node.feeds import bodies, checkpoints, scopes, stretch
from node.feeds.bodies import Kind
from node.feeds.entry import Entry, FeedKey, Head
from node.ids import EntryId
from node.limits import FORK_BRANCHES_MAX
from node.replication.messages import Entries
from tests.engine.harness import Network, Node, neighbours, peer_of


def written(author: Node, after: Entry | None, count: int, *, mark: int = 0) -> list[Entry]:
    """Return entries of an author's public feed that nobody can read, each with a signature of its own."""
    made: list[Entry] = []
    for number in range(count):
        body = bodies.encode(Kind.RECORD, f"{mark} {number}", salt=bytes(16))
        made += entries(author, made[-1] if made else after, [body])
    return made


def said(author: Node, after: Entry, root: Entry) -> Entry:
    """Return the entry behind another that says that nothing up to a root counts."""
    content = checkpoints.content(Head(root.seq, root.id))
    return entries(author, after, [bodies.encode(Kind.CHECKPOINT, content, salt=bytes(16))])[0]


def entries(author: Node, after: Entry | None, written: list[bytes]) -> list[Entry]:
    """Return entries of an author's public feed behind another."""
    at = Head(after.seq, after.id) if after is not None else None
    return stretch.make(public(author), at, written, hours=1, signer=author.device)


def place(entry: Entry) -> Head:
    """Return where an entry is."""
    return Head(entry.seq, entry.id)


def of(node: Node, author: Node) -> list[Entry]:
    """Return all that a node holds of an author's public feed."""
    return [entry for entry in node.store.feeds.walk() if entry.feed == public(author)]


def moved(node: Node, author: Node, before: State) -> set[EntryId]:
    """Return the entries of which a node finds that something else counts than before."""
    feeds, found = node.store.feeds, set[EntryId]()
    for span in node.engine._registry.checkpoints.moved(public(author), before):
        for part in gathering.branch(feeds, public(author), span.end, after=span.first - 1):
            found.update(entry.id for entry in part if entry.seq <= span.last)
    return found


def public(node: Node) -> FeedKey:
    """Return a node's public feed."""
    return FeedKey(node.device.public, scopes.PUBLIC)


def test_attack_branches_that_do_not_count_are_bounded() -> None:
    """Behind one checkpoint a device could tell stories without end: more than sixteen are not kept.

    One that counts is still taken.
    """
    network = Network()
    ann, ben = network.node("ann"), network.node("ben")
    neighbours(ann, ben)
    trunk = written(ben, None, 12)
    checkpoint = said(ben, trunk[-1], trunk[5])
    peer = peer_of(ben).dial("ann")
    for part in stretch.split([*trunk, checkpoint]):
        peer.say(Entries(part))
    for number in range(3 * FORK_BRANCHES_MAX):
        for part in stretch.split(written(ben, trunk[2], 1, mark=number)):
            peer.say(Entries(part))
    ends = ann.store.feeds.heads_of(public(ben))
    assert len(ends) == FORK_BRANCHES_MAX + 1
    for number in range(3):
        (beside,) = written(ben, trunk[8], 1, mark=100 + number)
        for part in stretch.split([beside]):
            peer.say(Entries(part))
        assert ann.store.feeds.holds(public(ben), Head(beside.seq, beside.id))
    assert len(ann.engine._registry.checkpoints.ends(public(ben), ends)) == 1
    assert not peer.closed


def test_the_checkpoint_that_holds_is_the_same_whenever_it_is_asked_for() -> None:
    """Followed entry by entry it is the one that is found among all at once, whatever their branches.

    And what is counted anew with each is just what counts otherwise than before.
    """
    network, draw = Network(), random.Random(6)
    ann, ben = network.node("ann"), network.node("ben")
    neighbours(ann, ben)
    trunk = written(ben, None, 4)
    for part in stretch.split(trunk):
        ann.engine._ingest.admit(part)
    tips, known = [trunk[-1]], list(trunk)
    checks = ann.engine._registry.checkpoints
    for number in range(60):
        after = draw.choice(tips) if draw.random() < 0.9 or len(tips) > 4 else draw.choice(known)
        tip = said(ben, after, draw.choice([one for one in known if one.seq <= after.seq]))
        if draw.random() < 0.3:
            (tip,) = written(ben, after, 1, mark=number)
        before, held = checks.state(public(ben)), of(ann, ben)
        counted = {one.id for one in held if checks.reaches(public(ben), place(one), before)}
        for part in stretch.split([tip]):
            ann.engine._ingest.admit(part)
        counting = {one.id for one in held if checks.counts(public(ben), place(one))}
        assert moved(ann, ben, before) & {one.id for one in held} == counted ^ counting, number
        tips = [one for one in tips if one is not after] + [tip]
        known.append(tip)
        afresh = Checkpoints(ann.store, ann.engine._registry._chartered)
        assert checks.holding(public(ben)) == afresh.holding(public(ben)), number
    assert checks.holding(public(ben)) is not None
