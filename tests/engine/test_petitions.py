"""Petitions over whole nodes: tests of handlers/petitions.py."""

from typing import Any

import pytest

from node.engine import commands
from node.errors import ConflictError, NotFoundError
from node.governance.petitions import Petition, PetitionSupport
from node.governance.proposals import Proposal
from node.records import record
from tests.engine.deciding.test_closing import CLOSING, federated, result
from tests.engine.deciding.test_closing_attacks import scope_of
from tests.engine.harness import Node
from tests.verifier.drawn import slip

TITLE = "Shall we mend the barn?"


@pytest.fixture
def nodes() -> list[Node]:
    """Return three nodes of a federation; at the first a petition was handed in."""
    made = federated(["ann", "bob", "carl"])
    made[0].ask(commands.StartPetition(title=TITLE, text="It leaks."))
    return made


def petition(node: Node) -> dict[str, Any]:
    """Return the petition as a node lists it."""
    (found,) = node.ask(commands.ListPetitions())["petitions"]
    return dict(found)


def test_a_petition_becomes_due_and_is_put_with_one_command(nodes: list[Node]) -> None:
    """Two of three stand behind it, any member puts it, and the question names it on every node."""
    ann, bob, carl = nodes
    assert [petition(node)["state"] for node in nodes] == ["gathering"] * 3
    with pytest.raises(ConflictError, match="due when 2 communities stand behind it; found 1 community"):
        carl.ask(commands.PutPetition(petition=TITLE))
    bob.ask(commands.SupportPetition(petition=TITLE))
    assert [petition(node)["state"] for node in nodes] == ["due"] * 3
    assert [petition(node)["supported_here"] for node in nodes] == [True, True, False]
    proposal = carl.ask(commands.PutPetition(petition=TITLE))["proposal"]
    for node in nodes:
        found = petition(node)
        assert found["state"] == "put"
        assert [one["proposal"] for one in found["put"]] == [proposal]
        asked = result(node, proposal)
        assert (asked["title"], asked["text"]) == (TITLE, "It leaks.")
        assert asked["petition"] == {"petition": found["id"], "title": TITLE}
    with pytest.raises(ConflictError, match="put already"):
        ann.ask(commands.PutPetition(petition=TITLE))


def test_attack_a_petition_outlives_questions_that_only_name_it(nodes: list[Node]) -> None:
    """Revised to other words, withdrawn, or opening in the year 9000: the question is owed all the same."""
    ann, bob, carl = nodes
    bob.ask(commands.SupportPetition(petition=TITLE))
    proposal = carl.ask(commands.PutPetition(petition=TITLE))["proposal"]
    carl.ask(commands.ReviseProposal(proposal=proposal, title="Shall it rot?"))
    assert [petition(node)["state"] for node in nodes] == ["due"] * 3
    proposal = carl.ask(commands.PutPetition(petition=TITLE))["proposal"]
    carl.ask(commands.WithdrawProposal(proposal=proposal))
    assert [petition(node)["state"] for node in nodes] == ["due"] * 3
    rows = carl.store.records.of_kind(scope_of(carl), Proposal.kind)
    said = next(one for one in Proposal.among([record.stored(row.raw) for row in rows]) if one.title == TITLE)
    ahead = 220_000_000_000 - said.windows.opens
    times = {name: getattr(said.windows, name) + ahead for name in ("opens", "closes")}
    late = said.model_copy(update={"windows": said.windows.model_copy(update=times)})
    slip(carl, scope_of(carl), [late.sign(carl.steward)])
    assert [petition(node)["state"] for node in nodes] == ["due"] * 3
    ann.ask(commands.PutPetition(petition=TITLE))
    assert [petition(node)["state"] for node in nodes] == ["put"] * 3


def test_a_community_stands_behind_a_petition_once(nodes: list[Node]) -> None:
    """Whoever supports it twice learns so; an unknown petition is refused with a sentence."""
    ann, bob, _ = nodes
    with pytest.raises(ConflictError, match="already"):
        ann.ask(commands.SupportPetition(petition=petition(ann)["id"][:8]))
    with pytest.raises(NotFoundError, match="0 petitions"):
        bob.ask(commands.SupportPetition(petition="Another?"))


def test_petitions_survive_a_rebuild(nodes: list[Node]) -> None:
    """Made again from the feeds, petition and support are what they were; a meeting can be about it."""
    ann, bob, _ = nodes
    bob.ask(commands.SupportPetition(petition=TITLE))
    before = petition(ann)
    ann.ask(commands.Rebuild())
    ann.restart()
    assert petition(ann) == before
    called = ann.ask(commands.CallMeeting(title="Assembly"))["meeting"]
    ann.ask(commands.WritePoint(meeting=called, title="The barn", about=before["id"]))
    point = ann.ask(commands.ShowMeeting(meeting=called))["points"][0]
    assert (point["about_kind"], point["about_title"]) == ("petition", TITLE)


PEOPLE = CLOSING + '[petitions]\nasking = "either"\n[petitions.people]\nnumerator = 1\ndenominator = 4\n'


def test_people_make_a_petition_due_through_their_communities() -> None:
    """15 of 60 are asked for: 9 of one and 6 of another are enough, on every node and after a rebuild."""
    nodes = federated(["ann", "bob", "carl"], closing=PEOPLE)
    ann, bob, carl = nodes
    started = ann.ask(commands.StartPetition(title=TITLE, people=9))
    assert "or 15 people support it, of 60" in started["needed_in_words"]
    said = bob.ask(commands.SupportPetition(petition=TITLE, people=5))
    assert (said["people"], said["stands_behind"]) == (5, False)
    assert {petition(node)["state"] for node in nodes} == {"gathering"}
    with pytest.raises(ConflictError, match="found 1 community and 14 people"):
        carl.ask(commands.PutPetition(petition=TITLE))
    bob.ask(commands.SupportPetition(petition=TITLE, people=6))
    for node in nodes:
        found = petition(node)
        assert (found["state"], found["people"], len(found["supporters"])) == ("due", 15, 1)
    ann.ask(commands.Rebuild())
    ann.restart()
    assert petition(ann) == {**petition(bob), "supported_here": True, "people_here": 9}
    bob.ask(commands.SupportPetition(petition=TITLE, people=0))
    assert petition(carl)["state"] == "gathering"


def test_attack_a_community_that_states_more_people_than_it_has() -> None:
    """The command refuses it; published all the same it is shown as not counted, on every node."""
    ann, bob = federated(["ann", "bob"], closing=PEOPLE)
    ann.ask(commands.StartPetition(title=TITLE))
    with pytest.raises(ConflictError, match="at most the 20 people"):
        bob.ask(commands.SupportPetition(petition=TITLE, people=21))
    rows = bob.store.records.of_kind(scope_of(bob), Petition.kind)
    (asked,) = Petition.among([record.stored(row.raw) for row in rows])
    forged = PetitionSupport(
        federation=asked.federation,
        community=bob.community,
        petition=asked.payload_id,
        people=21,
        serial=1,
    )
    slip(bob, scope_of(bob), [forged.sign(bob.steward)])
    for node in (ann, bob):
        found = petition(node)
        assert (found["state"], found["people"]) == ("gathering", 0)
        assert [one["people"] for one in found["doubtful"]] == [21]
