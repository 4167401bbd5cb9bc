"""The draw of lots over whole nodes: tests of engine/witnessing/drawing.py and lots.py, attacks by name."""

import base64

import pytest

from node import canonical, ids, keys
from node.engine import commands
from node.engine.deciding import dossier
from node.governance import ballots
from node.governance.closing import lottery
from node.governance.closing.statements import CutVote, LotCommit, LotReveal
from node.governance.proposals import Proposal
from node.ids import PayloadId
from node.limits import RECONNECT_MS_MAX
from node.records import record
from node.storage.memory.store import MemoryStore
from tests.engine.deciding.test_closing import HOUR, federated, pass_time, put, result
from tests.engine.deciding.test_closing import vote as vote_on
from tests.engine.deciding.test_closing_attacks import scope_of, stated
from tests.engine.harness import Node
from tests.engine.parting import away
from tests.verifier import minimal

FOUR = ("ann", "bob", "carl", "dora")


def elect(node: Node) -> str:
    """Put an election and return its id."""
    put = commands.OpenProposal(title="Who?", method="scottish-stv", options=("Ash", "Birch"), seats=1)
    return str(node.ask(put)["proposal"])


def vote(node: Node, proposal: str, choice: int) -> None:
    """Let a node's delegate vote."""
    paper = node.ask(commands.ShowPaper(proposal=proposal, holder=keys.show(node.delegate.public)))
    (signed,) = [ballots.make(ballots.paper_of(paper, s), (choice,), node.delegate) for s in paper["seats"]]
    node.ask(commands.CastBallots(ballots=(signed.raw,)))
    node.network.wait(500)


def seed(node: Node, proposal: str) -> bytes | None:
    """Return the lot as a node holds it."""
    questions = node.engine._witnessing._questions
    return questions.seed(questions.find(PayloadId(ids.parse(proposal))))


@pytest.mark.parametrize("witnesses", [2, 3, 4])
def test_r7_the_lot_is_drawn_in_seconds_by_all_witnesses_and_orders_ties(witnesses: int) -> None:
    """Every node holds one seed, which is not the proposer's; a tie goes by it, and the file proves it."""
    nodes = federated(FOUR[:witnesses])
    proposal = elect(nodes[0])
    pass_time(nodes[0], 1_000)
    seeds = {seed(node, proposal) for node in nodes}
    (drawn,) = seeds
    asked = stated(nodes[0], Proposal)
    assert isinstance(asked, Proposal)
    assert drawn is not None
    assert drawn != asked.lot_seed
    for number, node in enumerate(nodes[: witnesses // 2 * 2]):
        vote(node, proposal, 1 + number % 2)
    pass_time(nodes[0], 25 * HOUR)
    shown = [result(node, proposal) for node in nodes]
    assert {one["state"] for one in shown} == {"certified"}
    first = min(("Ash", "Birch"), key=lambda name: canonical.digest("hedgerow/lot/1", drawn, name))
    assert shown[0]["outcome"]["elected"] == [first]
    assert shown[0]["lot"] == {"draw": 1, "drawn": True, "awaited": [], "withheld": []}
    data = base64.b64decode(nodes[0].ask(commands.ExportDecision(proposal=proposal))["data"])
    assert dossier.verify(data, MemoryStore()).valid
    assert minimal.verify(data).valid


def test_attack_lot_grinding_with_a_file_that_leaves_the_draw_out() -> None:
    """Without the secrets shown nobody can tell the order of ties: the file proves nothing."""
    nodes = federated(FOUR)
    proposal = elect(nodes[0])
    pass_time(nodes[0], 1_000)
    for number, node in enumerate(nodes):
        vote(node, proposal, 1 + number % 2)
    pass_time(nodes[0], 25 * HOUR)
    data = base64.b64decode(nodes[0].ask(commands.ExportDecision(proposal=proposal))["data"])
    form, named, founding, charters, records = canonical.decode(data, bytes_max=len(data))
    kept = [raw for raw in records if record.read(raw).kind != LotReveal.kind]
    less = canonical.encode([form, named, founding, charters, kept])
    assert not dossier.verify(less, MemoryStore()).valid
    assert not minimal.verify(less).valid


@pytest.mark.parametrize("witnesses", [3, 4])
def test_attack_withheld_nonce_costs_one_draw_and_is_seen(witnesses: int) -> None:
    """A witness that binds itself and then shows nothing is named, and the others draw again without it."""
    nodes = federated(FOUR[:witnesses])
    proposal = elect(nodes[0])
    liar = nodes[-1]
    while not _signed(liar, LotCommit.kind):
        liar.network.wait(100)
    away(liar)
    pass_time(nodes[0], 6_000)
    held_up = result(nodes[0], proposal)
    assert held_up["lot"]["drawn"] is False
    assert "still drawing the lot" in held_up["why_provisional"]
    vote(nodes[0], proposal, 1)
    assert not nodes[0].store.records.about(scope_of(nodes[0]), "receipt", ids.parse(proposal))
    pass_time(nodes[0], 21_000)
    pass_time(nodes[0], 21_000)
    shown = result(nodes[0], proposal)
    assert shown["lot"] == {
        "draw": 2,
        "drawn": True,
        "awaited": [],
        "withheld": [ids.show(liar.community)[:8] + "…"],
    }
    assert nodes[0].store.records.about(scope_of(nodes[0]), "receipt", ids.parse(proposal))


@pytest.mark.parametrize("back_after", [20, 26])
def test_attack_withheld_nonce_of_two_is_seen_and_gives_no_second_lot(back_after: int) -> None:
    """Of two, who keeps its secret back has seen the other's: it is named, and nothing is drawn without it.

    Shown while voting is open the first draw stands after all; later the question can only be given up.
    """
    ann, bob = federated(FOUR[:2])
    drawn = back_after < 25
    proposal = elect(ann)
    while not [one for one in _votes(bob, lottery.instance(ids.parse(proposal), 1)) if one.step == "com"]:
        ann.network.wait(100)
    away(bob)
    vote(ann, proposal, 1)
    for _ in range(back_after):
        ann.network.wait(HOUR)
    assert _signed(ann, LotReveal.kind)
    assert not _signed(bob, LotReveal.kind)
    kept = result(ann, proposal)["lot"]
    assert kept == {"draw": 1, "drawn": False, "awaited": [ids.show(bob.community)[:8] + "…"], "withheld": []}
    assert not ann.store.records.about(scope_of(ann), "receipt", ids.parse(proposal))
    ann.network._nodes["bob"] = bob
    pass_time(ann, RECONNECT_MS_MAX)
    assert bool(ann.store.records.about(scope_of(ann), "receipt", ids.parse(proposal))) is drawn
    pass_time(ann, 27 * HOUR)
    assert {result(node, proposal)["state"] for node in (ann, bob)} == {
        "certified" if drawn else "provisional"
    }
    pass_time(ann, 31 * 24 * HOUR, steps=20)
    assert {result(node, proposal)["state"] for node in (ann, bob)} == {"in force" if drawn else "failed"}


def test_attack_withheld_nonce_until_the_ballots_are_in() -> None:
    """Where no lot was drawn before voting ended no witness seals, so nobody can choose by the ballots."""
    nodes = federated(FOUR)
    proposal = elect(nodes[0])
    network = nodes[0].network
    for silent in nodes[2:]:
        for link in list(silent.engine._links.open_links()):
            network.cut(link.number)
        network._nodes.pop(silent.name)
    network.settle()
    for node in nodes[:2]:
        vote(node, proposal, 1)
    pass_time(nodes[0], 25 * HOUR)
    network._nodes.update({silent.name: silent for silent in nodes[2:]})
    for _ in range(4):
        pass_time(nodes[0], HOUR)
    for node in nodes:
        assert result(node, proposal)["state"] == "provisional"
        assert not node.store.records.about(scope_of(node), "seal", ids.parse(proposal))


def test_a_restart_in_a_draw_shows_the_secret_that_was_committed() -> None:
    """What a witness bound itself to it makes again from its key: nothing is lost with its memory."""
    nodes = federated(FOUR)
    proposal = elect(nodes[0])
    for _ in range(8):
        nodes[0].network.wait(400)
        for node in nodes:
            for link in list(node.engine._links.open_links()):
                node.network.cut(link.number)
            node.restart()
        nodes[0].network.settle()
    pass_time(nodes[0], 1_000)
    assert {result(node, proposal)["lot"]["drawn"] for node in nodes} == {True}
    assert len({seed(node, proposal) for node in nodes}) == 1
    assert {len(_signed(node, LotCommit.kind)) for node in nodes} == {1}


def test_one_witness_and_questions_without_ties_need_no_draw() -> None:
    """A federation of one elects at once, and a yes/no question of two gets its receipts without a draw."""
    (one,) = federated(["ann"])
    assert result(one, elect(one))["lot"] is None
    ann, bob = federated(["ann", "bob"])
    asked = put(ann)
    (cast,) = vote_on(bob, asked)
    assert result(ann, asked)["lot"] is None
    assert len(ann.ask(commands.CheckBallot(ballot=cast))["receipts"]) == 2


@pytest.mark.parametrize("slept", [0, 23])
def test_two_machines_that_are_awake_together_once_while_voting_is_open_close_an_election(slept: int) -> None:
    """Of two, one that sleeps for most of the voting holds nothing up: the draw takes seconds."""
    ann, bob = federated(FOUR[:2])
    away(bob)
    proposal = elect(ann)
    ann.network.wait(slept * HOUR)
    vote(ann, proposal, 1)
    assert result(ann, proposal)["lot"]["drawn"] is False
    ann.network._nodes["bob"] = bob
    pass_time(ann, 1_000)
    vote(bob, proposal, 2)
    pass_time(ann, 1_000)
    away(bob)
    ann.network.wait((30 - slept) * HOUR)
    ann.network._nodes["bob"] = bob
    pass_time(ann, 1_000)
    pass_time(ann, 60_000)
    assert {result(node, proposal)["state"] for node in (ann, bob)} == {"certified"}
    assert result(bob, proposal)["seats_voted"] == 2


def _votes(node: Node, instance: bytes) -> list[CutVote]:
    """Return what a node's device voted about something."""
    rows = node.store.records.about(scope_of(node), CutVote.kind, instance)
    return CutVote.among([record.stored(row.raw) for row in rows if row.signer == node.device.public])


def _signed(node: Node, kind: str) -> list[bytes]:
    rows = node.store.records.of_kind(scope_of(node), kind)
    return [row.id for row in rows if row.signer == node.device.public]
