"""Revisions over whole nodes: tests of handlers/revising.py and handlers/bonds.py."""

import pytest

from node import ids
from node.engine import commands
from node.engine.commands.bodies import NewFilling
from node.errors import ConflictError, NotAuthorisedError, UserError
from tests.engine.deciding.test_closing import HOUR, federated, pass_time, put, result, vote
from tests.engine.harness import Node


@pytest.fixture
def nodes() -> list[Node]:
    """Return two nodes of a federation."""
    return federated(["ann", "bob"])


def revise(node: Node, proposal: str, title: str = "A used bike?") -> str:
    """Put a question in place of another, and return its id."""
    return str(node.ask(commands.ReviseProposal(proposal=proposal, title=title))["proposal"])


def test_a_revision_points_both_ways_and_says_what_changed(nodes: list[Node]) -> None:
    """On every node the old question names the new one, and the new one what it changes."""
    ann, bob = nodes
    old = put(ann)
    new = revise(ann, old)
    for node in (ann, bob):
        assert [one["proposal"] for one in result(node, old)["superseded_by"]] == [new]
        found = result(node, new)
        assert found["supersedes"]["proposal"] == old
        assert found["supersedes"]["changes"] == [
            {"part": "title", "line": 0, "taken_out": ["A bike?"], "put_in": ["A used bike?"]}
        ]
        assert found["superseded_by"] == []
        listed = {one["id"]: one["replaced"] for one in node.ask(commands.ListProposals())["proposals"]}
        assert listed == {old: True, new: False}


def test_votes_never_carry_over(nodes: list[Node]) -> None:
    """Ballots cast on the old question do not count on the new one; the old one ends as withdrawn."""
    ann, bob = nodes
    old = put(ann)
    vote(bob, old)
    new = revise(ann, old)
    assert result(bob, old)["seats_voted"] == 1
    assert result(bob, new)["seats_voted"] == 0
    vote(bob, new)
    pass_time(ann, 1_000)
    assert result(bob, old)["state"] == "withdrawn"
    pass_time(ann, 25 * HOUR)
    assert [result(bob, one)["state"] for one in (old, new)] == ["withdrawn", "certified"]


def test_only_the_community_that_put_it_revises_it(nodes: list[Node]) -> None:
    """Another community is refused with a sentence."""
    ann, bob = nodes
    with pytest.raises(NotAuthorisedError, match="only the community"):
        revise(bob, put(ann))


def test_a_revision_that_changes_nothing_is_refused(nodes: list[Node]) -> None:
    """Who gives nothing else than what stands there learns so, and nothing is withdrawn."""
    ann, _ = nodes
    old = put(ann)
    with pytest.raises(UserError, match="nothing would change"):
        revise(ann, old, title="A bike?")
    assert result(ann, old)["superseded_by"] == []


def test_it_is_too_late_once_voting_has_ended(nodes: list[Node]) -> None:
    """After the close, and once it was revised, a question is revised no more."""
    ann, bob = nodes
    old = put(ann)
    revise(ann, old)
    with pytest.raises(ConflictError, match="revised already"):
        revise(ann, old, title="Two bikes?")
    other = put(ann, "A barn?")
    vote(bob, other)
    pass_time(ann, 25 * HOUR)
    with pytest.raises(ConflictError, match="too late"):
        revise(ann, other)


def test_a_revised_election_fills_the_same_places(nodes: list[Node]) -> None:
    """Body, places and length of term go over; a term that was to begin with the decision still does."""
    ann, bob = nodes
    ann.ask(commands.KeepBody(body="Council", kind="council", places=2, term_days=365))
    old = ann.ask(
        commands.OpenProposal(
            title="Council",
            method="phragmen",
            options=("Ana", "Ben"),
            seats=2,
            fills=NewFilling(body="Council"),
        )
    )["proposal"]
    ann.network.wait(2 * HOUR)
    new = ann.ask(commands.ReviseProposal(proposal=old, options=("Ana", "Ben", "Cem")))["proposal"]
    before, after = result(bob, old)["fills"], result(bob, new)["fills"]
    assert (after["body"], after["places"]) == (before["body"], before["places"])
    assert after["ends"] - after["starts"] == before["ends"] - before["starts"]
    assert after["starts"] > before["starts"]
    assert [one["put_in"] for one in result(bob, new)["supersedes"]["changes"]] == [["Cem"]]


def test_a_question_cannot_claim_another_communitys_place(nodes: list[Node]) -> None:
    """Who puts a question that names another community's as its predecessor is refused here."""
    ann, bob = nodes
    old = put(ann)
    with pytest.raises(NotAuthorisedError):
        bob.ask(commands.OpenProposal(title="Mine instead", supersedes=old))
    assert ids.parse(old)
    assert result(ann, old)["superseded_by"] == []
