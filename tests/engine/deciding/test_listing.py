"""The list of questions in parts: tests of handlers/questions/proposals.py."""

from typing import Any

import pytest
from pydantic import ValidationError

from node.engine import commands
from tests.engine.deciding.test_closing import federated, pass_time, put, result, vote
from tests.engine.harness import Node


def listed(node: Node, **part: Any) -> tuple[int, list[str]]:
    """Return how many questions there are, and the titles of a part of them."""
    found = node.ask(commands.ListProposals(**part))
    return found["total"], [one["title"] for one in found["proposals"]]


def test_a_part_of_the_questions_those_that_end_last_first() -> None:
    """Parts join to the whole on each node; beyond the last there is nothing; without a limit all come."""
    nodes = federated(["ann", "bob"])
    for number in range(5):
        put(nodes[number % 2], f"Question {number}?")
        pass_time(nodes[0], 1_000)
    newest_first = [f"Question {number}?" for number in (4, 3, 2, 1, 0)]
    for node in nodes:
        assert listed(node) == (5, newest_first)
        assert listed(node, limit=2) == (5, newest_first[:2])
        assert listed(node, limit=2, offset=2, with_states=True) == (5, newest_first[2:4])
        assert listed(node, limit=2, offset=4) == (5, newest_first[4:])
        assert listed(node, limit=2, offset=6) == (5, [])


def test_ballots_and_states_of_a_part_only() -> None:
    """How far each has come is read with the states; without them a list costs no ballot."""
    ann, bob = federated(["ann", "bob"])
    proposal = put(ann)
    vote(bob, proposal)
    (plain,) = ann.ask(commands.ListProposals())["proposals"]
    (whole,) = ann.ask(commands.ListProposals(with_states=True, limit=1))["proposals"]
    assert not plain.keys() & {"ballots", "seats", "state", "verdict"}
    assert (whole["ballots"], whole["seats"], whole["state"], whole["verdict"]) == (1, 2, "open", None)


def test_each_says_what_its_closing_withstands() -> None:
    """In a list as in the result; a question whose roll is not held yet says nothing about it."""
    nodes = federated(["ann", "bob", "carl"])
    proposal = put(nodes[0])
    for node in nodes:
        (one,) = node.ask(commands.ListProposals(with_states=True))["proposals"]
        assert one["quorum"] == result(node, proposal)["quorum"]
        assert (one["quorum"]["witnesses"], one["quorum"]["may_lie"]) == (3, 0)


@pytest.mark.parametrize("part", [{"limit": 0}, {"limit": 1_001}, {"offset": -1}])
def test_a_part_that_cannot_be_is_refused(part: dict[str, int]) -> None:
    """Nobody gets a part without questions, or one that begins before the first."""
    with pytest.raises(ValidationError):
        commands.ListProposals.model_validate(part)
