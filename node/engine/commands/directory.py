"""Commands about the whole directory: import, search, export."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from node.engine.commands.ask import Ask, Name, Words
from node.limits import NAME_CHARS_MAX

ImportFormat = Literal[
    "geojson", "csv", "json", "murmurations", "freifunk", "openfairdb", "osm-community-index"
]


class ImportFile(Ask):
    """Bring in listings from a file: the report of contract.md, and {written, updated, unchanged}.

    A dry run also shows what was guessed: `guess` names our field, the file's, and how sure.
    """

    command: Literal["import-file"] = "import-file"
    data: bytes
    file_name: Name
    format: ImportFormat | None = None
    source: Annotated[str, Field(max_length=300)] | None = None
    licence: Annotated[str, Field(max_length=300)] | None = None
    mapping: dict[str, str] = Field(default_factory=dict)
    dry_run: bool = False


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
    """Write the whole directory in one canonical spelling: {format, records, text}."""

    command: Literal["export"] = "export"
    question: ClassVar[bool] = True
    format: Literal["geojson", "csv"] = "geojson"
