"""Circles that an owner's two machines changed apart go on as one, with whom either let in."""

import pytest

from node import ids
from node.engine import commands
from node.engine.circles.keeping import CircleKeeping
from tests.engine.circles.test_apart_and_again import back, two_machines
from tests.engine.circles.test_circles import read
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
    (apart,) = standing.rivals
    ring = ann.engine._circles.ring
    ring._drop([place for place in [*ring._circles[apart.circle]] if place.endswith(apart.key)])
    ann.ask(commands.ChangeCircle(circle="Barn", add=(ids.show(bob.community),)))
    ann.ask(commands.ChangeCircle(circle="Barn", name="House"))
    wait(ann, 10, ms=70_000)
    assert [has(node, bob) for node in (ann, second, bob, carl)] == [True] * 4
