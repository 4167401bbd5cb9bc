"""Commands about the whole directory: search and export. imports.py has those that bring listings in."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from node.engine.commands.ask import Ask, Words
from node.limits import NAME_CHARS_MAX, PART_DOCUMENTS_MAX


class Search(Ask):
    """Search the directory: the answer of contract.md."""

    command: Literal["search"] = "search"
    question: ClassVar[bool] = True
    words: Words = ()
    kind: Annotated[str, Field(max_length=64)] | None = None
    tag: Annotated[str, Field(max_length=NAME_CHARS_MAX)] | None = None
    country: Annotated[str, Field(max_length=2)] | None = None
    language: Annotated[str, Field(max_length=35)] | None = None
    near: Annotated[str, Field(max_length=60)] | None = None
    within_km: Annotated[int, Field(ge=1, le=21_000)] | None = None
    limit: Annotated[int, Field(ge=1, le=1_000)] = 20
    offset: Annotated[int, Field(ge=0)] = 0


class Export(Ask):
    """Write the whole directory in one canonical spelling: {format, records, left_out, text}.

    The ZIP of everything is bytes: `data` in base64 stands for `text`, and `offers` says how many are in it.
    A table comes with its `readme`. What forbids republishing is left out always, the rest as asked;
    `left_out` counts by reason.
    """

    command: Literal["export"] = "export"
    question: ClassVar[bool] = True
    format: Literal["geojson", "csv", "murmurations", "zip"] = "geojson"
    open_only: bool = False
    without_share_alike: bool = False


class ExportPart(Ask):
    """Hand out whole listings, or offers and needs that stand, in the order of their ids: {part, after}.

    Each is {id, community, profile} or {id, community, offer}. At most `limit` behind the id `after` are
    looked at; the answer's `after` is where the next part begins, null behind the last. `hedgerow export`
    makes its file of these, so that a running node answers others in between.
    """

    command: Literal["export-part"] = "export-part"
    question: ClassVar[bool] = True
    kind: Literal["profile", "offer"] = "profile"
    after: str | None = None
    limit: Annotated[int, Field(ge=1, le=PART_DOCUMENTS_MAX)] = 64
