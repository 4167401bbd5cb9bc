"""What programs of others subscribe to: Atom, GeoJSON, vCard, iCalendar, Murmurations, robots.txt.

All of it is of the `public` scope, on both listeners. Owns routes, sizes and how long an answer may be kept;
each format has a module of its own.
"""

from collections.abc import AsyncIterator
from typing import Any, Final

from aiohttp import hdrs, web

from node.directory.profile import Profile
from node.engine.commands import Browse, ListNews, ShowListing, ShowProfile
from node.web.asking import ASKS, NOW, OPERATOR
from node.web.pages import addresses, rendering
from node.web.pages.directory import read_filters
from node.web.pages.feeds import atom, geojson, icalendar, murmurations, vcard

MURMURATIONS_PATH: Final = "/murmurations.json"
_ID: Final = "{id:[a-z2-7]{52}}"
_NEWS_ENTRIES: Final = 50
# Listings that one file holds: beyond that it names the next. A whole hub is exported on the command line.
_LISTINGS_MAX: Final = 2_000
_AT_ONCE: Final = 100
# Offers, and needs, among which the calendar looks for those that end: no command asks for the next yet.
_ENDING_MAX: Final = 300
# Programs ask again and again: what they got is good for ten minutes.
_KEPT_S: Final = 600
_ROBOTS: Final = "User-agent: *\nAllow: /\nDisallow: /api/\n"
_ROBOTS_OPERATOR: Final = "User-agent: *\nDisallow: /\n"


def routes() -> list[web.RouteDef]:
    """Return the routes of all feeds."""
    return [
        web.get("/feeds/news.atom", show_atom),
        web.get("/feeds/directory.geojson", show_geojson),
        web.get("/feeds/directory.vcf", show_vcards),
        web.get("/feeds/deadlines.ics", show_deadlines),
        web.get(f"/listings/{_ID}.vcf", show_vcard),
        web.get(MURMURATIONS_PATH, show_murmurations),
        web.get("/robots.txt", show_robots),
    ]


async def show_atom(request: web.Request) -> web.Response:
    """Give the newest listings, offers and needs."""
    answer = await request.app[ASKS].ask(ListNews(limit=_NEWS_ENTRIES))
    name = await rendering.community_name(request)
    content = atom.write(
        answer["news"], name=name or "Hedgerow", address=lambda path: addresses.absolute(request, path)
    )
    return _answer(request, content, "application/atom+xml")


async def show_geojson(request: web.Request) -> web.Response:
    """Give the listings that fit the same filters as the directory page's, as features of a map."""
    start = _start(request)
    listed, more = await _listings(request, start)
    following = _next(request, start) if more else None
    content = geojson.write(
        listed, address=lambda path: addresses.absolute(request, path), following=following
    )
    return _with_next(_answer(request, content, "application/geo+json"), following)


async def show_vcards(request: web.Request) -> web.Response:
    """Give the listings that fit as contacts for a phone."""
    start = _start(request)
    listed, more = await _listings(request, start)
    cards = [
        vcard.write(
            Profile.model_validate(one["profile"], strict=False),
            document=one["id"],
            url=addresses.absolute(request, f"/listings/{one['id']}"),
        )
        for one in listed
    ]
    response = _answer(request, b"".join(cards), "text/vcard")
    return _with_next(response, _next(request, start) if more else None)


async def show_vcard(request: web.Request) -> web.Response:
    """Give one listing as a contact."""
    answer = await request.app[ASKS].ask(ShowListing(id=request.match_info["id"]))
    url = addresses.absolute(request, f"/listings/{answer['id']}")
    found = Profile.model_validate(answer["profile"], strict=False)
    return _answer(request, vcard.write(found, document=answer["id"], url=url), "text/vcard")


async def show_deadlines(request: web.Request) -> web.Response:
    """Give the days on which offers and needs end."""
    ending: list[dict[str, Any]] = []
    for kind in ("offer", "need"):
        async for one in _pages(request, Browse(kind=kind, limit=_AT_ONCE), _ENDING_MAX):
            ending += [listed for listed in one if listed["expires"] and listed["open"]]
    name = await rendering.community_name(request)
    content = icalendar.write(
        ending,
        name=name or "Hedgerow",
        now=request.app[NOW](),
        address=lambda path: addresses.absolute(request, path),
    )
    return _answer(request, content, "text/calendar")


async def show_murmurations(request: web.Request) -> web.Response:
    """Give this community's own page as a Murmurations profile; without a page there is none."""
    answer = await request.app[ASKS].ask(ShowProfile())
    if answer["profile"] is None:
        raise web.HTTPNotFound
    found = Profile.model_validate(answer["profile"], strict=False)
    content = murmurations.write(
        found,
        document=answer["id"],
        home=addresses.absolute(request, "/"),
        feed=addresses.absolute(request, "/feeds/news.atom"),
    )
    return _answer(request, content, "application/json")


async def show_robots(request: web.Request) -> web.Response:
    """Say what search engines may read."""
    text = _ROBOTS_OPERATOR if request.app[OPERATOR] else _ROBOTS
    return rendering.cacheable(request, text.encode(), "text/plain", age_s=_KEPT_S)


async def _listings(request: web.Request, start: int) -> tuple[list[dict[str, Any]], bool]:
    """Return the listings of one file and whether more follow."""
    filters = read_filters(request)
    if filters.problems:
        raise web.HTTPBadRequest(text=filters.problems[0][1])
    asked = filters.command(page_number=1).model_copy(
        update={"kind": "profile", "limit": _AT_ONCE, "offset": start, "whole": True}
    )
    found: list[dict[str, Any]] = []
    async for part in _pages(request, asked, _LISTINGS_MAX):
        found += part
    beyond = {"offset": start + _LISTINGS_MAX, "limit": 1, "whole": False}
    following = await request.app[ASKS].ask(asked.model_copy(update=beyond))
    return found, bool(following["listings"])


async def _pages(request: web.Request, first: Browse, rows_max: int) -> AsyncIterator[list[dict[str, Any]]]:
    """Ask for one part after the other, so that the core can do something else between them."""
    offset = first.offset
    while offset < first.offset + rows_max:
        answer = await request.app[ASKS].ask(first.model_copy(update={"offset": offset}))
        yield answer["listings"]
        offset += _AT_ONCE
        if offset >= answer["total"]:
            return


def _start(request: web.Request) -> int:
    """Read from which listing on a file shall be; anything that is no number is the first."""
    text = request.query.get("from", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else 0


def _next(request: web.Request, start: int) -> str:
    query = request.rel_url.query.copy()
    query["from"] = str(start + _LISTINGS_MAX)
    return addresses.absolute(request, str(request.rel_url.with_query(query)))


def _answer(request: web.Request, content: bytes, content_type: str) -> web.Response:
    response = rendering.cacheable(request, content, content_type, age_s=_KEPT_S)
    if not request.app[OPERATOR]:
        # Public already, so pages of other sites may read it too: maps and aggregators do.
        response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = "*"
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _with_next(response: web.Response, following: str | None) -> web.Response:
    if following is not None:
        response.headers[hdrs.LINK] = f'<{following}>; rel="next"'
    return response
