"""Commands about imports: a file in one go or in slices, what was imported, taking it back."""

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from node.directory.forms import SourceText
from node.directory.importing.pace import SLICE_LISTINGS_ALONE
from node.directory.profile import Profile
from node.engine.commands.ask import Ask, Name

ImportFormat = Literal[
    "geojson", "csv", "json", "murmurations", "freifunk", "openfairdb", "osm-community-index"
]


# How much one command takes back at most, for when no node runs and nobody waits: 256 listings.
PARTS_MAX: Final = 16


class ImportFile(Ask):
    """Bring in a file in one go: the report of contract.md, and {written, updated, unchanged}.

    A dry run also shows what was guessed: `guess` names our field, the file's, and how sure. Nothing else is
    answered meanwhile: who has a long file reads it and sends `TakeListings`.
    """

    command: Literal["import-file"] = "import-file"
    data: bytes
    file_name: Name
    format: ImportFormat | None = None
    source: Annotated[str, Field(max_length=300)] | None = None
    licence: Annotated[str, Field(max_length=300)] | None = None
    mapping: dict[str, str] = Field(default_factory=dict)
    dry_run: bool = False


class TakenListing(Ask):
    """One listing of a file; its subject names the source, and `source_id` the record within it."""

    row: Annotated[int, Field(ge=0)]
    source_id: SourceText
    profile: Profile


class TakeListings(Ask):
    """Bring in some listings of a file that the caller has read.

    The answer: {import, documents, written, updated, unchanged, similar}.
    The first slice leaves `import_number` out and is told it; the others name it. The same slice again writes
    nothing. `similar` are pairs as in the report; those with `documents` of the same file are the caller's
    to leave out. A dry run only looks for pairs.
    """

    command: Literal["take-listings"] = "take-listings"
    import_number: Annotated[int, Field(ge=1)] | None = None
    file_name: Name
    source: Annotated[str, Field(max_length=500)]
    listings_expected: Annotated[int, Field(ge=0)]
    flagged: Annotated[int, Field(ge=0)]
    listings: Annotated[tuple[TakenListing, ...], Field(max_length=SLICE_LISTINGS_ALONE)]
    dry_run: bool = False


class ListImports(Ask):
    """What was imported here, newest first: {imports: [{import, hours, file_name, source, ...}]}."""

    command: Literal["list-imports"] = "list-imports"
    question: ClassVar[bool] = True


class UndoImport(Ask):
    """Take back a part of an import: {import, file_name, left, withdrawn, reverted, kept}; until left is 0.

    Without a number, the newest that is not taken back. What was changed since is kept and named. A part is
    16 listings, newest first; nothing else is answered meanwhile, so a running node is asked for one at once.
    """

    command: Literal["undo-import"] = "undo-import"
    import_number: Annotated[int, Field(ge=1)] | None = None
    parts: Annotated[int, Field(ge=1, le=PARTS_MAX)] = 1
