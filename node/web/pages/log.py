"""The log: what this node has received and published, newest first. Operator only."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, Final

from aiohttp import web

from node.clock import Timestamp
from node.engine.commands import ShowLog
from node.web.asking import ASKS, NOW
from node.web.pages import moments, words
from node.web.pages.moments import Moment
from node.web.pages.rendering import page
from node.web.pages.words import Audience

_ENTRIES_SHOWN: Final = 50
# Longer than any arrival number that a store has given.
_NUMBER_DIGITS_MAX: Final = 15


@dataclass(frozen=True, slots=True)
class Line:
    """One entry, or several that say the same in a row, as a sentence.

    Attributes:
        times: how many entries.
        trouble: why they count for nothing, "" when they count.
    """

    who: str
    href: str
    what: str
    where: str
    when: Moment
    trouble: str
    times: int = 1


async def show_log(request: web.Request) -> web.Response:
    """Show a part of the log."""
    asked = request.query.get("before", "")
    before = int(asked) if asked.isascii() and asked.isdigit() and len(asked) <= _NUMBER_DIGITS_MAX else None
    answer = await request.app[ASKS].ask(ShowLog(limit=_ENTRIES_SHOWN, before=before))
    entries = answer["entries"]
    now = request.app[NOW]()
    older = entries[-1]["number"] if len(entries) == _ENTRIES_SHOWN else None
    return await page(
        request,
        "log.html",
        title="Log",
        audience=Audience.ONLY_US,
        lines=_gathered(_line(one, now) for one in entries),
        older=f"/log?before={older}" if older is not None else "",
        newest=before is None,
    )


def _gathered(lines: Iterable[Line]) -> list[Line]:
    """Put entries that say the same in a row into one line: ballots and imports come by the hundred."""
    return [replace(line, times=len(list(alike))) for line, alike in groupby(lines)]


def _line(entry: dict[str, Any], now: Timestamp) -> Line:
    trouble = entry["problem"] or ("" if entry["counts"] else "its maker may not say this here")
    return Line(
        who=entry["name"],
        href=f"/communities/{entry['community']}" if entry["community"] else "",
        what=entry["what"],
        where=words.scope(entry["scope"]),
        when=moments.at_hour(entry["hours"], now),
        trouble=trouble,
    )
