"""Commands about what stood in a document before."""

from typing import Annotated, Literal

from pydantic import Field

from node.engine.commands.ask import Ask

# Each is judged and written anew: more are asked for in several commands, so that others have their turn.
DOCUMENTS_PER_COMMAND_MAX = 64

DocumentName = Annotated[str, Field(min_length=1, max_length=64)]


class ForgetHistory(Ask):
    """Begin documents of this community anew, so that what stood there before is forgotten everywhere.

    Without ids the community's own page: {documents: [{id}]}.
    """

    command: Literal["forget-history"] = "forget-history"
    ids: Annotated[tuple[DocumentName, ...], Field(max_length=DOCUMENTS_PER_COMMAND_MAX)] = ()


class ShortenFeed(Ask):
    """Let newcomers pass over what nobody needs of this node's public feed any more: {spared, renewed}."""

    command: Literal["shorten-feed"] = "shorten-feed"
