"""Federations that follow another one, as pages and the API show them."""

import json

from node import ids
from node.engine import commands
from tests.engine.harness import Network, Node, federate, neighbours
from tests.web import serving
from tests.web.pages.reading import Page


def anew() -> tuple[Node, Node, str, str]:
    """Return two nodes, a federation of three, and one that follows it, under a name to escape.

    The first node's community is a founder of both, the second one's of the first alone.
    """
    network = Network()
    ann, bob, carl = (network.node(name) for name in ("ann", "bob", "carl"))
    neighbours(ann, bob, carl)
    old = federate(ann, bob, carl)["federation"]
    founders = (ids.show(bob.community),)
    done = ann.ask(commands.FoundFederation(follows="Valley", founders=founders, name="<b>Hills</b>"))
    network.wait(1_000)
    bob.ask(commands.Approve(federation=done["federation"]))
    network.wait(1_000)
    return ann, carl, old, done["federation"]


async def test_both_pages_say_who_follows_whom_and_how_many_stand_behind_it() -> None:
    """Each leads to the other, a name stays text, and what is not as it was is listed."""
    ann, _, old, new = anew()
    async with serving.operator(ann) as site:
        texts = [
            await (await site.get(f"/federations/{one}", Accept="text/html")).text() for one in (old, new)
        ]
        listed = await (await site.get("/federations", Accept="text/html")).text()
    for text in (*texts, listed):
        assert Page(text).problems == []
        assert "<b>Hills" not in text
    said = "2 of the 3 founders {} stand behind it, more than half."
    assert said.format("here") in texts[0]
    assert f'<a href="/federations/{new}">' in texts[0]
    assert said.format("there") in texts[1]
    assert f'<a href="/federations/{old}">' in texts[1]
    assert "name: “&lt;b&gt;Hills&lt;/b&gt;”, there “Valley”" in texts[1]
    assert "says that it follows “<bdi>Valley</bdi>”" in listed
    assert "1 federation says that it follows this one" in listed


async def test_the_api_says_who_follows_whom() -> None:
    """The numbers come as numbers beside the words; a federation that follows none says null."""
    ann, _, old, new = anew()
    async with serving.operator(ann) as site:
        shown = [
            json.loads(await (await site.get(f"/api/v1/federations/{one}")).text()) for one in (old, new)
        ]
    assert shown[0]["follows"] is None
    (follower,) = shown[0]["followed_by"]
    assert (follower["federation"], follower["behind"], follower["entitled"]) == (new, 2, 3)
    assert (follower["majority"], follower["founded"], shown[0]["followed_by_more"]) == (True, True, 0)
    follows = shown[1]["follows"]
    assert (follows["federation"], follows["roll"], follows["starts_from"]) == (old, old, "last")
    assert (follows["behind"], follows["entitled"], follows["majority"]) == (2, 3, True)
    assert shown[1]["followed_by"] == []


async def test_who_asked_among_the_members_of_both_reads_that_a_member_has_to_approve() -> None:
    """It was not turned down: nobody was asked who could have; a founder reads on its page who asks."""
    ann, carl, _, new = anew()
    carl.ask(commands.JoinFederation(link=new))
    carl.network.wait(1_000)
    async with serving.operator(carl) as site:
        asked = await (await site.get("/federations", Accept="text/html")).text()
        told = json.loads(await (await site.get("/api/v1/federations")).text())["requests"]
    assert "asked among the members of “Valley”; a member of both has to approve" in asked
    assert "turned down" not in asked
    assert [(one["federation"], one["accepted"]) for one in told] == [(new, None)]
    async with serving.operator(ann) as site:
        pending = json.loads(await (await site.get(f"/api/v1/federations/{new}")).text())["pending"]
    assert [(one["community"], one["approvals"]) for one in pending] == [(ids.show(carl.community), 0)]


async def test_a_request_that_nobody_answered_yet_was_not_turned_down() -> None:
    """As long as the inviter was not reached the page says that there is no answer."""
    network = Network()
    ann, bob, oak = (network.node(name) for name in ("ann", "bob", "oak"))
    neighbours(ann, bob)
    federate(ann, bob)
    link = ann.ask(commands.Invite(addresses=("nowhere",)))["link"]
    oak.ask(commands.JoinFederation(link=link))
    async with serving.operator(oak) as site:
        text = await (await site.get("/federations", Accept="text/html")).text()
    assert "no answer yet" in text
    assert "turned down" not in text
