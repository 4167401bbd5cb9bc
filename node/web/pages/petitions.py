"""The petitions of a federation: who stands behind them, and which are due. Operator only."""

from aiohttp import web

from node.engine.commands import ListPetitions
from node.web.asking import ASKS
from node.web.pages.rendering import page
from node.web.pages.words import Audience


async def show_petitions(request: web.Request) -> web.Response:
    """Show all petitions of a federation, those that are due first."""
    answer = await request.app[ASKS].ask(ListPetitions(federation=request.match_info["id"]))
    return await page(
        request,
        "petitions.html",
        title=f"Petitions to {answer['name']}",
        audience=Audience.FEDERATION,
        federation=answer["federation"],
        name=answer["name"],
        petitions=answer["petitions"],
    )
