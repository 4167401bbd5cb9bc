"""Quotas: what a member may use of another's node, whatever it tries, and what it costs the others."""

from dataclasses import replace

from node import ids
from node.engine import commands
from node.engine.commands.items import ItemEdit
from node.engine.engine import FEATURES
from node.engine.sessions.quotas import ENTRY_DISK_BYTES, Quota, Usage
from node.feeds import scopes, stretch
from node.feeds.entry import FeedKey, Head
from node.governance.closing.statements import CutVote, Receipt
from node.governance.papers import instance
from node.ids import PayloadId
from node.limits import COMPARE_INTERVAL_MS, FORK_BRANCHES_MAX, STRETCH_ENTRIES_MAX
from node.records.record import Record
from node.replication.messages import Entries, Heads, Paused, Want, Wanted
from tests import builders
from tests.engine.deciding.test_closing import HOUR, federated, pass_time, put, result, vote
from tests.engine.deciding.test_closing_attacks import scope_of
from tests.engine.harness import Answer, Network, Node, federate, neighbours, peer_of

SMALL = Quota(entries=40, bytes=20_000, operations=500, work_us=10**9, disk_bytes=10**6)


def three(quota: Quota = SMALL) -> tuple[Network, Node, Node, Node]:
    """Return three members and neighbours of which the first takes little of the others."""
    network = Network()
    ann, ben, cleo = (network.node(name) for name in ("ann", "ben", "cleo"))
    ann.quota = quota
    ann.restart()
    neighbours(ann, ben, cleo)
    federate(ann, ben, cleo)
    network.wait(2 * COMPARE_INTERVAL_MS)
    return network, ann, ben, cleo


def used(node: Node, other: Node) -> Answer:
    """Return what a node says another uses of it."""
    rows = node.ask(commands.PeerStatus())["usage"]
    return dict(next(row for row in rows if row["community"] == ids.show(other.community)))


def counted(node: Node, other: Node) -> Usage:
    """Count what is held of another's device, entry by entry."""
    held = [entry for entry in node.store.feeds.walk() if entry.feed.device == other.device.public]
    return Usage(len(held), sum(entry.body_bytes for entry in held))


def flood(author: Node, count: int) -> None:
    """Let a node publish much, one commit each."""
    for number in range(count):
        author.ask(commands.AddNote(text=f"flood {number}"))


def test_attack_a_flooding_member_is_paused_and_everything_else_is_equal() -> None:
    """Over quota nothing more is taken; both sides stop comparing it, and are equal in the rest."""
    network, ann, ben, cleo = three()
    flood(ben, 60)
    told = used(ann, ben)
    assert told["paused"] == ["entries"]
    assert counted(ann, ben).entries == told["entries"] == SMALL.entries
    before = network.deliveries
    cleo.ask(commands.EditProfile(name="Cleo's mill"))
    for _ in range(4):
        network.wait(COMPARE_INTERVAL_MS)
    assert network.deliveries - before < 100
    assert any(row["name"] == "Cleo's mill" for row in ann.ask(commands.PeerStatus())["usage"])
    for session in ann.ask(commands.PeerStatus())["sessions"]:
        assert all(scope["equal_since"] and not scope["missing"] for scope in session["scopes"])
        assert session["findings"] == []
    assert ben.ask(commands.PeerStatus())["sessions"][0]["findings"] == []
    assert counted(ann, ben).entries == SMALL.entries


def test_a_steward_raises_a_quota_and_what_was_paused_arrives() -> None:
    """After the command the neighbour gives the rest, and a restart remembers what was allowed."""
    network, ann, ben, _ = three()
    flood(ben, 60)
    assert "flood 59" not in str(ann.ask(commands.ShowBoard()))
    answer = ann.ask(commands.SetQuota(community=ids.show(ben.community), times=10))
    assert answer["paused"] == []
    network.wait(COMPARE_INTERVAL_MS)
    assert "flood 59" in str(ann.ask(commands.ShowBoard()))
    ann.restart()
    assert used(ann, ben)["times"] == 10
    assert used(ann, ben)["entries"] == counted(ann, ben).entries


def test_attack_a_thousand_branches_cost_their_member_what_they_hold() -> None:
    """Branches count for the quota like the trunk, and the seventeenth is not kept."""
    network, ann, ben, cleo = three(Quota())
    feed = FeedKey(ben.device.public, scopes.PUBLIC)
    ben.ask(commands.EditProfile(name="Ben"))
    trunk = ann.store.feeds.heads_of(feed)[0]
    (first,) = ann.store.feeds.path(feed, trunk.id, after_seq=0, entries_max=1, bytes_max=0)[:1]
    peer = peer_of(ben).dial("ann")
    for number in range(60):
        beside = stretch.make(
            feed, Head(first.seq, first.id), [b"branch %d" % number], hours=1, signer=ben.device
        )
        peer.say(*(Entries(part) for part in stretch.split(beside)))
    assert len(ann.store.feeds.heads_of(feed)) == FORK_BRANCHES_MAX
    told = used(ann, ben)
    assert Usage(told["entries"], told["bytes"]) == counted(ann, ben)
    assert told["disk"] == told["bytes"] + told["entries"] * ENTRY_DISK_BYTES
    cleo.ask(commands.AddNote(text="still here"))
    network.settle()
    assert "still here" in str(ann.ask(commands.ShowBoard()))


def test_attack_a_branch_without_end_stops_at_the_quota() -> None:
    """However far a device claims to go on, what is held ends at the quota and is not asked for again."""
    network, ann, ben, _ = three()
    scope = scopes.PUBLIC
    peer = peer_of(ben).dial("ann")
    feed = FeedKey(ben.device.public, scope)
    end = next(iter(ann.store.feeds.heads_of(feed)), None)
    written = stretch.make(feed, end, [b"%d" % n for n in range(2_000)], hours=1, signer=ben.device)
    for part in stretch.split(written):
        peer.say(Entries(part))
    held = counted(ann, ben).entries
    assert held <= SMALL.entries + 256
    wants = len(peer.heard_of(Want))
    for _ in range(3):
        network.wait(COMPARE_INTERVAL_MS)
    assert len(peer.heard_of(Want)) == wants
    assert counted(ann, ben).entries == held


def test_attack_huge_bodies_stop_at_the_bytes() -> None:
    """A member that writes long bodies is paused by their bytes, one stretch beyond the quota at most."""
    _, ann, ben, _ = three()
    peer = peer_of(ben).dial("ann")
    feed = FeedKey(ben.device.public, scopes.PUBLIC)
    end = next(iter(ann.store.feeds.heads_of(feed)), None)
    written = stretch.make(feed, end, [bytes(9_000) for _ in range(30)], hours=1, signer=ben.device)
    for entry in written:
        one = stretch.sign([entry], ben.device)
        peer.say(*(Entries(part) for part in stretch.split(one)))
    assert used(ann, ben)["paused"] == ["bytes"]
    assert counted(ann, ben).bytes < SMALL.bytes + 9_001


def test_attack_a_bomb_of_operations_is_counted_by_operations() -> None:
    """Few entries with many operations use up the quota of operations."""
    _, ann, ben, _ = three()
    for number in range(25):
        fields: dict[str, str | int | bool | None] = {f"field {place}": place for place in range(24)}
        ben.ask(commands.KeepItems(items=(ItemEdit(key=f"card {number}", fields=fields),)))
    assert used(ann, ben)["paused"] == ["operations"]
    assert used(ann, ben)["entries"] < SMALL.entries


def test_attack_papers_without_end_in_a_feed_without_branches() -> None:
    """A witness that floods a close with votes and receipts costs each other node its quota and no more.

    What one feed tells everybody nobody else carries, so the papers do not multiply; the others close.
    """
    nodes = federated(["ann", "ben", "cleo", "dora"])
    *others, liar = nodes
    for node in others:
        node.quota = replace(SMALL, entries=120, bytes=10**6)
        node.restart()
    network = liar.network
    network.wait(2 * COMPARE_INTERVAL_MS)
    proposal = put(others[0])
    for node in others:
        vote(node, proposal)
    scope, question = scope_of(liar), PayloadId(ids.parse(proposal))
    feed = FeedKey(liar.device.public, scope)
    before = {node.name: [counted(node, one).entries for one in others] for node in others}
    (end,) = others[0].store.feeds.heads_of(feed)
    said = papers_without_end(liar, question, 400)
    written = builders.written(liar.device, builders.carried(said), scope=scope, after=end)
    peer = peer_of(liar)
    network.lose(liar)
    peer.dial("ann").say(*(Entries(part) for part in stretch.split(written)))
    for _ in range(3):
        network.wait(COMPARE_INTERVAL_MS)
    for node in others:
        told = used(node, liar)
        assert told["paused"] == ["entries"]
        assert told["entries"] == counted(node, liar).entries <= 120 + STRETCH_ENTRIES_MAX
        assert len(node.store.feeds.heads_of(feed)) == 1
        assert [counted(node, one).entries for one in others] == before[node.name]
    pass_time(others[0], 25 * HOUR)
    pass_time(others[0], 2 * HOUR)
    assert {result(node, proposal)["state"] for node in others} == {"certified"}


def papers_without_end(witness: Node, question: PayloadId, count: int) -> list[Record]:
    """Return receipts and votes of one witness about one question, each another paper."""
    said: list[Record] = []
    for number in range(count):
        made_up = number.to_bytes(32, "big")
        paper: Receipt | CutVote = Receipt(proposal=question, witness=witness.community, listed=(made_up,))
        if number % 2:
            paper = CutVote(
                instance=instance(question),
                witness=witness.community,
                step="rc",
                round=number,
                value=None,
                lock=None,
            )
        said.append(paper.sign(witness.device))
    return said


def test_the_own_community_is_counted_and_never_paused() -> None:
    """Whatever our own node publishes is taken."""
    _, ann, ben, _ = three()
    flood(ann, 60)
    assert used(ann, ann)["paused"] == []
    assert used(ann, ann)["share"] is None
    assert used(ann, ann)["entries"] == counted(ann, ann).entries
    assert "flood 59" in str(ben.ask(commands.ShowBoard()))


def test_whoever_lacks_what_a_paused_node_holds_is_told_of_it() -> None:
    """A node that pauses a feed says so, claims what it holds of it, and goes on to give that."""
    network, ann, ben, cleo = three()
    flood(ben, 60)
    peer = peer_of(cleo)
    peer.features = FEATURES
    peer.dial("ann")
    ann.ask(commands.EditProfile(name="Ann"))
    network.wait(COMPARE_INTERVAL_MS)
    scope = scopes.members(ann.engine._registry.federations()[0])
    paused = [said for said in peer.heard_of(Paused) if isinstance(said, Paused) and said.scope == scope]
    assert [said.devices for said in paused] == [(ben.device.public,)]
    (end,) = ann.store.feeds.heads_of(FeedKey(ben.device.public, scope))
    claims = [claim for said in peer.heard_of(Heads) if isinstance(said, Heads) for claim in said.heads]
    assert end in [claim.head for claim in claims]
    peer.say(Want(scope, (Wanted(ben.device.public, end.id, ()),)))
    (sent, *_) = [said for said in peer.heard_of(Entries) if isinstance(said, Entries)]
    assert sent.stretch.feed.device == ben.device.public
