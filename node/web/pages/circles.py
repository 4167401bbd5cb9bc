"""Circles: which ones this node can read, and what was said in one. Operator only."""

from typing import Any, Final

from aiohttp import web

from node.clock import MS_PER_SECOND
from node.engine.commands import ListCircles, ShowCircle
from node.web.asking import ASKS
from node.web.pages import moments, pager
from node.web.pages.rendering import page
from node.web.pages.words import Audience

PATH: Final = "/circles"


async def show_circles(request: web.Request) -> web.Response:
    """List the circles, the one with the newest note first."""
    found = (await request.app[ASKS].ask(ListCircles()))["circles"]
    number = pager.read_page(request.query.get("page", ""))
    first = pager.offset(number)
    shown = [_dated(one, "newest_at") for one in found[first : first + pager.PAGE_ROWS]]
    return await page(
        request,
        "circles.html",
        title="Circles",
        audience=Audience.ONLY_US,
        circles=shown,
        total=len(found),
        pager=pager.make(PATH, {}, page=number, shown=len(shown), total=len(found)),
    )


async def show_circle(request: web.Request) -> web.Response:
    """Show who is in a circle and what was said, newest first."""
    number = pager.read_page(request.query.get("page", ""))
    named = request.match_info["id"]
    asked = ShowCircle(circle=named, limit=pager.PAGE_ROWS, offset=pager.offset(number))
    answer = await request.app[ASKS].ask(asked)
    circle, notes = answer["circle"], [_dated(one, "at") for one in answer["notes"]]
    return await page(
        request,
        "circle.html",
        title=circle["name"],
        audience=Audience.CIRCLE,
        circle=circle,
        notes=notes,
        total=answer["total"],
        pager=pager.make(f"{PATH}/{circle['id']}", {}, page=number, shown=len(notes), total=answer["total"]),
    )


def _dated(shown: dict[str, Any], field: str) -> dict[str, Any]:
    at = shown[field]
    return {**shown, "when": moments.at_second(at // MS_PER_SECOND) if at is not None else None}
