"""Commands about ballots from paper, which two people enter."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from node.engine.commands.ask import Ask


class ShowEntry(Ask):
    """What a person whom the own community's charter names needs to enter ballots from paper.

    {proposal, roll, title, text, method, options: […], to_elect, seats: [{community, name, seat, mandate:
    [base64 …], next_seq, prev, entries: [base64 …], entered}]}. `seats` are those whose delegate may vote on
    paper; `entries` what other people entered for the same place, `entered` whether this person did.
    """

    command: Literal["show-entry"] = "show-entry"
    question: ClassVar[bool] = True
    proposal: str
    person: str


class EnterBallots(Ask):
    """Take what a first person read from paper; it counts once a second one says the same.

    {proposal, entries: [ids]}.
    """

    command: Literal["enter-ballots"] = "enter-ballots"
    entries: Annotated[tuple[bytes, ...], Field(min_length=1, max_length=1_000)]
