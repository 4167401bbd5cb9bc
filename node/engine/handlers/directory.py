"""Commands about the whole directory: import, search, export."""

from node import canonical
from node.crdt import genesis
from node.crdt.genesis import Communities, Genesis
from node.directory import export as exporting
from node.directory import profile, trees
from node.directory.export import ListedProfile
from node.directory.importing import reader
from node.directory.importing.report import ImportedProfile
from node.directory.location import distance_km
from node.directory.schemas import PROFILE_SCHEMA, PROFILE_TYPE
from node.directory.search import Hit, SearchAnswer, SearchQuery
from node.engine.commands import Export, ImportFile, Search
from node.engine.desk import Answer, Desk, Done
from node.engine.documents import read_tree
from node.engine.drafts import Draft
from node.engine.handlers.listings import read_location
from node.errors import UserError
from node.feeds import scopes
from node.ids import CommunityId


def import_file(command: ImportFile, desk: Desk) -> Done:
    """Bring in listings from a file, each as a profile this community keeps about its subject.

    The document follows from source and record, so the same file twice updates and doubles nothing.
    """
    report = reader.read(
        command.data,
        command.file_name,
        file_format=command.format,
        source=command.source,
        licence=command.licence,
        mapping=command.mapping,
    )
    counts = {"written": 0, "updated": 0, "unchanged": 0}
    drafts: list[Draft] = []
    if not command.dry_run:
        for imported in report.profiles:
            fate, more = _take_in(imported, desk)
            counts[fate] += 1
            drafts += more
    answer: Answer = {**report.to_json(), **counts, "dry_run": command.dry_run}
    answer["duplicate_pairs"] = [pair.to_json() for pair in report.duplicates]
    return Done(answer, publish=((scopes.PUBLIC, tuple(drafts)),))


def search(command: Search, desk: Desk) -> Done:
    """Search the directory."""
    total, hits = find(command, desk)
    return Done(SearchAnswer(total, hits).to_json())


def find(command: Search, desk: Desk) -> tuple[int, tuple[Hit, ...]]:
    """Return how many listings fit and one page of them."""
    near = None
    if command.near is not None:
        latitude, _, longitude = command.near.partition(",")
        near = read_location(latitude, longitude)
    query = SearchQuery(
        words=command.words,
        kind=command.kind,
        tag=command.tag,
        country=command.country.upper() if command.country is not None else None,
        language=command.language,
        near=near,
        within_km=command.within_km,
        limit=min(command.limit, 500),
        offset=command.offset,
    )
    total, rows = desk.store.directory.search(query)
    return total, tuple(
        Hit(row, distance_km(near, row.location) if near is not None and row.location is not None else None)
        for row in rows
    )


def export(command: Export, desk: Desk) -> Done:
    """Write every profile held here in one canonical spelling: equal directories give equal bytes."""
    listed = [
        ListedProfile(row.id, row.owner, profile.from_tree(read_tree(row)).profile)
        for row in desk.store.documents.of_type(PROFILE_TYPE)
    ]
    write = exporting.profiles_geojson if command.format == "geojson" else exporting.profiles_csv
    return Done({"format": command.format, "records": len(listed), "text": write(listed).decode("utf-8")})


def _take_in(imported: ImportedProfile, desk: Desk) -> tuple[str, list[Draft]]:
    """Return whether a listing is new, updated or unchanged, and the drafts that make it so."""
    founding = _genesis(imported, desk.own)
    document = genesis.document_id(genesis.encode(founding))
    row = desk.store.documents.get(document)
    wanted = profile.to_tree(imported.profile)
    if row is None:
        edits = trees.edits({}, wanted, schema=PROFILE_SCHEMA)
        return "written", desk.documents.create(founding, edits, desk.now)[1]
    edits = trees.edits(read_tree(row), wanted, schema=PROFILE_SCHEMA)
    if not edits:
        return "unchanged", []
    return "updated", desk.documents.edit(document, edits, desk.now)


def _genesis(imported: ImportedProfile, own: CommunityId) -> Genesis:
    subject = imported.profile.subject
    if subject is None:
        raise UserError("an imported listing needs to name its source")
    nonce = canonical.digest("hedgerow/import/1", subject.source, imported.source_id)
    return Genesis(
        PROFILE_TYPE, own, Communities((own,)), scopes.PUBLIC, nonce[: genesis.GENESIS_NONCE_BYTES]
    )
