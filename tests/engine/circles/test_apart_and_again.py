"""Circles that an owner's machines change apart, and keys that come again: attacks and accidents by name."""

import pytest

from node import ids, keys
from node.circles.sealing import ContentKey
from node.circles.statements import CircleGiven
from node.engine import commands
from node.engine.circles.ring import Ring
from node.engine.circles.unread import DUE, DUE_TAGS, Due
from node.engine.commands.effects import NewEffect
from node.engine.drafts import Draft
from node.engine.ports import Carrier
from node.engine.replicas import gathering
from node.feeds import scopes
from node.feeds.entry import Entry, FeedKey
from node.ids import EntryId
from tests.engine.circles.test_circle_attacks import (
    changed,
    given,
    key_of,
    publish,
    scope_of,
    sealed,
    version,
)
from tests.engine.circles.test_circles import apart, further, meet, opened, read, say, shown
from tests.engine.circles.test_comings_and_goings import has, name_of, wait, with_second
from tests.engine.circles.test_lost_and_hidden import cut_off, junk, own_key, with_dora
from tests.engine.deciding.test_closing import HOUR, pass_time, vote
from tests.engine.deciding.test_effects import named
from tests.engine.harness import Node


def two_machines() -> tuple[Node, Node, Node, Node]:
    """Return Ann's two machines, of which nobody reaches the second, and Bob and Carl in her circle."""
    ann, bob, carl, second = with_second()
    cut_off(second)
    del ann.network._nodes["ann2"]
    return ann, second, bob, carl


def back(second: Node, *others: Node) -> None:
    """Let a machine reach the others again, and all of them come to rest."""
    second.network._nodes["ann2"] = second
    meet(second, *others)
    wait(second, 10, ms=70_000)


def wrote(node: Node, drafts: list[Draft]) -> None:
    """Let a node that nobody reaches write, as many entries at a time as are signed together."""
    for first in range(0, len(drafts), 64):
        node.engine._author.publish(scope_of(node), drafts[first : first + 64], node.network.now)
        node.engine._author.sign()
    node.store.commit()


def carried(by: Node, to: Node) -> None:
    """Give one node the rest of another's feed as a stick would, some entries at a time."""
    feed = FeedKey(by.device.public, scope_of(by))
    (end,) = by.store.feeds.heads_of(feed)
    held = to.engine._ingest.end(feed)
    for part in gathering.branch(by.store.feeds, feed, end.id, after=held.seq if held is not None else 0):
        to.engine._ingest.take(part)
        to.store.commit()


def test_who_was_removed_stays_out_though_another_machine_changed_the_circle_more_often() -> None:
    """The removal has a lower number than what holds when they meet: what all left in goes on."""
    ann, second, bob, carl = two_machines()
    second.ask(commands.ChangeCircle(circle="Roof", remove=(ids.show(bob.community),)))
    ann.ask(commands.ChangeCircle(circle="Roof", name="Roofs"))
    ann.ask(commands.ChangeCircle(circle="Roofs", name="Barn"))
    back(second, ann, bob, carl)
    assert [has(node, bob) for node in (ann, second, carl)] == [False] * 3
    second.ask(commands.SayInCircle(circle=name_of(second), text="Not for Bob."))
    wait(ann)
    assert read(carl, name_of(carl)) == ["Not for Bob."]
    assert read(bob, name_of(bob)) == []


def test_who_was_let_in_meanwhile_stays_in_what_follows() -> None:
    """Ann let Carl in and renamed twice; her old machine renamed once, before that."""
    ann, bob, carl = apart()
    second = further(ann, "ann2")
    meet(second, ann, bob)
    opened(ann, bob)
    wait(second, 1)
    cut_off(second)
    del ann.network._nodes["ann2"]
    second.ask(commands.ChangeCircle(circle="Roof", name="Roofs"))
    ann.ask(commands.ChangeCircle(circle="Roof", name="Barn"))
    ann.ask(commands.ChangeCircle(circle="Barn", add=(ids.show(carl.community),)))
    back(second, ann, bob, carl)
    (standing,) = ann.engine._circles.all()
    assert (standing.now.number, standing.rivals) == (4, ())
    assert [has(node, carl) for node in (ann, second, bob, carl)] == [True] * 4


def left_apart() -> tuple[Node, Node, Node, Node]:
    """Return as `two_machines`: Bob left and Ann went on without him, the lower version of its number.

    Her second machine, which heard of nothing, made one of that number and another.
    """
    for number in range(20):
        ann, second, bob, carl = two_machines()
        second.ask(commands.ChangeCircle(circle="Roof", name=f"Roofs {number}"))
        (renamed,) = second.engine._circles.all()
        second.ask(commands.ChangeCircle(circle=f"Roofs {number}", name=f"Barn {number}"))
        bob.ask(commands.LeaveCircle(circle="Roof"))
        wait(ann, 5)
        (without,) = ann.engine._circles.all()
        assert not has(ann, bob)
        if without.now.payload_id < renamed.now.payload_id:
            return ann, second, bob, carl
    raise AssertionError("no version of twenty is lower")


def test_who_left_stays_out_though_another_machine_changed_the_circle_twice_with_it() -> None:
    """That a version without it came between is no new beginning for it: leaving reaches over both."""
    ann, second, bob, carl = left_apart()
    back(second, ann, bob, carl)
    assert [has(node, bob) for node in (ann, second, carl)] == [False] * 3
    (settled,) = ann.engine._circles.all()
    wait(ann, 10, ms=70_000)
    (after,) = ann.engine._circles.all()
    assert after.now == settled.now, "what was merged is merged no second time"


def lost_once() -> tuple[Node, Node, list[Draft], list[int]]:
    """Return Bob and Carl, who lost one of the keys of Bob's circle, and 40 keys and versions of it.

    And how many versions Carl reads from now on, as they are carried to it.
    """
    ann, bob, carl = apart()
    second = further(bob, "bob2")
    meet(second, bob)
    wait(bob)
    made = [own_key(bob, (number + 1).to_bytes(32)) for number in range(40)]
    cut_off(second)
    del bob.network._nodes["bob2"]
    wrote(second, [given(second, made[0], carl)])
    carried(second, carl)
    assert len(carl.engine._circles.ring._keys) == 1
    bob.ask(commands.RetireDevice(device=keys.show(second.device.public), stolen=True))
    wait(bob)
    assert not carl.engine._circles.ring.circles()
    cut_off(bob)
    del bob.network._nodes["carl"], bob.network._nodes["ann"]
    base = version(bob, [ann, carl])
    drafts: list[Draft] = []
    for key in made:
        drafts += [given(bob, key, carl), sealed(bob, base.model_copy(update={"key": key.commitment}), key)]
    return bob, carl, drafts, [0]


def test_attack_a_key_that_was_lost_once_makes_each_further_one_cost_all_versions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Forty keys with a version each take forty readings or so, not forty times forty."""
    bob, carl, drafts, times = lost_once()
    opening = Ring.opened

    def counted(self: Ring, said: object) -> object:
        times[0] += 1
        return opening(self, said)  # type: ignore[arg-type]

    monkeypatch.setattr(Ring, "opened", counted)
    wrote(bob, drafts)
    carried(bob, carl)
    assert len(carl.engine._circles.ring._keys) == 40
    assert 40 <= times[0] <= 100


def test_attack_keys_of_a_long_feed_have_what_waits_written_whole_for_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each key that opens what waits writes about as much, however much else waits."""
    _, bob, carl = apart()
    del bob.network._nodes["carl"], bob.network._nodes["ann"]
    cut_off(bob)
    feed = FeedKey(bob.device.public, scope_of(bob))
    made = [own_key(bob, (number + 1).to_bytes(32)) for number in range(100)]
    wrote(bob, [junk(one.tag(feed)) for one in made])
    wrote(bob, [given(bob, one, carl) for one in made])
    sizes: list[int] = []
    local = type(carl.store.local)
    putting = local.put

    def counted(self: object, drawer: str, place: bytes, value: bytes) -> None:
        if drawer in (DUE, DUE_TAGS):
            sizes.append(len(place) + len(value))
        putting(self, drawer, place, value)  # type: ignore[arg-type]

    monkeypatch.setattr(local, "put", counted)
    carried(bob, carl)
    assert len(sizes) >= 100
    assert max(sizes) < 250
    carl.engine._circles.read_on(most=None)
    assert not carl.engine._circles.unread
    assert not [*carl.store.local.all(DUE), *carl.store.local.all(DUE_TAGS)]


def test_attack_one_thing_said_a_hundred_times_is_looked_at_once() -> None:
    """A device that its party retires said it in place after place: it counts by the first, or by none."""
    _, _, carl, second = with_second(of=1)
    key = key_of(second)
    fields = {"circle": key.circle, "key": key.commitment, "devices": (second.device.public,)}
    said = sealed(second, CircleGiven.model_validate(fields), key)
    wrote(second, [said] * 100)
    carried(second, carl)
    rows = carl.store.records.about(scopes.circle(key.circle), CircleGiven.kind, key.circle)
    (row,) = [one for one in rows if one.signer == second.device.public]
    assert len(carl.store.records.places(row.scope, row.id)) == 1


def circle_as_told(node: Node) -> list[tuple[str, int, list[str]]]:
    """Return of each circle what a node holds to be so: its name, how many parties it has, what is said."""
    node.engine._circles.read_on(most=None)
    return [
        (one.now.name, len(one.now.parties), sorted(said.note.text for said in one.notes))
        for one in node.engine._circles.all()
    ]


def test_attack_a_version_behind_a_removal_s_end_says_who_may_speak(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dora, who is being removed, shuts all others out with a lower id: once it falls they speak on.

    A node that was on all the time says what one that starts again says, and one that counts all anew.
    """
    ann, bob, carl, dora = with_dora(monkeypatch)
    dora.ask(commands.Attest(size=20))
    opened(dora, ann, carl)
    say(dora, "Hello.")
    effect = NewEffect(act="remove", community=named(dora))
    question = str(ann.ask(commands.OpenProposal(title="Out?", effect=effect))["proposal"])
    (standing,) = dora.engine._circles.all()
    shut = (changed(standing.now, dora, name=f"X{number}", parties=[dora.community]) for number in range(999))
    lower = next(one for one in shut if one.payload_id < standing.now.payload_id)
    publish(dora, [sealed(dora, lower, key_of(dora))])
    for node in (ann, bob, carl):
        vote(node, question)
    pass_time(ann, 25 * HOUR)
    wait(ann, 3)
    ann.ask(commands.SayInCircle(circle="Roof", text="Carl, do you read me?"))
    wait(ann)
    expected = [("Roof", 3, ["Carl, do you read me?", "Hello."])]
    assert circle_as_told(carl) == circle_as_told(ann) == expected
    carl.restart()
    assert circle_as_told(carl) == expected
    carl.ask(commands.Rebuild())
    assert circle_as_told(carl) == expected


def test_a_retirement_that_comes_with_a_request_to_join_ends_what_that_device_may_read() -> None:
    """Bob's second machine is stolen while he is away; the first that Ann hears is that he joins another."""
    ann, bob, carl = apart()
    second = further(bob, "bob2")
    meet(second, bob, ann)
    meet(carl, ann)
    opened(ann, bob, carl)
    wait(ann)
    bylaws = b'name = "Hill"\n[admission]\napprovals = 1\n'
    ann.ask(commands.FoundFederation(bylaws=bylaws, file_name="b.toml", founders=()))
    wait(ann, 3)
    link = ann.ask(commands.Invite(addresses=("ann",), federation="Hill"))["link"]
    nodes = ann.network._nodes
    del nodes["bob2"], nodes["bob"], nodes["ann"]
    cut_off(second)
    cut_off(bob)
    bob.ask(commands.RetireDevice(device=keys.show(second.device.public), stolen=True))
    bob.ask(commands.JoinFederation(link=link))
    nodes.update(bob=bob, ann=ann)
    wait(ann, 12, ms=70_000)
    assert second.device.public in ann.engine._registry.community(bob.community).retirements  # type: ignore[union-attr]
    assert shown(ann)["version"] == 2
    carl.ask(commands.SayInCircle(circle="Roof", text="Not for the thief."))
    wait(ann)
    assert read(bob) == read(ann) == ["Not for the thief."]


def test_attack_versions_that_let_a_community_in_and_out_have_all_tags_worked_out_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ever lower ids, each of which counts: a version costs its own key's tag and no other's."""
    ann, bob, carl = apart()
    ring = carl.engine._circles.ring
    by = Carrier(FeedKey(bob.device.public, scope_of(bob)), 1, EntryId(bytes(32)))
    base = version(bob, [ann, carl])
    made = [own_key(bob, (number + 1).to_bytes(32)) for number in range(30)]
    for one in made:
        ring.add(one, by)
        ring.opened(base.model_copy(update={"key": one.commitment}).sign(bob.device))
    all_of_them = [
        changed(base, bob, name=f"X{number}", parties=who, key=made[0].commitment)
        for number in range(40)
        for who in ([bob.community], [bob.community, ann.community])
    ]
    begun = base.model_copy(update={"key": made[0].commitment}).payload_id
    lower = [one for one in all_of_them if one.payload_id < begun]
    lower.sort(key=lambda one: one.payload_id, reverse=True)
    assert len(lower) > 10
    times, working_out = [0], ContentKey.tag

    def counted(self: ContentKey, feed: FeedKey) -> bytes:
        times[0] += 1
        return working_out(self, feed)

    anns = FeedKey(ann.device.public, scope_of(ann))
    assert ring.opens(made[0].tag(anns), anns) == made[0]
    monkeypatch.setattr(ContentKey, "tag", counted)
    for said in lower:
        ring.opened(said.sign(bob.device))
        opened_by = ring.opens(working_out(made[0], anns), anns)
        assert (opened_by == made[0]) == (len(said.parties) == 2)
        assert ring.opens(working_out(made[1], anns), anns) == made[1]
    assert times[0] <= 2 * len(lower)


def test_what_is_put_by_again_while_it_is_read_is_read_again() -> None:
    """Its key was lost before it was read, and comes again from another place in the same portion."""
    ann, _, carl = apart()
    opened(ann, carl)
    for number in range(3):
        say(ann, f"{number}")
    unread, feed, tag = carl.engine._circles.unread, FeedKey(ann.device.public, scope_of(ann)), bytes(16)
    unread.put_by(tag, feed, 2)
    unread.take_up([(tag, feed)])
    held, found = [False], list[int]()

    def look(entry: Entry, _: Due) -> None:
        if entry.seq == 2 and held[0]:
            found.append(2)
        elif entry.seq == 2:
            unread.put_by(tag, feed, 2)
        elif entry.seq == 3 and not held[0]:
            held[0] = True
            unread.take_up([(tag, feed)])

    unread.read(look, None)
    assert found == [2]
    assert not unread
