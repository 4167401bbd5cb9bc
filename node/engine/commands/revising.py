"""Commands about revisions: a new question in place of an old one."""

from typing import Annotated, Literal

from pydantic import Field

from node.engine.commands.ask import Ask, Name, Text
from node.limits import OPTIONS_PER_PROPOSAL_MAX


class ReviseProposal(Ask):
    """Put a changed question in place of one of this community, and withdraw that one.

    {proposal, roll, method, seats_on_roll, closes, supersedes}. What is left out stays as it was; ballots on
    the old question do not count on the new one.
    """

    command: Literal["revise-proposal"] = "revise-proposal"
    proposal: str
    title: Name | None = None
    text: Text | None = None
    options: Annotated[tuple[Name, ...], Field(max_length=OPTIONS_PER_PROPOSAL_MAX)] | None = None
    seats: Annotated[int, Field(ge=1, le=1_000)] | None = None
