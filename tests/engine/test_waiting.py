"""Communities of several stewards: whatever they say waits until enough of them signed it by a command."""

from collections.abc import Callable
from typing import Any

import pytest

from node import ids, keys
from node.engine import commands
from node.engine.setup import enrol_request
from node.errors import ConflictError, NotAuthorisedError, NotFoundError, UserError
from node.governance import ballots
from node.keys import KeyPair
from node.records.approvals import Approval
from tests import builders
from tests.engine.deciding.test_closing import CLOSING, HOUR, pass_time, result
from tests.engine.harness import Network, Node, neighbours

EVA, DAN, STRANGER = (builders.key(name) for name in ("eva", "dan", "a stranger"))
DAY = 24 * HOUR


@pytest.fixture
def valley() -> tuple[Node, Node]:
    """Return a community of which two stewards of three must sign, and one of a single steward."""
    network = Network()
    ann, bob = network.node("ann", stewards=(DAN,), cosigners=(EVA,)), network.node("bob")
    neighbours(ann, bob)
    return ann, bob


def federate(ann: Node, bob: Node) -> None:
    """Found a federation of both, with a size and a delegate each."""
    rules = f'name = "Valley"\n[seats]\nhouse = 2\n{CLOSING}'.encode()
    bob.ask(commands.FoundFederation(bylaws=rules, file_name="b.toml", founders=(ids.show(ann.community),)))
    ann.ask(commands.Approve())
    second(ann)
    for node in (ann, bob):
        node.ask(commands.Attest(size=20))
        if node is ann:
            second(ann)
    for node in (ann, bob):
        node.ask(commands.GrantMandate(holder=keys.show(node.delegate.public)))
    second(ann)


def waiting(node: Node) -> list[dict[str, Any]]:
    """Return what waits for a further steward."""
    return list(node.ask(commands.ListWaiting())["waiting"])


def second(node: Node, by: KeyPair = EVA) -> dict[str, Any]:
    """Let a second steward sign, with a key that is elsewhere, the one thing that waits."""
    (one,) = waiting(node)
    approval = Approval(of=ids.parse(one["id"]), community=node.community).sign(by)
    done = node.ask(commands.ApproveWaiting(statement=one["id"], approval=approval.raw))
    node.network.wait(1_000)  # Nodes look at what waited for an approval.
    return done


def vote(node: Node, proposal: str, choice: int = 1) -> None:
    """Let a node's delegate vote."""
    shown = node.ask(commands.ShowPaper(proposal=proposal, holder=keys.show(node.delegate.public)))
    cast = [ballots.make(ballots.paper_of(shown, each), (choice,), node.delegate) for each in shown["seats"]]
    node.ask(commands.CastBallots(ballots=tuple(one.raw for one in cast)))
    node.network.wait(500)


def test_a_founding_that_one_of_several_stewards_signed_reaches_its_other_founders(
    valley: tuple[Node, Node],
) -> None:
    """The others are asked at the first signature; it is founded once all communities have enough of them."""
    ann, bob = valley
    rules = b'name = "Valley"\n[seats]\nhouse = 2\n'
    ann.ask(commands.FoundFederation(bylaws=rules, file_name="b.toml", founders=(ids.show(bob.community),)))
    ann.network.wait(1_000)
    (asked,) = bob.ask(commands.ListFederations())["federations"]
    bob.ask(commands.Approve(federation=asked["id"]))
    ann.network.wait(1_000)
    assert not bob.ask(commands.ListFederations())["federations"][0]["founded"]
    second(ann)
    assert all(node.ask(commands.ListFederations())["federations"][0]["founded"] for node in valley)


def test_a_founding_a_size_and_a_mandate_wait_for_a_second_steward(valley: tuple[Node, Node]) -> None:
    """One signature founds, sizes and grants nothing; the second, of either other steward, does."""
    ann, bob = valley
    rules = b'name = "Valley"\n[seats]\nhouse = 2\n'
    bob.ask(commands.FoundFederation(bylaws=rules, file_name="b.toml", founders=(ids.show(ann.community),)))
    done = ann.ask(commands.Approve())
    assert [(one["kind"], one["signed"], one["needed"]) for one in done["to_approve"]] == [("founding", 1, 2)]
    assert not bob.ask(commands.ListFederations())["federations"][0]["founded"]
    assert "Valley" in second(ann, DAN)["in_words"][0]
    assert bob.ask(commands.ListFederations())["federations"][0]["founded"]
    ann.ask(commands.Attest(size=20))
    assert bob.ask(commands.ShowRoll())["seats"] == []
    told = second(ann)
    assert told["holds"]
    assert told["in_words"][0].endswith("has 20 people.")
    assert [one["size"] for one in bob.ask(commands.ShowRoll())["seats"]] == [20]
    granted = ann.ask(commands.GrantMandate(holder=keys.show(ann.delegate.public), seat=1))
    assert (granted["approvals"], granted["needed"]) == (1, 2)
    assert bob.ask(commands.ListMandates())["mandates"] == []
    second(ann)
    assert len(bob.ask(commands.ListMandates())["mandates"]) == 1
    assert waiting(ann) == []


def test_a_question_is_put_withdrawn_and_reviewed_by_two_stewards(valley: tuple[Node, Node]) -> None:
    """Voting opens a day later, so that there is time to sign; what was signed in time is counted."""
    ann, bob = valley
    federate(ann, bob)
    put = ann.ask(commands.OpenProposal(title="A bike?"))
    assert put["opens"] == (ann.network.now + DAY) // 1_000
    assert bob.ask(commands.ListProposals())["proposals"] == []
    pass_time(ann, 20 * HOUR)
    assert "“A bike?”" in second(ann)["in_words"][0]
    assert [one["title"] for one in bob.ask(commands.ListProposals())["proposals"]] == ["A bike?"]
    pass_time(ann, 5 * HOUR)
    for node in (ann, bob):
        vote(node, put["proposal"])
    pass_time(ann, 26 * HOUR)
    found = result(bob, put["proposal"])
    assert (found["phase"], found["outcome"]["verdict"]) == ("certified", "passed")
    ann.ask(commands.AskReview(proposal=put["proposal"], reason="It rusts."))
    assert result(bob, put["proposal"])["review"]["requests"] == []
    assert second(ann)["in_words"][-1] == "Because: It rusts."
    assert len(result(bob, put["proposal"])["review"]["requests"]) == 1
    other = ann.ask(commands.OpenProposal(title="A boat?"))["proposal"]
    second(ann)
    ann.ask(commands.WithdrawProposal(proposal=other))
    assert not result(bob, other)["taken_back"]
    second(ann)
    assert result(bob, other)["taken_back"]


def test_a_question_that_nobody_else_signed_waits_no_longer_than_its_voting(
    valley: tuple[Node, Node],
) -> None:
    """What is over is not listed any more, and a size or a mandate that a newer one replaced neither."""
    ann, bob = valley
    federate(ann, bob)
    ann.ask(commands.OpenProposal(title="A bike?", opens_in=0))
    ann.ask(commands.GrantMandate(holder=keys.show(STRANGER.public), seat=1))
    assert {one["kind"] for one in waiting(ann)} == {"proposal", "mandate"}
    (stale,) = [one for one in waiting(ann) if one["kind"] == "mandate"]
    ann.ask(commands.GrantMandate(holder=keys.show(ann.delegate.public), seat=1))
    (newer,) = [one for one in waiting(ann) if one["kind"] == "mandate" and one["id"] != stale["id"]]
    approval = Approval(of=ids.parse(newer["id"]), community=ann.community).sign(EVA)
    ann.ask(commands.ApproveWaiting(statement=newer["id"], approval=approval.raw))
    pass_time(ann, 2 * DAY)
    assert waiting(ann) == []


def test_petitions_and_those_of_others_wait_for_a_second_steward(valley: tuple[Node, Node]) -> None:
    """Handing one in and standing behind another's are the community's word, so two stewards give it."""
    ann, bob = valley
    federate(ann, bob)
    ann.ask(commands.StartPetition(title="A barn?"))
    assert bob.ask(commands.ListPetitions())["petitions"] == []
    second(ann)
    assert [one["title"] for one in bob.ask(commands.ListPetitions())["petitions"]] == ["A barn?"]
    theirs = bob.ask(commands.StartPetition(title="A well?"))["petition"]
    done = ann.ask(commands.SupportPetition(petition=theirs))
    assert [one["kind"] for one in done["to_approve"]] == ["petition"]

    def behind() -> int:
        shown = bob.ask(commands.ListPetitions())["petitions"]
        return next(len(one["supporters"]) for one in shown if one["title"] == "A well?")

    assert behind() == 1
    second(ann)
    assert behind() == 2


def test_a_newcomer_of_several_stewards_asks_once_two_signed(valley: tuple[Node, Node]) -> None:
    """Its request leaves the node with the second signature; who takes it up lets two sign as well."""
    ann, bob = valley
    ann.ask(commands.FoundFederation(bylaws=b'name = "Alone"\n', file_name="b.toml", founders=()))
    second(ann)
    newcomer = ann.network.node("nan", cosigners=(DAN,))
    link = ann.ask(commands.Invite(addresses=("ann",)))["link"]
    assert newcomer.ask(commands.JoinFederation(link=link))["to_approve"][0]["kind"] == "join"
    pass_time(ann, 60_000)
    assert waiting(ann) == []
    second(newcomer, DAN)
    pass_time(ann, 60_000)
    (pending,) = waiting(ann)
    assert pending["kind"] == "membership"
    second(ann)
    pass_time(ann, 60_000)
    assert len(newcomer.ask(commands.ListFederations())["federations"][0]["members"]) == 2
    assert bob.ask(commands.ListFederations())["federations"] == []


def test_devices_are_added_and_retired_by_two_stewards(valley: tuple[Node, Node]) -> None:
    """A charter's links wait too: one steward alone neither adds a device nor retires one."""
    ann, _ = valley
    device = builders.key("laptop")
    ann.ask(commands.AddDevice(request=enrol_request(device, bytes(32), ann.community)))

    def devices() -> list[tuple[str, str | None]]:
        shown = ann.ask(commands.ShowCharter())["devices"]
        return [(one["device"], one["retired"]) for one in shown if not one["this"]]

    assert devices() == []
    second(ann)
    assert devices() == [(keys.show(device.public), None)]
    ann.ask(commands.RetireDevice(device=keys.show(device.public)))
    assert devices()[0][1] is None
    second(ann)
    assert devices()[0][1] == "rotated"


@pytest.mark.parametrize(
    ("approval", "error", "says"),
    [
        (lambda meant: meant.sign(STRANGER).raw, NotAuthorisedError, "names no steward"),
        (
            lambda meant: meant.model_copy(update={"of": bytes(32)}).sign(EVA).raw,
            UserError,
            "something else",
        ),
        (
            lambda meant: meant.model_copy(update={"community": bytes(32)}).sign(EVA).raw,
            UserError,
            "another community",
        ),
        (lambda _: b"\x00", UserError, "no signed approval"),
        (lambda _: None, NotAuthorisedError, "another steward signs"),
    ],
)
def test_only_another_steward_s_word_on_just_this_counts(
    valley: tuple[Node, Node], approval: Callable[[Approval], bytes | None], error: type[Exception], says: str
) -> None:
    """A stranger's key, another statement, no record, or the first steward again: refused with the reason."""
    ann, bob = valley
    federate(ann, bob)
    ann.ask(commands.Attest(size=30))
    (one,) = waiting(ann)
    meant = Approval(of=ids.parse(one["id"]), community=ann.community)
    given = approval(meant)
    with pytest.raises(error, match=says):
        ann.ask(commands.ApproveWaiting(statement=one["id"], approval=given))
    own = meant.sign(ann.steward)
    with pytest.raises(ConflictError, match="has signed it already"):
        ann.ask(commands.ApproveWaiting(statement=one["id"], approval=own.raw))
    with pytest.raises(NotFoundError, match="nothing of that id"):
        ann.ask(commands.ApproveWaiting(statement=ids.show(bytes(32))))


def test_attack_a_neighbour_fills_no_list_of_what_waits(valley: tuple[Node, Node]) -> None:
    """What no steward of the community signed is not shown, in whosever name it is; nor theirs in ours."""
    ann, bob = valley
    federate(ann, bob)
    bob.ask(commands.Attest(size=99))
    bob.ask(commands.GrantMandate(holder=keys.show(STRANGER.public)))
    assert (waiting(ann), waiting(bob)) == ([], [])
    assert bob.ask(commands.ListWaiting())["needed"] == 1


def test_a_further_steward_s_own_device_signs_with_its_key(valley: tuple[Node, Node]) -> None:
    """Where the second steward's key lies on a device of the community, the command alone signs."""
    ann, bob = valley
    federate(ann, bob)
    ann.ask(commands.Attest(size=30))
    (one,) = waiting(ann)
    ann.steward = EVA
    ann.restart()
    done = ann.ask(commands.ApproveWaiting(statement=one["id"]))
    assert (done["holds"], done["signed"]) == (True, 2)
    assert waiting(ann) == []
