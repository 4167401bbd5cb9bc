"""What programs of others subscribe to: Atom, GeoJSON, vCard, iCalendar, Murmurations, robots.txt.

All of it is of the `public` scope, on both listeners. Owns routes, sizes and how long an answer may be kept;
each format has a module of its own.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final, Literal
from urllib.parse import urlencode

from aiohttp import hdrs, web

from node.directory.profile import Profile
from node.engine.commands import Browse, ListNews, ShowListing, ShowProfile
from node.limits import NEAREST_LISTINGS_MAX
from node.web.asking import ASKS, CONFIG, NOW, OPERATOR
from node.web.kept_files import KEPT_FILES, File
from node.web.pages import addresses, rendering
from node.web.pages.directory import read_filters
from node.web.pages.feeds import atom, geojson, icalendar, murmurations, vcard

MURMURATIONS_PATH: Final = "/murmurations.json"
_GEOJSON_PATH: Final = "/feeds/directory.geojson"
_VCARDS_PATH: Final = "/feeds/directory.vcf"
_DEADLINES_PATH: Final = "/feeds/deadlines.ics"
# What takes the core long enough to count as many requests (rate.py).
HEAVY_PATHS: Final = frozenset({_GEOJSON_PATH, _VCARDS_PATH, _DEADLINES_PATH})
_ID: Final = "{id:[a-z2-7]{52}}"
_NEWS_ENTRIES: Final = 50
# Listings that one file holds, and bytes after which it ends: beyond that it names the next. A whole hub is
# exported on the command line.
_LISTINGS_MAX: Final = 2_000
_FILE_BYTES_MAX: Final = 8 * 1024 * 1024
# Whole listings asked for at one time: a question's answer stays small, and the core turns to others between.
_AT_ONCE: Final = 50
# Offers, and needs, among which the calendar looks for those that end: no command asks for the next yet.
_ENDING_MAX: Final = 300
_ENDING_AT_ONCE: Final = 100
# Programs ask again and again: what they got is good for ten minutes.
_KEPT_S: Final = 600
_ROBOTS: Final = "User-agent: *\nAllow: /\nDisallow: /api/\n"
_ROBOTS_OPERATOR: Final = "User-agent: *\nDisallow: /\n"


def routes() -> list[web.RouteDef]:
    """Return the routes of all feeds."""
    return [
        web.get("/feeds/news.atom", show_atom),
        web.get(_GEOJSON_PATH, show_geojson),
        web.get(_VCARDS_PATH, show_vcards),
        web.get(_DEADLINES_PATH, show_deadlines),
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

    def write(listed: dict[str, Any]) -> bytes:
        return geojson.feature(listed, address=lambda path: addresses.absolute(request, path))

    return await _directory(request, write, geojson.collection, "application/geo+json")


async def show_vcards(request: web.Request) -> web.Response:
    """Give the listings that fit as contacts for a phone."""

    def write(listed: dict[str, Any]) -> bytes:
        return vcard.write(
            Profile.model_validate(listed["profile"], strict=False),
            document=listed["id"],
            url=addresses.absolute(request, f"/listings/{listed['id']}"),
        )

    return await _directory(request, write, lambda cards, _following: b"".join(cards), "text/vcard")


async def show_vcard(request: web.Request) -> web.Response:
    """Give one listing as a contact."""
    answer = await request.app[ASKS].ask(ShowListing(id=request.match_info["id"]))
    url = addresses.absolute(request, f"/listings/{answer['id']}")
    found = Profile.model_validate(answer["profile"], strict=False)
    return _answer(request, vcard.write(found, document=answer["id"], url=url), "text/vcard")


async def show_deadlines(request: web.Request) -> web.Response:
    """Give the days on which offers and needs end."""

    async def make() -> File:
        ending: list[dict[str, Any]] = []
        kinds: tuple[Literal["offer", "need"], ...] = ("offer", "need")
        for kind in kinds:
            for offset in range(0, _ENDING_MAX, _ENDING_AT_ONCE):
                asked = Browse(kind=kind, limit=_ENDING_AT_ONCE, offset=offset)
                answer = await request.app[ASKS].ask(asked)
                ending += [one for one in answer["listings"] if one["expires"] and one["open"]]
                if offset + _ENDING_AT_ONCE >= answer["total"]:
                    break
        name = await rendering.community_name(request)
        return File(
            icalendar.write(
                ending,
                name=name or "Hedgerow",
                now=request.app[NOW](),
                address=lambda path: addresses.absolute(request, path),
            )
        )

    return _answer(request, (await _kept(request, "", make)).content, "text/calendar")


async def show_murmurations(request: web.Request) -> web.Response:
    """Give this community's own page as a Murmurations profile; without a page there is none."""
    answer = await request.app[ASKS].ask(ShowProfile())
    if answer["profile"] is None or not request.app[CONFIG].murmurations_page:
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


async def _directory(
    request: web.Request,
    write: Callable[[dict[str, Any]], bytes],
    join: Callable[[list[bytes], str | None], bytes],
    content_type: str,
) -> web.Response:
    """Answer with a file of the listings that fit, and name the next where it ends before they do.

    Args:
        request: with the filters of the directory page, and `from` for a later file.
        write: writes one listing.
        join: makes the file of them, given where the next one stands.
        content_type: of the file.
    """
    filters = read_filters(request)
    if filters.problems:
        raise web.HTTPBadRequest(text=filters.problems[0][1])
    start = _start(request)
    asked = filters.command(page_number=1).model_copy(
        update={"kind": "profile", "limit": _AT_ONCE, "offset": start, "whole": True}
    )

    async def make() -> File:
        written, following = await _written(request, asked, write)
        address = None
        if following is not None:
            # Of what was understood only: this file is shown to others, and so are its addresses.
            query = urlencode({**filters.given, "from": following})
            address = addresses.absolute(request, f"{request.path}?{query}")
        return File(join(written, address), address)

    file = await _kept(request, asked.model_dump_json(), make)
    response = _answer(request, file.content, content_type)
    if file.following is not None:
        response.headers[hdrs.LINK] = f'<{file.following}>; rel="next"'
    return response


async def _written(
    request: web.Request, asked: Browse, write: Callable[[dict[str, Any]], bytes]
) -> tuple[list[bytes], int | None]:
    """Write the listings of one file, part by part, and return where the next begins, None for nowhere."""
    written: list[bytes] = []
    size, offset = 0, asked.offset
    while offset < asked.offset + _LISTINGS_MAX and size < _FILE_BYTES_MAX:
        answer = await request.app[ASKS].ask(asked.model_copy(update={"offset": offset}))
        part = [write(listed) for listed in answer["listings"]]
        written += part
        size += sum(map(len, part))
        offset += _AT_ONCE
        if offset >= (answer["total"] if asked.near is None else min(answer["total"], NEAREST_LISTINGS_MAX)):
            return written, None
    return written, offset


async def _kept(request: web.Request, question: str, make: Callable[[], Awaitable[File]]) -> File:
    """Return a file that was made before, or make it.

    Its name holds the address as it was asked for: a stranger's odd Host must not end up in others' files.
    """
    name = f"{request.path} {addresses.absolute(request, '/')} {question}"
    return await request.app[KEPT_FILES].get(name, make)


def _start(request: web.Request) -> int:
    """Read from which listing on a file shall be; anything that is no number is the first."""
    text = request.query.get("from", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else 0


def _answer(request: web.Request, content: bytes, content_type: str) -> web.Response:
    response = rendering.cacheable(request, content, content_type, age_s=_KEPT_S)
    if not request.app[OPERATOR]:
        # Public already, so pages of other sites may read it too: maps and aggregators do.
        response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = "*"
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
