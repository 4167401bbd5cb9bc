"""What a person or a program may ask wrongly is answered with one sentence, and the node goes on."""

import base64

import pytest

from node import ids, keys
from node.engine import commands
from node.errors import UserError
from node.governance.ballots import Paper, make
from node.records import record
from tests.engine.harness import Network, Node, federate, neighbours


@pytest.fixture
def members() -> tuple[Node, Node]:
    """Return two nodes of a federation with seats."""
    network = Network()
    ann, ben = network.node("ann"), network.node("ben")
    neighbours(ann, ben)
    federate(ann, ben)
    for node in (ann, ben):
        node.ask(commands.Attest(size=5))
    return ann, ben


def test_an_invitation_of_many_fields_is_refused() -> None:
    """A link with more fields than any invitation has is answered with a sentence."""
    ann = Network().node("ann")
    with pytest.raises(UserError):
        ann.ask(commands.JoinFederation(link="hedgerow:join?" + "&".join(f"a{n}=1" for n in range(20))))


def test_a_device_request_of_many_fields_is_refused() -> None:
    """A line with more fields than any request has is answered with a sentence."""
    ann = Network().node("ann")
    with pytest.raises(UserError):
        ann.ask(commands.AddDevice(request="hedgerow:device?" + "&".join(f"a{n}=1" for n in range(20))))


def test_a_question_that_no_entry_can_hold_is_refused(members: tuple[Node, Node]) -> None:
    """Options within every bound of their own, and too large together, are answered with a sentence."""
    ann, _ = members
    before = ann.ask(commands.ShowNode())["entries"]
    with pytest.raises(UserError):
        ann.ask(
            commands.OpenProposal(
                title="Council",
                method="scottish-stv",
                options=tuple(f"{number} " + "ä" * 150 for number in range(900)),
            )
        )
    assert ann.ask(commands.ShowNode())["entries"] == before


def test_a_ballot_that_no_entry_can_hold_is_refused(members: tuple[Node, Node]) -> None:
    """A delegate who hides a large record among the mandate's does not stop the node."""
    ann, _ = members
    holder = keys.show(ann.delegate.public)
    ann.ask(commands.GrantMandate(holder=holder))
    question = ann.ask(commands.OpenProposal(title="Well?", method="yes-no"))
    paper = ann.ask(commands.ShowPaper(proposal=question["proposal"], holder=holder))
    seat = paper["seats"][0]
    mandate = [base64.b64decode(raw) for raw in seat["mandate"]]
    junk = record.sign("junk", bytes(140_000), ann.delegate).raw
    ballot = make(
        Paper(
            proposal=ids.parse(paper["proposal"]),
            roll=ids.parse(paper["roll"]),
            community=ids.parse(seat["community"]),
            seat=seat["seat"],
            mandate=(*mandate, junk),
            next_seq=1,
            prev=None,
        ),
        [1],
        ann.delegate,
    )
    with pytest.raises(UserError):
        ann.ask(commands.CastBallots(ballots=(ballot.raw,)))
    assert ann.ask(commands.ShowResult(proposal=question["proposal"]))["seats_voted"] == 0
