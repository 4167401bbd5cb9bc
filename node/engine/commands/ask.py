"""What every command shares: how it is written, and the bounds of common fields."""

from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from node.limits import NAME_CHARS_MAX, TEXT_CHARS_MAX

Name = Annotated[str, Field(min_length=1, max_length=NAME_CHARS_MAX)]
Text = Annotated[str, Field(max_length=TEXT_CHARS_MAX)]
Words = Annotated[tuple[Annotated[str, Field(max_length=NAME_CHARS_MAX)], ...], Field(max_length=100)]


class Ask(BaseModel):
    """One thing asked of the node; bytes travel as base64 in JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_bytes="base64", val_json_bytes="base64")
    # Questions change nothing: they may be asked of a node that is stopped without taking its lock for long.
    question: ClassVar[bool] = False
