"""One listing by its id, and the offers that stand: questions that take more than one command."""

import json
from typing import Any, Final, Literal

from node.directory import columns
from node.engine import commands
from node.engine.commands import Command
from node.errors import NotFoundError
from node.web.asking import Answer, Asks

_KNOWN_NOT: Final = "there is no listing of that id here"


async def listing(asks: Asks, identifier: str) -> Answer:
    """Return a profile, an offer or a need.

    {id, kind, community, community_name, profile or null, offer or null}.

    Raises:
        NotFoundError: none of that id is known here.
    """
    offers = await asks.ask(commands.ListOffers())
    for offer in offers["offers"]:
        if offer["id"] == identifier:
            full = {**offer, "title": {"und": offer["title"]}, "text": {}, "quantity": ""}
            return {**offer, "offer": full, "profile": None}
    exported = await asks.ask(commands.Export(format="geojson"))
    for feature in json.loads(exported["text"])["features"]:
        if feature["properties"].get(columns.ID_COLUMN) == identifier:
            return await _profile(asks, identifier, feature)
    raise NotFoundError(_KNOWN_NOT)


async def offers(asks: Asks, *, kind: Literal["offer", "need"]) -> list[Answer]:
    """Return the offers, or the needs, that stand now."""
    answer = await asks.ask(commands.ListOffers())
    return [one for one in answer["offers"] if one["kind"] == kind and one["open"]]


async def _profile(asks: Asks, identifier: str, feature: dict[str, Any]) -> Answer:
    point = (feature.get("geometry") or {}).get("coordinates")
    located = None if point is None else f"{round(point[1] * 1e7)},{round(point[0] * 1e7)}"
    read = columns.read_columns(feature["properties"], location=located).profile
    owner = feature["properties"][columns.COMMUNITY_COLUMN]
    return {
        "id": identifier,
        "kind": "profile",
        "community": owner,
        "community_name": await name_of(asks, owner),
        "profile": read.model_dump(mode="json"),
        "offer": None,
    }


async def name_of(asks: Asks, community: str) -> str:
    """Return the name of a community's profile, or the beginning of its id."""
    command: Command = commands.ShowProfile(community=community)
    try:
        profile = (await asks.ask(command))["profile"]
    except NotFoundError:
        profile = None
    names = profile["name"] if profile is not None else {}
    return next(iter(names.values()), f"{community[:8]}…")
