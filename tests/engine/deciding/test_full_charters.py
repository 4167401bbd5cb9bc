"""A community that floods its own charter stops nobody else: all keep the same of it."""

from collections.abc import Sequence

from node.governance.proposals import Roll
from node.identity.charter import DeviceAdded
from node.identity.keeping import DEVICE_RECORDS_MAX
from node.keys import PublicKey
from node.records import record
from node.replication import messages
from node.replication.messages import Charters
from tests import builders
from tests.engine.deciding.test_closing import HOUR, federated, pass_time, put, result, vote
from tests.engine.harness import Node, Peer, peer_of
from tests.engine.rolls.test_rolls import rolls
from tests.engine.witnessing.test_order_of_arrival import standing


def added(node: Node, names: Sequence[str]) -> list[DeviceAdded]:
    """Return statements that add devices to a node's community."""
    return [builders.added(node.community, builders.key(name)) for name in names]


def tell_each(liar: Node, told: dict[Node, list[bytes]]) -> None:
    """Let a community's device tell each node other records of its charter, all before they compare."""
    held = peer_of(liar).charter
    peers = {node: Peer(liar.network, liar.device, liar.community, charter=held) for node in told}
    for node, peer in peers.items():
        peer.dial(node.name)
    for node, raws in told.items():
        for frame in peers[node]._channel.seal(messages.encode(Charters(liar.community, tuple(raws)))):
            liar.network.send(peers[node]._number, frame)
    liar.network.settle()


def speaker(roll: Roll, node: Node) -> bytes:
    """Return the device by which a roll lets a community speak."""
    return next(one.device for one in roll.witnesses if one.community == node.community)


def charter_at(node: Node, of: Node) -> list[bytes]:
    """Return what a node keeps of a community's charter."""
    return node.store.charters.of(of.community)


def test_attack_a_charter_filled_differently_at_each_neighbour() -> None:
    """Whoever shows each neighbour other devices, more than fit, keeps no question from being decided."""
    ann, bob, carl, dora = federated(["ann", "bob", "carl", "dora"])
    others = (ann, bob, carl)
    put(ann)
    pass_time(ann, 1000)
    retired = builders.retirement(standing(dora), dora.device, stolen=False).sign(dora.steward).raw
    tell_each(
        dora,
        {
            node: [
                *(one.sign(dora.steward).raw for one in added(dora, [f"{node.name}{n}" for n in range(140)])),
                retired,
            ]
            for node in others
        },
    )
    dora.network.lose(dora)
    assert charter_at(ann, dora) == charter_at(bob, dora) == charter_at(carl, dora)
    assert len(DeviceAdded.among(map(record.stored, charter_at(ann, dora)))) == DEVICE_RECORDS_MAX
    question = put(ann, "Second?")
    for node in others:
        vote(node, question)
    for _ in range(46):
        pass_time(ann, HOUR)
    assert [result(node, question)["state"] for node in others] == ["certified"] * 3
    assert [len(rolls(node)) for node in others] == [2, 2, 2]


def test_attack_devices_with_lower_ids_push_out_the_one_that_a_roll_names() -> None:
    """No later flood takes a device out of a charter that a certified roll lets speak for its community."""
    ann, bob, carl, dora = federated(["ann", "bob", "carl", "dora"])
    put(ann)
    pass_time(ann, 1000)
    spoke = max(added(dora, [f"second {n}" for n in range(4)]), key=lambda one: one.payload_id)
    retired = builders.retirement(standing(dora), dora.device, stolen=False).sign(dora.steward).raw
    told = [spoke.sign(dora.steward).raw, retired]
    tell_each(dora, dict.fromkeys((ann, bob, carl), told))
    dora.network.lose(dora)
    put(ann, "Second?")
    for _ in range(10):
        pass_time(ann, 60_000)
    assert speaker(rolls(bob)[-1], dora) == spoke.device.sign
    many = added(dora, [f"lower {n}" for n in range(400)])
    lower = [one.sign(dora.steward).raw for one in many if one.payload_id < spoke.payload_id]
    assert len(lower) > DEVICE_RECORDS_MAX
    before = len(charter_at(bob, dora))
    bob.engine._registry.add_charter(dora.community, lower)
    held = [record.stored(raw) for raw in charter_at(bob, dora)]
    assert len(held) > before
    assert len(DeviceAdded.among(held)) == DEVICE_RECORDS_MAX
    assert spoke.payload_id in {one.payload_id for one in held}
    assert len(rolls(bob)) == 2


def test_what_devices_hold_that_a_full_charter_names_no_more_still_counts_for_its_quota() -> None:
    """Whoever lets devices come and go uses no more room than others, also after a restart."""
    ann, dora = federated(["ann", "dora"])
    many = sorted(added(dora, [f"device {n}" for n in range(300)]), key=lambda one: one.payload_id)
    told = {one.device.sign: one.sign(dora.steward).raw for one in many}
    highest = many[-1]
    registry = ann.engine._registry
    registry.add_charter(dora.community, [told[highest.device.sign]])
    ann.store.commit()
    device = next(
        key for n in range(300) if (key := builders.key(f"device {n}")).public == highest.device.sign
    )
    writing = Peer(dora.network, device, dora.community, charter=charter_at(ann, dora)).dial("ann")
    drafts = builders.carried(builders.approvals(dora.steward, 3))
    writing.say(*map(messages.Entries, builders.stretches(device, drafts)))
    used = ann.engine._quotas.usage(dora.community)
    writing.say(Charters(dora.community, tuple(told[one.device.sign] for one in many[:200])))
    for _ in range(2):
        known = ann.engine._registry.community(dora.community)
        assert known is not None
        assert PublicKey(highest.device.sign) not in known.devices
        assert ann.engine._quotas.usage(dora.community).entries >= used.entries > 0
        ann.restart()
