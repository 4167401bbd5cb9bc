"""What a hostile listing, offer, note or question says is shown as harmless text, wherever it is shown."""

import functools
import html
import json
import re
from xml.etree import ElementTree as ET

import pytest

from node.engine import commands
from node.feeds import scopes, stretch
from node.feeds.entry import FeedKey
from node.ids import show
from node.replication.messages import Entries
from node.web.asking import Answer
from tests.engine.harness import Network, peer_of
from tests.web import serving
from tests.web.pages import hostile
from tests.web.pages.reading import Page
from tests.web.pages.valley import Valley

_ROUTES = (
    "/",
    "/directory",
    "/directory?q={markup}&tag={markup}&country={markup}&near={markup}",
    "/offers",
    "/offers?kind=need",
    "/listings/{own}",
    "/listings/{imported}",
    "/listings/{long}",
    "/offers/{offer}",
    "/offers/{need}",
    "/federations",
    "/federations/{federation}",
    "/proposals",
    "/proposals/{election}",
    "/proposals/{question}",
    "/log",
)
_PRIVATE = ("/federations", "/proposals", "/log")
_CONTROLS = re.compile("[\u0000-\u0008\u000b\u000c\u000e-\u001f\u200b\u202a-\u202e\u2060-\u2069\ufeff]")


@functools.cache
def the_valley() -> Valley:
    """Build the hostile valley once; nothing here writes to it."""
    return hostile.build()


async def read(route: str, *, operator: bool = True, accept: str = "text/html") -> tuple[str, str]:
    """Return the content type and the text of a page or feed."""
    valley = the_valley()
    known = {**valley.listings, **valley.offers, "federation": valley.federation}
    known |= {"election": valley.election, "question": valley.question, "markup": hostile.MARKUP}
    listener = serving.operator if operator else serving.public
    async with listener(valley.riverside) as site:
        response = await site.get(route.format(**known), Accept=accept)
        assert response.status in (200, 400), await response.text()
        return response.content_type, await response.text()


@pytest.mark.parametrize(
    ("route", "operator"),
    [(route, True) for route in _ROUTES]
    + [(route, False) for route in _ROUTES if not route.startswith(_PRIVATE)],
)
async def test_a_hostile_text_is_only_text_on_every_page(*, route: str, operator: bool) -> None:
    """No element, script, attribute, address or turned letter comes out of what somebody wrote."""
    kind, text = await read(route, operator=operator)
    page = Page(text)
    assert kind == "text/html"
    assert page.problems == []
    assert "99400891" not in text
    assert "<img src=x" not in text
    assert "<script>" not in text
    assert len(text) < 200_000


async def test_an_address_that_could_act_is_no_link() -> None:
    """Of the addresses a listing names, only those that lead to a plain web page are links."""
    _, text = await read("/listings/{own}")
    out = [held["href"] for held in Page(text).links if not held["href"].startswith(("/", "#"))]
    # A quotation mark in a path is a letter like others, and is spelled out.
    assert sorted(out) == [
        "https://good.example/",
        "https://quote.example/%22onmouseover=%22alert(1)",
        "https://turned.example/gnp",
    ]


async def test_what_was_written_can_still_be_read() -> None:
    """The markup stands on the page as the letters it consists of: nothing is silently swallowed."""
    _, text = await read("/listings/{own}")
    assert hostile.MARKUP in Page(text).text


async def test_structured_data_cannot_end_its_element() -> None:
    """A name that holds the end of a script stays inside the description it belongs to."""
    _, text = await read("/listings/{own}")
    (described,) = Page(text).described
    names = {one["@value"] for one in described["name"]}
    assert hostile.MARKUP in names


async def test_a_page_of_long_texts_stays_short() -> None:
    """Texts of the greatest length make a list of a few lines each."""
    _, text = await read("/directory")
    assert len(text) < 60_000


async def test_hostile_texts_in_atom_are_text() -> None:
    """A reader of the feed finds the letters, and no element of theirs."""
    _, text = await read("/feeds/news.atom")
    feed = ET.fromstring(text)
    tags = {element.tag.partition("}")[2] for element in feed.iter()}
    assert tags <= {
        "feed", "id", "title", "updated", "link", "author", "name", "entry", "summary", "category", "rights"
    }  # fmt: skip
    assert not _CONTROLS.search(text)
    assert any(
        hostile.MARKUP in (title.text or "") for title in feed.iter("{http://www.w3.org/2005/Atom}title")
    )


async def test_hostile_texts_in_map_data_are_text() -> None:
    """The file is JSON in which no sign begins markup, and no listing's address could act."""
    _, text = await read("/feeds/directory.geojson")
    tree: Answer = json.loads(text)
    assert "<" not in text
    assert not _CONTROLS.search(text)
    addresses = [url for one in tree["features"] for url in one["properties"].get("urls", [])]
    assert all(url.startswith("https://") for url in addresses)
    assert addresses


@pytest.mark.parametrize("route", ["/feeds/directory.vcf", "/feeds/deadlines.ics", "/listings/{own}.vcf"])
async def test_no_text_begins_a_line_of_its_own_in_cards_and_calendars(route: str) -> None:
    """A line end inside a name or note does not begin another property, card or event."""
    _, text = await read(route)
    lines = text.replace("\r\n ", "").split("\r\n")
    names = {re.split("[:;]", line, maxsplit=1)[0] for line in lines if line}
    assert "X-EVIL" not in names
    assert all(name.isupper() for name in names), names
    assert lines.count("BEGIN:VCARD") == lines.count("END:VCARD")
    assert lines.count("BEGIN:VEVENT") == lines.count("END:VEVENT")
    assert "\n" not in text.replace("\r\n", "")
    assert not _CONTROLS.search(text)


async def test_a_hostile_page_makes_a_sound_murmurations_profile() -> None:
    """The profile has the fields of the schema only, and addresses of the web only."""
    _, text = await read("/murmurations.json", accept="application/json")
    tree: Answer = json.loads(text)
    assert "<" not in text
    assert tree["primary_url"].startswith("https://")
    assert all(one["url"].startswith("https://") for one in tree.get("urls", []))


async def test_attack_a_clock_beyond_all_dates_breaks_no_page() -> None:
    """An entry whose maker's clock says the year 10^12 is shown like others: no page or feed fails by it."""
    network = Network()
    ann, mallory = network.node("ann"), network.node("mallory")
    mallory.ask(commands.EditProfile(name="Mallory's farm"))
    feed = FeedKey(mallory.device.public, scopes.PUBLIC)
    (end,) = mallory.store.feeds.heads_of(feed)
    written = mallory.store.feeds.path(feed, end.id, after_seq=0, entries_max=9, bytes_max=100_000)
    late = stretch.make(
        feed, None, [one.body for one in written if one.body], hours=2**53 - 1, signer=mallory.device
    )
    ann.ask(commands.AddPeer(target=show(mallory.community)))
    peer_of(mallory).dial("ann").say(*map(Entries, stretch.split(late)))
    async with serving.operator(ann) as site:
        for path in ("/", "/directory", "/log", "/feeds/news.atom"):
            response = await site.get(path)
            assert response.status == 200, path
            if path != "/log":
                assert "Mallory's farm" in html.unescape(await response.text()), path
