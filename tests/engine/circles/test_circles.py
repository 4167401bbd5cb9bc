"""Circles over whole nodes: who reads, who only carries, who comes and goes. Tests of node/engine/circles."""

import itertools
from typing import Any

import pytest

from node import ids, keys
from node.engine import commands
from node.engine.inputs import Disconnected
from node.engine.setup import enrol_request, remember_community
from node.errors import ConflictError, NotAuthorisedError, NotFoundError, UserError
from node.feeds import bodies, scopes
from node.feeds.bodies import Kind
from node.feeds.entry import Entry, FeedKey
from node.storage.memory.store import MemoryStore
from tests.engine.harness import Network, Node, federate, neighbours

SECRET = "The barn roof is worse than we said."


def apart() -> list[Node]:
    """Return three nodes of one federation of whom the outer two are connected to the middle one alone."""
    network = Network(boxed=True)
    nodes = [network.node(name) for name in ("ann", "bob", "carl")]
    ann, bob, carl = nodes
    neighbours(ann, bob, carl)
    federate(ann, bob, carl)
    for link in [*ann.engine._links.open_links()]:
        if link.peer is not None and link.peer.community == carl.community:
            network.cut(link.number)
    network.settle()
    return nodes


def opened(by: Node, *others: Node, name: str = "Roof") -> dict[str, Any]:
    """Let a node open a circle with others."""
    return by.ask(commands.OpenCircle(name=name, parties=tuple(ids.show(one.community) for one in others)))


def read(node: Node, name: str = "Roof") -> list[str]:
    """Return the texts of a circle's notes at a node, newest first."""
    return [one["text"] for one in node.ask(commands.ShowCircle(circle=name))["notes"]]


def shown(node: Node, name: str = "Roof") -> dict[str, Any]:
    """Return a circle as a node tells it."""
    return dict(node.ask(commands.ShowCircle(circle=name))["circle"])


def say(node: Node, text: str, name: str = "Roof") -> str:
    """Say something in a circle, a moment later than what was said before."""
    node.network.wait(1_000)
    return str(node.ask(commands.SayInCircle(circle=name, text=text))["note"])


def further(of: Node, name: str) -> Node:
    """Return a further device of a node's community, which its stewards added."""
    made = of.network.node(name)
    made.store = MemoryStore()
    remember_community(made.store, of.community)
    made.store.commit()
    made.community = of.community
    made.restart()
    of.ask(commands.AddDevice(request=enrol_request(made.device, made.box.public, of.community)))
    return made


def meet(node: Node, *others: Node) -> None:
    """Connect a node to others, which are its neighbours from then on."""
    for other in others:
        node.ask(commands.AddPeer(target=other.name))
    for _ in range(4):
        node.network.wait(1_000)


def test_two_that_never_meet_read_what_a_third_carries_and_cannot_read() -> None:
    """Ann and Carl write to each other through Bob, who holds every entry and not one word."""
    ann, bob, carl = apart()
    opened(ann, carl)
    say(ann, SECRET)
    say(carl, "We come on Friday.")
    for node in (ann, carl):
        assert read(node) == ["We come on Friday.", SECRET]
    assert bob.ask(commands.ListCircles())["circles"] == []
    with pytest.raises(NotFoundError, match="no circle called 'Roof' can be read here"):
        read(bob)
    held = [entry for entry in bob.store.feeds.walk() if entry.body is not None]
    sealed = [entry for entry in held if bodies.kind_of(entry.body or b"") is Kind.SEALED]
    assert len(sealed) == 5  # The key, the version, who was given the key, and two notes.
    assert {entry.document for entry in sealed} == {None}
    for node, found in ((bob, False), (ann, True)):
        rows = [
            row
            for scope in [scopes.circle(ids.parse(shown(ann)["id"]))]
            for row in node.store.records.of_kind(scope, "circle-note")
        ]
        assert bool(rows) is found
    assert all(SECRET.encode() not in (entry.body or b"") for entry in held)


def test_what_a_carrier_holds_does_not_say_who_shares_a_circle() -> None:
    """No tag, hint or nonce stands in two devices' entries, and no id of a circle or a party in any."""
    ann, bob, carl = apart()
    circle = ids.parse(opened(ann, carl)["id"])
    say(ann, SECRET)
    say(carl, SECRET)
    parts: dict[bytes, set[bytes]] = {}
    for entry in bob.store.feeds.walk():
        body = bodies.decode(entry.body or b"")
        if body.kind is Kind.SEALED:
            raw = entry.body or b""
            assert all(one not in raw for one in (circle, ann.community, carl.community, carl.device.public))
            assert isinstance(body.content, list)
            if len(body.content) == 3:
                parts.setdefault(entry.feed.device, set()).add(bytes(body.content[0]))
    assert len(parts) == 2
    assert not set.intersection(*parts.values())


def test_a_circle_survives_a_restart_and_a_rebuild() -> None:
    """Keys are kept; what they open is made again from the feeds."""
    ann, _, carl = apart()
    opened(ann, carl)
    say(ann, SECRET)
    carl.restart()
    assert read(carl) == [SECRET]
    carl.ask(commands.Rebuild())
    assert read(carl) == [SECRET]


def test_who_joins_later_reads_what_is_said_from_then_on() -> None:
    """The key of a new version opens nothing that was said before; all parties go on together."""
    ann, bob, carl = apart()
    opened(ann, carl)
    say(ann, "Between us two.")
    ann.ask(commands.ChangeCircle(circle="Roof", add=(ids.show(bob.community),), name="Barn"))
    ann.network.settle()
    say(carl, "Welcome, Bob.", "Barn")
    assert read(bob, "Barn") == ["Welcome, Bob."]
    assert read(ann, "Barn") == read(carl, "Barn") == ["Welcome, Bob.", "Between us two."]
    assert len(shown(bob, "Barn")["parties"]) == 3


def test_who_is_removed_reads_nothing_more_and_is_told_so() -> None:
    """It keeps what it read; what it says with the old key does not count for the others."""
    ann, bob, carl = apart()
    opened(ann, bob, carl)
    say(bob, "All three.")
    ann.ask(commands.ChangeCircle(circle="Roof", remove=(ids.show(bob.community),)))
    say(carl, "Two of us.")
    assert read(ann) == read(carl) == ["Two of us.", "All three."]
    assert read(bob) == ["All three."]
    assert shown(bob)["over"]
    with pytest.raises(ConflictError, match="goes on with a key that this device was not given"):
        say(bob, "Am I still here?")


def test_attack_a_removed_party_goes_on_speaking_with_the_old_key() -> None:
    """What it seals behind the end that the owner named counts for nobody, before and after a rebuild."""
    ann, bob, carl = apart()
    opened(ann, bob, carl)
    say(bob, "All three.")
    # Its node does not hear of the change: it goes on in good faith, or in bad.
    for link in [*bob.engine._links.open_links()]:
        bob.network.cut(link.number)
        bob.handle(Disconnected(link.number))
    ann.network.settle()
    ann.ask(commands.ChangeCircle(circle="Roof", remove=(ids.show(bob.community),)))
    bob.ask(commands.SayInCircle(circle="Roof", text="I was here all along."))
    assert set(read(bob)) == {"I was here all along.", "All three."}
    meet(bob, ann, carl)
    meet(carl, ann)
    assert [shown(node)["version"] for node in (ann, carl)] == [2, 2]
    for node in (ann, carl):
        assert (
            len(node.store.records.of_kind(scopes.circle(ids.parse(shown(node)["id"])), "circle-note")) == 2
        )
    assert read(ann) == read(carl) == ["All three."]
    carl.ask(commands.Rebuild())
    assert read(carl) == ["All three."]


def test_a_party_leaves_and_the_owners_node_goes_on_without_it() -> None:
    """By itself, with a new key; the one that left is told."""
    ann, bob, carl = apart()
    opened(ann, bob, carl)
    bob.ask(commands.LeaveCircle(circle="Roof"))
    for _ in range(3):
        ann.network.wait(1_000)
    assert {one["id"] for one in shown(ann)["parties"]} == {ids.show(ann.community), ids.show(carl.community)}
    assert shown(ann)["version"] == 2
    say(carl, "Two of us.")
    assert read(ann) == ["Two of us."]
    assert read(bob) == []
    assert not shown(bob)["party"]


def test_a_note_can_be_taken_back_by_who_said_it() -> None:
    """It is shown no more; others cannot take it back."""
    ann, _, carl = apart()
    opened(ann, carl)
    note = say(ann, SECRET)
    with pytest.raises(NotAuthorisedError, match="another community's"):
        carl.ask(commands.UnsayInCircle(circle="Roof", note=note))
    ann.ask(commands.UnsayInCircle(circle="Roof", note=note[:10]))
    assert read(ann) == read(carl) == []


def test_a_further_device_is_given_the_keys_and_reads_all() -> None:
    """Its own community's first device gives them, also those of former versions."""
    ann, bob, carl = apart()
    opened(ann, carl)
    say(ann, "First.")
    ann.ask(commands.ChangeCircle(circle="Roof", name="Roofs"))
    say(carl, "Second.", "Roofs")
    second = further(carl, "carl2")
    meet(second, carl, bob)
    assert read(second, "Roofs") == ["Second.", "First."]
    say(second, "Third.", "Roofs")
    assert read(ann, "Roofs") == ["Third.", "Second.", "First."]
    assert [one["reading"] for one in shown(ann, "Roofs")["parties"] if one["devices"] == 2] == [2]


def test_a_party_whose_only_machine_is_gone_is_let_in_again_by_the_owner() -> None:
    """The new machine's charter reaches the owner, whose node wraps the keys for it."""
    ann, bob, carl = apart()
    opened(ann, carl)
    say(ann, SECRET)
    second = further(carl, "carl2")
    ann.network.settle()
    carl.network.lose(carl)
    for link in [*carl.engine._links.open_links()]:
        carl.network.cut(link.number)
    meet(second, bob, ann)
    assert read(second) == [SECRET]


def test_a_retired_device_makes_the_owners_node_change_the_key() -> None:
    """Whoever holds the lost machine reads what was said before, and nothing of what is said after."""
    ann, bob, carl = apart()
    second = further(carl, "carl2")
    meet(second, carl, bob)
    opened(ann, carl)
    say(ann, "Before.")
    assert read(second) == ["Before."]
    carl.ask(commands.RetireDevice(device=keys.show(second.device.public), stolen=True))
    for _ in range(4):
        ann.network.wait(1_000)
    assert shown(ann)["version"] == 2
    say(ann, "After.")
    assert read(carl) == ["After.", "Before."]
    assert read(second) == ["Before."]


def test_the_order_in_which_entries_come_makes_no_difference() -> None:
    """A node that hears of charter, keys, versions and notes in one go holds what the others hold."""
    ann, _, carl = apart()
    opened(ann, carl)
    for number in range(3):
        say(ann, f"Ann {number}")
        say(carl, f"Carl {number}")
    before = carl.ask(commands.ShowCircle(circle="Roof"))
    feeds: dict[FeedKey, list[Entry]] = {}
    for entry in carl.store.feeds.walk():
        feeds.setdefault(entry.feed, []).append(entry)
    for order in itertools.permutations(sorted(feeds, key=lambda one: (one.scope, one.device))[:4]):
        carl.store.records.clear()
        for drawer in ("circle-keys", "circle-unopened", "circle-reading", "circle-reading-tags"):
            for key, _ in carl.store.local.all(drawer):
                carl.store.local.remove(drawer, key)
        carl.store.commit()
        carl.restart()
        rest = [feed for feed in feeds if feed not in order]
        for feed in (*order, *rest):
            carl.engine._ingest.route_again(feeds[feed])
        carl.engine._circles.read_on()
        carl.store.commit()
        assert carl.ask(commands.ShowCircle(circle="Roof")) == before


def test_a_name_of_nothing_that_shows_is_refused() -> None:
    """Neither opened nor changed: a version that nobody could read would end the circle."""
    ann, _, carl = apart()
    with pytest.raises(UserError, match="name"):
        opened(ann, carl, name="\u200b")
    opened(ann, carl)
    with pytest.raises(UserError, match="name"):
        ann.ask(commands.ChangeCircle(circle="Roof", name="\u200b"))
    say(carl, "Still here.")
    assert read(ann) == ["Still here."]


def test_a_device_of_a_party_that_never_spoke_is_no_burden_to_the_next_version() -> None:
    """Only those that said something are told where they end."""
    ann, bob, carl = apart()
    opened(ann, bob, carl)
    say(carl, "Hello.")
    ann.ask(
        commands.ChangeCircle(circle="Roof", remove=tuple(ids.show(one.community) for one in (bob, carl)))
    )
    (standing,) = ann.engine._circles.all()
    assert [one.device for one in standing.now.ends] == [carl.device.public]
    assert read(ann) == ["Hello."]


def test_what_was_taken_back_while_a_party_was_away_is_not_shown_to_it_again() -> None:
    """It is sealed as the note was, so whoever could read the note reads that it is gone."""
    ann, bob, carl = apart()
    opened(ann, bob, carl)
    said = say(carl, "I should not have said that.")
    ann.ask(commands.ChangeCircle(circle="Roof", remove=(ids.show(bob.community),)))
    ann.network.wait(1_000)
    carl.ask(commands.UnsayInCircle(circle="Roof", note=said))
    ann.ask(commands.ChangeCircle(circle="Roof", add=(ids.show(bob.community),)))
    ann.network.wait(1_000)
    assert read(ann) == read(bob) == read(carl) == []
