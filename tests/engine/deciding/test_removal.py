"""What of a removed community counts: all before the removal was put, nothing after (node/engine/ends.py)."""

import pytest

from node.engine import commands
from node.engine.commands.effects import NewEffect
from tests.engine.deciding.test_closing import HOUR, federated, pass_time, vote
from tests.engine.deciding.test_effects import AT_ONCE, members, named
from tests.engine.harness import Node


def board(node: Node) -> set[str]:
    """Return the texts on the federation's board."""
    return {one["text"] for one in node.ask(commands.ShowBoard())["notes"]}


def write(node: Node, text: str) -> str:
    """Put a note on the board."""
    return str(node.ask(commands.AddNote(text=text))["note"])


@pytest.mark.long
@pytest.mark.timeout(60)
def test_a_removal_names_the_last_entries_that_count() -> None:
    """What was written before the question stays, what came after goes, and no honest note goes with it."""
    nodes = federated(["ann", "bob", "carl", "dora"], closing=AT_ONCE)
    ann, bob, carl, dora = nodes
    write(dora, "dora, before")
    write(bob, "bob, on top of it")
    out = NewEffect(act="remove", community=named(dora))
    proposal = str(ann.ask(commands.OpenProposal(title="Out?", effect=out))["proposal"])
    write(dora, "dora, after")
    write(carl, "carl, on top of that")
    for node in (ann, bob, carl):
        vote(node, proposal)
    assert [board(node) for node in (ann, bob, carl)] == [
        {"dora, before", "bob, on top of it", "dora, after", "carl, on top of that"}
    ] * 3
    pass_time(ann, 25 * HOUR)
    assert [members(node) for node in (ann, bob, carl)] == [{"ann", "bob", "carl"}] * 3
    pass_time(ann, HOUR)
    kept = {"dora, before", "bob, on top of it", "carl, on top of that"}
    assert [board(node) for node in (ann, bob, carl)] == [kept] * 3
    for node in (ann, bob, carl):
        node.ask(commands.Rebuild())
    assert [board(node) for node in (ann, bob, carl)] == [kept] * 3
    newcomer = ann.network.node("eve")
    link = ann.ask(commands.Invite(addresses=(ann.name,)))["link"]
    newcomer.ask(commands.JoinFederation(link=link))
    for node in (bob, carl):
        node.ask(commands.Approve(community=named(newcomer)))
    pass_time(ann, 1_000)
    assert "eve" in members(ann)
    assert board(newcomer) == kept
