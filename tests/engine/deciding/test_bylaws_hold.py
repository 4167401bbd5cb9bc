"""What bylaws leave open, over whole nodes: who proposes, how many witnesses agree, who states sizes."""

import base64

import pytest

from node import ids
from node.engine import commands
from node.engine.commands.effects import NewEffect
from node.engine.deciding import dossier
from node.errors import NodeError, NotAuthorisedError
from node.governance.proposals import Proposal
from node.governance.sizes import SizeAttestation
from node.ids import FederationId
from node.records import record
from node.storage.memory.store import MemoryStore
from tests.engine.deciding.test_closing import CLOSING, HOUR, federated, pass_time, put, result, vote
from tests.engine.deciding.test_closing_attacks import scope_of, stated
from tests.engine.harness import Network, Node, neighbours
from tests.engine.rolls.test_rolls import rolls, worked_out
from tests.verifier import minimal
from tests.verifier.drawn import slip
from tests.verifier.proving import File
from tests.verifier.shapes import Fields


def proved(node: Node, proposal: str) -> list[tuple[bool, str]]:
    """Return what our own reader and the second one say of the decision's file."""
    data = base64.b64decode(node.ask(commands.ExportDecision(proposal=proposal))["data"])
    first, second = dossier.verify(data, MemoryStore()), minimal.verify(data)
    assert first.reading is not None
    return [(first.valid, first.reading.state), (second.valid, second.state)]


def test_attack_a_member_without_a_seat_puts_a_question_where_only_seated_ones_may() -> None:
    """`proposing.by = "seated"`: the command says no, and a forged question is on nobody's list."""
    nodes = federated(["ann", "bob", "carl"], closing=CLOSING + '[proposing]\nby = "seated"\n')
    put(nodes[0])
    newcomer = nodes[0].network.node("new")
    neighbours(newcomer, nodes[0])
    invited = nodes[0].ask(commands.Invite(addresses=("ann",)))
    newcomer.ask(commands.JoinFederation(link=invited["link"]))
    pass_time(nodes[0], 1_000)
    with pytest.raises(NodeError, match="seat"):
        put(newcomer, "A boat?")
    honest = stated(nodes[0], Proposal)
    assert isinstance(honest, Proposal)
    forged = honest.model_copy(update={"proposer": newcomer.community, "title": "Forged"})
    slip(newcomer, scope_of(nodes[0]), [forged.sign(newcomer.steward)])
    pass_time(nodes[0], HOUR)
    for node in nodes:
        listed = node.ask(commands.ListProposals())["proposals"]
        assert [one["title"] for one in listed] == ["A bike?"]


@pytest.mark.parametrize(("agreeing", "state"), [(2, "certified"), (3, "provisional")])
def test_bylaws_may_ask_for_more_witnesses_than_safety_does(agreeing: int, state: str) -> None:
    """Of three witnesses one is silent: two that agree are enough, unless the bylaws ask for all three."""
    nodes = federated(["ann", "bob", "carl"], closing=CLOSING + f"agreeing = {agreeing}\n")
    proposal = put(nodes[0])
    for node in nodes:
        vote(node, proposal)
    nodes[0].network.lose(nodes[2])
    pass_time(nodes[0], 28 * HOUR)
    for node in nodes[:2]:
        assert (result(node, proposal)["state"], result(node, proposal)["quorum"]["needed"]) == (
            state,
            agreeing,
        )
        assert proved(node, proposal) == [(state == "certified", state)] * 2


def test_sizes_that_others_state_make_the_roll() -> None:
    """`attesters = "others"`: what a community says of itself counts for nothing, two others' word does."""
    sizes = '[sizes]\nattesters = "others"\nwitnesses = 2\n'
    nodes = federated(["ann", "bob", "carl"], closing=CLOSING + sizes, house=10, attesters="others")
    first, *others = nodes
    with pytest.raises(NotAuthorisedError, match="stated by others"):
        first.ask(commands.Attest(size=10**6))
    for number, other in enumerate(others):
        other.ask(commands.Attest(size=600 + number, community=ids.show(first.community)))
    proposal = put(others[0])
    pass_time(first, 1_000)
    for node in nodes:
        rows = node.ask(commands.ShowRoll())["seats"]
        assert {one["size"] for one in rows if one["community"] == ids.show(first.community)} == {600}
        vote(node, proposal)
    pass_time(first, 25 * HOUR)
    assert proved(others[1], proposal) == [(True, "certified")] * 2


def named_by(*names: str, more: str = "") -> str:
    """Return bylaws by which two of these must agree on a size."""
    known = [ids.show(Network().node(name).community) for name in names]
    return f'[sizes]\nattesters = "named"\nwitnesses = 2\nnamed = {known}\n{more}'


def test_attack_a_size_that_others_than_those_named_state() -> None:
    """Two of three are named: the third's word counts for nothing, theirs does, about themselves too."""
    nodes = federated(
        ["ann", "bob", "carl"], closing=CLOSING + named_by("ann", "bob"), house=10, attesters="named"
    )
    ann, bob, carl = nodes
    with pytest.raises(NotAuthorisedError, match="sizes are stated by "):
        carl.ask(commands.Attest(size=10**6))
    for number, node in enumerate((ann, bob)):
        node.ask(commands.Attest(size=600 + number, community=ids.show(carl.community)))
    proposal = put(carl)
    pass_time(ann, 1_000)
    for node in nodes:
        vote(node, proposal)
    pass_time(ann, 25 * HOUR)
    shown = {one["community"]: one["size"] for one in carl.ask(commands.ShowRoll())["seats"]}
    assert shown == {ids.show(ann.community): 20, ids.show(bob.community): 20, ids.show(carl.community): 600}
    assert proved(carl, proposal) == [(True, "certified")] * 2
    # The same roll under bylaws that name carl for bob rests on the word of somebody who is not named.
    file = File(base64.b64decode(carl.ask(commands.ExportDecision(proposal=proposal))["data"]))
    (rules,) = file.bylaws.values()
    rules["sizes"] = Fields(rules.sizes, named=sorted([ann.community, carl.community]))
    with pytest.raises(ValueError, match="not put"):
        minimal.Question(file, file.wanted)
    # What a changed program signs: carl's own word in the place of bob's, on a roll that adds up.
    (good,) = rolls(ann)
    forged = SizeAttestation(
        federation=good.federation, attester=carl.community, subject=carl.community, size=10**6, serial=1
    )
    slip(carl, scope_of(carl), [forged.sign(carl.steward)])
    holders = [
        one
        if one.community != carl.community
        else one.model_copy(update={"attestations": (stated_by(ann, carl), forged.payload_id)})
        for one in good.holders
    ]
    members = ann.engine._registry.members(FederationId(good.federation))
    assert members is not None
    stands = ann.engine._witnessing._questions.rolls.stands
    assert stands(members, worked_out(good, good.holders, good.witnesses))
    assert not stands(members, worked_out(good, holders, good.witnesses))


def stated_by(attester: Node, subject: Node) -> bytes:
    """Return the latest statement of one about another's size."""
    rows = attester.store.records.of_kind(scope_of(attester), SizeAttestation.kind)
    said = SizeAttestation.among([record.stored(row.raw) for row in rows])
    wanted = [one for one in said if (one.attester, one.subject) == (attester.community, subject.community)]
    return max(wanted, key=lambda one: one.serial).payload_id


def test_too_few_of_those_named_are_members_and_others_state_sizes_until_they_are() -> None:
    """A federation needs no word of who left; what was settled for a day stays once enough have joined."""
    rules = CLOSING + named_by("ann", "dora", more='days = ["01-01"]\n')
    nodes = federated(["ann", "bob", "carl"], closing=rules, house=10, attesters="others")
    ann, bob, carl = nodes
    with pytest.raises(NotAuthorisedError, match="stated by others"):
        ann.ask(commands.Attest(size=10**6))
    first = put(bob)
    pass_time(ann, 1_000)
    dora = ann.network.node("dora")
    neighbours(dora, ann)
    dora.ask(commands.JoinFederation(link=ann.ask(commands.Invite(addresses=("ann",)))["link"]))
    pass_time(ann, 1_000)
    with pytest.raises(NotAuthorisedError, match="sizes are stated by "):
        carl.ask(commands.Attest(size=10, community=ids.show(bob.community)))
    for node in (ann, dora):
        for subject in (*nodes, dora):
            node.ask(commands.Attest(size=70, community=ids.show(subject.community)))
    second = put(carl, "With a size for the newcomer?")
    pass_time(ann, 25 * HOUR)
    assert [proved(bob, each) for each in (first, second)] == [[(True, "certified")] * 2] * 2
    assert [len(one.witnesses) for one in rolls(bob)][:2] == [3, 4]
    assert {one.community: one.size for one in rolls(bob)[-1].holders} == {
        **{one.community: 20 for one in nodes},
        dora.community: 70,
    }


@pytest.mark.parametrize("attesters", ["named", "others"])
@pytest.mark.parametrize("way", ["restore", pytest.param("annul", marks=pytest.mark.long), "bylaws"])
def test_questions_are_put_on_the_last_roll_where_too_few_are_left_to_state_sizes(
    attesters: str, way: str
) -> None:
    """Two must agree, and of three members one is put out: the others undo that, or choose other bylaws."""
    sizes = (
        named_by("ann", "bob") if attesters == "named" else '[sizes]\nattesters = "others"\nwitnesses = 2\n'
    )
    nodes = federated(["ann", "bob", "carl"], closing=CLOSING + sizes, house=8, attesters=attesters)
    gone, *left = nodes
    bob = left[0]

    def agreed(effect: NewEffect) -> str:
        opened = bob.ask(commands.OpenProposal(title="Shall we?", effect=effect))
        assert opened["without_a_seat"] == []
        pass_time(bob, 1_000)
        for node in left:
            vote(node, opened["proposal"])
        pass_time(bob, 30 * HOUR)
        pass_time(bob, 30 * HOUR)
        assert result(bob, opened["proposal"])["state"] == "in force"
        return str(opened["proposal"])

    out = agreed(NewEffect(act="suspend", community=ids.show(gone.community)))
    assert len(rolls(bob)) == 1
    shown = bob.ask(commands.ShowRoll())
    assert (shown["version"], shown["certified"], len(shown["seats"])) == (1, True, len(nodes))
    assert len(shown["unattested"]) == len(left)
    undone = agreed(
        {
            "restore": NewEffect(act="restore", community=ids.show(gone.community)),
            "annul": NewEffect(act="annul", decision=out),
            "bylaws": NewEffect(act="bylaws", content=f'name = "V"\n{CLOSING}'.encode(), file_name="b.toml"),
        }[way]
    )
    assert proved(left[1], undone) == [(True, "in force")] * 2
    for node in left if way == "bylaws" else nodes[:2] if attesters == "named" else nodes:
        for subject in [node] if way == "bylaws" else nodes:
            if way == "bylaws" or attesters == "named" or subject is not node:
                node.ask(commands.Attest(size=30, community=ids.show(subject.community)))
    put(bob, "On other sizes?")
    pass_time(bob, 1_000)
    assert {one.size for one in rolls(bob)[-1].holders} == {30}
    assert len(rolls(bob)[-1].holders) == (len(left) if way == "bylaws" else len(nodes))
