"""The pages as a reader finds them: on both listeners, without a script, with and without content."""

import functools
import re

import pytest

from node.clock import MS_PER_DAY
from node.directory.location import Location
from node.directory.profile import Profile
from node.engine import commands
from node.engine.inputs import Disconnected
from node.ids import show
from node.web.pages import rounds
from node.web.pages.rendering import MARK, STYLE
from tests.engine.harness import Network, Node, neighbours
from tests.web import serving
from tests.web.pages import valley
from tests.web.pages.reading import Page
from tests.web.pages.valley import Valley

_PRIVATE = ("/federations", "/proposals", "/log")
_STYLE_BYTES_MAX = 15_000
_PAGE_BYTES_MAX = 100_000


@functools.cache
def the_valley() -> Valley:
    """Build the valley once, for tests that only read."""
    return valley.build()


def fresh() -> Node:
    """Return a node on which nobody has written anything."""
    return Network().node("new")


async def read(node: Node, path: str, *, operator: bool = True, status: int = 200) -> Page:
    """Return a page, read strictly."""
    listener = serving.operator if operator else serving.public
    async with listener(node) as site:
        response = await site.get(path, Accept="text/html")
        assert response.status == status, (path, response.status)
        assert response.content_type == "text/html"
        return Page(await response.text())


async def test_every_page_is_sound() -> None:
    """Every page has what readers, validators and screen readers need, and nothing that would run."""
    found = the_valley()
    async with serving.operator(found.riverside) as site:
        for path in found.paths():
            response = await site.get(path, Accept="text/html")
            assert response.status in (200, 400, 410), path
            text = await response.text()
            if response.content_type == "text/html":
                assert Page(text).problems == [], path
                assert len(text) < _PAGE_BYTES_MAX
                assert 'lang="en"' in text


async def test_strangers_see_the_public_pages_only() -> None:
    """On the public listener there is no federation, question or log, and no neighbour is named."""
    found = the_valley()
    async with serving.public(found.riverside) as site:
        for path in found.public_paths():
            assert (await site.get(path)).status in (200, 400, 410), path
        for path in found.paths():
            if path.startswith(_PRIVATE):
                assert (await site.get(path)).status == 404, path
        home = await (await site.get("/")).text()
        assert "Neighbours</h2>" not in home
        assert "/federations" not in home
        asked = {type(command) for command in site.asks.asked}
        assert not asked & {commands.ListPeers, commands.ListFederations, commands.ShowLog}


@pytest.mark.parametrize("path", ["/", "/directory", "/offers", "/offers?kind=need", *_PRIVATE])
async def test_an_empty_page_says_what_to_do(path: str) -> None:
    """A node on which nothing was written yet tells its operator the next step on every page."""
    page = await read(fresh(), path)
    assert page.problems == []
    assert "hedgerow " in page.text or "/federations" in {held["href"] for held in page.links}


@pytest.mark.parametrize(
    ("path", "audience"),
    [("/", "only us"), ("/directory", "everyone"), ("/proposals", "federation"), ("/log", "only us")],
)
async def test_every_page_says_who_sees_it(path: str, audience: str) -> None:
    """One word in the head of each page says who can see what stands on it."""
    page = await read(the_valley().riverside, path)
    assert re.search(rf"Seen by\s+{audience}", page.text)


async def test_questions_say_until_when_voting_lasts() -> None:
    """The list of questions names the end of each, and a federation's page its method by its name."""
    page = await read(the_valley().riverside, "/proposals")
    assert re.search(r"voting until\s+\d+ \w+ \d{4}, \d+:\d\d UTC", page.text)
    (path, *_) = [
        one["href"]
        for one in (await read(the_valley().riverside, "/federations")).links
        if re.fullmatch("/federations/[a-z2-7]{52}", one["href"] or "")
    ]
    assert "shared out by Sainte-Laguë" in (await read(the_valley().riverside, path)).text


async def test_each_question_in_the_list_says_its_state() -> None:
    """Whether people can vote, and what was decided, is read without opening each question."""
    page = await read(the_valley().riverside, "/proposals")
    assert re.search(r"voting\s*\*\s*yes or no", page.text)


async def test_the_bylaws_in_force_are_read_in_plain_words() -> None:
    """A federation's page leads to its rules, each with its value and its unit, and how to change them."""
    found = the_valley()
    path = f"/federations/{found.federation}/bylaws"
    links = {one["href"] for one in (await read(found.riverside, path.removesuffix("/bylaws"))).links}
    assert path in links
    page = await read(found.riverside, path)
    assert "Nothing was changed since the founding." in page.text
    assert re.search(r"How long people can vote\s*1 (week|day)", page.text)
    assert "hedgerow propose bylaws" in page.text
    await read(found.riverside, f"/federations/{'a' * 52}/bylaws", status=404)


async def test_who_is_elected_to_close_questions_is_called_by_name() -> None:
    """Rules name communities by ids, and people read what these are called."""
    node = Network().node("ash")
    node.ask(commands.EditProfile(name="Ash"))
    chosen = [show(one) for one in (node.community, *(bytes([byte]) * 32 for byte in range(3)))]
    rules = f'name = "Hills"\n[closing]\nelected = {chosen}\n'.encode()
    made = node.ask(commands.FoundFederation(bylaws=rules, file_name="b.toml"))
    page = await read(node, f"/federations/{made['federation']}/bylaws")
    assert re.search(r"Members that are chosen to close questions\s*aaaaaaaa…, .*Ash", page.text)


async def test_bylaws_before_all_founders_approved_are_said_to_be_that() -> None:
    """Who was named a founder reads by what rules it would begin, and who declines."""
    network = Network()
    node, other = network.node("ash"), network.node("birch")
    neighbours(node, other)
    other.ask(commands.EditProfile(name="Birch"))
    made = node.ask(
        commands.FoundFederation(
            bylaws=b'name = "Hills"\n', file_name="b.toml", founders=(show(other.community),)
        )
    )
    other.ask(commands.DeclineFounding())
    path = f"/federations/{made['federation']}"
    assert "Not founded yet: with these rules it would begin." in (await read(node, f"{path}/bylaws")).text
    assert "Birch (declines)" in (await read(node, path)).text
    assert "1 of them declines" in (await read(node, "/federations")).text


async def test_home_says_how_fresh_each_neighbour_is() -> None:
    """The operator reads of every neighbour since when all is the same."""
    page = await read(the_valley().riverside, "/")
    assert re.search(r"Old Mill Workshop:\s+all the same since\s+\d+:\d\d UTC", page.text)


async def test_home_shows_the_latest_offers_and_who_we_are() -> None:
    """A stranger's first page holds our name, our words in each language, and what is offered."""
    page = await read(the_valley().riverside, "/", operator=False)
    for said in ("Riverside Kitchen", "Vizinhos que cozinham", "Sourdough bread", "Giardino Comune"):
        assert said in page.text
    assert "A boat for the summer" not in page.text
    assert 'lang="pt-BR"' in page.source


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("q=sourdough", {"Sourdough bread, forty loaves a week"}),
        ("kind=need", {"Somebody who can mend a big oven"}),
        ("tag=TAUSCH", {"Allmende Tauschring"}),
        ("country=ch&kind=profile", {"Allmende Tauschring", "Giardino Comune"}),
        ("language=ar", {"بستان التلّ"}),
        ("near=47.05,8.31&within=20", {"Allmende Tauschring"}),
        ("q=tauschring&kind=offer", set()),
    ],
)
async def test_the_directory_is_searched_by_what_the_form_holds(query: str, names: set[str]) -> None:
    """Each field narrows the list, and the page keeps what was asked for."""
    page = await read(the_valley().riverside, f"/directory?{query}", operator=False)
    shown = set(re.findall(r'<h3><a href="[^"]+"><bdi lang="[^"]*">([^<]*)</bdi>', page.source))
    assert shown == names
    assert (f"{len(names)} entr" in page.text) if names else ("Nothing fits" in page.text)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("country=Switzerland", "two letters"),
        ("near=here", "latitude, longitude in degrees"),
        ("near=91,0", "latitude, longitude in degrees"),
        ("near=nan,inf", "latitude, longitude in degrees"),
        ("within=20", "needs a place"),
        ("near=47,8&within=0", "whole number of kilometres"),
        ("language=Deutsch", "short tag"),
    ],
)
async def test_a_field_that_cannot_be_used_is_named(query: str, told: str) -> None:
    """Nothing is looked for, and the field says what was expected."""
    page = await read(the_valley().riverside, f"/directory?{query}", operator=False, status=400)
    assert told in page.text
    assert 'aria-invalid="true"' in page.source
    assert page.problems == []


async def test_long_lists_come_in_parts() -> None:
    """Twenty a page, each listing on exactly one, with addresses that keep what was asked for."""
    node = fresh()
    rows = "\n".join(f"{number};Place {number:03};CH;garden" for number in range(45))
    data = f"id;name;country;tags\n{rows}\n".encode()
    node.ask(commands.ImportFile(data=data, file_name="list.csv", source="A", licence="CC0-1.0"))
    seen: list[str] = []
    path = "/directory?tag=garden"
    async with serving.public(node) as site:
        while path:
            text = await (await site.get(path)).text()
            seen += re.findall(r"Place \d\d\d", re.sub(r"<title>.*?</title>", "", text))
            following = re.search(r'rel="next" href="([^"]+)"', text)
            path = following[1].replace("&amp;", "&") if following else ""
    assert seen == [f"Place {number:03}" for number in range(45)]


async def test_an_imported_listing_names_source_licence_and_doubts() -> None:
    """Whoever reads it learns that others wrote it, on what terms, and what is doubtful about it."""
    found = the_valley()
    page = await read(found.riverside, f"/listings/{found.listings['Giardino Comune']}", operator=False)
    for said in ("Our map", "ODbL-1.0", "Kept here by Riverside Kitchen", "exchanged; they were put right"):
        assert said in page.text


async def test_a_community_s_address_leads_to_its_page() -> None:
    """A name in a list leads to the page that the community wrote, or says that there is none."""
    found = the_valley()
    async with serving.public(found.riverside) as site:
        page = await site.get(f"/communities/{show(found.hillside.community)}")
        assert page.status == 200
        assert page.url.path.startswith("/listings/")
    quiet = fresh()
    none = await read(quiet, f"/communities/{show(quiet.community)}", operator=True, status=404)
    assert "has not written its page" in none.text


async def test_a_withdrawn_offer_is_gone_and_says_so() -> None:
    """Its words are no longer shown; whoever kept the address learns that it was taken back."""
    found = the_valley()
    page = await read(found.riverside, f"/offers/{found.offers['boat']}", operator=False, status=410)
    assert "withdrawn" in page.text
    assert "A boat for the summer" not in page.text


async def test_an_offer_that_has_ended_says_so() -> None:
    """After its last day an offer is shown as ended, wherever it stands."""
    node = fresh()
    made = node.ask(commands.AddOffer(title="Plums", expires=valley.day_after(node, 1)))
    node.network.wait(3 * MS_PER_DAY)
    page = await read(node, f"/offers/{made['id']}", operator=False)
    assert "has ended" in page.text
    assert "ended on" in (await read(node, "/offers", operator=False)).text
    assert "Plums" not in (await read(node, "/", operator=False)).text


async def test_an_election_is_told_round_by_round() -> None:
    """Who is elected when, what moved, the quota and the spent ballots stand there, as provisional."""
    found = the_valley()
    page = await read(found.riverside, f"/proposals/{found.election}")
    for said in (
        "Ana Adeyemi and Chiara Lund would be elected.",
        "12 of 12 seats have voted",
        "An option needs 5 votes",
        "Bruno Keller has the fewest votes and goes out",
        "Chiara Lund is elected: no more are left than places.",
        "Spent ballots",
        "+0.99996",
    ):
        assert said in page.text, said
    assert page.text.count("provisional") == 3
    assert "Counted here and now from" in page.text


async def test_a_question_of_yes_or_no_is_a_table_of_answers() -> None:
    """The votes for each answer, who has not voted, and that all of it may still change."""
    found = the_valley()
    page = await read(found.riverside, f"/proposals/{found.question}")
    assert "It would pass." in page.text
    assert re.search(r"Old Mill Workshop,\s+2 seats", page.text)
    assert page.text.count("provisional") == 2


async def test_the_log_gathers_what_repeats_and_says_what_counts_for_nothing() -> None:
    """Ballots in a row are one line with their number."""
    page = await read(the_valley().riverside, "/log")
    assert "(6 times)" in page.text


async def test_pages_are_asked_for_once_while_they_stay_the_same() -> None:
    """A browser that has a page is told so in an answer without a body; the operator's are never kept."""
    found = the_valley()
    async with serving.public(found.riverside) as site:
        first = await site.get("/offers")
        again = await site.get("/offers", **{"If-None-Match": first.headers["ETag"]})
        assert (again.status, await again.read()) == (304, b"")
        assert first.headers["Cache-Control"] == "no-cache"
    async with serving.operator(found.riverside) as site:
        assert (await site.get("/offers")).headers["Cache-Control"] == "no-store"


async def test_style_and_mark_are_small_and_kept_for_good() -> None:
    """One sheet below 15 kB; its address changes with its content."""
    assert len(STYLE.content) < _STYLE_BYTES_MAX
    async with serving.public(fresh()) as site:
        for one, kind in ((STYLE, "text/css"), (MARK, "image/svg+xml")):
            response = await site.get(one.href)
            assert response.content_type == kind
            assert "max-age=31536000" in response.headers["Cache-Control"]


async def test_a_browser_gets_a_page_when_something_is_wrong() -> None:
    """People get words and a way on, under the same policy as every page."""
    async with serving.public(fresh()) as site:
        response = await site.get("/nothing/here", Accept="text/html")
        page = Page(await response.text())
        assert response.status == 404
        assert page.problems == []
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]


async def test_a_neighbour_that_went_away_was_last_heard_from_a_while_ago() -> None:
    """Two days after the connection ended, the page says when the neighbour was last heard from."""
    network = Network()
    ann, ben = network.node("ann"), network.node("ben")
    neighbours(ann, ben)
    ben.ask(commands.EditProfile(name="Ben"))
    network._nodes.pop("ben")
    for link in ann.engine._links.open_links():
        network.cut(link.number)
        ann.handle(Disconnected(link.number))
    network.settle()
    network.wait(2 * MS_PER_DAY)
    async with serving.operator(ann) as site:
        site.clock.at = network.now
        page = Page(await (await site.get("/")).text())
    assert re.search(r"Ben:\s+last heard from\s+2 days ago", page.text)
    assert "Not reached: nobody is there" in page.text


async def test_a_list_by_distance_ends_with_what_to_do_instead() -> None:
    """However far an address reaches, the nearest thousand are the last, and the page says how to go on."""
    node = Network().node("new")
    places = [Location(470_000_000 + number * 100, 80_000_000) for number in range(1_030)]
    valley.hold_listings(
        node, [Profile(name={"en": f"Place {n}"}, location=place) for n, place in enumerate(places)]
    )
    near = "/directory?near=47.1,8.5"
    last = await read(node, f"{near}&page=900")
    assert "981 to 1,000 of 1,030" in last.text
    assert "Only the nearest 1,000 are listed." in last.text
    assert not [held for held in last.links if held.get("rel") == "next"]
    assert "More than 1,000 entries that fit" in (await read(node, f"{near}&within=900")).text
    async with serving.public(node) as site:
        whole = await site.json("/feeds/directory.geojson?near=47.1,8.5&within=900")
        assert (len(whole["features"]), "next" in whole) == (1_000, False)
        found = await site.json("/api/v1/listings?near=47.1,8.5&within_km=900&limit=100&offset=900")
        assert (found["total"], len(found["listings"])) == (1_001, 100)
        response = await site.get("/api/v1/listings?near=47.1,8.5&limit=30&offset=990")
        assert (response.status, 'rel="next"' in response.headers["Link"]) == (200, False)
        assert (await site.get("/api/v1/listings?near=47.1,8.5&offset=1000")).status == 400


def test_split_votes_are_shown_in_seats_before_parts() -> None:
    """Where a seat may split its vote, a row says how many seats' votes an answer has, then the parts."""
    answer = {"rounds": [{"totals_1e5": [43_200_000, 28_800_000]}], "options": ["yes", "no"], "parts": 60}
    assert [line.votes for line in rounds.choices(answer)] == [
        "7 1/5 seats (432 parts)",
        "4 4/5 seats (288 parts)",
    ]
    assert [line.votes for line in rounds.choices({**answer, "parts": 1})] == ["432", "288"]
