"""Who may ask at all: Host and Origin, and the headers that keep a browser from doing more than it should."""

import re
from typing import Final

from aiohttp import hdrs, web

from node.web.asking import CONFIG, OPERATOR

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
}
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
_SAFE_METHODS: Final = frozenset({hdrs.METH_GET, hdrs.METH_HEAD, hdrs.METH_OPTIONS})
_HOST: Final = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::[0-9]{1,5})?", re.ASCII)


async def add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """Put the headers of every answer; a page may only have set narrower ones before."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)


@web.middleware
async def middleware(
    request: web.Request, handler: "web.Handler"  # type: ignore[name-defined]
) -> web.StreamResponse:
    """Turn away what comes under a foreign name or from a foreign page."""
    check(request)
    return await handler(request)  # type: ignore[no-any-return]
