"""From a view to a page: the templates, what every page has, and how long a browser may keep it.

Every value that a template writes is escaped, and freed of characters that hide or turn around text, at this
one place. Refuses to own what a single page shows.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from aiohttp import hdrs, web
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from node.engine.commands import ShowProfile
from node.web.asking import ASKS, CONFIG, OPERATOR
from node.web.pages import structured, words
from node.web.pages.words import Audience

_FOLDER: Final = Path(__file__).parent.parent
_ETAG_BYTES: Final = 12
_HTML: Final = "text/html"
_YEAR_S: Final = 365 * 24 * 3_600
# What a program's answer is compressed from: below that the headers weigh more.
_COMPRESSED_BYTES_MIN: Final = 1_000


@dataclass(frozen=True, slots=True)
class Static:
    """A file that all pages use, with a version in its address, so that browsers may keep it for good."""

    path: str
    content: bytes
    content_type: str

    @property
    def href(self) -> str:
        """Return the address under which pages name the file."""
        return f"{self.path}?v={_hash(self.content)}"


STYLE: Final = Static("/static/hedgerow.css", (_FOLDER / "static/hedgerow.css").read_bytes(), "text/css")
MARK: Final = Static("/static/mark.svg", (_FOLDER / "static/mark.svg").read_bytes(), "image/svg+xml")

_PLACES: Final = (
    ("/", "Home", False),
    ("/directory", "Directory", False),
    ("/offers", "Offers", False),
    ("/federations", "Federations", True),
    ("/proposals", "Questions", True),
    ("/log", "Log", True),
    ("/moderation", "Kept from view", True),
)
_ERROR_TITLES: Final = {
    404: "Nothing here",
    429: "Too many questions at once",
    500: "A mistake of ours",
    503: "Not just now",
}


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[: 2 * _ETAG_BYTES]


def _finalize(value: object) -> object:
    """Clean a value that a template writes; what is markup already came from a template."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return words.visible(value) if not value.isspace() else value


_environment = Environment(
    loader=FileSystemLoader(_FOLDER / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    finalize=_finalize,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
_environment.filters.update(
    votes=words.votes,
    moved=words.moved,
    spoken=words.spoken,
    counted=words.counted,
    paragraphs=words.paragraphs,
    language=words.language,
    lang=words.lang_attribute,
    clipped=words.clipped,
    json=structured.script,
)
_environment.globals.update(style=STYLE.href, mark=MARK.href, kind_words=words.KINDS)


async def page(
    request: web.Request,
    template: str,
    *,
    title: str,
    audience: Audience,
    status: int = 200,
    community: str | None = None,
    **view: object,
) -> web.Response:
    """Render a page.

    Args:
        request: what was asked for.
        template: the file below templates/.
        title: what the page is, first in the browser's title.
        audience: who can see what it shows.
        status: of the answer.
        community: the name of this node's community; None to ask for it.
        **view: what the template shows.
    """
    text = _environment.get_template(template).render(
        title=title,
        audience=audience.value,
        audience_sentence=words.AUDIENCE_SENTENCES[audience],
        community=await community_name(request) if community is None else community,
        here=request.path,
        section=_section(request.path),
        operator=request.app[OPERATOR],
        places=[(path, name) for path, name, private in _PLACES if request.app[OPERATOR] or not private],
        version=request.app[CONFIG].version,
        **view,
    )
    response = cacheable(request, text.encode(), _HTML, status=status)
    if request.app[OPERATOR]:
        response.headers[hdrs.CACHE_CONTROL] = "no-store"
    return response


def _section(path: str) -> str:
    """Return the place in the navigation to which a page belongs."""
    first = path.split("/")[1]
    return "/directory" if first in ("listings", "communities") else f"/{first}"


async def error_page(request: web.Request, status: int, title: str, detail: str) -> web.Response:
    """Render what went wrong, for people; the core is not asked, for it may be what went wrong."""
    return await page(
        request,
        "error.html",
        title=_ERROR_TITLES.get(status, title),
        audience=Audience.ONLY_US if request.app[OPERATOR] else Audience.EVERYONE,
        status=status,
        community="",
        # Commands say what is wrong in half a sentence, behind a colon; here it stands alone.
        detail=detail[:1].upper() + detail[1:],
    )


async def community_name(request: web.Request) -> str:
    """Return what this node's community is called, "" before it has written its page."""
    answer = await request.app[ASKS].ask(ShowProfile())
    return structured.best(answer["profile"]["name"])[1] if answer["profile"] else ""


def cacheable(
    request: web.Request, content: bytes, content_type: str, *, status: int = 200, age_s: int = 0
) -> web.Response:
    """Answer with content, or with 304 when the browser has it already; for `age_s` it need not ask again."""
    etag = _hash(content)
    control = f"public, max-age={age_s}" if age_s else "no-cache"
    if status == 200 and any(known.value == etag for known in request.if_none_match or ()):
        response = web.Response(status=304)
    else:
        charset = None if content_type.startswith("image/") else "utf-8"
        response = web.Response(status=status, body=content, content_type=content_type, charset=charset)
        if len(content) >= _COMPRESSED_BYTES_MIN:
            response.enable_compression()
    response.etag = etag
    response.headers[hdrs.CACHE_CONTROL] = control
    return response


def static_routes() -> list[web.RouteDef]:
    """Return the routes of the files that all pages use."""
    return [web.get(one.path, _serve(one)) for one in (STYLE, MARK)]


def _serve(one: Static) -> Any:
    async def serve(request: web.Request) -> web.Response:
        return cacheable(request, one.content, one.content_type, age_s=_YEAR_S)

    return serve
