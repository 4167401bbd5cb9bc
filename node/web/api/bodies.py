"""Operations about a federation's bodies: who holds which place."""

from typing import Final

from node.engine import commands
from node.web.api.operations import AnyOperation, Call, Operation, Told, links_to_parts
from node.web.schemas.bodies import BodyInFederation, BodyList, NewCandidacy, Stood
from node.web.schemas.federation import FederationPlace
from node.web.schemas.parts import NoParameters, Part
from node.web.tokens import Scope


async def bodies(call: Call[FederationPlace, Part, NoParameters]) -> Told:
    """List the bodies with those who hold them."""
    asked = call.parameters
    found = (await call.ask(commands.ListBodies(federation=call.place.federation)))["bodies"]
    shown = found[asked.offset : asked.offset + asked.limit]
    page = BodyList.model_validate({"total": len(found), "bodies": shown})
    return Told(page, links=links_to_parts(call.request, asked, page.total))


async def stand(call: Call[BodyInFederation, NoParameters, NewCandidacy]) -> Told:
    """Say that somebody stands for a body, or does no longer."""
    fields = {**call.body.model_dump(), **call.place.model_dump()}
    return Told(Stood.model_validate(await call.ask(call.command(commands.StandForBody, fields))))


OPERATOR: Final[tuple[AnyOperation, ...]] = (
    Operation(
        "listBodies",
        "GET",
        "/api/v1/federations/{federation}/bodies",
        "Bodies and who holds them",
        bodies,
        BodyList,
        place=FederationPlace,
        parameters=Part,
        links_parts=True,
    ),
    Operation(
        "standForBody",
        "POST",
        "/api/v1/federations/{federation}/bodies/{body}/candidates",
        "Say that somebody of this community stands for a body, or does no longer",
        stand,
        Stood,
        place=BodyInFederation,
        body=NewCandidacy,
        needs=Scope.PUBLISH,
        status=201,
    ),
)
