"""Files of a question to keep and to check elsewhere: its papers, its ballots, its count. Operator only.

Owns their addresses and kinds; what is in them is the core's.
"""

import base64
from typing import Final, Literal

from aiohttp import hdrs, web

from node.engine.commands import ExportCount, ExportDecision
from node.web.asking import ASKS

Format = Literal["blt", "pb", "json", "csv", "words"]

PAPERS: Final = "decision.hedgerow"
# Name of the file, what the core calls it, its kind.
_COUNTS: Final[dict[str, tuple[Format, str]]] = {
    "ballots.blt": ("blt", "text/plain"),
    "ballots.pb": ("pb", "text/plain"),
    "count.json": ("json", "application/json"),
    "count.csv": ("csv", "text/csv"),
    "count.txt": ("words", "text/plain"),
}


def offered(*, is_election: bool, is_budget: bool = False) -> list[tuple[str, str]]:
    """Return the name of each file that a question has, and what it is in words."""
    file = "ballots.pb" if is_budget else "ballots.blt"
    ballots = [(file, "the ballots, for any counting program")] if is_election or is_budget else []
    return [
        (PAPERS, "all papers, for hedgerow verify"),
        *ballots,
        ("count.txt", "the count in words"),
        ("count.csv", "the count as a table"),
        ("count.json", "the count for programs"),
    ]


def routes(question: str) -> list[web.RouteDef]:
    """Return the routes of all files; `question` is the pattern of a question's address."""
    return [
        web.get(f"{question}/{PAPERS}", send_papers),
        *(web.get(f"{question}/{name}", send_count) for name in _COUNTS),
    ]


async def send_papers(request: web.Request) -> web.Response:
    """Send all papers of a decision."""
    found = await request.app[ASKS].ask(ExportDecision(proposal=request.match_info["id"]))
    return _file(PAPERS, base64.b64decode(found["data"]), "application/octet-stream", charset=None)


async def send_count(request: web.Request) -> web.Response:
    """Send the ballots, or the count stage by stage."""
    form, kind = _COUNTS[request.path.rpartition("/")[2]]
    found = await request.app[ASKS].ask(ExportCount(proposal=request.match_info["id"], format=form))
    return _file(found["file_name"], found["text"].encode(), kind, charset="utf-8")


def _file(name: str, content: bytes, content_type: str, *, charset: str | None) -> web.Response:
    """Answer with a file that a browser saves and does not show: what is in it was written by others."""
    headers = {hdrs.CONTENT_DISPOSITION: f'attachment; filename="{name}"', hdrs.CACHE_CONTROL: "no-store"}
    return web.Response(body=content, content_type=content_type, charset=charset, headers=headers)
