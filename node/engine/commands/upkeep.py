"""Commands about the store: log, rebuild, doctor."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from node.engine.commands.ask import Ask


class ShowLog(Ask):
    """The newest entries, readable.

    {entries: [{number, hours, scope, community, name, seq, what, problem, beside}]}, newest first;
    `beside` tells whether its device told another story at that place.
    """

    command: Literal["show-log"] = "show-log"
    question: ClassVar[bool] = True
    limit: Annotated[int, Field(ge=1, le=1_000)] = 20
    before: int | None = None


class Rebuild(Ask):
    """Empty every cache and make it again from the feeds: {entries, listings, problems}."""

    command: Literal["rebuild"] = "rebuild"


class ReadAgain(Ask):
    """Compare some documents with what automerge reads of the same changes.

    {compared, differing: [{id, type, found: […]}], next}; `after` is the `next` of the answer before, and the
    last answer has none.
    """

    command: Literal["read-again"] = "read-again"
    question: ClassVar[bool] = True
    after: Annotated[str, Field(max_length=200)] | None = None
    limit: Annotated[int, Field(ge=1, le=1_000)] = 50


class Doctor(Ask):
    """Look for trouble: {healthy, checks: [{name, ok, detail}]}."""

    command: Literal["doctor"] = "doctor"
    question: ClassVar[bool] = True
