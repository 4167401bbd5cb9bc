"""Commands about imports: bringing listings in, saying what was brought in, taking it back.

An import is cut into slices that each are a command and a commit of their own. What a slice does is a
function of its listings alone, so the same slice again writes nothing, and an import that was cut off is
completed by the next one of the same file.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from node import canonical, ids
from node.clock import MS_PER_HOUR
from node.crdt import genesis
from node.crdt.genesis import Communities, Genesis
from node.directory import profile, trees
from node.directory.importing import held, reader
from node.directory.importing.drafts import PROFILE_BYTES_MAX
from node.directory.importing.held import HeldPair
from node.directory.importing.report import ImportedProfile
from node.directory.importing.rows import size_bytes
from node.directory.profile import Profile
from node.directory.schemas import PROFILE_SCHEMA, PROFILE_TYPE
from node.engine import import_notes
from node.engine.commands import ImportFile, ListImports, TakeListings, UndoImport
from node.engine.desk import Answer, Desk, Done
from node.engine.drafts import Draft
from node.engine.import_notes import ImportNote, ImportNotes, ListingTrace
from node.engine.replicas.documents import read_tree
from node.errors import ConflictError, NotFoundError, UserError
from node.feeds import scopes
from node.ids import CommunityId, DocumentId

# A listing that was taken back is an empty page: no name, so nobody finds it, and no word of what it held.
_WITHDRAWN: Final = Profile()


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
    taking = _Taking(desk)
    taking.bring_in(report.profiles, dry_run=command.dry_run)
    if not command.dry_run:
        note = ImportNotes(desk.store.local).begin(
            at=desk.now,
            file_name=command.file_name,
            source=report.source,
            expected=len(report.profiles),
            flagged=report.flagged,
        )
        taking.keep(note)
    own = set(taking.documents)
    pairs = [pair for pair in taking.similar if pair.document not in own]
    answer: Answer = {**report.to_json(), **taking.counts, "dry_run": command.dry_run}
    answer["duplicate_pairs"] = [pair.to_json() for pair in report.duplicates]
    answer["duplicate_pairs"] += [pair.to_json() for pair in pairs]
    answer["duplicates"] = len(answer["duplicate_pairs"])
    return Done(answer, publish=((scopes.PUBLIC, tuple(taking.drafts)),))


def take_listings(command: TakeListings, desk: Desk) -> Done:
    """Bring in a slice of a file's listings."""
    notes, note = ImportNotes(desk.store.local), None
    if command.import_number is not None:
        note = notes.get(command.import_number)
    taking = _Taking(desk)
    sent = [ImportedProfile(one.row, one.source_id, one.profile, ()) for one in command.listings]
    taking.bring_in(sent, dry_run=command.dry_run)
    if not command.dry_run:
        note = note or notes.begin(
            at=desk.now,
            file_name=command.file_name,
            source=command.source,
            expected=command.listings_expected,
            flagged=command.flagged,
        )
        taking.keep(note)
    answer: Answer = {
        "import": note.number if note is not None else None,
        "documents": [ids.show(document) for document in taking.documents],
        **taking.counts,
        "similar": [pair.to_json() for pair in taking.similar],
    }
    return Done(answer, publish=((scopes.PUBLIC, tuple(taking.drafts)),))


def list_imports(_: ListImports, desk: Desk) -> Done:
    """List what was imported here."""
    notes = ImportNotes(desk.store.local).all()
    return Done({"imports": [_shown(note) for note in reversed(notes)]})


def undo_import(command: UndoImport, desk: Desk) -> Done:
    """Take back the newest part of an import that is left: new edits, as everything that is published."""
    notes = ImportNotes(desk.store.local)
    note = _to_undo(notes, command.import_number)
    undoing = _Undoing(desk)
    for _ in range(min(command.parts, note.parts)):
        note, traces = notes.take_last_part(note, now=desk.now)
        for trace in traces:
            undoing.take_back(trace)
    answer: Answer = {
        "import": note.number,
        "file_name": note.file_name,
        "left": note.parts * import_notes.PART_LISTINGS_MAX,
        "withdrawn": undoing.withdrawn,
        "reverted": undoing.reverted,
        "kept": undoing.kept,
    }
    return Done(answer, publish=((scopes.PUBLIC, tuple(undoing.drafts)),))


def _to_undo(notes: ImportNotes, number: int | None) -> ImportNote:
    """Return the import that is meant, after checking that something of it can be taken back.

    Raises:
        NotFoundError: there is none.
        ConflictError: it is taken back already, or it changed nothing.
    """
    if number is None:
        known = notes.all()
        if not known:
            raise NotFoundError("nothing was imported here yet, so there is nothing to take back")
        standing = [note for note in known if note.parts]
        if not standing:
            raise ConflictError("every import that changed anything is taken back already")
        return standing[-1]
    note = notes.get(number)
    if note.undone_at is not None:
        raise ConflictError(f"import {number} ({note.file_name}) is taken back already")
    if not note.parts:
        raise ConflictError(f"import {number} ({note.file_name}) changed nothing that could be taken back")
    return note


@dataclass(slots=True)
class _Taking:
    """Collect what becomes of listings that come in."""

    desk: Desk
    drafts: list[Draft] = field(default_factory=list)
    traces: list[ListingTrace] = field(default_factory=list)
    documents: list[DocumentId] = field(default_factory=list)
    similar: list[HeldPair] = field(default_factory=list)
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("written", "updated", "unchanged"), 0)
    )

    def bring_in(self, listings: Sequence[ImportedProfile], *, dry_run: bool) -> None:
        """Look for listings held already that may be the same, then bring these in or up to date.

        Raises:
            UserError: one cannot come in; then none does, and no document is begun.
        """
        foundings = {}
        for imported in listings:
            founding = _founding(imported, self.desk.own)
            document = genesis.document_id(genesis.encode(founding))
            if document in foundings:
                raise UserError(f"expected each record once, found row {imported.row} a second time")
            foundings[document] = founding
        self.documents += foundings
        search = self.desk.store.directory.search
        for document, imported in zip(foundings, listings, strict=True):
            self.similar += held.similar(imported.row, imported.profile, own=document, search=search)
        if not dry_run:
            for (document, founding), imported in zip(foundings.items(), listings, strict=True):
                self._take(document, founding, imported.profile)

    def _take(self, document: DocumentId, founding: Genesis, page: Profile) -> None:
        desk = self.desk
        row = desk.store.documents.get(document)
        before = read_tree(row) if row is not None else {}
        wanted = profile.to_tree(page)
        edits = trees.edits(before, wanted, schema=PROFILE_SCHEMA)
        if row is None:
            self.drafts += desk.documents.create(founding, edits, desk.now)[1]
        elif edits:
            self.drafts += desk.documents.edit(document, edits, desk.now)
        else:
            self.counts["unchanged"] += 1
            return
        is_new = row is None or profile.from_tree(before).profile == _WITHDRAWN
        self.counts["written" if is_new else "updated"] += 1
        self.traces.append(
            import_notes.of_new(document, wanted)
            if is_new
            else import_notes.of_edits(document, before, edits)
        )

    def keep(self, note: ImportNote) -> None:
        """Add what was done to an import's note."""
        counts = {name: getattr(note, name) + count for name, count in self.counts.items()}
        ImportNotes(self.desk.store.local).keep(note.model_copy(update=counts), self.traces)


@dataclass(slots=True)
class _Undoing:
    """Collect what becomes of listings that an import brought in or changed."""

    desk: Desk
    drafts: list[Draft] = field(default_factory=list)
    withdrawn: int = 0
    reverted: int = 0
    kept: list[Answer] = field(default_factory=list)

    def take_back(self, trace: ListingTrace) -> None:
        """Withdraw a listing that was new, put back the fields of one that was changed.

        What somebody changed since is theirs: a new listing then stays whole, of a changed one that field.
        """
        document = DocumentId(trace.document)
        row = self.desk.store.documents.get(document)
        if row is None:
            return  # The feed that began it counts no more: there is nothing to take back.
        present = read_tree(row)
        page = profile.from_tree(present).profile
        if page == _WITHDRAWN:
            return
        changed = [each.path for each in trace.fields if not each.still_stands(present)]
        if trace.created:
            changed += [(key,) for key in present if (key,) not in {each.path for each in trace.fields}]
            goal = present if changed else profile.to_tree(_WITHDRAWN)
        else:
            goal = _put_back(present, trace)
        edits = trees.edits(present, goal, schema=PROFILE_SCHEMA)
        self.drafts += self.desk.documents.edit(document, edits, self.desk.now) if edits else []
        self.withdrawn += bool(edits) and trace.created
        self.reverted += bool(edits) and not trace.created
        if changed:
            fields = sorted({":".join(path) for path in changed})
            self.kept.append({"id": ids.show(document), "name": page.shown_name(), "fields": fields})


def _put_back(present: Mapping[str, Any], trace: ListingTrace) -> dict[str, Any]:
    """Return a page's tree with the former fields wherever the import's own still stand."""
    goal: dict[str, Any] = {
        key: dict(value) if isinstance(value, Mapping) else value for key, value in present.items()
    }
    for each in trace.fields:
        if not each.still_stands(present):
            continue
        *above, last = each.path
        place = goal
        for step in above:
            place = place.setdefault(step, {})
        if each.before is None:
            place.pop(last, None)
        else:
            place[last] = each.before
    return goal


def _shown(note: ImportNote) -> Answer:
    return {
        "import": note.number,
        "hours": note.at // MS_PER_HOUR,
        "file_name": note.file_name,
        "source": note.source,
        "expected": note.expected,
        "came_in": note.written + note.updated + note.unchanged,
        "flagged": note.flagged,
        "written": note.written,
        "updated": note.updated,
        "unchanged": note.unchanged,
        "undone": note.undone_at is not None,
        "undone_hours": note.undone_at // MS_PER_HOUR if note.undone_at is not None else None,
    }


def _founding(imported: ImportedProfile, own: CommunityId) -> Genesis:
    """Return the genesis of an imported listing: it follows from source and record, so there is one.

    Raises:
        UserError: the listing names no source, or is too long.
    """
    subject = imported.profile.subject
    if subject is None:
        raise UserError("an imported listing needs to name its source")
    if size_bytes(imported.profile) > PROFILE_BYTES_MAX:
        raise UserError(
            f"row {imported.row}: expected at most {PROFILE_BYTES_MAX:,} bytes of text in one listing,"
            f" found {size_bytes(imported.profile):,}"
        )
    nonce = canonical.digest("hedgerow/import/1", subject.source, imported.source_id)
    return Genesis(
        PROFILE_TYPE, own, Communities((own,)), scopes.PUBLIC, nonce[: genesis.GENESIS_NONCE_BYTES]
    )
