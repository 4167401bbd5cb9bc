"""What a device retired as stolen takes with it, and what it does not: tests of registry.py and chains.py."""

import base64
from collections.abc import Iterable

from node.engine import commands
from node.engine.deciding import dossier
from node.governance.closing import subjects
from node.governance.closing.statements import CutVote
from node.governance.closing.subjects import Place
from node.governance.proposals import Roll
from node.identity.community import Community
from node.keys import KeyPair
from node.records.record import Record
from node.replication.messages import Charters
from node.storage.memory.store import MemoryStore
from tests import builders
from tests.engine.deciding.test_closing import (
    CLOSING,
    HOUR,
    federated,
    pass_time,
    put,
    result,
    start_again,
    vote,
)
from tests.engine.deciding.test_closing_attacks import scope_of
from tests.engine.harness import Node, peer_of
from tests.engine.rolls.test_rolls import rolls, stuffed
from tests.engine.witnessing.test_order_of_arrival import standing
from tests.verifier import minimal
from tests.verifier.drawn import slip

CLOSED_SOON = CLOSING.replace('"1 day"', '"1 hour"', 1)


def called_stolen(thief: Node, at: Node) -> None:
    """Let a node's stewards say at another that its device was stolen and that nothing of it counts."""
    link = builders.retirement(standing(thief), thief.device, stolen=True).sign(thief.steward)
    peer_of(thief).dial(at.name).say(Charters(thief.community, (link.raw,)))


def certified(nodes: list[Node]) -> str:
    """Return a question that all voted on and that is certified everywhere."""
    proposal = put(nodes[0])
    for node in nodes:
        vote(node, proposal)
    pass_time(nodes[0], 3 * HOUR)
    assert {result(node, proposal)["state"] for node in nodes} == {"certified"}
    return proposal


def test_attack_undoing_a_decision_by_calling_a_device_stolen_that_helped_to_make_it() -> None:
    """Founding, members, roll and certificate stand: live, rebuilt, and in a file with the newer charter."""
    ann, bob = federated(["ann", "bob"], closing=CLOSED_SOON)
    proposal = certified([ann, bob])
    before = result(ann, proposal), ann.ask(commands.ListFederations()), rolls(ann)
    called_stolen(bob, ann)
    assert bob.device.public in standing_at(ann, bob).retirements
    for again in (False, True):
        if again:
            ann.ask(commands.Rebuild())
        after = result(ann, proposal), ann.ask(commands.ListFederations()), rolls(ann)
        assert after == before
    ann.restart()
    assert rolls(ann) == before[2]
    data = base64.b64decode(ann.ask(commands.ExportDecision(proposal=proposal))["data"])
    assert dossier.verify(data, MemoryStore()).valid
    assert minimal.verify(data).valid


def standing_at(node: Node, other: Node) -> Community:
    """Return another community's charter as a node has it."""
    known = node.engine._registry.community(other.community)
    assert known is not None
    return known


def wanting(roll: Roll, voices: Iterable[tuple[Node, KeyPair]]) -> list[Record]:
    """Return what some devices sign that want a roll and do not care for anything else."""
    instance, said = (
        Place(roll.federation, "roll", roll.version).instance,
        subjects.roll_value(roll.payload_id),
    )
    signed = []
    for node, device in voices:
        for step in ("pre", "com"):
            fields = {"instance": instance, "witness": node.community, "step": step, "round": 0}
            vote = CutVote.model_validate({**fields, "value": said, "lock": None})
            signed.append(vote.sign(device))
    return signed


def test_attack_the_thief_of_a_retired_device_speaks_about_rolls() -> None:
    """With one liar of three, who has an old device of another brings through no roll without the third."""
    ann, bob, carl = federated(["ann", "bob", "carl"], closing=CLOSED_SOON)
    old = builders.key("carl's old device")
    carl.engine._registry.add_charter(
        carl.community, [builders.added(carl.community, old).sign(carl.steward).raw]
    )
    link = builders.retirement(standing(carl), old, stolen=True).sign(carl.steward)
    carl.engine._registry.add_charter(carl.community, [link.raw])
    charter = tuple(carl.store.charters.of(carl.community))
    for node in (ann, bob):
        node.engine._registry.add_charter(carl.community, charter)
    put(ann)
    pass_time(ann, 1_000)
    (first,) = rolls(ann)
    fields = {"version": 2, "previous": first.payload_id}
    alone = stuffed(first.model_copy(update=fields), [bob])
    slip(bob, scope_of(bob), [alone.sign(bob.steward), *wanting(alone, [(bob, bob.device), (carl, old)])])
    pass_time(ann, 1_000)
    assert [rolls(node) for node in (ann, bob, carl)] == [[first]] * 3


def test_attack_two_rolls_certified_in_one_place_are_seen_by_who_read_the_first() -> None:
    """With more liars than may be, a node that read the chain before says what one says that reads it now."""
    ann, bob, carl = federated(["ann", "bob", "carl"], closing=CLOSED_SOON)
    put(ann)
    pass_time(ann, 1_000)
    (first,) = rolls(ann)
    rival = stuffed(first, [bob])
    slip(bob, scope_of(bob), [rival.sign(bob.steward), *wanting(rival, [(bob, bob.device)])])
    assert rolls(ann) == [first]
    slip(carl, scope_of(carl), wanting(rival, [(carl, carl.device)]))
    pass_time(ann, 1_000)
    live = rolls(ann)
    ann.restart()
    assert live == rolls(ann) == []


def test_a_federation_whose_machines_were_all_replaced_goes_on() -> None:
    """Where fewer pinned devices are left than must agree, all members together certify the next roll."""
    nodes = federated(["ann", "bob", "carl"], closing=CLOSED_SOON)
    put(nodes[0])
    pass_time(nodes[0], 1_000)
    for node in nodes[:2]:
        replaced(node, nodes)
    for _ in range(3):
        pass_time(nodes[0], 20_000)
    chains = [rolls(node) for node in nodes]
    assert all(chain == chains[0] for chain in chains)
    pinned = {one.device for one in chains[0][1].witnesses}
    assert pinned == {node.device.public for node in nodes}


def replaced(node: Node, nodes: list[Node]) -> None:
    """Give a community's node a new device, in the charter that all of them hold."""
    lost, found = node.device, builders.key(f"new device of {node.name}")
    node.engine._registry.add_charter(
        node.community, [builders.added(node.community, found).sign(node.steward).raw]
    )
    link = builders.retirement(standing(node), lost, stolen=False).sign(node.steward)
    node.engine._registry.add_charter(node.community, [link.raw])
    charter = tuple(node.store.charters.of(node.community))
    for one in nodes:
        one.engine._registry.add_charter(node.community, charter)
    node.device = found
    start_again(nodes)
