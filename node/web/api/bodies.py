"""Operations about a federation's bodies: who holds which place."""

from typing import Final

from node.engine import commands
from node.web.api.operations import AnyOperation, Call, Operation, Told
from node.web.schemas import NoParameters
from node.web.schemas_bodies import BodyList
from node.web.schemas_federation import FederationPlace


async def bodies(call: Call[FederationPlace, NoParameters, NoParameters]) -> Told:
    """List the bodies with those who hold them."""
    return Told(
        BodyList.model_validate(await call.ask(commands.ListBodies(federation=call.place.federation)))
    )


OPERATOR: Final[tuple[AnyOperation, ...]] = (
    Operation(
        "listBodies",
        "GET",
        "/api/v1/federations/{federation}/bodies",
        "Bodies and who holds them",
        bodies,
        BodyList,
        place=FederationPlace,
    ),
)
