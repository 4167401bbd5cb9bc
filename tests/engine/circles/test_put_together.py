"""Circles that an owner's two machines changed apart go on as one, with whom either let in."""

from dataclasses import replace

import pytest

from node import canonical, ids
from node.circles.statements import Circle
from node.engine import commands
from node.engine.circles.keeping import CircleKeeping
from node.feeds import scopes
from node.records import record
from tests.engine.circles.test_apart_and_again import back, two_machines
from tests.engine.circles.test_circle_attacks import key_of
from tests.engine.circles.test_circles import apart, opened, read
from tests.engine.circles.test_comings_and_goings import has, name_of, wait
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
    del fields["after"]
    old = record.sign(Circle.kind, canonical.encode(fields), ann.device)
    (place,) = ann.store.records.places(row.scope, row.id)
    ann.store.records.add(replace(row, id=old.id, payload_id=old.payload_id, raw=old.raw), place)
    ann.store.commit()
    ann.restart()
    assert name_of(ann) == "Roof"
