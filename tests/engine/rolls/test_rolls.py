"""Rolls over whole nodes: tests of node/engine/rolls/rolls.py and rolling.py, each attack by its name."""

import base64
from collections.abc import Sequence

import pytest

from node import canonical, ids, keys
from node.engine import commands
from node.engine.deciding import dossier
from node.engine.setup import enrol_request
from node.errors import InputFileError
from node.governance import decisions, papers
from node.governance.closing import subjects
from node.governance.closing.statements import CutValue, CutVote, Receipt
from node.governance.closing.subjects import Place
from node.governance.decisions import Following
from node.governance.proposals import Proposal, Roll, SeatHolder, Witness
from node.governance.sizes import Size
from node.ids import CommunityId, PayloadId
from node.keys import KeyPair
from node.records import record
from node.storage.memory.store import MemoryStore
from tests.engine.deciding.test_closing import HOUR, federated, pass_time, put, result, start_again, vote
from tests.engine.deciding.test_closing_attacks import many_ballots, scope_of, stated
from tests.engine.deciding.test_closing_invariants import parted
from tests.engine.harness import Network, Node, neighbours
from tests.verifier import minimal
from tests.verifier.drawn import slip


def rolls(node: Node) -> list[Roll]:
    """Return the certified rolls as a node knows them."""
    (federation,) = node.engine._registry.federations()
    members = node.engine._registry.members(federation)
    assert members is not None
    return list(node.engine._witnessing._questions.rolls.certified(members))


def exported(node: Node, proposal: str) -> bytes:
    """Return a decision's file."""
    return base64.b64decode(node.ask(commands.ExportDecision(proposal=proposal))["data"])


def stuffed(good: Roll, keep: list[Node]) -> Roll:
    """Return a roll that follows from attested sizes and bylaws, with nobody on it but some."""
    kept = {each.community for each in keep}
    return worked_out(
        good,
        [one for one in good.holders if one.community in kept],
        tuple(one for one in good.witnesses if one.community in kept),
    )


def worked_out(good: Roll, named: Sequence[SeatHolder], witnesses: tuple[Witness, ...]) -> Roll:
    """Return the roll that follows from these sizes, with these witnesses, in the place of a good one."""
    known = [
        Size(CommunityId(one.community), one.size, tuple(map(PayloadId, one.attestations))) for one in named
    ]
    return decisions.make_roll(
        good.federation,
        known,
        follows=Following(good.version, good.previous, good.bylaws),
        rule=good.rule,
        witnesses=witnesses,
    )


def question_on(node: Node, like: Proposal, roll: Roll) -> Proposal:
    """Return a question of a node's stewards over a roll."""
    fields = {"proposer": node.community, "roll": roll.payload_id, "nonce": bytes(16)}
    return like.model_copy(update=fields)


def test_every_node_certifies_the_same_rolls_from_the_founding_on() -> None:
    """The first question calls for the first roll, one after new sizes for the second; all hold both."""
    nodes = federated(["ann", "bob", "carl", "dora"])
    assert rolls(nodes[0]) == []
    put(nodes[0])
    pass_time(nodes[0], 1_000)
    put(nodes[1], "The same sizes?")
    pass_time(nodes[0], 1_000)
    assert [one.version for one in rolls(nodes[0])] == [1]
    nodes[2].ask(commands.Attest(size=900))
    put(nodes[3], "New sizes?")
    pass_time(nodes[0], 1_000)
    chains = [rolls(node) for node in nodes]
    assert all(chain == chains[0] for chain in chains)
    first, second = chains[0]
    assert second.previous == first.payload_id
    assert first.previous == first.federation


def test_attack_roll_stuffing_leaving_the_others_out() -> None:
    """A member who puts a question on a roll of itself alone certifies nothing, whatever it signs."""
    nodes = federated(["ann", "bob", "carl"])
    pass_time(nodes[0], 1_000)
    good = put(nodes[0])
    ann_roll, like, liar = stated(nodes[0], Roll), stated(nodes[0], Proposal), nodes[2]
    assert isinstance(ann_roll, Roll)
    assert isinstance(like, Proposal)
    alone = stuffed(ann_roll, [liar])
    question = question_on(liar, like, alone)
    slip(liar, scope_of(liar), [alone.sign(liar.steward), question.sign(liar.steward)])
    vote(liar, ids.show(question.id))
    pass_time(nodes[0], 25 * HOUR)
    # What an honest device does not sign, the liar's own signs here: as the only witness of its own roll.
    value = CutValue(proposal=question.id, seals=(bytes(32),), cut=bytes(32), result=bytes(32))
    for about, said in (
        (papers.instance(question.id), value),
        (Place(like.federation, "roll", 1).instance, subjects.roll_value(alone.payload_id)),
    ):
        for step in ("pre", "com"):
            fields = {"instance": about, "witness": liar.community, "step": step, "round": 0}
            signed = CutVote.model_validate({**fields, "value": said, "lock": None}).sign(liar.device)
            slip(liar, scope_of(liar), [signed])
    pass_time(nodes[0], HOUR)
    for node in nodes:
        shown = result(node, ids.show(question.id))
        assert shown["state"] == "provisional"
        assert "another roll" in shown["why_provisional"]
        assert result(node, good)["state"] == "certified"
        assert [one.payload_id for one in rolls(node)] == [ann_roll.payload_id]
    data = exported(liar, ids.show(question.id))
    assert not dossier.verify(data, MemoryStore()).valid
    assert not minimal.verify(data).valid


def test_attack_roll_stuffing_with_outdated_sizes() -> None:
    """A roll on sizes that were stated anew since is not certified: witnesses ask for what they compute."""
    nodes = federated(["ann", "bob", "carl"])
    pass_time(nodes[0], 1_000)
    put(nodes[0])
    pass_time(nodes[0], 1_000)
    (old,), like, liar = rolls(nodes[0]), stated(nodes[0], Proposal), nodes[2]
    assert isinstance(like, Proposal)
    nodes[1].ask(commands.Attest(size=2_000))
    outdated = old.model_copy(update={"version": 2, "previous": old.payload_id})
    question = question_on(liar, like, outdated)
    slip(liar, scope_of(liar), [outdated.sign(liar.steward), question.sign(liar.steward)])
    pass_time(nodes[0], 1_000)
    second = rolls(nodes[0])[1]
    assert second.payload_id != outdated.payload_id
    assert {one.size for one in second.holders} == {20, 2_000}
    assert "another roll" in result(nodes[0], ids.show(question.id))["why_provisional"]


def test_attack_a_roll_that_pins_another_device_of_somebody_else() -> None:
    """Who chooses which of another's devices shall witness has a roll that no honest witness asks for."""
    nodes = federated(["ann", "bob", "carl"])
    pass_time(nodes[0], 1_000)
    second, bob = KeyPair(bytes([7]) * 32), nodes[1].community
    nodes[1].ask(commands.AddDevice(request=enrol_request(second, bytes([9]) * 32, nodes[1].community)))
    good = put(nodes[0])
    roll, like = stated(nodes[0], Roll), stated(nodes[0], Proposal)
    assert isinstance(roll, Roll)
    assert isinstance(like, Proposal)
    wrong = roll.model_copy(
        update={
            "witnesses": tuple(
                one.model_copy(update={"device": second.public}) if one.community == bob else one
                for one in roll.witnesses
            )
        }
    )
    assert wrong != roll
    question = question_on(nodes[2], like, wrong)
    slip(nodes[2], scope_of(nodes[2]), [wrong.sign(nodes[2].steward), question.sign(nodes[2].steward)])
    pass_time(nodes[0], 25 * HOUR)
    assert result(nodes[0], ids.show(question.id))["state"] == "provisional"
    assert result(nodes[0], good)["state"] == "certified"


def test_attack_membership_race_a_lone_member_shrinks_nothing() -> None:
    """Who alone has stated a size has all seats, but not all witnesses: the others still certify with it."""
    nodes = federated(["ann", "bob", "carl"])
    roll = nodes[0].ask(commands.ShowRoll())
    assert len(roll["seats"]) == 3
    put(nodes[0])
    newcomer = nodes[0].network.node("new")
    neighbours(newcomer, nodes[0])
    newcomer.ask(commands.JoinFederation(link=nodes[0].ask(commands.Invite(addresses=("ann",)))["link"]))
    pass_time(nodes[0], 1_000)
    put(nodes[1], "With the newcomer as a witness?")
    pass_time(nodes[0], 1_000)
    last = rolls(nodes[0])[-1]
    assert newcomer.community not in {one.community for one in last.holders}
    assert newcomer.community in {one.community for one in last.witnesses}


def test_witnesses_that_were_parted_come_to_one_roll() -> None:
    """R11: two halves that call for different rolls certify neither, and one of them when they meet."""
    nodes = federated(["ann", "bob", "carl", "dora"])
    pass_time(nodes[0], 1_000)
    with parted(nodes[:2], nodes[2:]):
        nodes[0].ask(commands.Attest(size=111))
        nodes[2].ask(commands.Attest(size=333))
        put(nodes[0], "One?")
        put(nodes[2], "Two?")
        pass_time(nodes[0], 60_000, steps=10)
        assert [rolls(node) for node in nodes] == [[], [], [], []]
    for _ in range(10):
        pass_time(nodes[0], 120_000)
    chains = [rolls(node) for node in nodes]
    assert all(len(chain) == 1 and chain == chains[0] for chain in chains)
    assert {one.size for one in chains[0][0].holders} in ({20, 111}, {20, 333})


def test_i10_a_restart_between_any_two_steps_of_a_roll_signs_nothing_twice() -> None:
    """A witness started again after each step votes once a step and round about a roll, too."""
    nodes = federated(["ann", "bob", "carl", "dora"])
    put(nodes[0])
    for _ in range(6):
        start_again(nodes)
        for _ in range(3):
            nodes[0].network.wait(400)
    assert [len(rolls(node)) for node in nodes] == [1] * 4
    rows = nodes[0].store.records.of_kind(scope_of(nodes[0]), CutVote.kind)
    votes = [(row.signer, CutVote.read(record.stored(row.raw))) for row in rows]
    places = [(signer, one.instance, one.step, one.round) for signer, one in votes]
    assert len(places) == len(set(places))
    assert {signer for signer, *_ in places} == {node.device.public for node in nodes}


def test_a_file_without_the_chain_of_its_roll_proves_nothing() -> None:
    """Both readers ask for the certificate of the roll, and for those of all rolls before it."""
    nodes = federated(["ann", "bob", "carl"])
    pass_time(nodes[0], 1_000)
    put(nodes[0], "The first?")
    pass_time(nodes[0], 1_000)
    nodes[1].ask(commands.Attest(size=77))
    proposal = put(nodes[0])
    for node in nodes:
        vote(node, proposal)
    pass_time(nodes[0], 25 * HOUR)
    data = exported(nodes[0], proposal)
    assert dossier.verify(data, MemoryStore()).valid
    assert minimal.verify(data).valid
    form, named, founding, charters, records = canonical.decode(data, bytes_max=len(data))
    federation = bytes(rolls(nodes[0])[0].federation)
    for version in (1, 2):
        about = Place(federation, "roll", version).instance
        votes = [one for one in map(record.read, records) if one.kind == CutVote.kind]
        lacking = {one.raw for one in votes if CutVote.read(one).instance == about}
        assert lacking
        cut = canonical.encode([form, named, founding, charters, [r for r in records if r not in lacking]])
        found = dossier.verify(cut, MemoryStore())
        assert not found.valid
        assert "have not certified the roll" in found.problems[0]
        assert not minimal.verify(cut).valid


def test_a_community_that_lost_its_only_device_goes_on_with_another() -> None:
    """The first roll of a federation of one can be certified by a device that came later."""
    (ann,) = federated(["ann"])
    put(ann)
    pass_time(ann, 1_000)
    (first,) = rolls(ann)
    lost, found = ann.device, KeyPair(bytes([7]) * 32)
    request = enrol_request(found, bytes([9]) * 32, ann.community)
    ann.ask(commands.AddDevice(request=request))
    ann.device = found
    ann.restart()
    ann.ask(commands.RetireDevice(device=keys.show(lost.public)))
    ann.ask(commands.Attest(size=99))
    proposal = put(ann, "With a new device?")
    vote(ann, proposal)
    pass_time(ann, 25 * HOUR)
    second = rolls(ann)[1]
    assert [one.device for one in second.witnesses] == [ann.device.public]
    assert second.previous == first.payload_id
    assert result(ann, proposal)["state"] == "certified"


def back_dated(like: Proposal, node: Node, *, seconds: int) -> Proposal:
    """Return the same question by another node, as if it had been put so much earlier."""
    times = like.windows
    moved = {"opens": times.opens - seconds, "closes": times.closes - seconds}
    fields = {"proposer": node.community, "windows": times.model_copy(update=moved), "nonce": bytes(16)}
    return like.model_copy(update=fields)


def test_attack_back_dated_question_whose_voting_is_over() -> None:
    """Who shows a question when its voting has closed gets no signature of any other witness."""
    nodes = federated(["ann", "bob", "carl"])
    put(nodes[0])
    pass_time(nodes[0], 1_000)
    like, liar = stated(nodes[0], Proposal), nodes[2]
    assert isinstance(like, Proposal)
    secret = back_dated(like, liar, seconds=24 * 3_600 + 60)
    slip(liar, scope_of(liar), [secret.sign(liar.steward)])
    pass_time(nodes[0], 1_000)
    slip(liar, scope_of(liar), many_ballots(liar, ids.show(secret.id), 1))
    pass_time(nodes[0], 5 * HOUR)
    for honest in nodes[:2]:
        assert not about(honest, secret.id)
        honest.restart()
    pass_time(nodes[0], HOUR)
    assert not any(about(honest, secret.id) for honest in nodes[:2])
    assert result(nodes[0], ids.show(secret.id))["state"] == "provisional"


def test_attack_back_dated_question_that_began_in_secret() -> None:
    """Who shows a question long after it opened gets no receipts for what it kept back until then."""
    nodes = federated(["ann", "bob", "carl", "dora"])
    put(nodes[0])
    pass_time(nodes[0], 1_000)
    like, liar = stated(nodes[0], Proposal), nodes[3]
    assert isinstance(like, Proposal)
    secret = back_dated(like, liar, seconds=20 * 3_600)
    slip(liar, scope_of(liar), [secret.sign(liar.steward)])
    pass_time(nodes[0], 1_000)
    (ballot,) = many_ballots(liar, ids.show(secret.id), 1)
    own = Receipt(proposal=secret.id, witness=liar.community, listed=(ballot.id,)).sign(liar.device)
    slip(liar, scope_of(liar), [ballot, own])
    pass_time(nodes[0], 25 * HOUR)
    assert all("receipt" not in about(honest, secret.id) for honest in nodes[:3])
    shown = result(nodes[0], ids.show(secret.id))
    assert shown["state"] != "provisional"
    assert (shown["seats_voted"], len(shown["contested"])) == (0, 1)
    assert shown["outcome"]["verdict"] == "no-quorum"


def about(node: Node, proposal: bytes) -> list[str]:
    """Return the kinds of what a node's device signed as a witness about a question."""
    found = []
    for kind, subject in (
        ("receipt", proposal), ("seal", proposal), ("cut-vote", papers.instance(proposal)),
    ):  # fmt: skip
        rows = node.store.records.about(scope_of(node), kind, subject)
        found += [kind for row in rows if row.signer == node.device.public]
    return found


def test_floors_that_a_house_has_no_room_for_are_refused_where_they_are_adopted() -> None:
    """Who founds, or lets in one more, is told which house so many communities need."""
    network = Network()
    ann, bob = network.node("ann"), network.node("bob")
    neighbours(ann, bob)
    bylaws = b'name = "Valley"\n[seats]\nhouse = 5\nfloor = 3\n'
    both = commands.FoundFederation(bylaws=bylaws, file_name="b.toml", founders=(ids.show(bob.community),))
    with pytest.raises(InputFileError, match="need a house of 6 seats, found 5"):
        ann.ask(both)


def test_r11_a_roll_that_too_few_ask_for_is_certified_in_a_later_round_of_the_same_attempt() -> None:
    """Nothing about a roll can fail: parted for a month no half gives up, and together they go on."""
    nodes = federated(["ann", "bob", "carl", "dora"])
    pass_time(nodes[0], 1_000)
    with parted(nodes[:2], nodes[2:]):
        nodes[0].ask(commands.Attest(size=111))
        put(nodes[0], "One?")
        pass_time(nodes[0], 30 * 24 * HOUR, steps=30)
    for _ in range(4):
        pass_time(nodes[0], 12 * HOUR)
    (certified,) = rolls(nodes[3])
    assert {one.size for one in certified.holders} == {20, 111}
    attempt = Place(certified.federation, "roll", 1)
    said = [
        vote
        for row in nodes[3].store.records.about(scope_of(nodes[3]), CutVote.kind, attempt.instance)
        for vote in CutVote.among([record.stored(row.raw)])
    ]
    committed = [one for one in said if one.step == "com"]
    assert {one.round > 0 for one in committed} == {True}
    assert {one.value for one in said if one.value is not None} <= {
        subjects.roll_value(PayloadId(one.payload_id)) for one in (certified, *stated_rolls(nodes))
    }


def stated_rolls(nodes: list[Node]) -> list[Roll]:
    """Return every roll that anybody called for."""
    return [
        roll
        for node in nodes
        for row in node.store.records.of_kind(scope_of(node), Roll.kind)
        for roll in Roll.among([record.stored(row.raw)])
    ]
