"""Operations about federations: members, seats, mandates, sizes, the notice board."""

from typing import Final

from node.engine import commands
from node.errors import NotFoundError
from node.web.api.operations import AnyOperation, Call, Operation, Plain, Told
from node.web.schemas.federation import (
    Attested,
    Board,
    Federation,
    FederationList,
    FederationPlace,
    MandateList,
    NewAttestation,
    NewNote,
    Note,
    NotePlace,
    NoteRemoved,
    SeatTable,
    WaitingList,
)
from node.web.schemas.parts import NoParameters
from node.web.tokens import Scope

Placed = Call[FederationPlace, NoParameters, NoParameters]


async def federations(call: Plain) -> Told:
    """List the federations this community knows."""
    return Told(FederationList.model_validate(await call.ask(commands.ListFederations())))


async def federation(call: Placed) -> Told:
    """Show one federation."""
    known = (await call.ask(commands.ListFederations()))["federations"]
    for one in known:
        if one["id"] == call.place.federation:
            return Told(Federation.model_validate(one))
    raise NotFoundError("no federation of that id is known here")


async def waiting(call: Plain) -> Told:
    """List what waits for further stewards."""
    return Told(WaitingList.model_validate(await call.ask(commands.ListWaiting())))


async def seats(call: Placed) -> Told:
    """Show the seats as the attested sizes give them now."""
    found = await call.ask(commands.ShowRoll(federation=call.place.federation))
    return Told(SeatTable.model_validate(found))


async def mandates(call: Placed) -> Told:
    """List who votes for which seat."""
    found = await call.ask(commands.ListMandates(federation=call.place.federation))
    return Told(MandateList.model_validate(found))


async def board(call: Placed) -> Told:
    """Show the notice board."""
    return Told(Board.model_validate(await call.ask(commands.ShowBoard(federation=call.place.federation))))


async def attest(call: Call[FederationPlace, NoParameters, NewAttestation]) -> Told:
    """State a community's size."""
    asked = call.body
    command = commands.Attest(federation=call.place.federation, community=asked.community, size=asked.size)
    return Told(Attested.model_validate(await call.ask(command)))


async def add_note(call: Call[FederationPlace, NoParameters, NewNote]) -> Told:
    """Put a note on the board."""
    command = commands.AddNote(federation=call.place.federation, text=call.body.text)
    note = Note.model_validate(await call.ask(command))
    return Told(note, location=f"/api/v1/federations/{call.place.federation}/notes")


async def remove_note(call: Call[NotePlace, NoParameters, NoParameters]) -> Told:
    """Take a note off the board."""
    command = commands.RemoveNote(federation=call.place.federation, note=call.place.note)
    return Told(NoteRemoved.model_validate(await call.ask(command)))


_PATH: Final = "/api/v1/federations/{federation}"

OPERATOR: Final[tuple[AnyOperation, ...]] = (
    Operation(
        "listFederations",
        "GET",
        "/api/v1/federations",
        "Federations this community knows",
        federations,
        FederationList,
    ),
    Operation(
        "showFederation", "GET", _PATH, "One federation", federation, Federation, place=FederationPlace
    ),
    Operation(
        "listWaiting",
        "GET",
        "/api/v1/waiting",
        "What waits for further stewards of this community",
        waiting,
        WaitingList,
    ),
    Operation("showSeats", "GET", f"{_PATH}/seats", "Seats by size", seats, SeatTable, place=FederationPlace),
    Operation(
        "listMandates",
        "GET",
        f"{_PATH}/mandates",
        "Who votes for which seat",
        mandates,
        MandateList,
        place=FederationPlace,
    ),
    Operation("showBoard", "GET", f"{_PATH}/notes", "The notice board", board, Board, place=FederationPlace),
    Operation(
        "addNote",
        "POST",
        f"{_PATH}/notes",
        "Put a note on the board",
        add_note,
        Note,
        place=FederationPlace,
        body=NewNote,
        needs=Scope.PUBLISH,
        status=201,
    ),
    Operation(
        "removeNote",
        "DELETE",
        f"{_PATH}/notes/{{note}}",
        "Take a note off the board",
        remove_note,
        NoteRemoved,
        place=NotePlace,
        needs=Scope.PUBLISH,
        problems=(409,),
    ),
    Operation(
        "attest",
        "POST",
        f"{_PATH}/attestations",
        "State a community's size",
        attest,
        Attested,
        place=FederationPlace,
        body=NewAttestation,
        needs=Scope.PUBLISH,
        status=201,
    ),
)
