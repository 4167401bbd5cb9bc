"""What a steward hides is on no page, feed or answer that strangers get, and on one page of the steward's."""

import pytest

from node import ids
from node.engine import commands
from node.engine.commands import Command
from tests.web import serving
from tests.web.pages import valley
from tests.web.pages.reading import Page
from tests.web.pages.valley import Valley

HOSTILE = '<script>alert(1)</script>\u202e"'
STRANGERS_LISTS = (
    "/",
    "/directory",
    "/directory?q=bread",
    "/offers",
    "/offers?kind=need",
    "/feeds/news.atom",
    "/feeds/directory.geojson",
    "/feeds/directory.vcf",
    "/feeds/deadlines.ics",
    "/api/v1/listings?limit=100",
    "/api/v1/offers?limit=100",
    "/api/v1/needs?limit=100",
)


def others(found: Valley) -> list[tuple[str, str]]:
    """Return address and title of what Riverside shows of its neighbours."""
    shown = found.riverside.ask(commands.Browse(limit=100))["listings"]
    return [
        (f"/{'listings' if one['kind'] == 'profile' else 'offers'}/{one['id']}", one["name"])
        for one in shown
        if not one["own"]
    ]


def hide_all(found: Valley) -> list[Command]:
    """Return commands that hide each thing of Riverside's neighbours."""
    return [
        commands.Hide(target=path.rpartition("/")[2], reason=HOSTILE, by="Rosa") for path, _ in others(found)
    ]


def block_all(found: Valley) -> list[Command]:
    """Return commands that block Riverside's neighbours."""
    return [
        commands.BlockCommunity(community=ids.show(node.community), reason=HOSTILE, by="Rosa")
        for node in (found.hillside, found.old_mill)
    ]


def allow_none(found: Valley) -> list[Command]:  # noqa: ARG001 (about everybody)
    """Return a command that allows nobody."""
    return [commands.ChooseAllowed(mode="listed", reason=HOSTILE, by="Rosa")]


@pytest.mark.parametrize("decide", [hide_all, block_all, allow_none])
async def test_nothing_that_strangers_read_reveals_what_is_kept_from_view(decide: object) -> None:
    """Lists, searches, feeds and the API leave it out, and a direct link answers as if it never was."""
    found = valley.build()
    kept = others(found)
    assert len(kept) > 2
    assert callable(decide)
    async with serving.public(found.riverside) as site:
        everything = "".join([await (await site.get(path)).text() for path in STRANGERS_LISTS])
        assert [title for _, title in kept if title not in everything] == []
    for command in decide(found):
        found.riverside.ask(command)
    async with serving.public(found.riverside) as site:
        for path in STRANGERS_LISTS:
            response = await site.get(path)
            text = await response.text()
            assert response.status == 200, path
            assert [title for _, title in kept if title in text] == [], path
        for path, title in kept:
            never = await site.get(f"{path[: path.rindex('/')]}/{'a' * 52}", Accept="text/html")
            for address in (path, f"/api/v1/listings/{path.rpartition('/')[2]}"):
                gone = await site.get(address, Accept="text/html")
                assert gone.status == 404, address
                assert title not in await gone.text()
            gone = await site.get(path, Accept="text/html")
            assert (await gone.text()).replace(path, "") == (await never.text()).replace("a" * 52, "")
        for path in ("/moderation", "/reports", f"/moderation/{kept[0][0].rpartition('/')[2]}"):
            assert (await site.get(path)).status == 404


async def test_the_steward_sees_on_one_page_what_is_kept_from_view_by_whom_when_and_why() -> None:
    """The page names every block, hiding and list entry, its reason and the command that takes it back."""
    found = valley.build()
    (path, title), *_ = others(found)
    for command in (
        *hide_all(found)[:1],
        *block_all(found)[:1],
        commands.AllowCommunity(community=ids.show(found.old_mill.community), reason="friends"),
        commands.ChooseAllowed(mode="listed", reason="only friends", by="Rosa"),
    ):
        found.riverside.ask(command)
    async with serving.operator(found.riverside) as site:
        shown = Page(await (await site.get("/moderation", Accept="text/html")).text())
        assert shown.problems == []
        for words in (
            title,
            "by Rosa",
            "<script>alert(1)</script>",
            "friends",
            "only friends",
            "only the communities on your list",
            f"hedgerow unhide {path.rpartition('/')[2]}",
            f"hedgerow unblock {ids.show(found.hillside.community)}",
            f"hedgerow allow remove {ids.show(found.old_mill.community)}",
            "hedgerow allow mode open",
        ):
            assert words in shown.text, words
        assert any(link["href"] == f"/moderation/{path.rpartition('/')[2]}" for link in shown.links)


async def test_the_steward_can_look_at_what_is_hidden() -> None:
    """The hidden thing's own words stand on a page of the operator's, with why it is hidden and the undo."""
    found = valley.build()
    (path, title), *_ = others(found)
    identifier = path.rpartition("/")[2]
    async with serving.operator(found.riverside) as site:
        before = Page(await (await site.get(f"/moderation/{identifier}", Accept="text/html")).text())
        assert "Everybody sees it" in before.text
        found.riverside.ask(hide_all(found)[0])
        # The address under which it was shown leads there.
        after = Page(await (await site.get(path, Accept="text/html")).text())
        unknown = await site.get(f"/listings/{'a' * 52}", Accept="text/html")
        assert unknown.status == 404
    assert before.problems == after.problems == []
    for words in (title, "It is hidden on this node", f"hedgerow unhide {identifier}"):
        assert words in after.text


async def test_reports_name_who_said_what() -> None:
    """The page of reports shows text as text, and that a report was taken back."""
    found = valley.build()
    (path, title), *_ = others(found)
    made = found.riverside.ask(
        commands.SendReport(about=path.rpartition("/")[2], reason="harmful", text=HOSTILE)
    )
    async with serving.operator(found.riverside) as site:
        shown = Page(await (await site.get("/reports", Accept="text/html")).text())
        assert shown.problems == []
        for words in (title, "harmful", "your community", f"hedgerow report withdraw {made['report']}"):
            assert words in shown.text
        found.riverside.ask(commands.WithdrawReport(report=made["report"]))
        assert "withdrawn" in await (await site.get("/reports", Accept="text/html")).text()


@pytest.mark.parametrize(
    ("path", "does"), [("/moderation", "hedgerow hide"), ("/reports", "hedgerow report send")]
)
async def test_the_pages_say_what_to_do_when_they_are_empty(path: str, does: str) -> None:
    """With nothing kept from view each page names the command to begin with."""
    found = valley.build()
    async with serving.operator(found.riverside) as site:
        shown = Page(await (await site.get(path, Accept="text/html")).text())
    assert shown.problems == []
    assert does in shown.text
