"""Commands about what a decision does: effects, taking a question back, reviews, and what is in force."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from node.engine.commands.ask import Ask, Name
from node.limits import TEXT_CHARS_MAX


class NewEffect(Ask):
    """What a yes/no question does by itself once it passed and is in force.

    `admit`, `suspend`, `restore`, `remove` name a `community`, by id or name; `annul` a `decision`, the id of
    its question; `bylaws` carries a file in `content`; `form` a `name` and a JSON file in `content`; `budget`
    a line's `name`, an `amount` in whole units, and the `unit`.
    """

    act: Literal["admit", "suspend", "restore", "remove", "bylaws", "form", "budget", "annul"]
    community: str | None = None
    decision: str | None = None
    name: Annotated[str, Field(max_length=200)] = ""
    amount: Annotated[int, Field(ge=0, lt=2**53)] | None = None
    unit: Annotated[str, Field(max_length=40)] = ""
    content: bytes | None = None
    file_name: Annotated[str, Field(max_length=200)] = "the file"


class WithdrawProposal(Ask):
    """Take back a question that this community put: {proposal, title}.

    It counts once the witnesses certify it, which they do only before any of them sealed.
    """

    command: Literal["withdraw-proposal"] = "withdraw-proposal"
    proposal: str


class AskReview(Ask):
    """Ask that a certified decision be looked at again: {proposal, title, asked: […], needed, until}."""

    command: Literal["ask-review"] = "ask-review"
    proposal: str
    reason: Annotated[str, Field(min_length=1, max_length=TEXT_CHARS_MAX)]


class ListEffects(Ask):
    """What decisions do in a federation, by when their voting ended.

    {federation, effects: [{proposal, title, effect: {act, in_words, …}, state, acts, passed, closes}],
    suspended: [{community, name}], bylaws: {id, rules}}. `acts`: it has its effect.
    """

    command: Literal["list-effects"] = "list-effects"
    question: ClassVar[bool] = True
    federation: Name | None = None
