"""Pages and answers that show results say what their closing withstands where few witness."""

from node.engine import commands
from node.engine.commands.bodies import NewFilling
from node.governance.closing.quorum import Quorum
from tests.web.pages.reading import Page
from tests.web.serving import Site
from tests.web.valley import Valley

# Two communities witness in the valley.
SAID = Quorum.of(2).in_words()


async def test_a_list_of_questions_says_what_their_closing_withstands(
    steward: Site, some_valley: Valley
) -> None:
    """Once below the list, with a mark at each question; the API says it of each."""
    some_valley.node.ask(commands.OpenProposal(title="A well?"))
    listed = await steward.json(f"/api/v1/federations/{some_valley.federation}/proposals")
    assert [one["quorum"] for one in listed["proposals"]] == [Quorum.of(2).told()] * listed["total"]
    text = await (await steward.get("/proposals")).text()
    assert Page(text).problems == []
    assert text.count(SAID) == 1
    assert f"* {SAID}" in text
    assert text.count("voting *</span>") == listed["total"] == 2


async def test_bodies_say_what_the_elections_that_filled_them_withstand(
    steward: Site, some_valley: Valley
) -> None:
    """While an election is to take effect, when it holds, and when the body is called an assembly."""
    node = some_valley.node
    node.ask(commands.KeepBody(body="Council", kind="council", places=2, term_days=365))
    path = f"/federations/{some_valley.federation}/bodies"
    assert SAID not in await (await steward.get(path)).text()
    node.ask(
        commands.OpenProposal(
            title="Who?", method="plurality", options=("Ana",), fills=NewFilling(body="Council", places=(1,))
        )
    )
    council, coming = None, False
    for _ in range(32):
        node.network.wait(12 * 3_600_000)
        (council,) = (await steward.json(f"/api/v1{path}"))["bodies"]
        if council["coming"] and not coming:
            coming = True
            assert council["coming"][0]["quorum"] == Quorum.of(2).told()
            text = await (await steward.get(path)).text()
            assert f"* {SAID}" in text
            assert f"({council['coming'][0]['state']} *): <bdi>Ana" in text
    assert coming
    assert council is not None
    assert [place["quorum"] for place in council["places"]] == [Quorum.of(2).told(), None]
    text = await (await steward.get(path)).text()
    assert Page(text).problems == []
    assert "<bdi>Ana</bdi> *" in text
    assert text.count(f"* {SAID}") == 1
    node.ask(commands.KeepBody(body="Council", kind="assembly"))
    text = await (await steward.get(path)).text()
    assert "Those hold on: <bdi>Ana</bdi> *" in text
    assert text.count(f"* {SAID}") == 1
