"""Operations about deciding: proposals, papers, ballots, results."""

import base64
from typing import Final

from node.engine import commands
from node.web.api.operations import AnyOperation, Call, Operation, Told, links_to_parts
from node.web.schemas.bonds import Withdrawn
from node.web.schemas.deciding import (
    BallotsCast,
    NewBallots,
    Paper,
    PaperParameters,
    Proposal,
    ProposalPlace,
    Result,
)
from node.web.schemas.federation import FederationPlace
from node.web.schemas.parts import NoParameters, Part
from node.web.schemas.proof import (
    BallotChecked,
    BallotPlace,
    CountFile,
    CountParameters,
    DecisionFile,
    NotVoted,
)
from node.web.schemas.putting import NewProposal, ProposalOpened, ProposalPage
from node.web.tokens import Scope

Placed = Call[ProposalPlace, NoParameters, NoParameters]


async def proposals(call: Call[FederationPlace, Part, NoParameters]) -> Told:
    """List the questions put so far, whose voting ends last first."""
    asked = call.parameters
    command = commands.ListProposals(
        federation=call.place.federation, with_states=True, limit=asked.limit, offset=asked.offset
    )
    page = ProposalPage.model_validate(await call.ask(command))
    return Told(page, links=links_to_parts(call.request, asked, page.total))


async def proposal(call: Placed) -> Told:
    """Show a question as it was put; the paper of this node's own key holds it."""
    device = (await call.ask(commands.ShowNode()))["device"]
    found = await call.ask(commands.ShowPaper(proposal=call.place.proposal, holder=device))
    return Told(Proposal.model_validate(found))


async def paper(call: Call[ProposalPlace, PaperParameters, NoParameters]) -> Told:
    """Show what a key needs to vote."""
    command = commands.ShowPaper(proposal=call.place.proposal, holder=call.parameters.holder)
    return Told(Paper.model_validate(await call.ask(command)))


async def result(call: Placed) -> Told:
    """Count a question here and now."""
    return Told(Result.model_validate(await call.ask(commands.ShowResult(proposal=call.place.proposal))))


async def not_voted(call: Placed) -> Told:
    """List the seats that have not voted on a question."""
    found = await call.ask(commands.ShowResult(proposal=call.place.proposal))
    return Told(NotVoted.model_validate(found))


async def count(call: Call[ProposalPlace, CountParameters, NoParameters]) -> Told:
    """Give the ballots or the transcript of a count as a file's text."""
    command = commands.ExportCount(proposal=call.place.proposal, format=call.parameters.format)
    return Told(CountFile.model_validate(await call.ask(command)))


async def papers(call: Placed) -> Told:
    """Give a decision's own file."""
    command = commands.ExportDecision(proposal=call.place.proposal)
    return Told(DecisionFile.model_validate(await call.ask(command)))


async def ballot(call: Call[BallotPlace, NoParameters, NoParameters]) -> Told:
    """Say who has a ballot."""
    found = await call.ask(commands.CheckBallot(ballot=call.place.ballot))
    return Told(BallotChecked.model_validate(found))


async def open_proposal(call: Call[FederationPlace, NoParameters, NewProposal]) -> Told:
    """Put a question."""
    fields = {**call.body.model_dump(), "federation": call.place.federation}
    command = call.command(commands.OpenProposal, fields)
    opened = ProposalOpened.model_validate(await call.ask(command))
    return Told(opened, location=f"/api/v1/proposals/{opened.proposal}")


async def withdraw(call: Placed) -> Told:
    """Take a question back."""
    found = await call.ask(commands.WithdrawProposal(proposal=call.place.proposal))
    return Told(Withdrawn.model_validate(found))


async def cast(call: Call[NoParameters, NoParameters, NewBallots]) -> Told:
    """Take ballots that were signed elsewhere and publish them."""
    ballots = tuple(base64.b64decode(written, validate=True) for written in call.body.ballots)
    return Told(BallotsCast.model_validate(await call.ask(commands.CastBallots(ballots=ballots))))


OPERATOR: Final[tuple[AnyOperation, ...]] = (
    Operation(
        "listProposals",
        "GET",
        "/api/v1/federations/{federation}/proposals",
        "Questions put so far",
        proposals,
        ProposalPage,
        place=FederationPlace,
        parameters=Part,
        links_parts=True,
    ),
    Operation(
        "openProposal",
        "POST",
        "/api/v1/federations/{federation}/proposals",
        "Put a question",
        open_proposal,
        ProposalOpened,
        place=FederationPlace,
        body=NewProposal,
        needs=Scope.PUBLISH,
        status=201,
    ),
    Operation(
        "showProposal",
        "GET",
        "/api/v1/proposals/{proposal}",
        "A question",
        proposal,
        Proposal,
        place=ProposalPlace,
        problems=(409,),
    ),
    Operation(
        "showPaper",
        "GET",
        "/api/v1/proposals/{proposal}/paper",
        "What a key needs to vote",
        paper,
        Paper,
        place=ProposalPlace,
        parameters=PaperParameters,
        problems=(409,),
    ),
    Operation(
        "showResult",
        "GET",
        "/api/v1/proposals/{proposal}/result",
        "A question as counted now",
        result,
        Result,
        place=ProposalPlace,
        problems=(409,),
    ),
    Operation(
        "listNotVoted",
        "GET",
        "/api/v1/proposals/{proposal}/not-voted",
        "Seats that have not voted",
        not_voted,
        NotVoted,
        place=ProposalPlace,
        problems=(409,),
    ),
    Operation(
        "exportCount",
        "GET",
        "/api/v1/proposals/{proposal}/count",
        "The ballots as BLT, or the count stage by stage",
        count,
        CountFile,
        place=ProposalPlace,
        parameters=CountParameters,
        problems=(409,),
    ),
    Operation(
        "exportDecision",
        "GET",
        "/api/v1/proposals/{proposal}/papers",
        "All papers of a decision, to verify offline",
        papers,
        DecisionFile,
        place=ProposalPlace,
        problems=(409,),
    ),
    Operation(
        "checkBallot",
        "GET",
        "/api/v1/ballots/{ballot}",
        "Who has a ballot, and whether it counts",
        ballot,
        BallotChecked,
        place=BallotPlace,
        problems=(409,),
    ),
    Operation(
        "withdrawProposal",
        "POST",
        "/api/v1/proposals/{proposal}/withdrawal",
        "Take back a question that this community put",
        withdraw,
        Withdrawn,
        place=ProposalPlace,
        needs=Scope.PUBLISH,
        status=201,
    ),
    Operation(
        "castBallots",
        "POST",
        "/api/v1/ballots",
        "Publish ballots that were signed elsewhere",
        cast,
        BallotsCast,
        body=NewBallots,
        needs=Scope.PUBLISH,
        status=201,
    ),
)
