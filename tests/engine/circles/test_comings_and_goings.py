"""Who is in a circle when machines are lost, stolen or apart: nobody stays or comes back who should not."""

import copy
import random

import pytest

from node import ids, keys
from node.circles.sealing import ContentKey
from node.circles.statements import CircleGiven, CircleLeft, CircleMoved, circle_id
from node.engine import commands
from node.engine.circles.ring import CIRCLES_PER_OWNER_MAX
from node.engine.commands.effects import NewEffect
from node.engine.drafts import Draft
from node.engine.replicas import gathering
from node.errors import ConflictError
from node.feeds.bodies import Kind
from node.feeds.entry import Entry, FeedKey
from tests.engine.circles.test_circle_attacks import changed, given, key_of, publish, scope_of, sealed
from tests.engine.circles.test_circles import apart, further, meet, opened, read, say, shown
from tests.engine.circles.test_lost_and_hidden import cut_off, with_dora
from tests.engine.deciding.test_closing import HOUR, pass_time, vote
from tests.engine.deciding.test_effects import named
from tests.engine.harness import Node


def wait(node: Node, times: int = 6, *, ms: int = 1_000) -> None:
    """Let time pass."""
    for _ in range(times):
        node.network.wait(ms)


def told(node: Node) -> list[Entry]:
    """Return what a node's device wrote among the members."""
    feed = FeedKey(node.device.public, scope_of(node))
    (end,) = node.store.feeds.heads_of(feed)
    return [entry for part in gathering.branch(node.store.feeds, feed, end.id) for entry in part]


def hand(chain: list[Entry], *nodes: Node) -> None:
    """Give nodes a feed as a stick would."""
    for node in nodes:
        node.engine._ingest.take(chain)
        node.store.commit()


def name_of(node: Node) -> str:
    """Return what the only circle of a node is called now."""
    (standing,) = node.engine._circles.all()
    return standing.now.name


def has(node: Node, other: Node) -> bool:
    """Tell whether another community is a party of the only circle."""
    (standing,) = node.engine._circles.all()
    return standing.has(other.community)


def with_second(of: int = 0) -> tuple[Node, Node, Node, Node]:
    """Return Ann, Bob and Carl in Ann's circle, and a second machine of one of them, which reads it."""
    ann, bob, carl = nodes = apart()
    second = further(nodes[of], f"{nodes[of].name}2")
    meet(second, ann, bob)
    opened(ann, bob, carl)
    wait(second)
    return ann, bob, carl, second


def renamed_apart() -> tuple[list[Node], Node]:
    """Return three in a circle, of whom Ann removed Bob while her second machine renamed it, which holds."""
    for attempt in range(20):
        ann, bob, carl, second = with_second()
        cut_off(second)
        gone = (ids.show(bob.community),)
        ann.ask(commands.ChangeCircle(circle="Roof", name=f"Barn {attempt}", remove=gone))
        second.ask(commands.ChangeCircle(circle="Roof", name=f"Roofs {attempt}"))
        (first,), (other,) = ann.engine._circles.all(), second.engine._circles.all()
        if other.now.payload_id < first.now.payload_id:
            return [ann, bob, carl], second
    raise AssertionError("no version of twenty is lower")


def test_who_was_removed_by_one_of_two_machines_is_let_in_by_nothing_that_follows() -> None:
    """The other's version holds and its machine is lost: when that is retired, Bob gets no further key."""
    (ann, bob, carl), second = renamed_apart()
    second.network.lose(second)
    hand(told(second), ann, bob, carl)
    wait(ann)
    assert has(ann, bob), "its maker would merge them, but is lost"
    ann.ask(commands.RetireDevice(device=keys.show(second.device.public), stolen=True))
    wait(ann)
    assert not has(ann, bob)
    ann.ask(commands.SayInCircle(circle=name_of(ann), text="Bob must not read this."))
    wait(ann)
    assert read(carl, name_of(carl)) == ["Bob must not read this."]
    assert read(bob, name_of(bob)) == []


def test_attack_who_was_removed_signs_the_version_in_which_it_stays() -> None:
    """Bob's signature makes him not the maker of the version that holds, who merges what was made apart."""
    (ann, bob, _), second = renamed_apart()
    bob.engine._ingest.take(told(second))
    (standing,) = bob.engine._circles.all()
    key = bob.engine._circles.ring.key_of(standing.now)
    assert key is not None
    feed = FeedKey(bob.device.public, scope_of(bob))
    publish(bob, [Draft(Kind.SEALED, key.seal(standing.now.sign(bob.device).raw, feed, bytes(12)))])
    meet(second, bob, ann)
    wait(ann, ms=70_000)
    assert not has(ann, bob)
    assert not has(second, bob)


def test_who_leaves_while_the_circle_changes_apart_has_left() -> None:
    """Carl said so of a version that is not the last any more, and is in none that follows."""
    ann, bob, carl = apart()
    opened(ann, bob, carl)
    cut_off(carl)
    carl.ask(commands.LeaveCircle(circle="Roof"))
    ann.ask(commands.ChangeCircle(circle="Roof", name="Roofs"))
    meet(carl, bob)
    meet(carl, ann)
    wait(ann)
    assert not has(ann, carl)
    say(ann, "Carl has left, between us.", "Roofs")
    assert read(bob, "Roofs") == ["Carl has left, between us."]
    assert read(carl, name_of(carl)) == []
    # Who is let in anew has not left.
    ann.ask(commands.ChangeCircle(circle="Roofs", add=(ids.show(carl.community),)))
    wait(ann)
    assert has(ann, carl)
    say(carl, "Back again.", "Roofs")
    assert read(bob, "Roofs")[0] == "Back again."


def test_who_is_removed_from_the_federation_before_it_said_a_word_is_in_no_circle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The decision names no entry of Dora's, for there is none; the circle goes on without her too."""
    ann, bob, carl, dora = with_dora(monkeypatch)
    nodes = [ann, bob, carl]
    opened(ann, carl, dora)
    say(ann, "Before.")
    effect = NewEffect(act="remove", community=named(dora))
    question = str(ann.ask(commands.OpenProposal(title="Out?", effect=effect))["proposal"])
    for node in nodes:
        vote(node, question)
    pass_time(ann, 25 * HOUR)
    wait(ann)
    assert not has(ann, dora)
    assert shown(ann)["version"] == 2


def test_attack_a_retired_device_crowds_out_its_owners_circles() -> None:
    """Keys of 256 circles with lower ids, given behind its end, count for nobody, in whatever order."""
    ann, bob, carl = apart()
    thief = further(ann, "ann2")
    meet(thief, ann, bob)
    opened(ann, bob, carl)
    say(ann, "Real words.")
    cut_off(thief)
    real, (federation,) = key_of(carl).circle, ann.engine._registry.federations()
    numbers = (number.to_bytes(16, "big") for number in range(100_000))
    low = (nonce for nonce in numbers if circle_id(federation, ann.community, nonce) < real)
    crowd = [
        given(thief, ContentKey(scope_of(ann), ann.community, next(low), 1, bytes(32)), ann, bob, carl)
        for _ in range(CIRCLES_PER_OWNER_MAX)
    ]
    publish(thief, crowd)
    early, late = carl, bob
    hand(told(thief), early)
    assert early.ask(commands.ListCircles())["circles"] == [], "as long as it is a device of Ann's"
    ann.ask(commands.RetireDevice(device=keys.show(thief.device.public), stolen=True))
    # What fell is known from the disk alone, also to who is switched off in that moment.
    early.restart()
    meet(early, bob)
    hand(told(thief), late)
    for node in (ann, early, late):
        assert read(node) == ["Real words."]
        node.restart()
        assert read(node) == ["Real words."]
        node.ask(commands.Rebuild())
        assert read(node) == ["Real words."]


def test_attack_a_machine_that_had_not_heard_of_it_gives_a_retired_device_the_key() -> None:
    """Its version holds, and it is lost: the owner's other machine answers the retirement once more."""
    for attempt in range(20):
        ann, bob, carl = apart()
        second, stolen = further(ann, "ann2"), further(carl, "carl2")
        meet(second, ann, bob)
        meet(stolen, carl, bob)
        opened(ann, carl)
        wait(ann)
        cut_off(second)
        second.ask(commands.ChangeCircle(circle="Roof", name=f"Barn {attempt}"))
        chain = told(second)
        second.network.lose(second)
        carl.ask(commands.RetireDevice(device=keys.show(stolen.device.public), stolen=True))
        wait(ann)
        hand(chain, ann, bob, carl)
        (standing,) = ann.engine._circles.all()
        if second.device.public == standing.now.maker:
            break
    else:
        raise AssertionError("no version of twenty is lower")
    assert stolen.device.public in standing.given[standing.now.key]
    wait(ann)
    carl.ask(commands.SayInCircle(circle=name_of(carl), text="After the theft."))
    hand(told(second), stolen)
    hand(told(carl), stolen)
    wait(ann)
    assert read(ann, name_of(ann)) == ["After the theft."]
    assert read(stolen, name_of(stolen)) == []


@pytest.mark.parametrize("says", ["the last version", "that it goes on elsewhere"])
def test_attack_a_stolen_device_ends_a_circle(says: str) -> None:
    """Nobody goes on under the thief's key where there is no further number; its word alone ends nothing."""
    ann, bob, carl = apart()
    thief = further(ann, "ann2")
    meet(thief, ann, bob)
    opened(ann, carl)
    wait(ann)
    (standing,) = thief.engine._circles.all()
    old = key_of(thief)
    if says == "the last version":
        key = ContentKey(old.scope, old.owner, old.nonce, 4_096, b"T" * 32)
        version = changed(standing.now, thief, number=4_096, key=key.commitment)
        readers = tuple(sorted(one.device.public for one in (ann, carl, thief)))
        named = CircleGiven(circle=key.circle, key=key.commitment, devices=readers)
        drafts = [given(thief, key, ann, carl, thief), sealed(thief, version, key), sealed(thief, named, key)]
    else:
        drafts = [sealed(thief, CircleMoved(circle=old.circle, key=old.commitment), old)]
    publish(thief, drafts)
    ann.ask(commands.RetireDevice(device=keys.show(thief.device.public), stolen=True))
    wait(ann)
    if says == "the last version":
        with pytest.raises(ConflictError, match="goes on with a key"):
            carl.ask(commands.SayInCircle(circle="Roof", text="Not for the thief."))
    else:
        say(carl, "We go on.")
        assert read(ann) == ["We go on."]
        assert shown(ann)["version"] == 2


def test_what_was_taken_back_by_another_machine_stays_taken_back_when_its_community_goes() -> None:
    """Of Bob's second machine, which said nothing else, the end is named too."""
    ann, bob, carl = apart()
    second = further(bob, "bob2")
    meet(second, bob, ann)
    opened(ann, bob, carl)
    said = say(bob, "I should not have said that.")
    wait(second)
    second.ask(commands.UnsayInCircle(circle="Roof", note=said))
    wait(ann)
    ann.ask(commands.ChangeCircle(circle="Roof", remove=(ids.show(bob.community),)))
    wait(ann)
    assert read(ann) == read(carl) == []


def test_both_stories_of_a_device_that_was_put_back_stay_when_its_community_leaves() -> None:
    """Each branch of its feed has its end."""
    ann, bob, carl = apart()
    opened(ann, bob, carl)
    wait(ann)
    cut_off(bob)
    old = copy.deepcopy(bob.store)
    for store, text in ((bob.store, "first story"), (old, "second story")):
        cut_off(bob)
        bob.store, bob.random = store, random.Random(text)
        bob.restart()
        bob.ask(commands.SayInCircle(circle="Roof", text=text))
        meet(bob, ann, carl)
        wait(ann)
    bob.ask(commands.LeaveCircle(circle="Roof"))
    wait(ann)
    assert not has(ann, bob)
    assert sorted(read(ann)) == sorted(read(carl)) == ["first story", "second story"]


def test_a_further_machine_reads_what_was_said_with_the_key_of_a_version_that_does_not_hold() -> None:
    """Both of Ann's machines changed the circle apart, and spoke in it."""
    ann, bob, carl, second = with_second()
    cut_off(second)
    for node, name in ((ann, "Barn"), (second, "Roofs")):
        node.ask(commands.ChangeCircle(circle="Roof", name=name))
        node.ask(commands.SayInCircle(circle=name, text=f"said by {node.name}"))
    wait(ann, 8, ms=70_000)
    other = further(carl, "carl2")
    meet(other, carl, bob, ann)
    wait(ann)
    assert sorted(read(other, name_of(other))) == ["said by ann", "said by ann2"]


def test_attack_a_device_of_the_owners_says_that_the_owner_leaves() -> None:
    """It cannot, and its other machine would make version after version until there is no further number."""
    ann, _, carl, second = with_second()
    key = key_of(second)
    leaving = CircleLeft(circle=key.circle, key=key.commitment, community=ann.community)
    publish(second, [sealed(second, leaving, key)])
    wait(ann)
    assert shown(ann)["version"] == shown(carl)["version"] == 1
    assert shown(carl)["party"]


@pytest.mark.parametrize("off", [False, True], ids=["all are on", "the owner is off"])
def test_a_further_machine_reads_on_when_its_community_retires_another(off: bool) -> None:  # noqa: FBT001
    """Its key came from a sister, whose feed is counted anew: it still reads what she and the others say."""
    ann, bob, carl = apart()
    opened(ann, bob, carl)
    for node in (bob, carl):
        say(node, f"{node.name} before")
    third = further(bob, "bob3")
    wait(bob)
    if off:
        ann.network.lose(ann)
    second = further(bob, "bob2")
    meet(second, bob)
    meet(bob, carl)
    expected = ["carl before", "bob before"]
    assert read(second) == expected
    bob.ask(commands.RetireDevice(device=keys.show(third.device.public)))
    wait(bob)
    for node in (carl, bob):
        say(node, f"{node.name} after")
    wait(bob)
    expected = ["bob after", "carl after", *expected]
    assert read(second) == read(bob) == expected
    second.restart()
    wait(bob)
    assert read(second) == expected


def test_what_waits_to_be_read_waits_on_when_its_key_is_lost_meanwhile() -> None:
    """A key may come again, and then opens what was to be read when it fell."""
    ann, _, carl = apart()
    opened(ann, carl)
    say(ann, "Still here.")
    circles, key = carl.engine._circles, key_of(carl)
    feed = FeedKey(ann.device.public, scope_of(ann))
    circles.unread.put_by(key.tag(feed), feed, 1)
    assert circles.unread.take_up([(key.tag(feed), feed)])
    circles.ring.lose(circles.ring.given_in(feed))
    circles.read_on(most=None)
    assert not circles.unread
    assert circles.unread.take_up([(key.tag(feed), feed)])
