"""A count for other programs and for people, as a node hands it out: tests of handlers/decisions.py."""

import json

import pytest

from node import ids, keys
from node.engine import commands
from node.errors import UserError
from node.governance import ballots
from node.governance.counting import methods
from node.governance.counting.methods import ELECTION_METHODS
from tests.engine.deciding.test_closing import HOUR, federated, pass_time, put, result, vote
from tests.engine.harness import Node

OPTIONS = ("Ash", "Birch", "Cedar")


def elect(nodes: list[Node], method: str, rankings: list[tuple[int, ...]]) -> str:
    """Put an election, let each node's delegate cast one ranking when its lot is drawn; return its id."""
    put_so = commands.OpenProposal(title="Council", method=method, options=OPTIONS, seats=2)
    proposal = str(nodes[0].ask(put_so)["proposal"])
    pass_time(nodes[0], 1_000)
    for node, ranking in zip(nodes, rankings, strict=False):
        paper = node.ask(commands.ShowPaper(proposal=proposal, holder=keys.show(node.delegate.public)))
        signed = [
            ballots.make(ballots.paper_of(paper, seat), ranking, node.delegate) for seat in paper["seats"]
        ]
        node.ask(commands.CastBallots(ballots=tuple(one.raw for one in signed)))
    return proposal


def test_ballots_exported_as_blt_count_to_the_same() -> None:
    """`hedgerow count` with the method and lot seed that the file names has the decision's count id."""
    nodes = federated(["ann", "bob", "carl"])
    for method in ELECTION_METHODS:
        # Three ballots with as many first places each: lots are needed, so the seed matters.
        proposal = elect(nodes, method, [(1, 2), (2, 3), (3, 1)])
        shown = result(nodes[0], proposal)
        file = nodes[1].ask(commands.ExportCount(proposal=proposal, format="blt"))
        assert file["file_name"] == "ballots.blt"
        assert file["text"].splitlines()[1] == f"# {shown['quorum']['in_words']}"
        _, _, _, named, _, seed, _ = file["text"].splitlines()[2].split()[1:]
        again = methods.count_file(file["text"], file="f", method=named, lot_seed=bytes.fromhex(seed))
        assert again["result_id"] == shown["count_id"], method
        assert again["elected"] == shown["elected"]
        assert again["lots"] == shown["lots"]


def test_the_transcript_is_that_of_the_result() -> None:
    """JSON, CSV and words of a certified decision tell the count whose id the result names."""
    nodes = federated(["ann", "bob", "carl"])
    proposal = elect(nodes, "scottish-stv", [(1, 2), (1, 3), (3, 2)])
    pass_time(nodes[0], 25 * HOUR)
    shown = result(nodes[0], proposal)
    told = nodes[2].ask(commands.ExportCount(proposal=proposal, format="json"))
    assert (told["state"], told["method"], told["title"]) == ("certified", "scottish-stv", "Council")
    assert json.loads(told["text"])["result_id"] == shown["count_id"]
    words = nodes[2].ask(commands.ExportCount(proposal=proposal, format="words"))["text"]
    assert f"Result {shown['count_id']}" in words
    assert words.endswith(f"The question is certified. {shown['quorum']['in_words']}\n")
    assert nodes[2].ask(commands.ExportCount(proposal=proposal, format="csv"))["text"].startswith("stage,")


def test_a_yes_no_question_has_a_transcript_and_no_blt() -> None:
    """There is nothing to rank on it: the refusal says what to take instead."""
    nodes = federated(["ann", "bob"])
    proposal = put(nodes[0])
    vote(nodes[0], proposal)
    with pytest.raises(UserError, match="found a yes/no question"):
        nodes[0].ask(commands.ExportCount(proposal=proposal, format="blt"))
    words = nodes[0].ask(commands.ExportCount(proposal=proposal, format="words"))["text"]
    assert "  yes: 1\n" in words


def test_a_receipt_names_the_seat_it_is_for() -> None:
    """Who checks a ballot is told community and seat, the witnesses that hold it, and whether it is safe."""
    nodes = federated(["ann", "bob", "carl"])
    proposal = put(nodes[0])
    (cast,) = vote(nodes[1], proposal)
    pass_time(nodes[0], 1_000)
    found = nodes[0].ask(commands.CheckBallot(ballot=cast))
    assert (found["community"], found["seat"]) == (ids.show(nodes[1].community), 1)
    assert len(found["receipts"]) == found["witnesses"] == 3
    assert found["safe"]


def test_the_seats_that_have_not_voted_are_named_until_they_have() -> None:
    """Each seat on the roll is either counted or on the list of those that have not voted."""
    nodes = federated(["ann", "bob", "carl"])
    proposal = put(nodes[0])
    missing = []
    for node in nodes:
        missing.append(len(result(nodes[2], proposal)["not_voted"]))
        vote(node, proposal)
    assert [*missing, len(result(nodes[2], proposal)["not_voted"])] == [3, 2, 1, 0]
