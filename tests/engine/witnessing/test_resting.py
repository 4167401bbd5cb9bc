"""Rolls whose papers only a forked feed carries: tests of engine/witnessing/resting.py, attacks by name."""

from node.engine import commands
from node.engine.witnessing.resting import Resting
from node.federation.membership import JoinRequest, Membership
from node.governance.closing.statements import CutVote
from node.governance.closing.subjects import ROLL, Place
from node.governance.proposals import Roll
from node.governance.sizes import SizeAttestation
from node.ids import FederationId
from node.records import record
from node.records.approvals import Approval
from node.records.record import Record
from tests.engine.deciding.test_closing import CLOSING, federated, pass_time, put
from tests.engine.deciding.test_closing_attacks import scope_of
from tests.engine.harness import Node
from tests.engine.parting import part
from tests.engine.rolls.test_rolls import rolls
from tests.engine.witnessing.test_spreading import TwoFaced

FOUR = ("ann", "bob", "carl", "dora")


def test_attack_each_witness_is_shown_another_size_in_a_branch_of_its_own() -> None:
    """What each alone computes a roll from it carries, so that all come to one roll all the same."""
    nodes = federated(FOUR, house=12)
    put(nodes[0])
    pass_time(nodes[0], 2_000)
    (first,) = rolls(nodes[0])
    liar = TwoFaced(nodes)
    steward = nodes[3].steward

    def stated(number: int) -> Record:
        said = {"federation": first.federation, "attester": liar.community, "subject": liar.community}
        size = {"size": 100 * (1 + number), "serial": 10 + number}
        return SizeAttestation.model_validate({**said, **size}).sign(steward)

    shown = {node.name: stated(number) for number, node in enumerate(liar.nodes)}
    liar.show({name: [one] for name, one in shown.items()})
    for node in liar.nodes:
        held = {one.id for one in shown.values() if node.store.records.get(one.id) is not None}
        assert held == {shown[node.name].id}, "else nothing was tried"
    put(nodes[1], "On new sizes?")
    pass_time(nodes[0], 1_000, steps=60)
    chains = [rolls(node) for node in liar.nodes]
    assert [len(chain) for chain in chains] == [2, 2, 2]
    assert chains[0] == chains[1] == chains[2]


def test_attack_a_vote_that_certifies_a_roll_is_shown_to_one_witness_alone() -> None:
    """Who sees that a roll is certified carries what it rests on, so that the others follow."""
    nodes = federated(FOUR, house=12)
    put(nodes[0])
    pass_time(nodes[0], 2_000)
    liar = TwoFaced(nodes)
    ann, _, carl = liar.nodes
    network = ann.network
    ann.ask(commands.Attest(size=60))
    put(ann, "On new sizes?")
    while not all(steps(node) for node in liar.nodes):
        network.wait(100)
    network.lose(carl)
    part(carl)
    liar.nodes.remove(carl)
    while [steps(node) for node in liar.nodes] != [["com", "pre"]] * 2:
        network.wait(100)
    committed = next(one for one in votes(ann, ann) if one.step == "com")
    said = committed.model_copy(update={"witness": liar.community}).sign(liar.device)
    assert [len(rolls(node)) for node in liar.nodes] == [1, 1]
    liar.show({"ann": [said]})
    pass_time(ann, 1_000, steps=60)
    assert [len(rolls(node)) for node in liar.nodes] == [2, 2]


def test_attack_an_approval_of_a_newcomer_is_shown_to_one_member_alone() -> None:
    """Who sees that somebody came in carries how, so that it is a member to all, though nothing is put."""
    nodes = federated(FOUR, closing=f"{CLOSING}[admission]\napprovals = 2\n", house=12)
    ann, bob, carl, dora = nodes
    put(ann)
    pass_time(ann, 2_000)
    eve = ann.network.node("eve")
    eve.ask(commands.JoinFederation(link=ann.ask(commands.Invite(addresses=(ann.name,)))["link"]))
    pass_time(ann, 2_000)
    (federation,) = ann.engine._registry.federations()
    claims = Membership.among(
        [record.stored(row.raw) for row in ann.store.records.of_kind(scope_of(ann), Membership.kind)]
    )
    (claim,) = [one for one in claims if one.community == eve.community]
    liar = TwoFaced(nodes)
    assert not any(node.engine._registry.is_member(federation, eve.community) for node in liar.nodes)
    liar.show({bob.name: [Approval(of=claim.payload_id, community=dora.community).sign(dora.steward)]})
    inside = [node.engine._registry.is_member(federation, eve.community) for node in (ann, bob, carl)]
    assert inside == [False, True, False], "else nothing was tried"
    pass_time(ann, 1_000, steps=60)
    assert all(node.engine._registry.is_member(federation, eve.community) for node in (ann, bob, carl))


def votes(node: Node, by: Node) -> list[CutVote]:
    """Return what a witness voted about the second roll, as a node holds it."""
    about = Place(rolls(node)[0].federation, ROLL, 2).instance
    rows = node.store.records.about(scope_of(node), CutVote.kind, about)
    return [
        one for one in CutVote.among([record.stored(row.raw) for row in rows]) if one.witness == by.community
    ]


def steps(node: Node) -> list[str]:
    """Return the steps that a witness took towards the second roll."""
    return sorted(one.step for one in votes(node, node))


def test_only_what_is_new_on_a_roll_is_named_as_what_it_rests_on() -> None:
    """A newcomer's request, membership and size; not what the roll before it named already."""
    nodes = federated(FOUR[:3], house=12)
    ann = nodes[0]
    put(ann)
    pass_time(ann, 2_000)
    newcomer = ann.network.node("eve")
    link = ann.ask(commands.Invite(addresses=(ann.name,)))["link"]
    newcomer.ask(commands.JoinFederation(link=link))
    newcomer.ask(commands.Attest(size=30))
    put(ann, "With the newcomer?")
    pass_time(ann, 2_000)
    first, second = rolls(ann)
    registry = ann.engine._registry
    members = registry.members(FederationId(first.federation))
    assert members is not None
    standing = ann.engine._witnessing._questions.rolls
    last, certificate = standing.settling(members, standing.newest(members))
    assert certificate is not None
    assert certificate.value.proposal == second.payload_id
    named = [ann.store.records.get(one) for one in Resting(ann.store, registry).named(members, last, second)]
    found = [record.stored(row.raw) for row in named if row is not None]
    assert found[0].kind == Roll.kind
    assert {one.kind for one in found} == {"roll", "attestation", "join", "membership", "approval"}
    for form in (JoinRequest, Membership):
        assert [one.community for one in form.among(found)] == [newcomer.community]
    assert [one.subject for one in SizeAttestation.among(found)] == [newcomer.community]
