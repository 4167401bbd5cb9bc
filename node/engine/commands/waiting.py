"""Commands about what waits for further stewards of this community."""

from typing import ClassVar, Literal

from node.engine.commands.ask import Ask


class ListWaiting(Ask):
    """What stewards of this community signed and what waits for more of them, each in words.

    {needed, waiting: [{id, kind, federation, in_words: […], signed_by: [keys], signed, needed}]}.
    """

    command: Literal["list-waiting"] = "list-waiting"
    question: ClassVar[bool] = True


class ApproveWaiting(Ask):
    """Sign, as a further steward, what waits: {id, kind, in_words: […], signed, needed, holds}.

    `statement` is its id. With `approval`, a signed record, it is approved by that key, which is elsewhere;
    without, by the stewards' keys of this device.
    """

    command: Literal["approve-waiting"] = "approve-waiting"
    statement: str
    approval: bytes | None = None
