"""What certified decisions do by themselves, over whole nodes: node/engine/deciding/enacting.py."""

import base64
from collections.abc import Sequence

import pytest

from node import ids
from node.engine import commands
from node.engine.claims import Decided
from node.engine.commands.effects import NewEffect
from node.engine.deciding import dossier, enacting
from node.engine.ports import Carrier, RecordRow
from node.engine.registry import Registry
from node.errors import ConflictError, InputFileError
from node.federation.membership import MEMBERSHIP_KINDS, Members
from node.feeds.entry import FeedKey
from node.governance.closing import review
from node.governance.proposals import Proposal, Roll
from node.ids import EntryId
from node.keys import PublicKey
from node.records import record
from node.storage.memory.store import MemoryStore
from tests.engine.deciding.test_closing import CLOSING, HOUR, federated, pass_time, put, result, vote
from tests.engine.deciding.test_closing_attacks import scope_of
from tests.engine.deciding.test_reviews import decided
from tests.engine.harness import Answer, Node, neighbours
from tests.verifier.drawn import slip

RULES = f'name = "Valley"\n[seats]\nhouse = 3\n{CLOSING}'
AT_ONCE = f'{CLOSING}[admission]\napprovals = 3\nway = "either"\n[review]\nstays = false\n'


def members(node: Node) -> set[str]:
    """Return the names by which the tests know the members that a node sees."""
    known = {ids.show(one.community): name for name, one in node.network._nodes.items()}
    found = node.ask(commands.ListFederations())["federations"][0]["members"]
    return {known[one["community"]] for one in found}


def effects(node: Node) -> Answer:
    """Return what decisions do, as a node sees it."""
    return node.ask(commands.ListEffects())


def asking(nodes: list[Node], name: str) -> Node:
    """Return a node whose community asked to join and waits."""
    new = nodes[0].network.node(name)
    neighbours(nodes[0], new)
    new.ask(commands.JoinFederation(link=nodes[0].ask(commands.Invite(addresses=(nodes[0].name,)))["link"]))
    return new


def agree(nodes: list[Node], effect: NewEffect, title: str = "Shall we?") -> str:
    """Let all nodes with a seat agree to something, and wait until its review is over."""
    proposal = decided(nodes, title, effect=effect)
    pass_time(nodes[0], 26 * HOUR)
    return proposal


def named(node: Node) -> str:
    """Return a node's community as a command names it."""
    return ids.show(node.community)


@pytest.mark.long
@pytest.mark.timeout(60)
def test_a_decision_admits_suspends_restores_and_removes() -> None:
    """Each takes effect with its certificate, on every node; who is suspended has no seat on new rolls."""
    nodes = federated(["ann", "bob", "carl"], closing=AT_ONCE, house=12)
    dora = asking(nodes, "dora")
    assert members(nodes[1]) == {"ann", "bob", "carl"}
    decided(nodes, effect=NewEffect(act="admit", community=named(dora)))
    pass_time(nodes[0], 1_000)
    assert [members(node) for node in (*nodes, dora)] == [{"ann", "bob", "carl", "dora"}] * 4
    dora.ask(commands.Attest(size=20))
    decided(nodes, effect=NewEffect(act="suspend", community=named(dora)))
    assert [one["community"] for one in effects(nodes[1])["suspended"]] == [named(dora)]
    with pytest.raises(ConflictError, match="suspended"):
        dora.ask(commands.OpenProposal(title="Well?"))
    seats = nodes[0].ask(commands.ShowRoll())["seats"]
    assert named(dora) not in [one["community"] for one in seats]
    decided(nodes, effect=NewEffect(act="restore", community=named(dora)))
    seats = nodes[0].ask(commands.ShowRoll())["seats"]
    assert named(dora) in [one["community"] for one in seats]
    decided(nodes, effect=NewEffect(act="remove", community=named(dora)))
    assert [members(node) for node in nodes] == [{"ann", "bob", "carl"}] * 3


def test_attack_effect_before_certification() -> None:
    """Votes alone admit nobody, nor does a certificate while the review that stays it lasts."""
    closing = f'{CLOSING}[admission]\napprovals = 3\nway = "decision"\n'
    nodes = federated(["ann", "bob", "carl"], closing=closing, house=12)
    dora = asking(nodes, "dora")
    asked = commands.OpenProposal(title="In?", effect=NewEffect(act="admit", community=named(dora)))
    proposal = str(nodes[0].ask(asked)["proposal"])
    for node in nodes:
        vote(node, proposal)
    with pytest.raises(ConflictError, match="by a decision alone"):
        nodes[1].ask(commands.Approve(community=named(dora)))
    assert members(nodes[0]) == {"ann", "bob", "carl"}
    pass_time(nodes[0], 25 * HOUR)
    assert result(nodes[0], proposal)["state"] == "certified"
    assert [members(node) for node in nodes] == [{"ann", "bob", "carl"}] * 3
    assert not result(nodes[0], proposal)["acts"]
    pass_time(nodes[0], 26 * HOUR)
    assert [members(node) for node in nodes] == [{"ann", "bob", "carl", "dora"}] * 3
    assert result(nodes[0], proposal)["acts"]


@pytest.mark.long
@pytest.mark.timeout(60)
def test_attack_a_suspended_member_lets_in_newcomers() -> None:
    """Whom it let in before stays, whom it lets in afterwards waits for another member, live and rebuilt."""
    rules = AT_ONCE.replace("approvals = 3", "approvals = 1")
    nodes = federated(["ann", "bob", "carl", "dora"], closing=rules, house=12)
    dora = nodes[3]
    fay = asking([dora], "fay")
    assert "fay" in members(nodes[0])
    decided(nodes, effect=NewEffect(act="suspend", community=named(dora)))
    slipped = asking([dora], "eve")
    waiting = nodes[0].ask(commands.ListFederations())["federations"][0]["pending"]
    assert [one["community"] for one in waiting] == [named(slipped)]
    for _ in range(2):
        assert [members(node) for node in nodes] == [{"ann", "bob", "carl", "dora", "fay"}] * 4
        for node in nodes:
            node.ask(commands.Rebuild())
    with pytest.raises(ConflictError, match="suspended"):
        dora.ask(commands.Approve(community=named(slipped)))
    nodes[0].ask(commands.Approve(community=named(slipped)))
    assert "eve" in members(nodes[1])
    assert named(fay) != named(slipped)


def test_new_bylaws_hold_from_the_next_roll_on() -> None:
    """Questions under way go by the old ones, the next by the new, and its file proves it offline."""
    nodes = federated(["ann", "bob", "carl"])
    rules = RULES.replace("house = 3", "house = 9").replace('voting = "1 day"', 'voting = "2 days"')
    agree(nodes, NewEffect(act="bylaws", content=rules.encode(), file_name="b.toml"))
    (shown,) = effects(nodes[1])["effects"]
    assert shown["acts"]
    assert shown["effect"]["in_words"] == (
        "The bylaws change: Seats in all (seats.house) from 3 to 9;"
        " How long people can vote (closing.voting) from 1 day to 2 days."
    )
    assert effects(nodes[1])["bylaws"]["rules"]["seats"]["house"] == 9
    present = nodes[1].ask(commands.ShowBylaws())
    assert (present["amended"], present["bylaws"]["seats"]["house"]) == (True, 9)
    assert "house = 9\n" in present["file"]
    (listed,) = nodes[1].ask(commands.ListFederations())["federations"]
    assert listed["bylaws"] == present["bylaws"]
    for node in nodes:
        node.ask(commands.ShowRoll())
    proposal = put(nodes[1], "By new rules?")
    assert result(nodes[2], proposal)["roll_seats"] == 9
    for node in nodes:
        vote(node, proposal)
    pass_time(nodes[0], 50 * HOUR)
    assert {result(node, proposal)["state"] for node in nodes} == {"certified"}
    data = base64.b64decode(nodes[2].ask(commands.ExportDecision(proposal=proposal))["data"])
    found = dossier.verify(data, MemoryStore())
    assert (found.valid, found.problems) == (True, ())


def test_attack_two_rival_bylaws() -> None:
    """Two changes of the same bylaws that both passed: one takes their place, the other replaces nothing."""
    nodes = federated(["ann", "bob", "carl"])
    asked = [
        commands.OpenProposal(
            title=f"{house} seats?",
            effect=NewEffect(
                act="bylaws", content=RULES.replace("house = 3", f"house = {house}").encode(), file_name="b"
            ),
        )
        for house in (6, 9)
    ]
    rivals = [str(node.ask(each)["proposal"]) for node, each in zip(nodes, asked, strict=False)]
    for node in nodes:
        for proposal in rivals:
            vote(node, proposal)
    pass_time(nodes[0], 25 * HOUR)
    pass_time(nodes[0], 26 * HOUR)
    assert {result(node, one)["state"] for node in nodes for one in rivals} == {"in force"}
    first = put(nodes[0], "First?")
    pass_time(nodes[0], 5_000)
    houses = {result(node, first)["roll_seats"] for node in nodes}
    assert len(houses) == 1
    second = put(nodes[1], "Second?")
    pass_time(nodes[0], 5_000)
    assert {result(node, second)["roll_seats"] for node in nodes} == houses, "the other does not follow"


def test_attack_bylaws_that_are_none() -> None:
    """Bylaws that cannot be read or change admission are refused; forged ones are not put."""
    nodes = federated(["ann", "bob"])
    for content, why in (
        (b"name = 3", "name"),
        (RULES.encode() + b'[admission]\nway = "decision"\n', "admission"),
    ):
        with pytest.raises(InputFileError, match=why):
            nodes[0].ask(commands.OpenProposal(title="?", effect=NewEffect(act="bylaws", content=content)))
    good = commands.OpenProposal(title="?", effect=NewEffect(act="bylaws", content=RULES.encode()))
    nodes[0].ask(good)
    rows = nodes[0].store.records.of_kind(scope_of(nodes[0]), Proposal.kind)
    said = Proposal.read(record.stored(rows[0].raw))
    assert said.effect is not None
    wild = said.model_copy(update={"effect": said.effect.model_copy(update={"content": b"\xa0"})})
    slip(nodes[0], scope_of(nodes[0]), [wild.sign(nodes[0].steward)])
    assert len(nodes[0].ask(commands.ListProposals())["proposals"]) == 1


@pytest.mark.long
@pytest.mark.timeout(60)
def test_effects_are_the_same_after_restart_and_rebuild_and_in_any_order() -> None:
    """They follow from the papers: who starts again, rebuilds or comes late sees what the others do."""
    nodes = federated(["ann", "bob", "carl"], closing=AT_ONCE, house=12)
    dora = asking(nodes, "dora")
    decided(nodes, effect=NewEffect(act="admit", community=named(dora)))
    decided(nodes, "Form?", effect=NewEffect(act="form", name="Visit", content=b"{}"))
    decided(nodes, "Tools?", effect=NewEffect(act="budget", name="Tools", amount=40, unit="hours"))
    pass_time(nodes[0], 5_000)
    expected = effects(nodes[0])
    assert [one["acts"] for one in expected["effects"]] == [True, True, True]
    nodes[1].ask(commands.Rebuild())
    nodes[2].restart()
    for node in (nodes[1], nodes[2], dora):
        found = effects(node)
        assert found["effects"] == expected["effects"]
        assert members(node) == {"ann", "bob", "carl", "dora"}


def test_an_upheld_decision_acts_whatever_of_its_papers_comes_last() -> None:
    """An older roll of the chain, a ballot, a seal: each kind kept back in turn ends in the same members."""
    nodes = federated(["ann", "bob"])
    put(nodes[0], "For the first roll?")
    pass_time(nodes[0], 5_000)
    nodes[0].ask(commands.Attest(size=30))
    proposal = decided(nodes, effect=NewEffect(act="suspend", community=named(nodes[1])))
    nodes[1].ask(commands.AskReview(proposal=proposal, reason="No."))
    pass_time(nodes[0], 26 * HOUR)
    decided(nodes, "Annul it?", effect=NewEffect(act="annul", decision=proposal), choice=2)
    kinds = sorted({*MEMBERSHIP_KINDS, *enacting._ALL, *review.KINDS})
    rows = [row for kind in kinds for row in nodes[0].store.records.of_kind(scope_of(nodes[0]), kind)]
    assert arrived(nodes[0], rows).suspended == (nodes[1].community,)
    for kind in kinds:
        last = sorted(rows, key=lambda row: row.kind == kind)
        assert arrived(nodes[0], last).suspended == (nodes[1].community,), kind
    rolls = {Roll.read(record.stored(row.raw)).version: row for row in rows if row.kind == Roll.kind}
    assert len(rolls) > 1
    assert arrived(nodes[0], sorted(rows, key=lambda row: row == rolls[1])).suspended


def test_attack_a_heap_of_questions_is_read_once() -> None:
    """However many questions with effects arrive together, what decisions do is read a few times at most."""
    nodes = federated(["ann"])
    budget = NewEffect(act="budget", name="Tools", amount=40, unit="hours")
    nodes[0].ask(commands.OpenProposal(title="?", effect=budget))
    (row,) = nodes[0].store.records.of_kind(scope_of(nodes[0]), Proposal.kind)
    said = Proposal.read(record.stored(row.raw))
    heap = [
        said.model_copy(update={"nonce": bytes([number]) * 16}).sign(nodes[0].steward) for number in range(50)
    ]
    registry, read = nodes[0].engine._registry, list[int]()
    decided_here = registry.decided

    def counted(members: Members) -> Decided:
        read.append(1)
        return decided_here(members)

    registry.decided = counted
    slip(nodes[0], scope_of(nodes[0]), heap)
    assert len(nodes[0].ask(commands.ListProposals())["proposals"]) == 51
    assert len(read) < 5


def arrived(node: Node, rows: Sequence[RecordRow]) -> Members:
    """Return the members that somebody sees to whom records came in this order, one by one."""
    store = MemoryStore()
    registry = Registry(store)
    enacting.attach(registry, store)
    known = node.engine._registry
    for community in known.communities():
        registry.add_charter(community, node.store.charters.of(community))
    (federation,) = known.federations()
    registry.add_federation(known.founding_record(federation) or b"")
    nowhere = Carrier(FeedKey(PublicKey(bytes(32)), rows[0].scope), 0, EntryId(bytes(32)))
    for row in rows:
        assert registry.members(federation) is not None
        store.records.add(row, nowhere)
        registry.arrived(row.scope, row.kind, row.about, row.payload_id)
        registry.settle(row.scope)
    found = registry.members(federation)
    assert found is not None
    return found


def test_what_the_bylaws_do_not_let_act_is_not_put() -> None:
    """Where the bylaws leave budgets to people, a question has no such effect."""
    nodes = federated(["ann"], closing=f"{CLOSING}[effects]\nbudget = false\n")
    with pytest.raises(ConflictError, match="do not let a decision release"):
        nodes[0].ask(
            commands.OpenProposal(
                title="?", effect=NewEffect(act="budget", name="Tools", amount=40, unit="hours")
            )
        )


@pytest.mark.long
@pytest.mark.timeout(60)
@pytest.mark.parametrize("act", ["suspend", "remove"])
def test_attack_a_community_without_a_say_puts_a_question(act: str) -> None:
    """Who was suspended or removed puts no question that is witnessed; what was decided with it stands."""
    nodes = federated(["ann", "bob", "carl", "dora"], closing=AT_ONCE, house=12)
    before = decided(nodes, "Old one?")
    decided(nodes, effect=NewEffect.model_validate({"act": act, "community": named(nodes[3])}))
    assert result(nodes[0], before)["state"] == "in force"
    fresh = put(nodes[0], "Still here?")
    pass_time(nodes[0], 60 * HOUR)
    said = [
        one
        for row in nodes[0].store.records.of_kind(scope_of(nodes[0]), Proposal.kind)
        for one in Proposal.among([record.stored(row.raw)])
    ]
    mine = next(one for one in said if ids.show(one.id) == fresh)
    times = {name: getattr(mine.windows, name) + 60 * 3_600 for name in ("opens", "closes")}
    later = mine.windows.model_copy(update=times)
    old = next(one for one in said if ids.show(one.id) == before)
    wild = mine.model_copy(update={"proposer": nodes[3].community, "windows": later, "roll": old.roll})
    good = mine.model_copy(update={"windows": later})
    slip(nodes[0], scope_of(nodes[0]), [wild.sign(nodes[3].steward), good.sign(nodes[0].steward)])
    for node in nodes[:3]:
        vote(node, ids.show(wild.id))
        vote(node, ids.show(good.id))
    pass_time(nodes[0], 25 * HOUR)
    pass_time(nodes[0], 3 * HOUR)
    assert {result(node, ids.show(good.id))["state"] for node in nodes[:3]} == {"in force"}
    assert {result(node, ids.show(wild.id))["state"] for node in nodes[:3]} == {"provisional"}
