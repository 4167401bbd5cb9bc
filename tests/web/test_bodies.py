"""Bodies and amended questions over HTTP: what programs read, and what people see."""

from node.engine import commands
from node.engine.commands.bodies import NewFilling
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
    assembly, council = (await steward.json(f"/api/v1{path}"))["bodies"]
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


async def test_an_amended_question_says_what_was_changed(steward: Site, some_valley: Valley) -> None:
    """The page of the old question leads to the new one, and that one shows the lines; markup stays text."""
    node = some_valley.node
    old = node.ask(commands.OpenProposal(title="A well?", text=f"Deep.\n{MARKUP}"))["proposal"]
    new = node.ask(commands.AmendProposal(proposal=old, text=f"Deep.\n{MARKUP}{MARKUP}"))["proposal"]
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
