"""What annulling a decision undoes, and what that takes: attacks on what changed the federation itself."""

import pytest

from node import ids
from node.engine import commands
from node.engine.commands.effects import NewEffect
from node.engine.deciding.questions import rule, seconds
from node.errors import ConflictError
from node.federation import bylaws
from node.governance.proposals import Proposal
from tests.engine.deciding.test_closing import CLOSING, HOUR, federated, pass_time, put, result, vote
from tests.engine.deciding.test_closing_attacks import scope_of, stated
from tests.engine.deciding.test_effects import effects, named
from tests.engine.deciding.test_reviews import decided
from tests.engine.harness import Node
from tests.engine.rolls.test_rolls import exported, rolls
from tests.verifier import minimal
from tests.verifier.drawn import slip

AT_ONCE = f"{CLOSING}[review]\nstays = false\n"
HARDER = AT_ONCE + "[amending]\nthreshold = { numerator = 3, denominator = 4 }\n"


def voted(nodes: list[Node], proposal: str, agreeing: int) -> None:
    """Let so many agree and the others not, and wait for the close."""
    for number, node in enumerate(nodes):
        vote(node, proposal, 1 if number < agreeing else 2)
    pass_time(nodes[0], 25 * HOUR)


def easily(nodes: list[Node], decision: str) -> str:
    """Put the question whether to annul a decision by the usual rule; return its id."""
    like, scope = stated(nodes[0], Proposal), scope_of(nodes[0])
    assert isinstance(like, Proposal)
    assert like.effect is not None
    opens = seconds(nodes[0].network.now)
    changed = {
        "title": "Undo it?",
        "rule": rule(bylaws.Passing()),
        "effect": like.effect.model_copy(update={"act": "annul", "target": ids.parse(decision)}),
        "windows": like.windows.model_copy(
            update={"opens": opens, "closes": opens + like.windows.closes - like.windows.opens}
        ),
    }
    asked = like.model_copy(update=changed)
    slip(nodes[0], scope, [asked.sign(nodes[0].steward)])
    pass_time(nodes[0], 1_000)
    return ids.show(asked.id)


@pytest.mark.long
@pytest.mark.timeout(60)
def test_attack_a_bare_majority_undoes_what_takes_three_quarters() -> None:
    """What changed the federation is annulled by the rule by which it passed alone, by either reader."""
    nodes = federated(["ann", "bob", "carl", "dora"], closing=HARDER)
    decision = decided(nodes, effect=NewEffect(act="suspend", community=named(nodes[3])))
    easy = easily(nodes, decision)
    voted(nodes[:3], easy, 2)
    assert result(nodes[0], easy)["verdict"] == "passed"
    assert result(nodes[0], decision)["state"] == "in force"
    assert len(effects(nodes[0])["suspended"]) == 1
    assert minimal.verify(exported(nodes[0], decision)).state == "in force"
    undo = NewEffect(act="annul", decision=decision)
    hard = str(nodes[0].ask(commands.OpenProposal(title="Undo it?", effect=undo))["proposal"])
    voted(nodes[:3], hard, 3)
    assert result(nodes[0], decision)["state"] == "annulled"
    assert effects(nodes[0])["suspended"] == []
    assert minimal.verify(exported(nodes[0], decision)).state == "annulled"
    assert minimal.verify(exported(nodes[0], hard)).valid


def test_attack_annulled_bylaws_hold_on_because_a_roll_named_them() -> None:
    """The next roll goes by the bylaws that they had replaced."""
    nodes = federated(["ann", "bob"], closing=AT_ONCE)
    put(nodes[0])
    pass_time(nodes[0], 1_000)
    wider = f'name = "Valley"\n[seats]\nhouse = 4\n{AT_ONCE}'
    new = NewEffect(act="bylaws", content=wider.encode(), file_name="b.toml")
    decision = decided(nodes, effect=new)
    put(nodes[1], "By the new ones?")
    pass_time(nodes[0], 2_000)
    assert [one.house for one in rolls(nodes[0])] == [2, 4]
    decided(nodes, "Undo it?", effect=NewEffect(act="annul", decision=decision))
    assert result(nodes[0], decision)["state"] == "annulled"
    last = put(nodes[1], "By the old ones?")
    pass_time(nodes[0], 2_000)
    assert [one.house for one in rolls(nodes[1])] == [2, 4, 2]
    assert minimal.verify(exported(nodes[0], last)).state == "provisional"


def test_no_decision_is_annulled_by_a_rule_that_holds_no_more() -> None:
    """Where it takes another majority by now, the opposite is put, not the question whether to annul."""
    (node,) = federated(["ann"], closing=AT_ONCE)
    harder = f'name = "Valley"\n[seats]\nhouse = 1\n{HARDER}'
    new = NewEffect(act="bylaws", content=harder.encode(), file_name="b.toml")
    decision = decided([node], effect=new)
    with pytest.raises(ConflictError, match="another rule since"):
        node.ask(commands.OpenProposal(title="?", effect=NewEffect(act="annul", decision=decision)))
