"""Operations about meetings: agendas and minutes."""

from typing import Final

from node.engine import commands
from node.web.api.operations import AnyOperation, Call, Operation, Told, links_to_parts
from node.web.schemas import NoParameters, Part
from node.web.schemas_federation import FederationPlace
from node.web.schemas_meetings import MeetingPage


async def meetings(call: Call[FederationPlace, Part, NoParameters]) -> Told:
    """List the meetings, the latest first."""
    asked = call.parameters
    found = (await call.ask(commands.ListMeetings(federation=call.place.federation)))["meetings"]
    shown = found[asked.offset : asked.offset + asked.limit]
    page = MeetingPage.model_validate({"total": len(found), "meetings": shown})
    return Told(page, links=links_to_parts(call.request, asked, page.total))


OPERATOR: Final[tuple[AnyOperation, ...]] = (
    Operation(
        "listMeetings",
        "GET",
        "/api/v1/federations/{federation}/meetings",
        "Meetings with agenda and minutes",
        meetings,
        MeetingPage,
        place=FederationPlace,
        parameters=Part,
        links_parts=True,
    ),
)
