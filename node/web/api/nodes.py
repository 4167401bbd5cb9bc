"""Operations about the node itself: who it is, its neighbours, its log."""

from typing import Final

from yarl import URL

from node.engine import commands
from node.web.api.operations import AnyOperation, Call, Operation, Plain, Told
from node.web.asking import CONFIG
from node.web.schemas.node import LogPage, LogParameters, Neighbours, OwnNode, PublicNode
from node.web.schemas.parts import NoParameters


async def public_node(call: Plain) -> Told:
    """Say whose node this is."""
    return Told(PublicNode.model_validate(await _node(call)))


async def own_node(call: Plain) -> Told:
    """Say who and how this node is."""
    return Told(OwnNode.model_validate(await _node(call)))


async def neighbours(call: Plain) -> Told:
    """List neighbours, and how far both sides hold the same."""
    known = await call.ask(commands.ListPeers())
    return Told(Neighbours.model_validate({**known, **await call.ask(commands.PeerStatus())}))


async def log(call: Call[NoParameters, LogParameters, NoParameters]) -> Told:
    """Show the newest entries in words."""
    asked = call.parameters
    answer = await call.ask(commands.ShowLog(limit=asked.limit, before=asked.before))
    page = LogPage.model_validate(answer)
    links: tuple[tuple[str, str], ...] = ()
    if len(page.entries) == asked.limit and page.entries[-1].number > 1:
        older = {"limit": asked.limit, "before": page.entries[-1].number}
        links = (("next", str(URL(call.request.path).with_query(older))),)
    return Told(page, links=links)


async def _node(call: Plain) -> dict[str, object]:
    return {**await call.ask(commands.ShowNode()), "version": call.request.app[CONFIG].version}


PUBLIC: Final[tuple[AnyOperation, ...]] = (
    Operation("showNode", "GET", "/api/v1/node", "Whose node this is", public_node, PublicNode),
)
OPERATOR: Final[tuple[AnyOperation, ...]] = (
    Operation("showNode", "GET", "/api/v1/node", "Who and how this node is", own_node, OwnNode),
    Operation(
        "listNeighbours",
        "GET",
        "/api/v1/neighbours",
        "Neighbours, and how far both sides hold the same",
        neighbours,
        Neighbours,
    ),
    Operation(
        "showLog",
        "GET",
        "/api/v1/log",
        "The newest entries in words",
        log,
        LogPage,
        parameters=LogParameters,
        links_parts=True,
    ),
)
