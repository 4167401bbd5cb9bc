"""What all forms of the API share: how requests and answers are read, ids, and parts of lists.

An answer's form is also an allow list: a field that the core adds later is shown only once it stands here.
"""

import re
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from node.limits import NAME_CHARS_MAX, TEXT_CHARS_MAX

# Items in one answer: a page of them is at most about 100 KiB.
LIMIT_MAX: Final = 100
# Nobody reads further; databases count places in 64 bits.
OFFSET_MAX: Final = 10_000_000

# 52 small letters and digits; the last carries one bit only.
ID_PATTERN: Final = "^[a-z2-7]{51}[aq]$"
KEY_PATTERN: Final = "^did:key:z6Mk[1-9A-HJ-NP-Za-km-z]{44}$"
# Control characters and halves of characters never belong to what a person asks for.
LINE_PATTERN: Final = "^[^\\x00-\\x1f\\x7f]*$"

# At least one character that can be read: neither space nor what plain_text.line takes out.
READABLE_PATTERN: Final = (
    "[^\\s\\x00-\\x20\\x7f-\\xa0\\u061c\\u200b\\u200e\\u200f"
    "\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb]"
)

Id = Annotated[str, Field(pattern=ID_PATTERN, description="An id: 52 letters and digits.")]
Key = Annotated[
    str, Field(pattern=KEY_PATTERN, max_length=56, description="A public key, written as a did:key.")
]
Name = Annotated[str, Field(min_length=1, max_length=NAME_CHARS_MAX)]
Readable = Annotated[str, Field(min_length=1, max_length=NAME_CHARS_MAX, pattern=READABLE_PATTERN)]
Text = Annotated[str, Field(max_length=TEXT_CHARS_MAX)]
Words = Annotated[tuple[Annotated[str, Field(max_length=NAME_CHARS_MAX)], ...], Field(max_length=100)]
LanguageTag = Annotated[
    str, Field(pattern="^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}$", max_length=35, examples=["es", "pt-BR"])
]


def _digits(value: object) -> object:
    """Read a whole number in the query as it is written by everybody, and in no other way."""
    if isinstance(value, str):
        if not re.fullmatch("[0-9]{1,16}", value, re.ASCII):
            raise ValueError("expected a whole number")
        return int(value)
    return value


def _integral(value: object) -> object:
    """Take 5.0 for 5 in a body, as JSON Schema does; a text is no number."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


# To stand last in an annotation, so that the bounds before it still show in the schema.
DIGITS: Final = BeforeValidator(_digits)
INTEGRAL: Final = BeforeValidator(_integral)
Hours = Annotated[int, Field(description="Whole hours since 1970-01-01T00:00Z.", ge=0)]


class Asked(BaseModel):
    """A part of a request: nothing unknown, nothing that could be read in two ways."""

    model_config = ConfigDict(frozen=True, extra="forbid", val_json_bytes="base64")


class Shown(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_bytes="base64")


class NoParameters(Asked):
    """Neither parameters nor places in the path."""


class Part(Asked):
    """Which part of a list to answer with."""

    limit: Annotated[int, Field(ge=1, le=LIMIT_MAX, description="At most so many items."), DIGITS] = 20
    offset: Annotated[int, Field(ge=0, le=OFFSET_MAX, description="Leave out the first ones."), DIGITS] = 0


class NamedCommunity(Shown):
    """A community by id and by the name of its profile."""

    community: Id
    name: str


class ToApprove(Shown):
    """A statement that holds only once further stewards of this community signed it."""

    id: Id
    kind: str
    in_words: Annotated[tuple[str, ...], Field(description="What it says, a sentence or a text each.")]
    signed_by: tuple[Key, ...]
    signed: int
    needed: int
    community: Annotated[Id, Field(description="Yours: an approval names for whom it is given.")]


class Stated(Shown):
    """What a community stated by its stewards."""

    to_approve: Annotated[
        tuple[ToApprove, ...],
        Field(
            description="What holds once further stewards signed it (`hedgerow approve`); empty: it holds."
        ),
    ] = ()


class Agreeing(Shown):
    """How many witnesses must agree to close a question, and what that withstands."""

    witnesses: int
    needed: int
    may_lie: Annotated[int, Field(description="How many witnesses may lie without harm; 0: none.")]
    in_words: Annotated[str, Field(description="To be said wherever a result is shown.")]
