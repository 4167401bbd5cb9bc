"""Petitions over HTTP: the API and the page."""

from node.engine import commands
from tests.web.pages.reading import Page
from tests.web.serving import Site
from tests.web.valley import Valley

MARKUP = '<img src=x onerror="alert(1)">'


async def test_petitions_are_read_by_members_only(steward: Site, stranger: Site, some_valley: Valley) -> None:
    """Program and people see who stands behind a petition and what is due; markup stays text."""
    node = some_valley.node
    listed = f"/federations/{some_valley.federation}/petitions"
    text = await (await steward.get(listed)).text()
    assert "hedgerow petition start" in text
    started = node.ask(commands.StartPetition(title=f"A well? {MARKUP}", text=MARKUP))["petition"]
    some_valley.other.ask(commands.SupportPetition(petition=started))
    (found,) = (await steward.json(f"/api/v1{listed}"))["petitions"]
    assert (found["state"], len(found["supporters"])) == ("due", 2)
    put = node.ask(commands.PutPetition(petition=started))["proposal"]
    pages = [await (await steward.get(path)).text() for path in (listed, f"/proposals/{put}")]
    for page in pages:
        assert Page(page).problems == []
        assert "<img src=x" not in page
    assert f'href="{listed}"' in pages[-1]
    for path in (listed, f"/api/v1{listed}"):
        assert (await stranger.get(path)).status == 404
