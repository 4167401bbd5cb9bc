"""Forms of proof: seats that have not voted, a count as a file, a decision's papers, where a ballot is."""

from typing import Annotated, Literal

from pydantic import Field

from node.web.schemas.deciding import NamedSeat
from node.web.schemas.parts import Agreeing, Asked, Id, NamedCommunity, Shown

_State = Annotated[str, Field(description="As in the result: `provisional` until certified.")]


class NotVoted(Shown):
    """The seats that have not voted on a question."""

    proposal: Id
    title: str
    state: _State
    closes: Annotated[int, Field(description="Seconds since 1970.")]
    roll_seats: int
    seats_voted: int
    not_voted: tuple[NamedSeat, ...]


class CountParameters(Asked):
    """In which form a count is wanted."""

    format: Annotated[
        Literal["blt", "pb", "json", "csv", "words"],
        Field(
            description="`blt`, `pb`: the ballots of an election or budget; the others: the count by stages."
        ),
    ] = "json"


class CountFile(Shown):
    """The ballots or the transcript of a count, as the text of a file."""

    proposal: Id
    title: str
    state: _State
    quorum: Agreeing
    method: str
    format: str
    file_name: str
    text: str


class DecisionFile(Shown):
    """All papers of a decision, as `hedgerow verify` reads them."""

    proposal: Id
    title: str
    state: _State
    quorum: Agreeing
    data: Annotated[str, Field(description="The file, in base64.")]


class BallotPlace(Asked):
    """Which ballot is meant, in the path."""

    ballot: Id


class BallotChecked(NamedCommunity):
    """Who has a ballot, and whether it counts; the community and the seat are those it speaks for."""

    ballot: Id
    proposal: Id
    title: str
    seat: int
    holds: bool
    reason: str
    receipts: Annotated[tuple[str, ...], Field(description="Witnesses that said they hold it.")]
    witnesses: int
    safe: Annotated[bool, Field(description="It counts whatever liars and silent witnesses do.")]
    state: _State
    counted: bool
    contested: bool
