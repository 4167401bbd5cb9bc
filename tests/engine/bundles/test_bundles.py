"""Bundles through whole engines: nodes that never meet online, and files that somebody tampered with."""

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from node import ids
from node.engine import commands
from node.engine.commands.bundles import Assumption
from node.engine.inputs import Disconnected
from node.errors import ConflictError, NodeError, NotFoundError, UserError
from node.feeds import bundle_items, entry, scopes, stretch
from node.feeds.bodies import Kind
from node.feeds.bundle_items import CharterRecords, Claims, FoundingRecord, Item
from node.feeds.entry import FeedKey
from node.feeds.stretch import Stretch
from node.ids import FederationId
from node.limits import FORK_BRANCHES_MAX
from tests import builders
from tests.engine.bundles import bundling
from tests.engine.bundles.bundling import read, take, totals, written
from tests.engine.harness import Network, Node, federate, neighbours


def strangers(*names: str) -> list[Node]:
    """Return nodes on networks of their own, which know each other's ids and nothing else."""
    nodes = [Network().node(name) for name in names]
    for node in nodes:
        for other in nodes:
            if other is not node:
                node.ask(commands.AddPeer(target=ids.show(other.community)))
    return nodes


def named(*nodes: Node) -> None:
    """Give each community a page."""
    for node in nodes:
        node.ask(commands.EditProfile(name=node.name.title()))


def offers(node: Node) -> list[str]:
    """Return the titles of all offers in a node's directory."""
    return sorted(
        one["name"] for one in node.ask(commands.Search(limit=100))["listings"] if one["kind"] == "offer"
    )


def heads(node: Node, *others: Node) -> dict[str, object]:
    """Return the feed ends of some communities that a node holds, by scope."""
    devices = {one.device.public for one in others}
    return {
        scope: [end for end in node.store.feeds.heads(scope) if end.feed.device in devices]
        for scope in node.store.feeds.scopes()
    }


def items(file: bytes) -> list[Item]:
    """Return all that a file holds."""
    return [item for content in bundling.contents(file) for item in bundle_items.decode(content)]


def rewritten(found: Sequence[Item]) -> bytes:
    """Return a file of these items, its checksums right."""
    return bundling.framed(list(bundle_items.contents(found)))


def backwards(file: bytes) -> bytes:
    """Return a file with every item in a part of its own, the last first."""
    return bundling.framed([next(iter(bundle_items.contents([item]))) for item in reversed(items(file))])


def found_together(ann: Node, bob: Node) -> FederationId:
    """Let two that never meet found a federation, by files in both directions."""
    bylaws = b'name = "Valley"\n[admission]\napprovals = 1\n'
    made = ann.ask(
        commands.FoundFederation(bylaws=bylaws, file_name="b.toml", founders=(ids.show(bob.community),))
    )
    read(bob, written(ann, bob))
    bob.ask(commands.Approve())
    read(ann, written(bob, ann))
    return FederationId(ids.parse(made["federation"]))


def test_two_nodes_that_never_meet_online_converge_by_files() -> None:
    """Pages, offers, a federation and its board go both ways by stick; in the end both hold the same."""
    ann, bob = strangers("ann", "bob")
    named(ann, bob)
    ann.ask(commands.AddOffer(title="Ladder"))
    read(bob, written(ann, bob))
    bob.ask(commands.AddOffer(title="Bread"))
    read(ann, written(bob, ann))
    found_together(ann, bob)
    ann.ask(commands.AddNote(text="Meet on Friday"))
    bob.ask(commands.Attest(size=40))
    read(bob, written(ann, bob, since_last=True))
    read(ann, written(bob, ann, since_last=True))
    assert heads(ann, ann, bob) == heads(bob, ann, bob)
    assert ann.ask(commands.Search(limit=100))["listings"] == bob.ask(commands.Search(limit=100))["listings"]
    assert ann.ask(commands.ShowBoard())["notes"] == bob.ask(commands.ShowBoard())["notes"]
    for node, other in ((ann, bob), (bob, ann)):
        plan = node.ask(commands.PlanBundle(peer=ids.show(other.community), since_last=True))
        assert plan["entries"] in (0, 1)  # What the other said last was before it read this.


def test_reading_the_same_file_again_or_an_older_one_changes_nothing() -> None:
    """A replayed file and one of an older state bring nothing and take nothing back."""
    ann, bob = strangers("ann", "bob")
    ann.ask(commands.AddOffer(title="Ladder"))
    old = written(ann, bob)
    ann.ask(commands.AddOffer(title="Bread"))
    new = written(ann, bob)
    assert read(bob, new)["new"] == 2
    before = heads(bob, ann)
    for file in (new, old):
        assert read(bob, file) == {"new": 0, "held": len(entries_in(file)), "waiting": 0, "refused": 0}
    assert heads(bob, ann) == before


def entries_in(file: bytes) -> list[object]:
    """Return the entries of all stretches in a file."""
    return [one for item in items(file) if isinstance(item, Stretch) for one in item.items]


def test_a_look_says_what_would_come_in_and_takes_nothing() -> None:
    """Before the first exchange, with nothing of the writer held, it counts what then comes in."""
    ann, bob = strangers("ann", "bob")
    named(ann)
    ann.ask(commands.AddOffer(title="Ladder"))
    file = written(ann, bob)
    first = bundling.look(bob, bundling.contents(file))
    assumed = [Assumption.model_validate_json(json.dumps(one)) for part in first for one in part["assume"]]
    parts = tuple(bundling.contents(file))
    answer = bob.ask(commands.LookAtBundle(parts=parts, assumed=tuple(assumed)))["parts"]
    assert totals(answer) == {"new": 2, "held": 0, "waiting": 0, "refused": 0}
    titles = [(one["what"], one["title"]) for part in answer for one in part["titles"]]
    assert titles == [("listing", "Ann"), ("offer", "Ladder")]
    assert bob.store.feeds.count() == 0
    assert not bob.store.charters.of(ann.community)
    assert read(bob, file)["new"] == 2


def test_since_last_leaves_out_what_the_reader_said_it_holds() -> None:
    """Each file tells what its writer holds, so the answer to it brings only what is new."""
    ann, bob = strangers("ann", "bob")
    for title in ("Ladder", "Bread", "Saw"):
        ann.ask(commands.AddOffer(title=title))
    with pytest.raises(ConflictError, match="without --since-last"):
        written(ann, bob, since_last=True)
    read(bob, written(ann, bob))
    read(ann, written(bob, ann))
    ann.ask(commands.AddOffer(title="Honey"))
    file = written(ann, bob, since_last=True)
    assert len(entries_in(file)) == 1
    assert read(bob, file)["new"] == 1
    with pytest.raises(UserError, match="for whom"):
        ann.ask(commands.PlanBundle(since_last=True))


def test_a_file_of_news_is_not_enough_for_one_who_lost_what_came_before() -> None:
    """A gap is named and nothing of the gapped feed comes in; a file of everything mends it."""
    ann, bob = strangers("ann", "bob")
    ann.ask(commands.AddOffer(title="Ladder"))
    read(bob, written(ann, bob))
    read(ann, written(bob, ann))
    ann.ask(commands.AddOffer(title="Bread"))
    news = written(ann, bob, since_last=True)
    (anew,) = strangers("bob")
    anew.ask(commands.AddPeer(target=ids.show(ann.community)))
    assert read(anew, news) == {"new": 0, "held": 0, "waiting": 1, "refused": 0}
    assert read(anew, written(ann, bob))["new"] == 2


def test_members_entries_are_never_written_for_a_non_member() -> None:
    """The leak: a neighbour who is no member is written neither a federation's entries nor its records."""
    network = Network()
    ann, bob, eve = (network.node(name) for name in ("ann", "bob", "eve"))
    neighbours(ann, bob)
    neighbours(ann, eve)
    federate(ann, bob)
    ann.ask(commands.AddNote(text="a secret of the valley"))
    (federation,) = ann.ask(commands.ListFederations())["federations"]
    scope = scopes.members(FederationId(ids.parse(federation["id"])))
    with pytest.raises(ConflictError, match="no member"):
        written(ann, eve, federations=("Valley",))
    for file in (written(ann, eve), written(ann)):
        held = items(file)
        assert not [item for item in held if isinstance(item, FoundingRecord)]
        assert not [item for item in held if isinstance(item, Stretch) and item.feed.scope != "public"]
        claimed = [one for item in held if isinstance(item, Claims) for one in item.feeds]
        assert {one.feed.scope for one in claimed} <= {"public"}
        assert scope.encode() not in b"".join(bundling.contents(file))
    # Asked for past the plan, branch by branch, they are left out as well.
    plan = ann.ask(commands.PlanBundle(peer=ids.show(bob.community)))
    theirs = [one for one in plan["branches"] if one["scope"] == scope]
    assert theirs
    asked = {"command": "pack-bundle", "peer": ids.show(eve.community), "branches": theirs}
    answer = ann.ask(commands.from_json(json.dumps(asked).encode()))
    assert (answer["contents"], answer["left_out"]) == ([], len(theirs))
    for_anybody = {"command": "pack-bundle", "branches": theirs}
    assert ann.ask(commands.from_json(json.dumps(for_anybody).encode()))["contents"] == []


def test_a_federations_affairs_go_to_members_and_to_anybody_only_by_name() -> None:
    """For anybody a federation's affairs are written only when named; for a member also unnamed."""
    network = Network()
    ann, bob = network.node("ann"), network.node("bob")
    neighbours(ann, bob)
    federate(ann, bob)
    kinds = {
        name: {item.feed.scope.partition(":")[0] for item in items(file) if isinstance(item, Stretch)}
        for name, file in (
            ("anybody", written(ann)),
            ("named", written(ann, federations=("Valley",))),
            ("member", written(ann, bob)),
        )
    }
    assert "members" not in kinds["anybody"]
    assert "members" in kinds["named"]
    assert "members" in kinds["member"]


def test_nothing_is_written_for_strangers_and_the_blocked() -> None:
    """Who is no neighbour and no fellow member, or is blocked, gets no file."""
    ann, bob = strangers("ann", "bob")
    read(ann, written(bob, ann))
    ann.ask(commands.RemovePeer(target=ids.show(bob.community)))
    with pytest.raises((ConflictError, NotFoundError)):
        written(ann, bob)
    ann.ask(commands.AddPeer(target=ids.show(bob.community)))
    ann.ask(commands.BlockCommunity(community=ids.show(bob.community), reason="noise"))
    with pytest.raises((ConflictError, NotFoundError)):
        written(ann, bob)


def test_the_feed_of_somebody_not_carried_stays_out() -> None:
    """A file brings neither charter nor entries of a community that this node has nothing to do with."""
    ann, bob = strangers("ann", "bob")
    eve = Network().node("eve")
    for node in (ann, eve):
        node.ask(commands.AddOffer(title=f"of {node.name}"))
    eve.ask(commands.AddPeer(target=ids.show(bob.community)))
    mixed = rewritten([*items(written(eve, bob)), *items(written(ann, bob))])
    assert read(bob, mixed)["waiting"] == 1
    assert not bob.store.charters.of(eve.community)
    assert offers(bob) == ["of ann"]


def test_members_entries_by_a_non_member_stay_out() -> None:
    """Somebody who learns a federation's scope and writes in it, in a file or not, writes for nobody."""
    ann, bob = strangers("ann", "bob")
    federation = found_together(ann, bob)
    eve = Network().node("eve")
    ann.ask(commands.AddPeer(target=ids.show(eve.community)))
    scope = scopes.members(federation)
    drafts = builders.carried(builders.approvals(eve.steward, 2))
    charter = CharterRecords(eve.community, tuple(eve.store.charters.of(eve.community)))
    forged = rewritten([charter, *builders.stretches(eve.device, drafts, scope=scope)])
    assert read(ann, forged) == {"new": 0, "held": 0, "waiting": 2, "refused": 0}
    assert not ann.store.feeds.heads_of(FeedKey(eve.device.public, scope))


@pytest.mark.parametrize("scope", ["local", "circle:" + "a" * 52])
def test_scopes_that_do_not_travel_stay_out(scope: str) -> None:
    """What must never be sent is not taken either."""
    ann, bob = strangers("ann", "bob")
    drafts = builders.carried(builders.approvals(ann.steward, 1))
    charter = CharterRecords(ann.community, tuple(ann.store.charters.of(ann.community)))
    forged = rewritten([charter, *builders.stretches(ann.device, drafts, scope=scope)])
    assert read(bob, forged)["new"] == 0
    assert bob.store.feeds.count() == 0


def test_a_forged_stretch_is_refused_and_the_others_come_in() -> None:
    """Another body under the old signature, or bodies left out, cost those entries and no more."""
    ann, bob = strangers("ann", "bob")
    ann.ask(commands.AddOffer(title="Ladder"))
    file = written(ann, bob)
    held = items(file)
    (at,) = (place for place, item in enumerate(held) if isinstance(item, Stretch))
    sent = held[at]
    assert isinstance(sent, Stretch)
    other = sent.items[0]._replace(body=b"another body")
    bare = sent.items[0]._replace(body=None, body_hash=bytes(32), body_bytes=3)
    forged = [replace(sent, items=(one, *sent.items[1:])) for one in (other, bare)]
    answers = take(bob, bundling.contents(rewritten([*held[:at], *forged, *held[at:]])))
    assert totals(answers) == {"new": 1, "held": 0, "waiting": 0, "refused": 2}
    assert offers(bob) == ["Ladder"]
    assert totals(bundling.look(bob, bundling.contents(rewritten(forged))))["refused"] == 2


def test_a_part_of_another_shape_is_told_and_the_others_come_in() -> None:
    """A part whose checksum holds and whose content is nonsense is one broken part."""
    ann, bob = strangers("ann", "bob")
    ann.ask(commands.AddOffer(title="Ladder"))
    first, *others = bundling.contents(written(ann, bob))
    answers = take(bob, [first, b"\xff\xff nonsense", *others])
    assert [answer["broken"] is not None for answer in answers].count(True) == 1
    assert totals(answers)["new"] == 1


def test_a_forged_charter_is_refused() -> None:
    """Records that do not hold, or found another community, are kept for nobody."""
    ann, bob = strangers("ann", "bob")
    eve = Network().node("eve")
    (raw,) = eve.store.charters.of(eve.community)
    for records in ((b"nonsense",), (raw,)):
        (answer,) = take(bob, bundling.contents(rewritten([CharterRecords(ann.community, records)])))
        assert answer["charters"]["new"] == 0
    assert not bob.store.charters.of(ann.community)


def test_a_federation_by_strangers_is_not_taken_up() -> None:
    """Anybody may name anybody a founder: without a neighbour's steward behind it, nothing comes of it."""
    (bob,) = strangers("bob")
    eve = Network().node("eve")
    eve.ask(commands.AddPeer(target=ids.show(bob.community)))
    eve.ask(
        commands.FoundFederation(
            bylaws=b'name = "Trap"\n', file_name="b.toml", founders=(ids.show(bob.community),)
        )
    )
    take(bob, bundling.contents(written(eve, bob)))
    assert bob.ask(commands.ListFederations())["federations"] == []


def test_claims_that_somebody_else_signed_are_not_believed() -> None:
    """Who says for a neighbour that it holds everything does not keep it from what it lacks."""
    ann, bob = strangers("ann", "bob")
    eve = builders.key("eve")
    read(ann, written(bob, ann))
    ann.ask(commands.AddOffer(title="Ladder"))
    all_held = next(item for item in items(written(ann, bob)) if isinstance(item, Claims)).feeds
    for signer, device in ((eve, eve.public), (eve, bob.device.public)):
        lie = bundle_items.claims(bytes(16), bob.community, all_held, signer)
        take(ann, bundling.contents(rewritten([replace(lie, device=device)])))
    assert len(entries_in(written(ann, bob, since_last=True))) == 1


def test_endless_claims_fill_no_more_than_the_feeds_that_are_shared() -> None:
    """A neighbour that claims one feed over and over, and feeds of others, fills one place here."""
    ann, bob = strangers("ann", "bob")
    bob.ask(commands.AddOffer(title="Bread"))
    read(ann, written(bob, ann))
    (own,) = (one for item in items(written(bob, ann)) if isinstance(item, Claims) for one in item.feeds)
    foreign = replace(own, feed=FeedKey(builders.key("eve").public, "public"))
    ends = [replace(own, ends=(own.ends[0]._replace(seq=seq),)) for seq in range(1, 20)]
    lies: list[Item] = [
        bundle_items.claims(bytes(16), bob.community, [foreign, one], bob.device) for one in ends
    ]
    take(ann, bundling.contents(rewritten(lies)))
    assert len(ann.store.local.all("bundle-claims")) == 2
    assert len(entries_in(written(ann, bob, since_last=True))) == 1


def test_every_branch_of_a_forked_feed_travels_and_no_more_than_are_kept() -> None:
    """A cloned device's stories all come along; a file with more than a feed may have brings some of them."""
    ann, bob = strangers("ann", "bob")
    charter = CharterRecords(ann.community, tuple(ann.store.charters.of(ann.community)))
    stories = [
        part
        for number in range(FORK_BRANCHES_MAX + 2)
        for part in builders.stretches(ann.device, [(Kind.RECORD, f"story {number}".encode(), None)])
    ]
    sums = read(bob, rewritten([charter, *stories]))
    assert (sums["new"], sums["refused"]) == (FORK_BRANCHES_MAX, 2)
    feed = FeedKey(ann.device.public, "public")
    eve = Network().node("eve")
    eve.ask(commands.AddPeer(target=ids.show(bob.community)))
    bob.ask(commands.AddPeer(target=ids.show(eve.community)))
    eve.ask(commands.AddPeer(target=ids.show(ann.community)))
    read(eve, written(bob))
    assert eve.store.feeds.heads_of(feed) == bob.store.feeds.heads_of(feed)


def test_a_newcomer_comes_in_by_files_whatever_the_order_of_their_parts() -> None:
    """Charters, founding record, members and entries fall into place even when the last part comes first."""
    ann, bob = strangers("ann", "bob")
    named(ann, bob)
    read(ann, written(bob, ann))
    bylaws = b'name = "Valley"\n[admission]\napprovals = 1\n'
    ann.ask(commands.FoundFederation(bylaws=bylaws, file_name="b.toml", founders=(ids.show(bob.community),)))
    sums = read(bob, backwards(written(ann, bob)))
    assert (sums["waiting"], sums["refused"]) == (0, 0)
    bob.ask(commands.Approve())
    read(ann, backwards(written(bob, ann)))
    ann.ask(commands.AddNote(text="Welcome"))
    read(bob, backwards(written(ann, bob)))
    assert [note["text"] for note in bob.ask(commands.ShowBoard())["notes"]] == ["Welcome"]


def test_what_a_file_brings_is_told_to_connected_neighbours() -> None:
    """A node that reads a file passes on at once what it brought, as if a neighbour had sent it."""
    network = Network()
    ann, bob, cleo = (network.node(name) for name in ("ann", "bob", "cleo"))
    neighbours(ann, bob, cleo)
    federate(ann, bob, cleo)
    for link in ann.engine._links.open_links():
        network.cut(link.number)
        ann.handle(Disconnected(link.number))
    network.settle()
    ann.ask(commands.AddOffer(title="Ladder"))
    ann.ask(commands.AddNote(text="My line is down"))
    assert offers(cleo) == []
    read(bob, written(ann, bob))
    assert offers(cleo) == ["Ladder"]
    assert [note["text"] for note in cleo.ask(commands.ShowBoard())["notes"]] == ["My line is down"]


def test_a_long_feed_goes_in_portions_and_comes_out_whole() -> None:
    """Many entries make many parts, each within the bound, and no command packs more than asked."""
    ann, bob = strangers("ann", "bob")
    rows = "name,licence,website\n" + "".join(
        f"Place {n},CC0-1.0,https://{n}.example/{'x' * 400}\n" for n in range(300)
    )
    ann.ask(commands.ImportFile(data=rows.encode(), file_name="x.csv", source="list"))
    file = written(ann, bob)
    assert len(bundling.contents(file)) > 3
    assert max(len(item.items) for item in items(file) if isinstance(item, Stretch)) <= 256
    assert read(bob, file)["new"] == 300
    assert heads(ann, ann) == heads(bob, ann)


def test_a_bundle_of_a_node_is_no_good_to_itself_and_does_no_harm() -> None:
    """Reading one's own file brings nothing, and claims of one's own are not remembered."""
    ann, bob = strangers("ann", "bob")
    ann.ask(commands.AddOffer(title="Ladder"))
    sums = read(ann, written(ann, bob))
    assert (sums["new"], sums["held"]) == (0, 1)
    assert not ann.store.local.all("bundle-claims")


def test_entries_that_count_for_nothing_are_carried_on() -> None:
    """A body that nobody can read comes in, counts for nothing, and goes out again in the next file."""
    ann, bob = strangers("ann", "bob")
    charter = CharterRecords(ann.community, tuple(ann.store.charters.of(ann.community)))
    feed = FeedKey(ann.device.public, "public")
    made = entry.build(feed, seq=1, prev=None, body=b"no body at all", hours=1)
    signed = replace(made, signature=entry.sign(made.id, ann.device))
    file = rewritten([charter, *stretch.split([signed])])
    looked = bundling.look(bob, bundling.contents(file))
    assert all(isinstance(answer, dict) for answer in looked)
    assert read(bob, file)["new"] == 1
    assert [item for item in items(written(bob, ann)) if isinstance(item, Stretch) and item.feed == feed]


def test_wrong_commands_say_what_was_expected() -> None:
    """Nobody of that name, no such federation: a sentence and no file."""
    (ann,) = strangers("ann")
    for asked in ({"peer": "nobody"}, {"federations": ("Nowhere",)}):
        with pytest.raises(NodeError):
            ann.ask(commands.PlanBundle(**asked))
