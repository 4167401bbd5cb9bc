"""Nobody uses up the chain of rolls: tests of node/engine/rolls/pacing.py."""

import pytest

from node.engine import commands
from node.engine.rolls import pacing
from tests.engine.deciding.test_closing import HOUR, federated, pass_time, put, result, vote
from tests.engine.deciding.test_closing_attacks import scope_of
from tests.engine.rolls.test_rolls import rolls
from tests.verifier.drawn import slip


def test_attack_one_size_and_then_another_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """After some rolls in a day the next waits for the next day; what is put meanwhile is decided."""
    monkeypatch.setattr(pacing, "ROLLS_A_DAY", 3)
    ann, bob = federated(["ann", "bob"])
    put(ann)
    pass_time(ann, 1_000, steps=1)
    for number in range(5):
        bob.ask(commands.Attest(size=30 + number % 2))
        last = rolls(bob)[-1]
        call = last.model_copy(update={"version": last.version + 1, "previous": last.payload_id})
        slip(bob, scope_of(bob), [call.sign(bob.device)])
        for _ in range(3):
            ann.network.wait(400)
    made = len(rolls(ann))
    assert made == 3
    proposal = put(ann, "All the same?")
    for node in (ann, bob):
        vote(node, proposal)
    assert len(rolls(ann)) == made
    pass_time(ann, 25 * HOUR)
    assert result(ann, proposal)["state"] == "certified"
    pass_time(ann, 1_000)
    assert len(rolls(ann)) == made + 1, "by itself, as soon as a day is over"
    assert {one.size for one in rolls(ann)[-1].holders} == {20, 30}
