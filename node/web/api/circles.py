"""Operations about circles. None is public: who shares one is nobody else's business."""

from typing import Final

from node.engine import commands
from node.web.api.operations import AnyOperation, Call, Operation, Told, links_to_parts
from node.web.schemas.circles import (
    Circle,
    CircleNotePlace,
    CircleNotes,
    CirclePage,
    CirclePlace,
    CircleSaid,
    NewCircle,
    NewCircleNote,
)
from node.web.schemas.federation import FederationPlace
from node.web.schemas.parts import NoParameters, Part
from node.web.tokens import Scope


async def circles(call: Call[NoParameters, Part, NoParameters]) -> Told:
    """List the circles that this node can read."""
    asked = call.parameters
    found = (await call.ask(commands.ListCircles()))["circles"]
    shown = found[asked.offset : asked.offset + asked.limit]
    page = CirclePage.model_validate({"total": len(found), "circles": shown})
    return Told(page, links=links_to_parts(call.request, asked, page.total))


async def notes(call: Call[CirclePlace, Part, NoParameters]) -> Told:
    """Show a circle with its notes."""
    asked = call.parameters
    command = commands.ShowCircle(circle=call.place.circle, limit=asked.limit, offset=asked.offset)
    page = CircleNotes.model_validate(await call.ask(command))
    return Told(page, links=links_to_parts(call.request, asked, page.total))


async def open_(call: Call[FederationPlace, NoParameters, NewCircle]) -> Told:
    """Open a circle."""
    fields = {**call.body.model_dump(), "federation": call.place.federation}
    opened = Circle.model_validate(await call.ask(call.command(commands.OpenCircle, fields)))
    return Told(opened, location=f"/api/v1/circles/{opened.id}/notes")


async def say(call: Call[CirclePlace, NoParameters, NewCircleNote]) -> Told:
    """Say something in a circle."""
    fields = {"circle": call.place.circle, "text": call.body.text}
    said = CircleSaid.model_validate(await call.ask(call.command(commands.SayInCircle, fields)))
    return Told(said, location=f"/api/v1/circles/{said.circle}/notes")


async def unsay(call: Call[CircleNotePlace, NoParameters, NoParameters]) -> Told:
    """Take a note back."""
    command = commands.UnsayInCircle(circle=call.place.circle, note=call.place.note)
    return Told(CircleSaid.model_validate(await call.ask(command)))


OPERATOR: Final[tuple[AnyOperation, ...]] = (
    Operation(
        "listCircles",
        "GET",
        "/api/v1/circles",
        "The circles that this node can read",
        circles,
        CirclePage,
        parameters=Part,
        links_parts=True,
    ),
    Operation(
        "listCircleNotes",
        "GET",
        "/api/v1/circles/{circle}/notes",
        "What was said in a circle, newest first",
        notes,
        CircleNotes,
        place=CirclePlace,
        parameters=Part,
        links_parts=True,
    ),
    Operation(
        "openCircle",
        "POST",
        "/api/v1/federations/{federation}/circles",
        "Open a circle with other members of a federation",
        open_,
        Circle,
        place=FederationPlace,
        body=NewCircle,
        needs=Scope.PUBLISH,
        status=201,
    ),
    Operation(
        "sayInCircle",
        "POST",
        "/api/v1/circles/{circle}/notes",
        "Say something to the communities of a circle",
        say,
        CircleSaid,
        place=CirclePlace,
        body=NewCircleNote,
        needs=Scope.PUBLISH,
        status=201,
    ),
    Operation(
        "unsayInCircle",
        "DELETE",
        "/api/v1/circles/{circle}/notes/{note}",
        "Take back what this community said in a circle",
        unsay,
        CircleSaid,
        place=CircleNotePlace,
        needs=Scope.PUBLISH,
    ),
)
