"""Circles that an owner's two machines changed apart go on as one, with whom either let in."""

from dataclasses import replace

import pytest

from node import canonical, ids, keys
from node.circles.standing import CircleStanding
from node.circles.statements import Circle
from node.engine import commands
from node.engine.circles.keeping import CircleKeeping
from node.engine.inputs import Woken
from node.feeds import scopes
from node.records import record
from tests.engine.circles.test_apart_and_again import back, two_machines
from tests.engine.circles.test_circle_attacks import key_of
from tests.engine.circles.test_circles import apart, further, meet, opened, read
from tests.engine.circles.test_comings_and_goings import hand, has, name_of, told, wait
from tests.engine.circles.test_lost_and_hidden import cut_off
from tests.engine.harness import Node


def let_in_and_renamed() -> tuple[Node, Node, Node, Node]:
    """Return Ann's two machines, Bob and Carl: one let Carl in, the other renamed the circle more often."""
    ann, second, bob, carl = two_machines()
    ann.ask(commands.ChangeCircle(circle="Roof", remove=(ids.show(carl.community),)))
    wait(ann)
    back(second, ann, bob, carl)
    assert not has(second, carl)
    return ann, second, bob, carl


def test_who_was_let_in_stays_though_the_other_machine_changed_the_circle_more_often() -> None:
    """It knew nothing of that; what Carl says before they meet is read by all afterwards."""
    ann, second, bob, carl = let_in_and_renamed()
    cut_off(second)
    del ann.network._nodes["ann2"]
    ann.ask(commands.ChangeCircle(circle="Roof", add=(ids.show(carl.community),)))
    wait(ann)
    carl.ask(commands.SayInCircle(circle="Roof", text="I am back."))
    for name in ("Roofs", "Barn", "House"):
        second.ask(commands.ChangeCircle(circle=name_of(second), name=name))
    back(second, ann, bob, carl)
    assert [has(node, carl) for node in (ann, second, bob, carl)] == [True] * 4
    assert {name_of(node) for node in (ann, second, bob, carl)} == {"House"}
    assert [read(node, "House") for node in (ann, second, bob, carl)] == [["I am back."]] * 4
    (settled,) = ann.engine._circles.all()
    wait(ann, 10, ms=70_000)
    (after,) = ann.engine._circles.all()
    assert after.now == settled.now
    assert after.rivals == ()


def test_whom_a_version_left_out_whose_key_is_lost_can_be_let_in_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody can call that version over in its own key; what follows it names it, and it is done with."""
    ann, second, bob, carl = two_machines()
    second.ask(commands.ChangeCircle(circle="Roof", remove=(ids.show(bob.community),)))
    ann.ask(commands.ChangeCircle(circle="Roof", name="Roofs"))
    ann.ask(commands.ChangeCircle(circle="Roofs", name="Barn"))
    with monkeypatch.context() as patched:
        patched.setattr(CircleKeeping, "_renewed", lambda *_: [])
        back(second, ann, bob, carl)
    (standing,) = ann.engine._circles.all()
    (rival,) = standing.rivals
    ring = ann.engine._circles.ring
    ring._drop([place for place in [*ring._circles[rival.circle]] if place.endswith(rival.key)])
    ann.ask(commands.ChangeCircle(circle="Barn", add=(ids.show(bob.community),)))
    ann.ask(commands.ChangeCircle(circle="Barn", name="House"))
    wait(ann, 10, ms=70_000)
    assert [has(node, bob) for node in (ann, second, bob, carl)] == [True] * 4


def test_a_node_starts_though_its_store_holds_a_version_as_it_was_written_before() -> None:
    """It counts for nothing; all else is read as ever."""
    ann, bob, carl = apart()
    opened(ann, bob, carl)
    key = key_of(ann)
    (row,) = ann.store.records.about(scopes.circle(key.circle), Circle.kind, key.circle)
    fields = canonical.decode(Circle.read(row.record).encode())
    assert isinstance(fields, dict)
    del fields["seen"]
    old = record.sign(Circle.kind, canonical.encode(fields), ann.device)
    (place,) = ann.store.records.places(row.scope, row.id)
    ann.store.records.add(replace(row, id=old.id, payload_id=old.payload_id, raw=old.raw), place)
    ann.store.commit()
    ann.restart()
    assert name_of(ann) == "Roof"


def three_machines(*, with_carl: bool) -> tuple[Node, Node, Node, Node, Node]:
    """Return Ann's three machines, her circle with Bob and perhaps Carl; nobody reaches the first of hers."""
    ann, bob, carl = apart()
    second, third = further(ann, "ann2"), further(ann, "ann3")
    for machine in (second, third):
        meet(machine, ann, bob)
    meet(third, second)
    opened(ann, bob, *([carl] if with_carl else []))
    wait(third)
    away(ann)
    return ann, second, third, bob, carl


def ann_away() -> tuple[Node, Node, Node, Node]:
    """Return Ann, whom nobody reaches, her second machine, Bob, and Carl, who is in her circle."""
    ann, bob, carl = apart()
    second = further(ann, "ann2")
    meet(second, ann, bob)
    opened(ann, carl)
    wait(second)
    away(ann)
    return ann, second, bob, carl


def away(node: Node) -> None:
    """Let nobody reach a node any more."""
    cut_off(node)
    node.network._nodes.pop(node.name, None)


def return_of(node: Node, *others: Node) -> None:
    """Let a node reach others again, and all of them come to rest."""
    node.network._nodes[node.name] = node
    meet(node, *others)
    wait(node, 8, ms=70_000)


def act(node: Node) -> None:
    """Let a node that nobody reaches do what it does by itself."""
    for _ in range(6):
        node.network.wait(70_000)
        node.handle(Woken())


def changes(node: Node, *names: str, add: Node | None = None, remove: Node | None = None) -> None:
    """Change the only circle of a machine, once for each name, and at first who is in it."""
    let_in, let_out = (() if one is None else (ids.show(one.community),) for one in (add, remove))
    for number, name in enumerate(names):
        who = {} if number else {"add": let_in, "remove": let_out}
        node.ask(commands.ChangeCircle(circle=name_of(node), name=name, **who))


def standing_of(node: Node) -> CircleStanding:
    """Return how the only circle of a node stands."""
    (standing,) = node.engine._circles.all()
    return standing


@pytest.mark.parametrize("first", ["ann2", "ann3"])
def test_the_order_in_which_machines_are_heard_of_throws_nobody_out(first: str) -> None:
    """Ann let Carl in; two others had each changed the name, one after the other."""
    ann, second, third, bob, carl = three_machines(with_carl=False)
    changes(second, "Barn")
    wait(third)
    changes(third, "Shed")
    wait(second)
    changes(ann, "Roofs", "House", "Tower", "Hill", add=carl)
    for machine in (second, third) if first == "ann2" else (third, second):
        hand(told(machine), ann)
        act(ann)
    return_of(ann, second, third, bob, carl)
    assert [has(node, carl) for node in (ann, second, third, bob)] == [True] * 4


def test_who_was_let_in_stays_where_a_version_between_has_not_come() -> None:
    """Ann holds the first version and the third; she changes the name, and the second comes afterwards."""
    ann, second, third, bob, carl = three_machines(with_carl=False)
    changes(second, "Roofs", add=carl)
    wait(third)
    changes(third, "Barn")
    hand(told(third), ann)
    assert has(ann, carl)
    changes(ann, "House")
    hand(told(second), ann)
    return_of(ann, second, third, bob, carl)
    assert [(has(node, carl), name_of(node)) for node in (ann, third, bob)] == [(True, "House")] * 3


def test_attack_who_carries_feeds_holds_one_back_so_that_it_stays_in_a_circle() -> None:
    """Bob was removed by a machine that had heard of a change which Ann never hears of in time."""
    ann, second, third, bob, carl = three_machines(with_carl=True)
    changes(second, "X")
    wait(third)
    away(second)
    away(third)
    changes(third, "T")
    changes(ann, "G")
    hand(told(third), ann)
    changes(ann, "Za")
    changes(third, "R", remove=bob)
    for one, other in ((third, ann), (ann, third), (second, ann)):
        hand(told(one), other)
        act(other)
    return_of(third, ann, carl)
    return_of(ann, carl)
    assert [has(node, bob) for node in (ann, third, carl)] == [False] * 3
    ann.ask(commands.Rebuild())
    assert not has(ann, bob)


def test_who_leaves_and_is_let_in_anew_at_once_stays_in() -> None:
    """The owner's word comes after the leaving, before its node has made the version without it."""
    ann, bob, carl = apart()
    opened(ann, bob, carl)
    wait(ann)
    bob.ask(commands.LeaveCircle(circle="Roof"))
    assert standing_of(ann).left == {bob.community}
    changes(ann, "Barn", add=bob)
    wait(ann, 10)
    assert [has(node, bob) for node in (ann, bob, carl)] == [True] * 3


def test_who_left_is_given_no_further_key_by_versions_put_together() -> None:
    """One machine let Bob in, and he left; the other, which knew of neither, holds the higher version."""
    ann, second, bob, _ = ann_away()
    changes(second, "Roofs", add=bob)
    wait(second, 2)
    away(second)
    bob.ask(commands.LeaveCircle(circle="Roofs"))
    changes(ann, "Barn", "House")
    hand(told(second), ann)
    hand(told(bob), ann)
    assert bob.community not in standing_of(ann).staying
    act(ann)
    found = standing_of(ann)
    assert (found.now.number, found.rivals, has(ann, bob)) == (4, (), False)
    assert bob.device.public not in found.given[found.now.key]


def test_a_machine_that_was_not_given_an_older_key_throws_nobody_out() -> None:
    """Who opened it is replaced; a new machine holds the next key some time before the first."""
    ann, bob, carl = apart()
    second = further(ann, "ann2")
    meet(second, ann, bob)
    away(second)
    third = further(ann, "ann3")
    meet(third, ann, bob)
    wait(ann, 3)
    away(ann)
    opened(second, bob, carl)
    hand(told(second), ann, bob, carl)
    ann.ask(commands.RetireDevice(device=keys.show(second.device.public), stolen=False))
    ann.handle(Woken())
    assert third.device.public not in standing_of(ann).given[standing_of(second).now.key]
    return_of(ann, third, bob, carl)
    assert [(has(node, bob), has(node, carl)) for node in (ann, third, bob, carl)] == [(True, True)] * 4


def test_who_leaves_is_out_whichever_of_two_versions_let_it_in() -> None:
    """Two machines let Bob in apart, and he reads both versions: he is given no further key."""
    ann, second, bob, carl = ann_away()
    away(second)
    changes(ann, "Barn", add=bob)
    changes(second, "Roofs", add=bob)
    for machine in (ann, second):
        hand(told(machine), bob, carl)
    assert len(standing_of(bob).rivals) == 1
    bob.ask(commands.LeaveCircle(circle=name_of(bob)))
    hand(told(bob), ann, second)
    return_of(ann, second, bob, carl)
    return_of(second, ann, bob)
    found = standing_of(ann)
    assert [has(node, bob) for node in (ann, second, carl)] == [False] * 3
    assert bob.device.public not in found.given[found.now.key]
