"""The directory: what somebody looks for, the list of what fits, and one listing's page."""

import re
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import urlencode

from aiohttp import web

from node.directory.language_tags import is_language_tag
from node.directory.location import parse_degrees
from node.directory.profile import Profile
from node.directory.search import QUERY_WORDS_MAX, WITHIN_KM_MAX
from node.engine.commands import Browse, ShowListing
from node.web.asking import ASKS, NOW
from node.web.pages import addresses, moments, pager, rows, structured, words
from node.web.pages.moments import Moment
from node.web.pages.rendering import page
from node.web.pages.words import Audience

PATH: Final = "/directory"
_WORDS_CHARS_MAX: Final = 200
_TAG_CHARS_MAX: Final = 100
_LISTED: Final[dict[str, Literal["profile", "offer", "need"]]] = {
    "profile": "profile",
    "offer": "offer",
    "need": "need",
}
_COUNTRY: Final = re.compile(r"[A-Za-z]{2}", re.ASCII)
# An imported listing may hold 200 fields of 20,000 letters: a page shows what a person reads.
_EXTRA_FIELDS_SHOWN: Final = 60
_EXTRA_CHARS_SHOWN: Final = 500


@dataclass(frozen=True, slots=True)
class Filters:
    """What the form asks for, as it was written, and what of it cannot be used."""

    q: str = ""
    kind: str = ""
    tag: str = ""
    country: str = ""
    language: str = ""
    near: str = ""
    within: str = ""
    problems: tuple[tuple[str, str], ...] = ()

    @property
    def narrow(self) -> bool:
        """Tell whether anything beyond words is asked for."""
        return bool(self.tag or self.country or self.language or self.near or self.within)

    @property
    def given(self) -> dict[str, str]:
        """Return the fields that hold something, for addresses."""
        fields = ("q", "kind", "tag", "country", "language", "near", "within")
        return {name: getattr(self, name) for name in fields if getattr(self, name)}

    def command(self, *, page_number: int) -> Browse:
        """Return what to ask the core."""
        return Browse(
            words=tuple(self.q.split()[:QUERY_WORDS_MAX]),
            kind=_LISTED.get(self.kind),
            tag=self.tag or None,
            country=self.country or None,
            language=self.language or None,
            near=self.near or None,
            within_km=int(self.within) if self.within else None,
            limit=pager.PAGE_ROWS,
            offset=pager.offset(page_number),
        )


def read_filters(request: web.Request) -> Filters:
    """Read the form; whatever stands in an address, this gives filters and never raises."""
    fields = request.query
    found = {
        "q": words.visible(fields.get("q", ""))[:_WORDS_CHARS_MAX],
        "kind": fields.get("kind", ""),
        "tag": words.visible(fields.get("tag", ""))[:_TAG_CHARS_MAX],
        "country": fields.get("country", "").strip().upper()[:35],
        "language": fields.get("language", "").strip()[:35],
        "near": "".join(fields.get("near", "").split())[:60],
        "within": fields.get("within", "").strip()[:10],
    }
    if found["kind"] not in _LISTED:
        found["kind"] = ""
    return Filters(**found, problems=tuple(_problems(found)))


def _problems(found: dict[str, str]) -> list[tuple[str, str]]:
    problems = []
    if found["country"] and not _COUNTRY.fullmatch(found["country"]):
        problems.append(("country", "A country is two letters, such as CH."))
    if found["language"] and not is_language_tag(found["language"]):
        problems.append(("language", "A language is a short tag, such as es or pt-BR."))
    if found["near"] and not _is_place(found["near"]):
        problems.append(("near", "A place is latitude, longitude in degrees, such as 47.37, 8.54."))
    if found["within"] and not _is_distance(found["within"]):
        problems.append(("within", "A distance is a whole number of kilometres, such as 25."))
    elif found["within"] and not found["near"]:
        problems.append(("near", "A distance needs a place to measure it from."))
    return problems


def _is_place(text: str) -> bool:
    latitude, _, longitude = text.partition(",")
    degrees = parse_degrees(latitude), parse_degrees(longitude)
    return (
        degrees[0] is not None and degrees[1] is not None and abs(degrees[0]) <= 90 and abs(degrees[1]) <= 180
    )


def _is_distance(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= WITHIN_KM_MAX


async def show_directory(request: web.Request) -> web.Response:
    """Show what fits, as a list."""
    filters = read_filters(request)
    pages_max = pager.NEAREST_PAGES_MAX if filters.near else pager.PAGES_MAX
    number = pager.read_page(request.query.get("page", ""), pages_max=pages_max)
    now = request.app[NOW]()
    listed, total = [], 0
    if not filters.problems:
        answer = await request.app[ASKS].ask(filters.command(page_number=number))
        listed, total = [rows.read(one, now) for one in answer["listings"]], answer["total"]
    return await page(
        request,
        "directory.html",
        title=f"“{filters.q}” in the directory" if filters.q else "Directory",
        audience=Audience.EVERYONE,
        status=400 if filters.problems else 200,
        filters=filters,
        problems=dict(filters.problems),
        rows=listed,
        pager=(pager.nearest if filters.near else pager.make)(
            PATH, filters.given, page=number, shown=len(listed), total=total
        ),
        countries=words.countries(),
        export=f"/feeds/directory.geojson{_query(filters.given)}",
    )


def _query(fields: dict[str, str]) -> str:
    return f"?{urlencode(fields)}" if fields else ""


async def show_listing(request: web.Request) -> web.Response:
    """Show one listing."""
    answer = await request.app[ASKS].ask(ShowListing(id=request.match_info["id"]))
    found = Profile.model_validate(answer["profile"], strict=False)
    name_language, name = structured.best(found.name)
    place = structured.coarse(found.location) if found.location else None
    url = addresses.absolute(request, request.path)
    return await page(
        request,
        "listing.html",
        title=name or "A listing without a name",
        audience=Audience.EVERYONE,
        profile=found,
        name_lang=words.lang_attribute(name_language),
        other_names=[(tag, text) for tag, text in sorted(found.name.items()) if tag != name_language],
        id=answer["id"],
        keeper=answer["community_name"],
        own=answer["own"],
        place=f"{place[0]:.2f}, {place[1]:.2f}" if place else "",
        near=f"{PATH}?{urlencode({'near': f'{place[0]},{place[1]}', 'within': '50'})}" if place else "",
        links=[link for one in found.urls if (link := addresses.link(one)) is not None],
        country=words.country(found.country) if found.country else "",
        flags=[words.flag(one) for one in found.flags],
        confirmed=_confirmed(found, request),
        extra=_extra(found),
        extra_left_out=max(0, len(found.extra) - _EXTRA_FIELDS_SHOWN),
        described=structured.organization(found, url=url),
    )


def _extra(found: Profile) -> list[tuple[str, str]]:
    held = sorted(found.extra.items())[:_EXTRA_FIELDS_SHOWN]
    return [(key, words.clipped(text, _EXTRA_CHARS_SHOWN)) for key, text in held]


def _confirmed(found: Profile, request: web.Request) -> Moment | None:
    if found.confirmed_at is None:
        return None
    return moments.hours_ago(found.confirmed_at, request.app[NOW]())
