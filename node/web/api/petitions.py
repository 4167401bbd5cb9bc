"""Operations about petitions."""

from typing import Final

from node.engine import commands
from node.web.api.operations import AnyOperation, Call, Operation, Told, links_to_parts
from node.web.schemas.federation import FederationPlace
from node.web.schemas.parts import NoParameters, Part
from node.web.schemas.petitions import (
    NewPetition,
    NewSupport,
    PetitionPage,
    PetitionPlace,
    PetitionStarted,
    Supported,
)
from node.web.schemas.putting import ProposalOpened
from node.web.tokens import Scope


async def petitions(call: Call[FederationPlace, Part, NoParameters]) -> Told:
    """List the petitions, those that are due first."""
    asked = call.parameters
    found = (await call.ask(commands.ListPetitions(federation=call.place.federation)))["petitions"]
    shown = found[asked.offset : asked.offset + asked.limit]
    page = PetitionPage.model_validate({"total": len(found), "petitions": shown})
    return Told(page, links=links_to_parts(call.request, asked, page.total))


async def start(call: Call[FederationPlace, NoParameters, NewPetition]) -> Told:
    """Hand a petition in."""
    fields = {**call.body.model_dump(), "federation": call.place.federation}
    started = PetitionStarted.model_validate(await call.ask(call.command(commands.StartPetition, fields)))
    return Told(started, location=f"/api/v1/federations/{call.place.federation}/petitions")


async def support(call: Call[PetitionPlace, NoParameters, NewSupport]) -> Told:
    """Stand behind a petition, or state how many people do."""
    command = commands.SupportPetition(petition=call.place.petition, people=call.body.people)
    return Told(Supported.model_validate(await call.ask(command)))


async def put(call: Call[PetitionPlace, NoParameters, NoParameters]) -> Told:
    """Put the question that a petition asks for."""
    opened = ProposalOpened.model_validate(await call.ask(commands.PutPetition(petition=call.place.petition)))
    return Told(opened, location=f"/api/v1/proposals/{opened.proposal}")


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
    Operation(
        "startPetition",
        "POST",
        "/api/v1/federations/{federation}/petitions",
        "Hand a petition in for people of this community",
        start,
        PetitionStarted,
        place=FederationPlace,
        body=NewPetition,
        needs=Scope.PUBLISH,
        status=201,
    ),
    Operation(
        "supportPetition",
        "POST",
        "/api/v1/petitions/{petition}/support",
        "Stand behind a petition, or state how many people of this community do",
        support,
        Supported,
        place=PetitionPlace,
        body=NewSupport,
        needs=Scope.PUBLISH,
        status=201,
    ),
    Operation(
        "putPetition",
        "POST",
        "/api/v1/petitions/{petition}/question",
        "Put the question that a petition asks for, once it is due",
        put,
        ProposalOpened,
        place=PetitionPlace,
        needs=Scope.PUBLISH,
        status=201,
    ),
)
