"""The federations this community belongs to: members, who waits, seats, the notice board. Operator only."""

from typing import Any

from aiohttp import web

from node import ids
from node.engine.commands import ListFederations, ShowBoard, ShowBylaws, ShowRoll
from node.federation import bylaws_words
from node.federation.bylaws import Bylaws
from node.web.asking import ASKS
from node.web.pages.rendering import page
from node.web.pages.words import Audience


async def show_federations(request: web.Request) -> web.Response:
    """Show all federations and the requests to join that wait."""
    answer = await request.app[ASKS].ask(ListFederations())
    return await page(
        request,
        "federations.html",
        title="Federations",
        audience=Audience.FEDERATION,
        federations=answer["federations"],
        requests=answer["requests"],
    )


async def show_federation(request: web.Request) -> web.Response:
    """Show one federation."""
    ask = request.app[ASKS].ask
    wanted = request.match_info["id"]
    found = next((one for one in (await ask(ListFederations()))["federations"] if one["id"] == wanted), None)
    if found is None:
        raise web.HTTPNotFound
    roll = await ask(ShowRoll(federation=wanted))
    board = await ask(ShowBoard(federation=wanted))
    return await page(
        request,
        "federation.html",
        title=found["name"],
        audience=Audience.FEDERATION,
        federation=found,
        members=_members(found, roll),
        total_size=sum(one["size"] for one in roll["seats"]),
        total_seats=sum(one["seats"] for one in roll["seats"]),
        method=roll["method"],
        notes=board["notes"],
    )


async def show_bylaws(request: web.Request) -> web.Response:
    """Show the rules that hold now in plain words; of a founding those that it would begin with."""
    answer = await request.app[ASKS].ask(ShowBylaws(federation=request.match_info["id"]))
    rules = bylaws_words.settings(Bylaws.model_validate(answer["bylaws"]))
    parts: dict[str, list[dict[str, str]]] = {}
    for place, value in rules.items():
        holds = bylaws_words.in_words(place, value, lambda one: str(answer["names"][ids.show(one)]))
        row = {"rule": bylaws_words.WORDS[place], "holds": holds}
        parts.setdefault(place.partition(".")[0], []).append(row)
    return await page(
        request,
        "bylaws.html",
        title=f"Bylaws of {answer['name']}",
        audience=Audience.FEDERATION,
        bylaws=answer,
        parts=[(bylaws_words.PARTS[part], rows) for part, rows in parts.items()],
    )


def _members(found: dict[str, Any], roll: dict[str, Any]) -> list[dict[str, Any]]:
    """Return members by name with the people and seats they have; None where no size is stated."""
    seats = {one["community"]: one for one in roll["seats"]}
    founders = set(found["founders"])
    members = [
        {
            **one,
            "founder": one["community"] in founders,
            "size": seats.get(one["community"], {}).get("size"),
            "seats": seats.get(one["community"], {}).get("seats"),
        }
        for one in found["members"]
    ]
    return sorted(members, key=lambda one: (str(one["name"]).casefold(), one["community"]))
