"""A delegate's paper entered by two people: tests of node/engine/handlers/paper.py."""

import base64
from collections.abc import Sequence
from typing import Any

import pytest

from node import ids, keys
from node.engine import commands
from node.errors import ConflictError, NotAuthorisedError, UserError
from node.governance import ballots
from node.keys import KeyPair
from tests import builders
from tests.engine.deciding.test_closing import CLOSING, HOUR, pass_time, put, result
from tests.engine.harness import Network, Node, neighbours
from tests.verifier.drawn import slip

EVA, DAN = builders.key("eva"), builders.key("dan")
YES, NO = 1, 2


@pytest.fixture
def valley() -> list[Node]:
    """Return two nodes; Ann's community has three stewards, and its delegate votes on paper."""
    network = Network()
    nodes = [network.node("ann", stewards=(EVA, DAN)), network.node("bob")]
    neighbours(*nodes)
    ann, bob = nodes
    bylaws = f'name = "Valley"\n[seats]\nhouse = 2\n{CLOSING}'.encode()
    ann.ask(commands.FoundFederation(bylaws=bylaws, file_name="b.toml", founders=(ids.show(bob.community),)))
    bob.ask(commands.Approve())
    for node in nodes:
        node.ask(commands.Attest(size=20))
    ann.ask(commands.GrantMandate(paper=True))
    return nodes


def form_of(node: Node, proposal: str, person: KeyPair) -> dict[str, Any]:
    """Return what a person is shown."""
    return node.ask(commands.ShowEntry(proposal=proposal, person=keys.show(person.public)))


def enter(node: Node, proposal: str, person: KeyPair, choice: Sequence[int]) -> None:
    """Let a first person enter the paper of the one seat."""
    shown = form_of(node, proposal, person)
    made = ballots.make_entry(ballots.paper_of(shown, shown["seats"][0]), choice, person)
    node.ask(commands.EnterBallots(entries=(made.raw,)))


def second(node: Node, proposal: str, person: KeyPair, choice: Sequence[int], *, entry: int = 0) -> list[str]:
    """Let a second person enter it, with what another one entered."""
    shown = form_of(node, proposal, person)
    place = shown["seats"][0]
    first = base64.b64decode(place["entries"][entry])
    made = ballots.make(ballots.paper_of(shown, place), choice, person, entered=first)
    cast = node.ask(commands.CastBallots(ballots=(made.raw,)))["ballots"]
    node.network.wait(500)
    return list(cast)


def test_two_people_enter_a_paper_and_it_is_certified_and_shown_as_such(valley: list[Node]) -> None:
    """One entry counts nothing; with the second the seat has voted, and the result names who entered it."""
    ann, bob = valley
    proposal = put(bob)
    enter(ann, proposal, EVA, [YES])
    assert result(bob, proposal)["seats_voted"] == 0
    cast = second(bob, proposal, DAN, [YES])
    pass_time(ann, 25 * HOUR)
    for node in valley:
        found = result(node, proposal)
        assert (found["phase"], found["ballots"]) == ("certified", cast)
        (remark,) = found["remarks"]
        assert (remark["by"], remark["chosen"]) == ("paper", ["yes"])
        assert remark["entered_by"] == [keys.show(EVA.public), keys.show(DAN.public)]


def test_two_entries_that_differ_count_nothing_until_one_is_put_right(valley: list[Node]) -> None:
    """The second person reads that they differ; who corrects an entry is the second from then on."""
    ann, _ = valley
    proposal = put(ann)
    enter(ann, proposal, EVA, [NO])
    with pytest.raises(UserError, match="say different things"):
        second(ann, proposal, DAN, [YES])
    assert result(ann, proposal)["seats_voted"] == 0
    assert [seat["entered"] for seat in form_of(ann, proposal, EVA)["seats"]] == [True]
    enter(ann, proposal, EVA, [YES])
    assert form_of(ann, proposal, DAN)["seats"][0]["entries"] == []
    enter(ann, proposal, DAN, [YES])
    second(ann, proposal, EVA, [YES])
    assert result(ann, proposal)["outcome"]["votes"]["yes"] == 1


def test_attack_a_neighbour_enters_something_else_before_the_two_people(valley: list[Node]) -> None:
    """What no steward of the community entered is not there: the first is the first, and both cast it."""
    ann, bob = valley
    proposal = put(bob)
    shown = form_of(ann, proposal, EVA)
    form = ballots.paper_of(shown, shown["seats"][0])
    scope = next(one for one in bob.store.feeds.scopes() if one.startswith("members:"))
    strangers = (builders.key("thief"), bob.steward, bob.device)
    slip(bob, scope, [ballots.make_entry(form, [NO], stranger) for stranger in strangers])
    assert form_of(ann, proposal, EVA)["seats"][0]["entries"] == []
    enter(ann, proposal, EVA, [YES])
    assert len(form_of(ann, proposal, DAN)["seats"][0]["entries"]) == 1
    second(ann, proposal, DAN, [YES])
    assert result(bob, proposal)["outcome"]["votes"]["yes"] == 1


def test_a_second_paper_replaces_the_first(valley: list[Node]) -> None:
    """A delegate who marks another sheet while voting is open: both enter it again, and the later counts."""
    ann, _ = valley
    proposal = put(ann)
    cast: list[str] = []
    for choice in (YES, NO):
        enter(ann, proposal, EVA, [choice])
        cast = second(ann, proposal, DAN, [choice])
    found = result(ann, proposal)
    assert (found["ballots"], found["outcome"]["votes"]["no"]) == (cast, 1)


def test_attack_whoever_is_not_two_people_of_the_charter_enters_nothing(valley: list[Node]) -> None:
    """A stranger, a neighbour's steward, or one person twice: refused, and nothing is counted."""
    ann, bob = valley
    proposal = put(ann)
    shown = form_of(ann, proposal, EVA)
    paper = ballots.paper_of(shown, shown["seats"][0])
    for stranger in (builders.key("thief"), bob.steward, ann.device):
        assert form_of(ann, proposal, stranger)["seats"] == []
        with pytest.raises(NotAuthorisedError, match="two people whom the charter names"):
            ann.ask(commands.EnterBallots(entries=(ballots.make_entry(paper, [YES], stranger).raw,)))
    first = ballots.make_entry(paper, [YES], EVA)
    twice = ballots.make(paper, [YES], EVA, entered=first.raw)
    with pytest.raises(UserError, match="one person twice"):
        ann.ask(commands.CastBallots(ballots=(twice.raw,)))
    assert result(ann, proposal)["seats_voted"] == 0


def test_entries_that_fit_no_paper_are_refused_with_the_reason(valley: list[Node]) -> None:
    """Another choice than the paper offers, a mandate without paper, no entry at all, the end of voting."""
    ann, _ = valley
    proposal = put(ann)
    with pytest.raises(UserError, match="options from 1 to 5"):
        enter(ann, proposal, EVA, [9])
    with pytest.raises(UserError, match="not a signed entry"):
        ann.ask(commands.EnterBallots(entries=(b"nothing",)))
    shown = form_of(ann, proposal, EVA)
    made = ballots.make_entry(ballots.paper_of(shown, shown["seats"][0]), [YES], EVA)
    ann.ask(commands.GrantMandate(holder=keys.show(ann.delegate.public)))
    with pytest.raises(ConflictError, match="does not let its delegate vote on paper"):
        ann.ask(commands.EnterBallots(entries=(made.raw,)))
    pass_time(ann, 25 * HOUR)
    with pytest.raises(ConflictError, match="has ended"):
        ann.ask(commands.EnterBallots(entries=(made.raw,)))
