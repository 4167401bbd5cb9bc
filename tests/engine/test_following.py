"""Federations that follow another one, over whole nodes: following.py, founding.py, rejoining.py."""

from collections.abc import Sequence
from typing import Any

import pytest

from node import canonical, ids, keys
from node.engine import commands
from node.engine.commands.effects import NewEffect
from node.engine.rolls.rolls import Rolls
from node.errors import ConflictError, NotFoundError, UserError
from node.federation.bylaws import Bylaws
from node.federation.founding import Founding, Predecessor
from node.federation.membership import JoinRequest
from node.feeds import scopes
from node.ids import FederationId
from node.keys import KeyPair
from node.records import record
from node.records.approvals import Approval
from node.records.record import Record
from node.replication.messages import Opened
from tests import builders
from tests.engine.bundles import bundling
from tests.engine.deciding.test_closing import CLOSING, HOUR, federated, pass_time, put, result, vote
from tests.engine.deciding.test_effects import agree
from tests.engine.harness import Network, Node, federate, neighbours, peer_of
from tests.engine.parting import away, meet
from tests.engine.test_hostile_members import federation_of, publish

RULES = f'name = "Valley"\n{CLOSING}'.encode()
AT_ONCE = f"{CLOSING}[review]\nstays = false\n"


def name_of(node: Node) -> str:
    """Return a node's community as a command names it."""
    return ids.show(node.community)


def shown(node: Node, federation: str) -> dict[str, Any]:
    """Return a federation as a node lists it."""
    known = node.ask(commands.ListFederations())["federations"]
    return next(one for one in known if one["id"] == federation)


def numbers(node: Node, federation: str) -> tuple[int, int, bool]:
    """Return how many stand behind what a federation says it follows, of how many, and whether most do."""
    said = shown(node, federation)["follows"]
    return said["behind"], said["entitled"], said["majority"]


def follow(node: Node, *others: Node, **more: Any) -> str:
    """Let communities found a federation that follows the valley, the first by command; return its id."""
    founders = tuple(map(name_of, others))
    done = node.ask(commands.FoundFederation(follows="Valley", founders=founders, **more))
    node.network.wait(1_000)
    for other in others:
        if other is not node:
            other.ask(commands.Approve(federation=done["federation"]))
    return str(done["federation"])


def claim(
    followed: bytes, founders: Sequence[Node], *, roll: bytes | None = None, nonce: int = 0
) -> Founding:
    """Return a founding that says it follows a federation, whoever makes it."""
    return Founding(
        founders=tuple(sorted(one.community for one in founders)),
        bylaws=Bylaws(name="Valley"),
        nonce=nonce.to_bytes(16, "big"),
        follows=Predecessor(federation=followed, roll=roll if roll is not None else followed),
    )


def rolls_of(node: Node) -> list[bytes]:
    """Return the ids of the certified rolls of the one federation that a node knows."""
    members = node.engine._registry.members(federation_of(node))
    assert members is not None
    return [one.payload_id for one in Rolls(node.store, node.engine._registry).certified(members)]


def approval(founding: Founding, by: Node) -> Record:
    """Return a founder's approval."""
    return Approval(of=founding.payload_id, community=by.community).sign(by.steward)


def test_after_too_many_machines_are_gone_those_left_found_anew() -> None:
    """Of five, two are gone and nothing is certified; the three left decide again, and all read why."""
    nodes = federated(["ann", "bob", "carl", "dora", "eve"])
    ann, bob, carl, dora, eve = nodes
    old = ids.show(federation_of(ann))
    put(ann)
    pass_time(ann, 1_000)
    away(dora)
    away(eve)
    done = ann.ask(commands.FoundFederation(follows="Valley"))
    ann.network.wait(1_000)
    new = done["federation"]
    assert {one["community"] for one in done["follows"]["founders"]} == set(map(name_of, (ann, bob, carl)))
    assert {one["community"] for one in done["follows"]["left"]} == set(map(name_of, (dora, eve)))
    assert numbers(bob, new) == (1, 5, False)
    said = bob.ask(commands.Approve(federation=new))["in_words"]
    assert any(
        "1 of the 5 communities on the last certified roll there stands behind it" in one for one in said
    )
    carl.ask(commands.Approve(federation=new))
    for node in (ann, bob, carl):
        assert numbers(node, new) == (3, 5, True)
        (follower,) = shown(node, old)["followed_by"]
        assert (follower["federation"], follower["behind"], follower["founded"]) == (new, 3, True)
        node.ask(commands.Attest(size=20, federation=new))
    # The name means the newer of two for who belongs to both; the id says which of them in any case.
    assert ann.ask(commands.Attest(size=21, federation="Valley"))["federation"] == new
    assert ann.ask(commands.Attest(size=21, federation=old))["federation"] == old
    with pytest.raises(ConflictError, match="which of 2 federations"):
        ann.ask(commands.Attest(size=9))
    for node in (ann, bob, carl):
        node.ask(commands.GrantMandate(holder=keys.show(node.delegate.public), federation=new))
    stuck = ann.ask(commands.OpenProposal(title="As before?", federation=old))["proposal"]
    decided = ann.ask(commands.OpenProposal(title="Anew?", federation=new))["proposal"]
    for node in (ann, bob, carl):
        vote(node, decided)
    pass_time(ann, 27 * HOUR)
    assert {result(node, decided)["state"] for node in (ann, bob, carl)} == {"certified"}
    assert {result(node, stuck)["state"] for node in (ann, bob, carl)} == {"provisional"}


def test_a_member_that_comes_back_reads_who_went_on_and_is_let_in_without_an_invitation() -> None:
    """It finds the other one among the members of the first, asks there, and a member of both lets it in."""
    network = Network()
    ann, bob, carl = (network.node(name) for name in ("ann", "bob", "carl"))
    eva = builders.key("eva")
    dora = network.node("dora", cosigners=(eva,))
    neighbours(ann, bob, carl, dora)
    second = _second(dora, eva)
    founders = tuple(map(name_of, (bob, carl, dora)))
    old = ann.ask(commands.FoundFederation(bylaws=RULES, founders=founders))["federation"]
    for other in (bob, carl, dora):
        other.ask(commands.Approve())
    second()
    away(dora)
    new = follow(ann, bob, carl)
    network._nodes["dora"] = dora
    meet(ann, dora)
    (follower,) = shown(dora, old)["followed_by"]
    assert follower["founded"] is None
    assert "3 of the 4 founders here stand behind it, more than half" in follower["in_words"]
    assert [one["id"] for one in dora.ask(commands.ListFederations())["federations"]] == [old]
    said = dora.ask(commands.JoinFederation(link="Valley"))["in_words"]
    assert "3 of the 4 founders there stand behind it" in said[0]
    assert [one["community"] for one in shown(ann, new)["pending"]] == []
    second()
    (request,) = dora.ask(commands.ListFederations())["requests"]
    assert (request["federation"], request["accepted"]) == (new, None)
    with pytest.raises(ConflictError, match="asked to join it already"):
        dora.ask(commands.JoinFederation(link=new))
    for node in (ann, bob):
        assert [one["community"] for one in shown(node, new)["pending"]] == [name_of(dora)]
    ann.ask(commands.Approve(federation=new, community=name_of(dora)))
    network.wait(61_000)
    ann.ask(commands.AddNote(federation=new, text="Welcome back"))
    network.wait(1_000)
    assert shown(dora, new)["member"]
    assert [one["text"] for one in dora.ask(commands.ShowBoard(federation=new))["notes"]] == ["Welcome back"]
    for node in (ann, bob, carl, dora):
        assert shown(node, new)["pending"] == []
        # Who was let in later founded nothing: that it belongs to both adds nothing to who stands behind it.
        assert numbers(node, new) == (3, 4, True)
    with pytest.raises(UserError, match="expected an invitation"):
        dora.ask(commands.JoinFederation(link="Valley"))


def test_who_asked_among_members_takes_the_founding_from_a_stick() -> None:
    """No connection is needed: a file for who was let in brings the federation that it asked to join."""
    ann, bob, carl = federated(["ann", "bob", "carl"])
    new = follow(ann, bob)
    carl.ask(commands.JoinFederation(link=new))
    ann.network.wait(1_000)
    away(carl)
    ann.ask(commands.Approve(federation=new, community=name_of(carl)))
    ann.ask(commands.AddNote(federation=new, text="On a stick"))
    assert len(carl.ask(commands.ListFederations())["federations"]) == 1
    bundling.read(carl, bundling.written(ann, carl))
    assert [one["text"] for one in carl.ask(commands.ShowBoard(federation=new))["notes"]] == ["On a stick"]


def test_attack_a_request_in_another_s_name_lets_nobody_in() -> None:
    """A member that asks for another one, or for a stranger, among the members of both asked for nobody."""
    ann, bob, carl = federated(["ann", "bob", "carl"])
    oak = ann.network.node("oak")
    neighbours(ann, carl, oak)
    federation = federation_of(ann)
    new = follow(ann, ann)
    made = [
        JoinRequest(federation=ids.parse(new), community=one.community, name="Bob", nonce=bytes(16))
        for one in (bob, oak)
    ]
    signed = [made[0].sign(carl.steward), made[1].sign(oak.steward)]
    approvals = [Approval(of=one.payload_id, community=bob.community).sign(carl.steward) for one in made]
    publish(carl, "ann", [*signed, *approvals], scopes.members(federation))
    assert ann.store.records.of_kind(scopes.members(federation), JoinRequest.kind)
    assert shown(ann, new)["pending"] == []
    for one in (bob, oak):
        with pytest.raises(NotFoundError):
            ann.ask(commands.Approve(federation=new, community=name_of(one)))


def test_bylaws_that_a_decision_changed_are_carried_over() -> None:
    """The new one begins with what held at last, but for its name and approvals that none could give."""
    nodes = federated(["ann", "bob", "carl"], closing=f"{CLOSING}[admission]\napprovals = 3\n")
    ann, bob, _ = nodes
    before = bob.ask(commands.ShowBylaws())["file"]
    agree(
        nodes,
        NewEffect(act="bylaws", content=before.replace("house = 3", "house = 9").encode(), file_name="b"),
    )
    new = follow(ann, bob, name="Hills")
    found = bob.ask(commands.ShowBylaws(federation=new))["bylaws"]
    assert (found["name"], found["seats"]["house"], found["admission"]["approvals"]) == ("Hills", 9, 2)
    held = bob.ask(commands.ShowBylaws(federation="Valley"))["bylaws"]
    assert {one for one in held if held[one] != found[one]} == {"name", "admission"}
    assert shown(bob, new)["follows"]["bylaws_changed"] == [
        "name: “Hills”, there “Valley”",
        "Members that must approve who asks to join (admission.approvals): 2, there 3",
    ]


def test_who_founds_in_the_place_of_another_says_with_whom_or_is_connected() -> None:
    """Where nobody is connected it is asked with whom; who founds alone says so, and that is told."""
    ann, bob, carl = federated(["ann", "bob", "carl"])
    away(ann)
    with pytest.raises(UserError, match="no other member of “Valley” is connected"):
        ann.ask(commands.FoundFederation(follows="Valley"))
    new = follow(ann, ann)
    assert shown(ann, new)["founded"]
    assert numbers(ann, new) == (1, 3, False)
    assert (
        "1 of the 3 founders there stands behind it, not more than half"
        in (shown(ann, new)["follows"]["in_words"][0])
    )
    with pytest.raises(ConflictError, match="founded a federation called 'Valley' already"):
        ann.ask(commands.FoundFederation(bylaws=b'name = "Valley"\n', founders=(name_of(bob),)))
    with pytest.raises(UserError, match="expected bylaws"):
        carl.ask(commands.FoundFederation())


def test_who_is_no_member_founds_nothing_in_the_place_of_a_federation() -> None:
    """The command is refused for a federation that this community does not belong to."""
    network = Network()
    ann, bob, oak = (network.node(name) for name in ("ann", "bob", "oak"))
    neighbours(ann, bob, oak)
    bob.ask(commands.FoundFederation(bylaws=b'name = "Valley"\n', file_name="b", founders=(name_of(oak),)))
    network.wait(1_000)
    with pytest.raises(ConflictError, match="not all founding communities have approved"):
        oak.ask(commands.FoundFederation(follows="Valley", founders=(name_of(ann),)))


def test_a_founding_that_waits_for_a_second_steward_waits_once_and_counts_once_it_signed() -> None:
    """Though it is carried among the members of both, it waits where it belongs, and backs nothing before."""
    network = Network()
    eva = builders.key("eva")
    ann, bob = network.node("ann", cosigners=(eva,)), network.node("bob")
    neighbours(ann, bob)
    second = _second(ann, eva)
    bob.ask(commands.FoundFederation(bylaws=b'name = "Valley"\n', founders=(name_of(ann),)))
    ann.ask(commands.Approve())
    second()
    old = ids.show(federation_of(ann))
    done = ann.ask(commands.FoundFederation(follows="Valley", founders=(name_of(bob),)))
    assert [one["id"] for one in done["to_approve"]] == [done["federation"]]
    assert len(ann.ask(commands.ListWaiting())["waiting"]) == 1
    assert numbers(ann, done["federation"]) == (0, 2, False)
    second()
    bob.ask(commands.Approve(federation=done["federation"]))
    network.wait(1_000)
    scope = scopes.members(FederationId(ids.parse(old)))
    held = bob.store.records.about(scope, Approval.kind, ids.parse(done["federation"]))
    assert len(held) == 3  # Two stewards of the one, one of the other: who is in no founding reads it too.
    assert numbers(bob, done["federation"]) == (2, 2, True)


def _second(node: Node, by: KeyPair) -> Any:
    def sign() -> None:
        (one,) = node.ask(commands.ListWaiting())["waiting"]
        signed = Approval(of=ids.parse(one["id"]), community=node.community).sign(by)
        node.ask(commands.ApproveWaiting(statement=one["id"], approval=signed.raw))
        node.network.wait(1_000)

    return sign


def test_attack_a_stranger_s_founding_falsely_claims_to_follow() -> None:
    """It is read as backed by none, whomever it names; nobody becomes a member and no command means it."""
    network = Network()
    ann, bob, hal = (network.node(name) for name in ("ann", "bob", "hal"))
    neighbours(ann, bob, hal)
    old = federate(ann, bob)["federation"]
    false = claim(ids.parse(old), [ann, bob, hal])
    peer = peer_of(hal).dial("ann")
    peer.say(Opened(false.sign(hal.steward).raw))
    publish(hal, "ann", [false.sign(hal.steward), approval(false, hal)], scopes.members(false.federation))
    new = ids.show(false.federation)
    assert numbers(ann, new) == (0, 2, False)
    assert "none of the 2 founders there stands behind it" in (shown(ann, new)["follows"]["in_words"][0])
    (follower,) = shown(ann, old)["followed_by"]
    assert (follower["behind"], follower["founded"]) == (0, False)
    assert shown(ann, new)["members"] == []
    assert ann.ask(commands.Attest(size=9, federation="Valley"))["federation"] == old
    # The members of the other one who are not asked hear nothing of it.
    assert shown(bob, old)["followed_by"] == []


def test_attack_members_named_unasked_stand_behind_nothing() -> None:
    """A member alone that names all others as founders is one of so many until these approve."""
    ann, bob, carl = federated(["ann", "bob", "carl"])
    unasked = (name_of(ann), name_of(bob))
    new = carl.ask(commands.FoundFederation(follows="Valley", founders=unasked))["federation"]
    ann.network.wait(1_000)
    for node in (ann, bob, carl):
        assert numbers(node, new) == (1, 3, False)
        assert not shown(node, new)["founded"]


def test_attack_two_that_follow_the_same_take_nothing_from_it_or_from_each_other() -> None:
    """Both are told with who stands behind each; the one that they follow decides on as before."""
    nodes = federated(["ann", "bob", "carl"], closing=AT_ONCE)
    ann, bob, carl = nodes
    old = ids.show(federation_of(ann))
    before = shown(bob, old)
    most = follow(ann, bob)
    lone = follow(carl, carl)
    ann.network.wait(1_000)
    for node in nodes:
        followers = shown(node, old)["followed_by"]
        assert [(one["federation"], one["behind"], one["majority"]) for one in followers] == [
            (most, 2, True),
            (lone, 1, False),
        ]
    after = shown(bob, old)
    assert {one for one in after if after[one] != before[one]} == {"followed_by"}
    proposal = ann.ask(commands.OpenProposal(title="A bike?", federation=old))["proposal"]
    for node in nodes:
        vote(node, proposal)
    pass_time(ann, 25 * HOUR)
    assert {result(node, proposal)["state"] for node in nodes} == {"in force"}


def test_attack_federations_that_follow_each_other_cannot_be_made() -> None:
    """An id covers what is followed, so a circle would be hashed before itself; a chain is told."""
    network = Network()
    ann, bob = network.node("ann"), network.node("bob")
    neighbours(ann, bob)
    first = claim(bytes(32), [ann], nonce=1)
    other = claim(first.federation, [ann], nonce=2)
    back = claim(other.federation, [ann], nonce=1)
    assert len({first.federation, other.federation, back.federation}) == 3
    for one in (first, other, back):
        ann.engine._registry.add_federation(one.sign(ann.steward).raw)
        publish_own(ann, one)
    told = [shown(ann, ids.show(one.federation)) for one in (first, other, back)]
    assert [[each["federation"] for each in one["followed_by"]] for one in told] == [
        [ids.show(other.federation)],
        [ids.show(back.federation)],
        [],
    ]


def publish_own(node: Node, founding: Founding) -> None:
    """Let a node's community approve a founding that it holds."""
    node.ask(commands.Approve(federation=ids.show(founding.federation)))


def test_attack_a_predecessor_that_is_not_known_here_backs_nothing() -> None:
    """Nothing is told of how many stand behind it, neither well nor badly, and its own page says so."""
    network = Network()
    ann, hal = network.node("ann"), network.node("hal")
    neighbours(ann, hal)
    false = claim(builders.identifier("another valley"), [ann, hal])
    peer_of(hal).dial("ann").say(Opened(false.sign(hal.steward).raw))
    said = shown(ann, ids.show(false.federation))["follows"]
    assert [said[one] for one in ("name", "behind", "entitled", "majority", "starts_from")] == [None] * 5
    assert "is not known here" in said["in_words"][0]
    assert "stand behind it cannot be told" in said["in_words"][0]


def test_attack_a_founder_that_was_removed_from_the_predecessor_backs_nothing() -> None:
    """It names the roll on which it still was: what counts is who is on the last one and has a say today."""
    nodes = federated(["ann", "bob", "carl", "dora"], closing=AT_ONCE)
    ann, _, _, dora = nodes
    federation = federation_of(ann)
    agree(nodes, NewEffect(act="remove", community=name_of(dora)))
    false = claim(federation, [ann, dora], roll=rolls_of(ann)[0])
    peer_of(dora).dial("ann").say(Opened(false.sign(dora.steward).raw))
    scope = scopes.members(false.federation)
    publish(dora, "ann", [false.sign(dora.steward), approval(false, dora)], scope)
    new = ids.show(false.federation)
    assert numbers(ann, new) == (0, 3, False)
    put(ann, "Without Dora?")
    pass_time(ann, 1_000)
    assert shown(ann, new)["follows"]["starts_from"] == "earlier"
    assert any("Further rolls" in one for one in shown(ann, new)["follows"]["in_words"])


def test_attack_newcomers_that_one_member_let_in_make_no_majority() -> None:
    """Who came in since the last certified roll counts for none: who lets friends in is one as before."""
    ann, bob = federated(["ann", "bob"], house=9)
    network = ann.network
    friends = [network.node(name) for name in ("fay", "gil", "hal")]
    neighbours(bob, *friends)
    for friend in friends:
        link = bob.ask(commands.Invite(addresses=("bob",)))["link"]
        friend.ask(commands.JoinFederation(link=link))
    network.wait(1_000)
    old = ids.show(federation_of(ann))
    assert len(shown(ann, old)["members"]) == 5
    follow(bob, *friends)
    (follower,) = shown(ann, old)["followed_by"]
    assert (follower["behind"], follower["entitled"], follower["majority"]) == (1, 2, False)


def test_attack_foundings_without_end_keep_no_other_one_from_view() -> None:
    """A member that publishes a hundred takes eight places: the one with most behind it is told first."""
    ann, bob, carl = federated(["ann", "bob", "carl"])
    old = ids.show(federation_of(ann))
    new = follow(ann, bob)
    flood = [claim(ids.parse(old), [carl], nonce=number) for number in range(100)]
    # The second half is signed by as many keys that are nobody's, and behind the third stands nobody.
    signed = [one.sign(carl.steward) for one in flood[:50]]
    signed += [one.sign(builders.key(f"key {place}")) for place, one in enumerate(flood[50:])]
    signed += [approval(one, carl) for one in flood]
    signed += [
        claim(ids.parse(old), [ann, bob], nonce=number).sign(bob.steward) for number in range(100, 103)
    ]
    publish(carl, "ann", signed, scopes.members(FederationId(ids.parse(old))))
    told = shown(ann, old)
    assert told["followed_by"][0]["federation"] == new
    assert [one["behind"] for one in told["followed_by"]] == [2] + [1] * 7
    assert told["followed_by_more"] == 1


def test_a_founding_of_a_later_version_parts_nobody() -> None:
    """With a field that is not known here it is none, and the neighbour that shows it stays connected."""
    network = Network()
    ann, hal = network.node("ann"), network.node("hal")
    neighbours(ann, hal)
    later = canonical.decode(claim(bytes(32), [ann, hal]).encode()) | {"anthem": "of the valley"}
    peer = peer_of(hal).dial("ann")
    peer.say(Opened(record.sign(Founding.kind, canonical.encode(later), hal.steward).raw))
    assert not peer.closed
    assert ann.ask(commands.ListFederations())["federations"] == []
