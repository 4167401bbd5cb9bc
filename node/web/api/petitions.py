"""Operations about petitions."""

from typing import Final

from node.engine import commands
from node.web.api.operations import AnyOperation, Call, Operation, Told, links_to_parts
from node.web.schemas import NoParameters, Part
from node.web.schemas_federation import FederationPlace
from node.web.schemas_petitions import PetitionPage


async def petitions(call: Call[FederationPlace, Part, NoParameters]) -> Told:
    """List the petitions, those that are due first."""
    asked = call.parameters
    found = (await call.ask(commands.ListPetitions(federation=call.place.federation)))["petitions"]
    shown = found[asked.offset : asked.offset + asked.limit]
    page = PetitionPage.model_validate({"total": len(found), "petitions": shown})
    return Told(page, links=links_to_parts(call.request, asked, page.total))


OPERATOR: Final[tuple[AnyOperation, ...]] = (
    Operation(
        "listPetitions",
        "GET",
        "/api/v1/federations/{federation}/petitions",
        "Petitions and who stands behind them",
        petitions,
        PetitionPage,
        place=FederationPlace,
        parameters=Part,
        links_parts=True,
    ),
)
