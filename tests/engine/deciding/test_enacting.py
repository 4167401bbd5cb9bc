"""What decisions do whatever came first and whatever fell since; at what cost: enacting.py and chains.py."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from node.engine import commands
from node.engine.commands.effects import NewEffect
from node.engine.deciding import enacting
from node.engine.ports import RecordRow
from node.engine.remembered import RememberedRecords
from node.engine.subjects import subject_of
from node.federation.membership import MEMBERSHIP_KINDS, Members
from node.governance import papers
from node.governance.closing import review
from node.governance.closing.statements import CutValue, CutVote
from node.governance.proposals import Proposal
from node.ids import PayloadId
from node.keys import Signer
from node.records import record
from tests import builders
from tests.engine.deciding.test_closing import federated, pass_time
from tests.engine.deciding.test_closing_attacks import scope_of
from tests.engine.deciding.test_effects import AT_ONCE, RULES, agree, arrived, effects, named
from tests.engine.deciding.test_reviews import decided
from tests.engine.deciding.test_stolen_devices import wanting
from tests.engine.harness import Node
from tests.engine.rolls.test_rolls import rolls, stuffed
from tests.verifier.drawn import slip

Look = Callable[..., list[RecordRow]]

BUDGET = NewEffect(act="budget", name="Tools", amount=40, unit="hours")


def members_at(node: Node) -> Members:
    """Return the members of its federation as a node sees them now."""
    (federation,) = node.engine._registry.federations()
    found = node.engine._registry.members(federation)
    assert found is not None
    return found


def seen(node: Node) -> tuple[object, ...]:
    """Return what a node makes of its chain of rolls and of what was decided."""
    acting = [one["acts"] for one in effects(node)["effects"]]
    return len(rolls(node)), members_at(node).suspended, acting


def signed_by(row: RecordRow, signer: Signer) -> RecordRow:
    """Return a copy of a stored proposal that somebody else signed."""
    found = Proposal.read(record.stored(row.raw)).sign(signer)
    return replace(row, id=found.id, signer=found.signer, raw=found.raw, about=subject_of(found))


def test_attack_a_copy_of_a_question_that_comes_first_hides_it() -> None:
    """Who signs a copy of a question keeps nobody from seeing that its stewards put it, when theirs comes."""
    nodes = federated(["ann", "bob", "carl"], closing=AT_ONCE, house=12)
    ann, bob, carl = nodes
    decided(nodes, effect=NewEffect(act="suspend", community=named(bob)))
    kinds = sorted({*MEMBERSHIP_KINDS, *enacting._ALL, *review.KINDS})
    rows = [row for kind in kinds for row in ann.store.records.of_kind(scope_of(ann), kind)]
    own = next(row for row in rows if row.kind == Proposal.kind)
    rest = [row for row in rows if row is not own]
    first, second = signed_by(own, carl.steward), signed_by(own, builders.key("a stranger"))
    for order in ([own, first, *rest, second], [first, *rest, second, own], [first, second, *rest, own]):
        assert arrived(ann, order).suspended == (bob.community,)


def test_attack_a_decision_acts_on_after_its_roll_fell() -> None:
    """Where too many liars certify a second roll in one place, who ran on says what a newcomer says."""
    nodes = federated(["ann", "bob", "carl"], closing=AT_ONCE, house=12)
    ann, bob, carl = nodes
    decided(nodes, effect=NewEffect(act="suspend", community=named(bob)))
    assert seen(ann)[1:] == ((bob.community,), [True])
    rival = stuffed(rolls(ann)[0], [bob])
    slip(bob, scope_of(bob), [rival.sign(bob.steward), *wanting(rival, [(bob, bob.device)])])
    slip(carl, scope_of(carl), wanting(rival, [(carl, carl.device)]))
    pass_time(ann, 1_000)
    live = seen(ann)
    ann.restart()
    assert live == seen(ann) == (0, (), [False])


@pytest.mark.long
@pytest.mark.timeout(60)
def test_attack_rolls_stand_on_after_the_bylaws_they_were_made_under_fell() -> None:
    """A decision about bylaws that is certified in two ways takes the rolls after it along, live as anew."""
    nodes = federated(["ann", "bob", "carl"])
    ann, bob, carl = nodes
    rules = RULES.replace('voting = "1 day"', 'voting = "23 hours"')
    agree(nodes, NewEffect(act="bylaws", content=rules.encode(), file_name="b.toml"))
    agree(nodes, NewEffect(act="suspend", community=named(bob)))
    ann.ask(commands.Attest(size=35))
    decided([ann, carl], "And again?", effect=BUDGET)
    pass_time(ann, 5_000)
    assert seen(ann)[:2] == (3, (bob.community,))
    (amendment,) = members_at(ann).amendments
    for liar in (bob, carl):
        slip(liar, scope_of(liar), otherwise(liar, PayloadId(amendment.id)))
    pass_time(ann, 5_000)
    live = seen(ann)
    ann.restart()
    assert live == seen(ann)
    assert (members_at(ann).suspended, members_at(ann).amendments) == ((), ())


def otherwise(liar: Node, question: PayloadId) -> list[record.Record]:
    """Return what a witness signs that wants another count of a question than was certified."""
    name = bytes([7]) * 32
    said = CutValue(proposal=question, seals=(), cut=name, result=name)
    fields = {"instance": papers.instance(question), "witness": liar.community, "round": 0, "lock": None}
    return [
        CutVote.model_validate({**fields, "step": step, "value": said}).sign(liar.device)
        for step in ("pre", "com")
    ]


def test_attack_questions_times_approvals(monkeypatch: pytest.MonkeyPatch) -> None:
    """One more approval of nothing makes a node look through the questions once, and through no approvals.

    Also where somebody was suspended, so that members and decisions are read in several turns.
    """
    nodes = federated(["ann", "bob", "carl"], closing=AT_ONCE, house=12)
    ann, bob, carl = nodes
    decided(nodes, effect=NewEffect(act="suspend", community=named(carl)))
    before = {row.id for row in ann.store.records.of_kind(scope_of(ann), Proposal.kind)}
    ann.ask(commands.OpenProposal(title="?", effect=BUDGET))
    pass_time(ann, 2_000)
    rows = ann.store.records.of_kind(scope_of(ann), Proposal.kind)
    (said,) = [Proposal.read(record.stored(row.raw)) for row in rows if row.id not in before]
    questions, approvals = 40, 60
    heap = [
        said.model_copy(update={"nonce": bytes([one]) * 16}).sign(ann.steward) for one in range(questions)
    ]
    slip(bob, scope_of(bob), builders.approvals(bob.steward, approvals))
    slip(ann, scope_of(ann), heap)
    pass_time(ann, 2_000)
    read = list[int]()
    for way in ("of_kind", "about", "with_payload"):
        monkeypatch.setattr(RememberedRecords, way, counting(getattr(RememberedRecords, way), ann, read))
    work = []
    for number in range(3):
        read.clear()
        slip(bob, scope_of(bob), builders.approvals(bob.steward, 1, about=f"another {number}"))
        work.append(sum(read))
    assert max(work) <= questions + 10, work


def counting(way: Look, node: Node, read: list[int]) -> Look:
    """Return a way to look records up that notes how many a node was handed, remembered or not."""

    def counted(records: RememberedRecords, *asked: Any) -> list[RecordRow]:
        found = way(records, *asked)
        if records is node.engine._store.records:
            read.append(len(found))
        return found

    return counted
