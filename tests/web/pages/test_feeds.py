"""What programs of others read: each format as its own standard wants it."""

import functools
import json
import re
from dataclasses import replace
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from node.directory.profile import Profile
from node.web.pages import words
from node.web.pages.feeds import content_lines
from tests.engine.harness import Network
from tests.web import serving
from tests.web.pages import valley
from tests.web.pages.valley import Valley

_ATOM = "{http://www.w3.org/2005/Atom}"
_TAG = re.compile(r"[a-z][a-z0-9_]{7,97}-v[0-9]+\.[0-9]+\.[0-9]+")
# organizations_schema-v1.0.0: the properties it knows.
_MURMURATIONS = {
    "linked_schemas", "name", "nickname", "primary_url", "tags", "urls", "description", "mission", "status",
    "full_address", "country_iso_3166", "geolocation", "image", "header_image", "images", "rss",
    "relationships", "starts_at", "ends_at", "contact_details", "telephone", "geographic_scope", "unique_id",
}  # fmt: skip


@functools.cache
def the_valley() -> Valley:
    """Build the valley once; nothing here writes to it."""
    return valley.build()


async def read(path: str) -> tuple[str, str]:
    """Return a public feed's content type and text."""
    async with serving.public(the_valley().riverside) as site:
        response = await site.get(path)
        assert response.status == 200, await response.text()
        # Public already, so other sites' pages may read it too.
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        return response.content_type, await response.text()


async def test_the_atom_feed_has_what_rfc_4287_asks_for() -> None:
    """Feed and entries have id, title and updated; the newest come first; a need says that it is one."""
    kind, text = await read("/feeds/news.atom")
    feed = ET.fromstring(text)
    assert kind == "application/atom+xml"
    entries = feed.findall(f"{_ATOM}entry")
    for element in (feed, *entries):
        for name in ("id", "title", "updated", "author"):
            assert element.find(f"{_ATOM}{name}") is not None, name
    updated = [entry.findtext(f"{_ATOM}updated", "") for entry in entries]
    assert updated == sorted(updated, reverse=True)
    titles = [entry.findtext(f"{_ATOM}title", "") for entry in entries]
    assert "Need: Somebody who can mend a big oven" in titles
    assert not any("boat" in title for title in titles)


async def test_map_data_is_coarse_and_names_the_licence() -> None:
    """Positions are [longitude, latitude] to two decimals; a record's source and licence go with it."""
    kind, text = await read("/feeds/directory.geojson?country=CH")
    assert kind == "application/geo+json"
    features = {one["properties"]["title"]: one for one in json.loads(text)["features"]}
    assert features["Allmende Tauschring"]["geometry"] == {"type": "Point", "coordinates": [8.31, 47.05]}
    assert features["Giardino Comune"]["properties"]["subject:licence"] == "ODbL-1.0"
    _, all_of_it = await read("/feeds/directory.geojson")
    assert any(one["geometry"] is None for one in json.loads(all_of_it)["features"])


async def test_a_card_is_a_vcard_of_an_organisation() -> None:
    """Version 4.0 comes first, lines end in CR LF and hold at most 75 octets."""
    kind, text = await read(f"/listings/{the_valley().listings['Riverside Kitchen']}.vcf")
    lines = text.split("\r\n")
    assert kind == "text/vcard"
    assert lines[:3] == ["BEGIN:VCARD", "VERSION:4.0", "KIND:org"]
    assert "FN:Riverside Kitchen" in lines
    assert "ADR:;;;Totnes;;;United Kingdom" in lines
    assert "GEO:geo:50.43,-3.69" in lines
    assert lines[-2:] == ["END:VCARD", ""]
    assert all(len(line.encode()) <= 75 for line in lines)


async def test_all_cards_come_in_one_file() -> None:
    """One card a listing."""
    _, text = await read("/feeds/directory.vcf")
    assert text.count("BEGIN:VCARD") == len(the_valley().listings)


async def test_the_calendar_has_the_last_day_of_each_offer() -> None:
    """An all-day event that leaves the day free, under the offer's own id."""
    kind, text = await read("/feeds/deadlines.ics")
    lines = text.replace("\r\n ", "").split("\r\n")
    assert kind == "text/calendar"
    assert lines[:2] == ["BEGIN:VCALENDAR", "VERSION:2.0"]
    assert f"UID:{the_valley().offers['bread']}" in lines
    assert lines.count("BEGIN:VEVENT") == 1
    day = valley.day_after(the_valley().riverside, 30).replace("-", "")
    assert f"DTSTART;VALUE=DATE:{day}" in lines
    assert "SUMMARY:Last day of the offer: Sourdough bread\\, forty loaves a week" in lines


async def test_our_page_is_a_murmurations_profile_at_an_address_that_stays() -> None:
    """It answers without redirect, with the fields of organizations_schema-v1.0.0 and nothing else."""
    async with serving.public(the_valley().riverside) as site:
        response = await site.client.get(site.url("/murmurations.json"), allow_redirects=False)
        tree = await response.json()
    assert response.status == 200
    assert set(tree) <= _MURMURATIONS
    assert all(_TAG.fullmatch(name) for name in tree["linked_schemas"])
    assert tree["name"] == "Riverside Kitchen"
    assert tree["primary_url"] == "https://riverside.example/"
    assert tree["geolocation"] == {"lat": 50.43, "lon": -3.69}
    assert tree["country_iso_3166"] == "GB"


async def test_without_a_page_there_is_no_profile() -> None:
    """A node that has not written its page answers 404, which also withdraws it from an index."""
    async with serving.public(Network().node("new")) as site:
        assert (await site.get("/murmurations.json")).status == 404


async def test_addresses_are_those_of_the_domain_a_steward_named() -> None:
    """Behind a proxy the name outside is known from the settings only."""
    config = replace(serving.CONFIG, domain="riverside.example")
    async with serving.public(the_valley().riverside, config) as site:
        text = await (await site.get("/feeds/news.atom")).text()
    assert "https://riverside.example/listings/" in text
    assert "127.0.0.1" not in text


async def test_search_engines_read_the_public_listener_only() -> None:
    """The operator's listener asks every robot to keep away."""
    found = the_valley()
    async with serving.public(found.riverside) as site:
        assert "Allow: /" in await (await site.get("/robots.txt")).text()
    async with serving.operator(found.riverside) as site:
        assert "Disallow: /\n" in await (await site.get("/robots.txt")).text()


async def test_a_long_directory_comes_in_several_files() -> None:
    """A file names the next, and together they hold every listing once."""
    node = Network().node("new")
    valley.hold_listings(node, [Profile(name={"en": f"Place {number}"}) for number in range(2_150)])
    async with serving.public(node) as site:
        first = await site.json("/feeds/directory.geojson")
        response = await site.client.get(first["next"])
        second = await response.json(content_type=None)
    assert "next" not in second
    names = [one["properties"]["title"] for part in (first, second) for one in part["features"]]
    assert sorted(names) == sorted(f"Place {number}" for number in range(2_150))


@given(st.lists(st.text(max_size=200), max_size=5))
def test_whatever_is_written_into_lines_comes_back_as_one_property_each(texts: list[str]) -> None:
    """Unfolding and unescaping a line gives back what a reader would see of the text."""
    written = content_lines.write([content_lines.text_line("NOTE", text) for text in texts])
    assert all(len(line) <= 75 for line in written.split(b"\r\n"))
    lines = written.decode().replace("\r\n ", "").split("\r\n")[:-1]
    meant = {"\\n": "\n", "\\N": "\n"}
    read_back = [
        re.sub(r"\\(.)", lambda found: meant.get(found[0], found[1]), line.removeprefix("NOTE:"))
        for line in lines
    ]
    assert read_back == [words.visible(text) for text in texts]
