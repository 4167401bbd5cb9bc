"""What a liar gets certified when it is its turn: attacks on node/engine/witnessing/joining.py."""

import itertools
from collections.abc import Callable

import pytest

from node.engine import commands
from node.engine.setup import enrol_request
from node.governance.closing import subjects
from node.governance.closing.statements import CutVote
from node.governance.closing.subjects import ROLL, Place
from node.governance.proposals import Roll
from node.governance.sizes import SizeAttestation
from node.keys import KeyPair
from node.records import record
from node.records.record import Record
from tests.engine.deciding.test_closing import federated, pass_time, put
from tests.engine.deciding.test_closing_attacks import scope_of
from tests.engine.harness import Node
from tests.engine.rolls.test_rolls import rolls, worked_out
from tests.engine.witnessing.test_last_moment import FOUR, ToEach

SECOND = KeyPair(bytes([7]) * 32)


def called(node: Node, version: int) -> Roll:
    """Return a roll of a version that somebody asked for."""
    rows = node.store.records.of_kind(scope_of(node), Roll.kind)
    return next(one for one in Roll.among([record.stored(row.raw) for row in rows]) if one.version == version)


def with_old_sizes(first: Roll, good: Roll, liar: Node) -> Roll:
    """Return a roll with everybody's size as it was on the last one, and the liar's as it is."""
    old = {one.community: one for one in first.holders}
    named = [one if one.community == liar.community else old[one.community] for one in good.holders]
    return worked_out(good, named, good.witnesses)


def with_another_device(_first: Roll, good: Roll, liar: Node) -> Roll:
    """Return a roll that pins a device of another community's that does not run."""
    pinned = [
        one.model_copy(update={"device": SECOND.public}) if one.community == victim(liar).community else one
        for one in good.witnesses
    ]
    return good.model_copy(update={"witnesses": tuple(pinned)})


def victim(liar: Node) -> Node:
    """Return another node."""
    return next(one for _, one in sorted(liar.network._nodes.items()) if one is not liar)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("made", [with_another_device, pytest.param(with_old_sizes, marks=pytest.mark.long)])
def test_attack_the_one_whose_turn_it_is_asks_for_a_roll_of_its_own_making(
    made: Callable[[Roll, Roll, Node], Roll],
) -> None:
    """One liar of four parts the others until its turn comes: they make their own roll all the same."""
    nodes = sorted(federated(FOUR, house=12), key=lambda one: one.community)
    liar = nodes[2]  # Its turn is round 2, and what it asked for in round 1 would be joined.
    others = [one for one in nodes if one is not liar]
    request = enrol_request(SECOND, bytes([9]) * 32, victim(liar).community)
    victim(liar).ask(commands.AddDevice(request=request))
    put(others[0])
    pass_time(others[0], 2_000)
    (first,) = rolls(others[0])
    for node in others:
        node.ask(commands.Attest(size=60))
    told, numbers = ToEach(liar, others), itertools.count(1)

    def stated() -> Record:
        number = next(numbers)
        fields = {"federation": first.federation, "attester": liar.community, "subject": liar.community}
        return SizeAttestation.model_validate({**fields, "size": 20 + number, "serial": 10 + number}).sign(
            liar.steward
        )

    put(others[1], "Second?")
    told.let_out([stated() for _ in range(3)])
    wrong = made(first, called(others[0], 2), liar)
    value = subjects.roll_value(wrong.payload_id)
    for number in range(5):
        if len(rolls(others[0])) == 1:
            others[0].network.wait(15_000 << number)
            told.let_out([stated() for _ in range(3)])
            asked = CutVote(
                instance=Place(first.federation, ROLL, 2).instance,
                witness=liar.community,
                step="pre",
                round=number + 1,
                value=value,
                lock=None,
            )
            told.tell_all([wrong.sign(liar.device), asked.sign(liar.device)])
    assert {len(rolls(node)) for node in others} == {2}
    last = rolls(others[0])[-1]
    assert last.payload_id != wrong.payload_id
    assert {one.size for one in last.holders if one.community != liar.community} == {60}
    assert SECOND.public not in {one.device for one in last.witnesses}
