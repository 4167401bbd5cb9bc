"""What a further steward reads before signing, what is listed, and two stewards who say the same or not."""

from typing import Any

import pytest

from node import ids, keys
from node.engine import commands
from node.engine.commands.bodies import NewFilling
from node.engine.commands.deciding import NewBudget
from node.engine.commands.effects import NewEffect
from node.errors import ConflictError, UserError
from node.keys import KeyPair
from node.records.approvals import Approval
from tests.engine.deciding.test_closing import CLOSING, HOUR, pass_time, result
from tests.engine.harness import Network, Node, neighbours
from tests.engine.test_waiting import DAN, EVA, STRANGER, federate, second, vote, waiting


@pytest.fixture
def valley() -> tuple[Node, Node]:
    """Return a community of which two stewards of three must sign, and one of a single steward."""
    network = Network()
    ann, bob = network.node("ann", stewards=(DAN,), cosigners=(EVA,)), network.node("bob")
    neighbours(ann, bob)
    return ann, bob


def in_words(node: Node, kind: str) -> str:
    """Return what waits of a kind, as a further steward reads it."""
    return "\n".join(line for one in waiting(node) if one["kind"] == kind for line in one["in_words"])


def sign(node: Node, named: str, by: KeyPair = EVA) -> dict[str, Any]:
    """Let a second steward sign one of several things that wait."""
    approval = Approval(of=ids.parse(named), community=node.community).sign(by)
    return node.ask(commands.ApproveWaiting(statement=named, approval=approval.raw))


def test_attack_a_steward_of_two_communities_fills_no_list_with_the_other_s_word() -> None:
    """What one person signs as a steward of a neighbour is not asked for here."""
    network = Network()
    ann = network.node("ann", stewards=(DAN,), cosigners=(EVA,))
    bob = network.node("bob", stewards=(STRANGER,), cosigners=(EVA,))
    neighbours(ann, bob)
    ann.ask(commands.FoundFederation(bylaws=b'name = "Valley"\n', file_name="b.toml", founders=()))
    second(ann, DAN)
    link = ann.ask(commands.Invite(addresses=("ann",)))["link"]
    bob.ask(commands.JoinFederation(link=link))
    second(bob)
    pass_time(ann, 60_000)
    (membership,) = waiting(ann)
    assert (membership["kind"], waiting(bob)) == ("membership", [])
    sign(ann, membership["id"])
    pass_time(ann, 60_000)
    assert (waiting(ann), waiting(bob)) == ([], [])
    bob.ask(commands.StartPetition(title="A well?"))
    second(bob)
    bob.ask(commands.Attest(size=20))
    second(bob)
    put = bob.ask(commands.OpenProposal(title="A boat?"))["proposal"]
    second(bob)
    bob.ask(commands.WithdrawProposal(proposal=put))
    second(bob)
    assert bob.ask(commands.ShowResult(proposal=put))["taken_back"]
    assert (waiting(ann), waiting(bob)) == ([], [])


def test_attack_a_founding_signed_for_one_community_counts_for_no_other() -> None:
    """Who is a steward of two founders and signs for one of them has not signed for the other."""
    network = Network()
    ann = network.node("ann", stewards=(DAN,), cosigners=(EVA,))
    bob = network.node("bob", stewards=(STRANGER,), cosigners=(EVA,))
    neighbours(ann, bob)
    made = ann.ask(
        commands.FoundFederation(
            bylaws=b'name = "Valley"\n', file_name="b.toml", founders=(ids.show(bob.community),)
        )
    )
    second(ann)
    bob.ask(commands.Approve())
    given = Approval(of=ids.parse(made["federation"]), community=ann.community).sign(EVA)
    with pytest.raises(UserError, match="another community"):
        bob.ask(commands.ApproveWaiting(statement=made["federation"], approval=given.raw))
    assert not bob.ask(commands.ListFederations())["federations"][0]["founded"]
    second(bob)
    assert bob.ask(commands.ListFederations())["federations"][0]["founded"]


def test_what_counts_in_an_election_is_said_before_it_is_signed(valley: tuple[Node, Node]) -> None:
    """Whose key, for which body and which term, what the candidate says, and in which federation."""
    ann, bob = valley
    federate(ann, bob)
    ann.ask(commands.KeepBody(body="Council", kind="council", places=2, term_days=365))
    key = keys.show(STRANGER.public)
    ann.ask(commands.StandForBody(body="Council", name="Ana", key=key, text="I would like to."))
    said = in_words(ann, "candidacy")
    assert all(each in said for each in (key, "“Ana”", "“Council”", "I would like to.", "“Valley” ("))
    second(ann)
    fills = NewFilling(body="Council", keys={"Ana": key})
    ann.ask(
        commands.OpenProposal(
            title="Council", method="phragmen", options=("Ana", "Ben", "Cem"), seats=2, fills=fills
        )
    )
    said = in_words(ann, "proposal")
    assert f"1. “Ana”, with the key {key}" in said
    assert "2. “Ben”, without a key" in said
    assert "places 1, 2 of the body “Council” (" in said
    assert ", from 2026-" in said
    assert "“Valley” (" in said


def test_what_a_budget_costs_is_said_before_it_is_signed(valley: tuple[Node, Node]) -> None:
    """The money, each project with its cost, and how many votes one needs."""
    ann, bob = valley
    federate(ann, bob)
    budget = NewBudget(money=1_000, unit="euro", costs=(600, 390), needed=2)
    ann.ask(
        commands.OpenProposal(
            title="Our fund", method="budget-greedy-threshold", options=("Pump", "Path"), budget=budget
        )
    )
    said = in_words(ann, "proposal")
    assert "To share out 1,000 “euro” among:" in said
    assert "1. “Pump”: 600" in said
    assert "2. “Path”: 390" in said
    assert "A project needs 2 votes." in said


def test_bylaws_are_said_in_units_and_words(valley: tuple[Node, Node]) -> None:
    """Who approves a founding is told each setting that is not the usual one; the second steward reads it."""
    ann, bob = valley
    rules = b'name = "Trap"\n[closing]\nvoting = "40 seconds"\nearly = true\ngrace = "0 seconds"\n'
    rules += b"[passing]\nthreshold = {numerator = 1, denominator = 100}\n"
    bob.ask(commands.FoundFederation(bylaws=rules, file_name="b.toml", founders=(ids.show(ann.community),)))
    told = "\n".join(ann.ask(commands.Approve())["in_words"])
    assert told == in_words(ann, "founding")
    for each in ("closing.voting): 40 seconds", "closing.early): yes", "closing.grace): 0 seconds"):
        assert each in told
    assert "A question passes with this share of support (passing.threshold): 1/100" in told


def test_changed_bylaws_are_said_as_they_were_and_as_they_would_be(valley: tuple[Node, Node]) -> None:
    """A steward who signs a question for new bylaws reads each setting that it changes, and no other."""
    ann, bob = valley
    federate(ann, bob)
    changed = f'name = "Valley"\n[seats]\nhouse = 2\n{CLOSING}early = true\n'.replace("2 hours", "40 seconds")
    effect = NewEffect(act="bylaws", content=changed.encode(), file_name="b.toml")
    ann.ask(commands.OpenProposal(title="Quicker?", effect=effect))
    said = in_words(ann, "proposal").splitlines()
    assert [line for line in said if line.startswith("  ")] == [
        "  How long members' nodes wait for one another (closing.patience): 40 seconds, so far 2 hours",
        "  Closes as soon as every seat has voted (closing.early): yes, so far no",
    ]


def test_what_comes_too_late_is_listed_no_more(valley: tuple[Node, Node]) -> None:
    """Taking back a question that is being closed, a review past its time, and letting in who is a member."""
    ann, bob = valley
    federate(ann, bob)
    put = ann.ask(commands.OpenProposal(title="A bike?"))["proposal"]
    second(ann)
    pass_time(ann, 25 * HOUR)
    for node in (ann, bob):
        vote(node, put)
    ann.ask(commands.WithdrawProposal(proposal=put))
    assert "“A bike?” in “Valley” (" in in_words(ann, "withdrawal")
    pass_time(ann, 26 * HOUR)
    assert result(bob, put)["phase"] == "certified"
    assert waiting(ann) == []
    ann.ask(commands.AskReview(proposal=put, reason="It rusts."))
    assert [one["kind"] for one in waiting(ann)] == ["review-request"]
    pass_time(ann, 30 * HOUR)
    assert waiting(ann) == []


def test_who_another_member_let_in_waits_for_nobody(valley: tuple[Node, Node]) -> None:
    """One member's approval is enough by these bylaws: what the other's first steward signed is done with."""
    ann, bob = valley
    name, other = b'name = "Valley"\n', ids.show(ann.community)
    bob.ask(commands.FoundFederation(bylaws=name, file_name="b.toml", founders=(other,)))
    ann.ask(commands.Approve())
    second(ann)
    cid = ann.network.node("cid")
    cid.ask(commands.JoinFederation(link=ann.ask(commands.Invite(addresses=("ann",)))["link"]))
    pass_time(ann, 60_000)
    said = in_words(ann, "membership")
    assert f"the community {ids.show(cid.community)[:10]}" in said.replace("(", "the community ")
    bob.ask(commands.Approve(community=ids.show(cid.community)))
    assert len(bob.ask(commands.ListFederations())["federations"][0]["members"]) == 3
    assert waiting(ann) == []


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_mended_size_is_no_rival_of_the_one_it_mends(
    valley: tuple[Node, Node], order: tuple[int, int]
) -> None:
    """Both are listed with their numbers, and in whichever order they are signed the later one counts."""
    ann, bob = valley
    federate(ann, bob)
    for size in (140, 150):
        ann.ask(commands.Attest(size=size))
    numbered = waiting(ann)
    for number, one in enumerate(numbered, start=2):
        assert one["in_words"][1].startswith(f"It is statement number {number} ")
    sign(ann, numbered[order[0]]["id"])
    if order[0] == 0:
        sign(ann, numbered[1]["id"])
    sizes = {one["size"] for one in bob.ask(commands.ShowRoll())["seats"]}
    assert sizes == {150, 20}
    assert waiting(ann) == []


def test_who_says_the_same_as_what_waits_signs_that(valley: tuple[Node, Node]) -> None:
    """A size stated again, and a seat recalled twice, are one statement; by the other steward it holds."""
    ann, bob = valley
    federate(ann, bob)
    first = [ann.ask(commands.Attest(size=140))["serial"] for _ in range(2)]
    assert first[0] == first[1]
    assert len([one for one in waiting(ann) if one["kind"] == "attestation"]) == 1
    for _ in range(2):
        recalled = ann.ask(commands.RecallMandate(seat=1))
        assert (recalled["approvals"], recalled["seats"]) == (1, [{"seat": 1, "seq": 2}])
    ann.steward = EVA
    ann.restart()
    assert "to_approve" not in ann.ask(commands.Attest(size=140))
    recalled = ann.ask(commands.RecallMandate(seat=1))
    assert (recalled["approvals"], recalled.get("to_approve")) == (2, None)
    assert waiting(ann) == []
    assert len(ann.ask(commands.ListMandates())["mandates"]) == 1  # Bob's own.


def test_a_mandate_below_a_newer_one_that_holds_waits_for_nothing(valley: tuple[Node, Node]) -> None:
    """It is shown so, and no steward is asked to sign it."""
    ann, bob = valley
    federate(ann, bob)
    ann.ask(commands.RecallMandate(seat=1))
    ann.ask(commands.GrantMandate(holder=keys.show(STRANGER.public), seat=1))
    newer = next(one for one in waiting(ann) if "Lets the key" in one["in_words"][0])
    sign(ann, newer["id"])
    shown = ann.ask(commands.ShowMandate(seat=1))["mandates"]
    assert [one["state"] for one in shown] == ["in force", "overtaken", "replaced"]
    assert waiting(ann) == []
    ann.steward = EVA
    ann.restart()
    with pytest.raises(ConflictError, match="no mandate"):
        ann.ask(commands.ApproveMandates())
