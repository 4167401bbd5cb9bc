"""Votes that are split, from the paper to the certified result and what is shown of it."""

from typing import Any

import pytest

from node.engine import commands
from node.errors import UserError
from node.governance import ballots
from node.governance.answers import Portion
from node.governance.lending import Borrower
from tests.engine.deciding.test_closing import CLOSING, federated, put, result
from tests.engine.harness import Node
from tests.engine.test_mandates import certified, paper

FIFTHS = f"{CLOSING}[casting]\nlending = true\nparts = 5\n"
THREE_TO_TWO = (Portion(parts=3, choice=(1,)), Portion(parts=2, choice=(2,)))


def cast(node: Node, proposal: str, **answer: Any) -> None:
    """Let a node's delegate cast its one ballot."""
    shown = paper(node, proposal, node.delegate)
    choice = answer.pop("choice", ())
    signed = ballots.make(ballots.paper_of(shown, shown["seats"][0]), choice, node.delegate, **answer)
    node.ask(commands.CastBallots(ballots=(signed.raw,)))
    node.network.wait(500)


def test_a_split_vote_and_one_lent_to_it_are_certified_in_parts() -> None:
    """All nodes, the file and the second reader count the same parts; the result says who split what."""
    nodes = federated(["ann", "bob", "cem"], closing=FIFTHS)
    ann, bob, cem = nodes
    proposal = put(ann)
    assert paper(ann, proposal, ann.delegate)["parts"] == 5
    cast(ann, proposal, split=THREE_TO_TWO)
    cast(bob, proposal, follows=Borrower(community=ann.community, seat=1))
    cast(cem, proposal, choice=(2,))
    found = certified(nodes, proposal)
    assert {"yes": 6, "no": 9}.items() <= found["outcome"]["votes"].items()
    assert (found["outcome"]["verdict"], found["parts"], found["not_voted"]) == ("rejected", 5, [])
    told = [{"parts": 3, "chosen": ["yes"]}, {"parts": 2, "chosen": ["no"]}]
    assert [one["split"] for one in found["remarks"]] == [told]
    assert [one["split"] for one in found["loans"]] == [told]


def test_an_election_in_parts_is_exported_with_its_weights_and_says_so() -> None:
    """The BLT holds each part as a ballot of that weight, and words say in what votes are counted."""
    (ann,) = federated(["ann"], closing=FIFTHS)
    asked = commands.OpenProposal(title="Council", method="schulze", options=("Ada", "Bo"), seats=1)
    proposal = str(ann.ask(asked)["proposal"])
    cast(ann, proposal, split=THREE_TO_TWO)
    written = {
        form: ann.ask(commands.ExportCount(proposal=proposal, format=form))["text"]
        for form in ("blt", "words")
    }
    assert {"3 1 0", "2 2 0"} <= set(written["blt"].splitlines())
    for text in written.values():
        assert "each is counted as 5 parts" in text


def test_a_question_of_whole_ballots_stays_whole_whatever_the_bylaws_say() -> None:
    """By the Scottish rules nothing is split, the paper says so, and a ballot that does is refused."""
    (ann,) = federated(["ann"], closing=FIFTHS)
    proposal = str(
        ann.ask(commands.OpenProposal(title="Council", method="scottish-stv", options=("A", "B")))["proposal"]
    )
    assert paper(ann, proposal, ann.delegate)["parts"] == 1
    with pytest.raises(UserError, match="counts whole ballots only"):
        cast(ann, proposal, split=THREE_TO_TWO)
    assert result(ann, proposal)["parts"] == 1
