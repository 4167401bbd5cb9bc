"""Who may ask at all: Host and Origin, and the headers that keep a browser from doing more than it should.

Owns the checks that come before any handler. Refuses to own tokens (api) and how often somebody asks (rate).
"""

import re
from typing import Final
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from node.web.asking import CONFIG, OPERATOR
from node.web.problems import RefusedError

# Nothing inline and nothing from elsewhere: a listing that smuggles markup in finds nothing that runs it.
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # The library's name and version help nobody but an attacker.
    "Server": "hedgerow",
}
SAFE_METHODS: Final = frozenset({hdrs.METH_GET, hdrs.METH_HEAD, hdrs.METH_OPTIONS})
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
_HOST: Final = re.compile(r"(\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(?::[0-9]{1,5})?", re.ASCII)


async def add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """Put the security headers on every answer, other nodes' links included."""
    response.headers.update(HEADERS)


@web.middleware
async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn away what comes under a foreign name or from a foreign page."""
    name = host_name(request)
    if request.app[OPERATOR] and name not in _LOOPBACK | request.app[CONFIG].operator_hosts:
        # A page elsewhere may let its own name point to 127.0.0.1; then only the Host tells it from us.
        raise RefusedError(421, "This listener answers to this machine's own names only.")
    if request.method not in SAFE_METHODS:
        _check_origin(request)
    elif request.app[OPERATOR]:
        _check_reader(request)
    return await handler(request)


def host_name(request: web.Request) -> str:
    """Return the name under which this node was called, without the port, in small letters.

    Raises:
        RefusedError: it is none; nothing is ever built from such a Host.
    """
    found = _HOST.fullmatch(request.headers.get(hdrs.HOST, "").lower())
    if found is None:
        raise RefusedError(400, "Expected one Host header with a name or an address.")
    return found[1]


def _check_origin(request: web.Request) -> None:
    """Refuse a request that a page of another site makes a visitor's browser send.

    Browsers send Origin with every such request; programs send none, and need a token.
    """
    origin = request.headers.get(hdrs.ORIGIN)
    own = request.headers[hdrs.HOST].lower()
    foreign = origin is not None and _authority(origin) != own
    if foreign or request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        raise RefusedError(403, "This request comes from another site's page.")


def _check_reader(request: web.Request) -> None:
    """Refuse what a foreign page has a browser on this machine read, unless it is a link that was followed.

    The page could not read the answer, but it could time it, and so guess word by word what a federation
    says among itself, and keep the node busy meanwhile. Browsers name the asker to a loopback address always.
    """
    followed = request.headers.get("Sec-Fetch-Mode") == "navigate"
    whole_page = request.headers.get("Sec-Fetch-Dest") == "document"
    own = request.headers.get("Sec-Fetch-Site", "none") in ("none", "same-origin")
    if not own and not (followed and whole_page):
        raise RefusedError(403, "This request comes from another site's page.")


def _authority(origin: str) -> str:
    """Return host and port of an origin as a Host header names them; "" for `null` and anything odd."""
    try:
        parts = urlsplit(origin.lower())
    except ValueError:
        return ""
    return parts.netloc if parts.scheme in ("http", "https") and not parts.path else ""
