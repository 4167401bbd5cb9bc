"""The bodies of a federation: places, holders, terms, elections to come. Operator only."""

from typing import Any, Final

from aiohttp import web

from node.engine.commands import ListBodies
from node.governance.closing.quorum import Footnotes
from node.web.asking import ASKS
from node.web.pages import moments
from node.web.pages.rendering import page
from node.web.pages.words import Audience

_KINDS: Final = {"working-group": "working group"}


async def show_bodies(request: web.Request) -> web.Response:
    """Show all bodies of a federation."""
    answer = await request.app[ASKS].ask(ListBodies(federation=request.match_info["id"]))
    return await page(
        request,
        "bodies.html",
        title=f"Bodies of {answer['name']}",
        audience=Audience.FEDERATION,
        federation=answer["federation"],
        name=answer["name"],
        bodies=list(map(_view, answer["bodies"])),
    )


def _view(body: dict[str, Any]) -> dict[str, Any]:
    """Return a body with its times in words, and what is said about the elections that filled it."""
    elected = (*body["places"], *body["elected"], *body["coming"], *body["left"])
    notes = Footnotes(one["quorum"] for one in elected if one.get("name", "") is not None)
    return {
        **body,
        "kind": _KINDS.get(body["kind"], body["kind"]),
        "is_assembly": body["kind"] == "assembly",
        "places": [_place(one, notes) for one in body["places"]],
        "elected": [_place(one, notes) for one in body["elected"]],
        "coming": [
            {**one, "from": moments.at_second(one["starts"]), "mark": notes.mark("", one["quorum"])}
            for one in body["coming"]
        ],
        "left": [{**one, "mark": notes.mark("", one["quorum"])} for one in body["left"]],
        "notes": notes.lines(),
        "under_way": [{**one, "closes": moments.at_second(one["closes"])} for one in body["under_way"]],
    }


def _place(place: dict[str, Any], notes: Footnotes) -> dict[str, Any]:
    until = moments.at_second(place["ends"]) if place["ends"] is not None else None
    return {**place, "until": until, "mark": notes.mark("", place["quorum"])}
