"""Bodies and revised questions over HTTP: what programs read, and what people see."""

import tomllib

from node.engine import commands
from node.engine.commands.bodies import NewFilling
from node.web.pages.proposals import sentence
from tests.docs.coverage import ROOT
from tests.engine.deciding.test_closing import CLOSING, HOUR, federated, pass_time
from tests.web import serving
from tests.web.pages.reading import Page
from tests.web.serving import Site
from tests.web.valley import Valley

MARKUP = '<img src=x onerror="alert(1)"></td>'


async def test_bodies_are_listed_with_their_places(
    steward: Site, stranger: Site, some_valley: Valley
) -> None:
    """A program reads places and elections to come; people see the same as text; strangers see neither."""
    node = some_valley.node
    node.ask(commands.KeepBody(body=f"Council {MARKUP}", kind="council", places=2, term_days=365))
    node.ask(commands.KeepBody(body="Assembly", kind="assembly"))
    proposal = node.ask(
        commands.OpenProposal(
            title="Who?",
            method="phragmen",
            options=("Ana", "Ben"),
            seats=2,
            fills=NewFilling(body=f"Council {MARKUP}"),
        )
    )["proposal"]
    path = f"/federations/{some_valley.federation}/bodies"
    listed = await steward.json(f"/api/v1{path}?limit=1&offset=1")
    assert (listed["total"], len(listed["bodies"])) == (2, 1)
    assembly, council = (await steward.json(f"/api/v1{path}"))["bodies"]
    assert listed["bodies"] == [council]
    assert (assembly["seats"], assembly["vacant"]) == (12, 0)
    assert [place["why_vacant"] for place in council["places"]] == ["nobody has been elected yet"] * 2
    assert [one["proposal"] for one in council["under_way"]] == [proposal]
    text = await (await steward.get(path)).text()
    assert Page(text).problems == []
    assert "<img src=x" not in text
    assert f'href="/proposals/{proposal}"' in text
    for listener_path in (path, f"/api/v1{path}"):
        assert (await stranger.get(listener_path)).status == 404
    result = await steward.json(f"/api/v1/proposals/{proposal}/result")
    assert result["fills"]["places"] == [1, 2]


async def test_attack_a_card_called_an_assembly_hides_no_election(steward: Site, some_valley: Valley) -> None:
    """On the page and in the API an assembly shows its seats, and whoever an election put there."""
    node = some_valley.node
    node.ask(commands.KeepBody(body="Council", kind="council", places=1, term_days=365))
    put = commands.OpenProposal(
        title="Who?", method="plurality", options=(f"Ana {MARKUP}",), fills=NewFilling(body="Council")
    )
    node.ask(put)
    # As many stand as there are places, so nobody has to vote.
    for _ in range(16):
        node.network.wait(24 * 3_600_000)
    node.ask(commands.KeepBody(body="Council", kind="assembly"))
    path = f"/federations/{some_valley.federation}/bodies"
    (council,) = (await steward.json(f"/api/v1{path}"))["bodies"]
    assert [place["name"] for place in council["elected"]] == [f"Ana {MARKUP}"]
    text = await (await steward.get(path)).text()
    assert Page(text).problems == []
    assert "Those hold on: <bdi>Ana" in text
    assert "<img src=x" not in text


async def test_whom_bylaws_leave_to_people_is_shown_beside_the_vacant_places() -> None:
    """Page and API name whom an election elected that fills nothing, and what its closing withstands."""
    nodes = federated(["alder", "birch"], closing=f"{CLOSING}[effects]\nbodies = false\n")
    nodes[0].ask(commands.KeepBody(body="Council", kind="council", places=1, term_days=365))
    put = commands.OpenProposal(
        title="Who?", method="plurality", options=(f"Ana {MARKUP}",), fills=NewFilling(body="Council")
    )
    proposal = nodes[0].ask(put)["proposal"]
    for milliseconds in (1_000, 25 * HOUR, 27 * HOUR):
        pass_time(nodes[0], milliseconds)
    (federation,) = nodes[0].ask(commands.ListFederations())["federations"]
    path = f"/federations/{federation['id']}/bodies"
    async with serving.operator(nodes[0]) as site:
        (council,) = (await site.json(f"/api/v1{path}"))["bodies"]
        text = await (await site.get(path)).text()
    (left,) = council["left"]
    assert (left["proposal"], left["names"], left["state"]) == (proposal, [f"Ana {MARKUP}"], "in force")
    assert [place["name"] for place in council["places"]] == [None]
    assert Page(text).problems == []
    assert "<img src=x" not in text
    assert "1 vacant" in text
    assert "Elected (in force *): <bdi>Ana" in text
    assert "By the bylaws that fills no place by itself: it is for people to act on." in text
    assert f'href="/proposals/{proposal}">The election' in text


async def test_a_revised_question_says_what_was_changed(steward: Site, some_valley: Valley) -> None:
    """The page of the old question leads to the new one, and that one shows the lines; markup stays text."""
    node = some_valley.node
    old = node.ask(commands.OpenProposal(title="A well?", text=f"Deep.\n{MARKUP}"))["proposal"]
    new = node.ask(commands.ReviseProposal(proposal=old, text=f"Deep.\n{MARKUP}{MARKUP}"))["proposal"]
    before = await (await steward.get(f"/proposals/{old}")).text()
    after = await (await steward.get(f"/proposals/{new}")).text()
    assert f'href="/proposals/{new}"' in before
    assert f'href="/proposals/{old}"' in after
    assert "<del" in after
    assert "<ins" in after
    assert Page(before).problems == Page(after).problems == []
    assert "<img src=x" not in after
    result = await steward.json(f"/api/v1/proposals/{new}/result")
    assert [one["line"] for one in result["supersedes"]["changes"]] == [2]


def test_a_missed_quorum_is_said_of_elections_as_of_questions() -> None:
    """Of an election nobody is elected, with the numbers; of a yes/no question it did not pass."""
    turnout = {"present": 1, "total": 3, "of": "communities", "needed": 2, "reached": False}
    election = {"verdict": "no-quorum", "state": "certified", "turnout": turnout}
    assert sentence(election) == (
        "Nobody is elected: 1 of 3 communities took part, 2 must. All places stay as they are."
    )
    assert "would be elected" in sentence({**election, "state": "provisional"})
    assert "did not pass" in sentence({**election, "turnout": None})


async def test_an_election_without_its_quorum_is_shown_whole(steward: Site, some_valley: Valley) -> None:
    """Nobody has come yet: the page shows who stands and how many must come, and no empty table."""
    node = some_valley.node
    charter = tomllib.loads((ROOT / "docs" / "bylaws-example.toml").read_text(encoding="utf-8"))
    assert charter["electing"] == {"methods": [], "of": "seats", "quorum": {"numerator": 0, "denominator": 1}}
    node.ask(commands.FoundFederation(bylaws=_WITH_QUORUM, file_name="b.toml"))
    node.ask(commands.Attest(size=5, federation="Uplands"))
    put = commands.OpenProposal(
        federation="Uplands", title="Who?", method="schulze", options=("Ana", MARKUP), seats=1
    )
    proposal = node.ask(put)["proposal"]
    result = await steward.json(f"/api/v1/proposals/{proposal}/result")
    assert (result["verdict"], result["stages"]) == ("no-quorum", [])
    assert result["turnout"] == {"of": "seats", "present": 0, "needed": 6, "total": 12, "reached": False}
    text = await (await steward.get(f"/proposals/{proposal}")).text()
    assert Page(text).problems == []
    assert "0 of 12 seats have taken part so far, 6 must" in text
    assert "Ana" in text
    assert "<img src=x" not in text


_WITH_QUORUM = b'name = "Uplands"\n[electing.quorum]\nnumerator = 1\ndenominator = 2\n'
