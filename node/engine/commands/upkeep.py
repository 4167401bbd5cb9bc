"""Commands about the store: log, rebuild, doctor."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from node.engine.commands.ask import Ask


class ShowLog(Ask):
    """The newest entries, readable.

    {entries: [{number, hours, scope, community, name, seq, what, problem}]}, newest first.
    """

    command: Literal["show-log"] = "show-log"
    question: ClassVar[bool] = True
    limit: Annotated[int, Field(ge=1, le=1_000)] = 20
    before: int | None = None


class Rebuild(Ask):
    """Empty every cache and make it again from the feeds: {entries, records, documents, listings}."""

    command: Literal["rebuild"] = "rebuild"


class Doctor(Ask):
    """Look for trouble: {healthy, checks: [{name, ok, detail}]}."""

    command: Literal["doctor"] = "doctor"
    question: ClassVar[bool] = True
