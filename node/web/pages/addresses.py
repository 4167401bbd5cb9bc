"""Addresses: of this node's own pages for those who are elsewhere, and of what listings link to."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlsplit, urlunsplit

from aiohttp import web

from node.directory import forms
from node.web.asking import CONFIG, OPERATOR
from node.web.pages import words

# What a link shows of where it leads: enough to know the place, not so much that it hides its host.
_LINK_CHARS_SHOWN: Final = 60
# Signs of RFC 3986 that have a meaning where they stand, and what is spelled out already.
_SAFE: Final = "/:?&=+,;!$'()*@~%"
# A name, in any script, or an address, and a port: a host with any other sign is none.
_HOST: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[\w.-]+)(:[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class Link:
    """A way out of these pages: where it leads, and how it is shown."""

    href: str
    shown: str


def absolute(request: web.Request, path: str) -> str:
    """Return a page's whole address: under the domain a steward named, else as it was asked for.

    A proxy that ends TLS passes requests on as http; only the setting knows the name outside.
    """
    domain = request.app[CONFIG].domain
    if domain and not request.app[OPERATOR]:
        return f"https://{domain}{path}"
    return f"{request.scheme}://{request.host}{path}"


def link(address: str) -> Link | None:
    """Return a link to a web address, None when a page must not link to it.

    Forms and documents hold http and https only; it is asked once more here, where it would matter.
    """
    if not forms.is_web_address(address):
        return None
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not _HOST.fullmatch(parts.netloc):
        return None
    # Signs that no address holds as they are, a quotation mark say, are spelled out as RFC 3986 does.
    spelled = [quote(part, safe=_SAFE) for part in (parts.path, parts.query, parts.fragment)]
    shown = words.clipped(address.partition("://")[2].rstrip("/"), _LINK_CHARS_SHOWN)
    return Link(urlunsplit((parts.scheme, parts.netloc, *spelled)), shown)
