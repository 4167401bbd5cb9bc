"""Rolls of more members than may witness: tests of node/engine/rolls/rolls.py, without any network."""

import random
from collections.abc import Iterable

import pytest

from node import ids
from node.engine.deciding import enacting
from node.engine.ports import Carrier, RecordRow
from node.engine.registry import Registry
from node.engine.rolls.rolls import Rolls, place
from node.engine.setup import found_community
from node.engine.subjects import subject_of
from node.federation import bylaws_file
from node.federation.founding import Founding
from node.feeds import scopes
from node.feeds.entry import FeedKey
from node.governance.closing import subjects
from node.governance.closing.statements import CutVote
from node.governance.proposals import Roll, Witness
from node.governance.sizes import SizeAttestation
from node.ids import EntryId, PayloadId
from node.keys import KeyPair, PublicKey
from node.limits import WITNESSES_MAX
from node.records.approvals import Approval
from node.records.record import Record
from node.storage.memory.store import MemoryStore
from tests.engine.harness import START

RULES = b'name = "Region"\n[admission]\napprovals = 1\n[seats]\nhouse = 40\n'


class Region:
    """A federation of 32 communities, all in one store.

    Args:
        closing: of its bylaws, as their file says it.
    """

    def __init__(self, closing: str = "") -> None:
        self.store = MemoryStore()
        self.registry = Registry(self.store)
        enacting.attach(self.registry, self.store)
        draw = random.Random(1).randbytes
        self.stewards: dict[bytes, KeyPair] = {}
        self.devices: dict[bytes, KeyPair] = {}
        for _ in range(32):
            steward, device = KeyPair(draw(32)), KeyPair(draw(32))
            made = MemoryStore()
            community = found_community(
                made,
                steward=steward,
                device=device,
                box_public=draw(32),
                recovery_public=KeyPair(draw(32)).public,
                next_public=KeyPair(draw(32)).public,
                nonce=draw(16),
            )
            self.registry.add_charter(community, made.charters.of(community))
            self.stewards[community], self.devices[community] = steward, device
        rules = bylaws_file.parse(RULES + closing.encode(), file_name="b.toml")
        founding = Founding(founders=tuple(sorted(self.stewards)), bylaws=rules, nonce=bytes(16))
        self.federation = founding.federation
        signed = founding.sign(self.stewards[min(self.stewards)])
        self.registry.add_federation(signed.raw)
        approvals = [
            Approval(of=founding.payload_id, community=one).sign(key) for one, key in self.stewards.items()
        ]
        self.hold([signed, *approvals, *(self.size(one, 20, 1) for one in self.stewards)])

    def size(self, community: bytes, size: int, serial: int) -> Record:
        """Return a community's word about its own size."""
        fields = {"federation": self.federation, "attester": community, "subject": community}
        stated = SizeAttestation.model_validate({**fields, "size": size, "serial": serial})
        return stated.sign(self.stewards[community])

    def hold(self, records: Iterable[Record]) -> None:
        """Lay records where a node would."""
        scope = scopes.members(self.federation)
        nowhere = Carrier(FeedKey(PublicKey(bytes(32)), scope), 0, EntryId(bytes(32)))
        for one in records:
            about = subject_of(one)
            row = RecordRow(one.id, one.kind, scope, one.payload_id, about, one.signer, one.raw)
            self.store.records.add(row, nowhere)
            self.registry.arrived(scope, one.kind, about, one.payload_id)
        self.registry.forget_members(scope)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("most", [None, 7])
def test_that_it_is_others_turn_to_witness_is_no_change_of_the_roll(most: int | None) -> None:
    """Of 32 members 31 witness, or as many as bylaws say, and others after each roll.

    And a roll is made when sizes change, not before.
    """
    region = Region("" if most is None else f"[closing]\nwitnesses = {most}\n")
    rolls = Rolls(region.store, region.registry)
    members = region.registry.members(region.federation)
    assert members is not None
    panels = [set(rolls.newest(members).pinned)]
    before, witnessing = bytes(region.federation), list[bytes]()
    for version in (1, 2):
        roll, _ = rolls.present(members, START)
        assert roll is not None
        assert (roll.version, roll.previous) == (version, before)
        assert rolls.stands(members, roll)
        chosen = [one.community for one in roll.witnesses]
        turn = subjects.turn(region.federation, version, witnessing)
        assert chosen == subjects.witnesses(turn, region.stewards, most)
        low = roll.model_copy(update={"witnesses": roll.witnesses[:-1]})
        assert not rolls.stands(members, low), "nobody is left out"
        assert not rolls.stands(members, _with_another(roll, region)), "nor is anybody let in"
        _certify(region, rolls, roll.payload_id, roll.sign(region.stewards[chosen[0]]))
        assert rolls.newest(members).id == roll.payload_id
        again, _ = rolls.present(members, START)
        assert again == roll, "nothing changed"
        panels.append(set(chosen))
        before, witnessing = roll.payload_id, chosen
        region.hold([region.size(chosen[0], 50 + version, 1 + version)])
    assert {len(each) for each in panels} == {most or WITNESSES_MAX}
    assert panels[1] != panels[2]


@pytest.mark.timeout(60)
def test_attack_whose_turn_comes_next_is_ground_by_stating_a_size_again() -> None:
    """However a member words its own size, the same communities witness by the roll after."""
    panels, ids = set(), set()
    for serial in (2, 3, 4):
        region = Region()
        rolls = Rolls(region.store, region.registry)
        liar, other, *_ = sorted(region.stewards)
        region.hold([region.size(liar, 20, serial)])
        members = region.registry.members(region.federation)
        assert members is not None
        first, _ = rolls.present(members, START)
        assert first is not None
        _certify(region, rolls, first.payload_id, first.sign(region.stewards[liar]))
        region.hold([region.size(other, 50, 2)])
        following, _ = rolls.present(members, START)
        assert following is not None
        assert following.version == 2
        ids.add(first.payload_id)
        panels.add(tuple(one.community for one in following.witnesses))
    assert (len(ids), len(panels)) == (3, 1)


@pytest.mark.timeout(60)
def test_attack_a_roll_by_which_others_than_those_elected_witness() -> None:
    """Five of 32 members were elected: they witness, with the first roll on, and nobody else may."""
    elected = sorted(Region().stewards)[10:15]
    region = Region(f"[closing]\nelected = {[ids.show(one) for one in elected]}\n")
    rolls = Rolls(region.store, region.registry)
    members = region.registry.members(region.federation)
    assert members is not None
    assert [*rolls.newest(members).pinned] == elected
    roll, _ = rolls.present(members, START)
    assert roll is not None
    assert len(roll.holders) == 32
    assert [one.community for one in roll.witnesses] == elected
    assert rolls.stands(members, roll)
    assert not rolls.stands(members, _with_another(roll, region))
    assert not rolls.stands(members, roll.model_copy(update={"witnesses": roll.witnesses[:-1]}))
    _certify(region, rolls, roll.payload_id, roll.sign(region.stewards[elected[0]]))
    assert rolls.newest(members).id == roll.payload_id
    assert rolls.newest(members).quorum.needed == 4


@pytest.mark.timeout(60)
def test_where_fewer_than_four_of_those_elected_are_members_every_member_witnesses() -> None:
    """Three of those elected are members, others never were: as without an election, by turns of all."""
    here = sorted(Region().stewards)[:3]
    named = [ids.show(one) for one in (*here, bytes(32), bytes([7]) * 32)]
    region = Region(f"[closing]\nelected = {named}\nwitnesses = 31\n")
    members = region.registry.members(region.federation)
    assert members is not None
    turn = subjects.turn(region.federation, 0, [])
    panel = Rolls(region.store, region.registry).newest(members)
    assert [*panel.pinned] == subjects.witnesses(turn, region.stewards, None)


def _with_another(roll: Roll, region: Region) -> Roll:
    """Return a roll by which one more community witnesses."""
    other = min(set(region.stewards) - {one.community for one in roll.witnesses})
    more = Witness(community=other, device=region.devices[other].public, position=0)
    listed = sorted((*roll.witnesses, more), key=lambda one: one.community)
    return roll.model_copy(update={"witnesses": tuple(listed)})


def _certify(region: Region, rolls: Rolls, roll: PayloadId, signed: Record) -> None:
    """Let those who may certify a roll."""
    members = region.registry.members(region.federation)
    assert members is not None
    panel = rolls.newest(members)
    votes = [
        CutVote(
            instance=place(members, panel).instance,
            witness=one,
            step="com",
            round=0,
            value=subjects.roll_value(roll),
            lock=None,
        ).sign(region.devices[one])
        for one in sorted(panel.pinned)[: panel.quorum.needed]
    ]
    region.hold([signed, *votes])
