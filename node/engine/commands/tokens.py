"""Commands about the tokens that programs show at the operator's listener."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from node.engine.commands.ask import Ask, Name

TokenScope = Literal["read", "publish"]
# The first eight hexadecimal digits of its hash: enough to tell apart what one node has, and no secret.
ShortName = Annotated[str, Field(pattern="^[0-9a-f]{8}$")]


class AddToken(Ask):
    """Keep a token, of which the node learns the SHA-256 only: {token, name, scopes, created, used}."""

    command: Literal["add-token"] = "add-token"
    name: Name
    scopes: Annotated[tuple[TokenScope, ...], Field(min_length=1, max_length=2)]
    digest: Annotated[bytes, Field(min_length=32, max_length=32)]


class ListTokens(Ask):
    """Tokens that hold: {tokens: [{token, name, scopes, created, used, digest}]}, the oldest first.

    `digest` is in hexadecimal. `created` is in milliseconds since 1970, `used` the whole hour since 1970 in
    which a program last showed it, null before the first time.
    """

    command: Literal["list-tokens"] = "list-tokens"
    question: ClassVar[bool] = True


class RemoveToken(Ask):
    """Let a token hold no longer: {token, name}. `token` is its short name, as `list-tokens` shows it."""

    command: Literal["remove-token"] = "remove-token"
    token: ShortName


class NoteTokenUse(Ask):
    """Note that a program showed a token in this hour: {token, used}."""

    command: Literal["note-token-use"] = "note-token-use"
    token: ShortName
