"""The door of the import: the bytes of a file in, a report with profiles out. Nothing is published here."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Final

from node import canonical
from node.directory import plain_text
from node.directory.archive import GEOJSON_MEMBER
from node.directory.forms import SOURCE_CHARS_MAX
from node.directory.importing import archives, content_guesses, duplicates, places
from node.directory.importing.field_names import Guess
from node.directory.importing.files import CSV, GEOJSON, format_of, text_of
from node.directory.importing.json_files import read_json
from node.directory.importing.own_exports import read_own
from node.directory.importing.plans import KEYS_MAX, SAMPLE, plan, sample_of, shown
from node.directory.importing.records import RawFile, RawRecord
from node.directory.importing.report import (
    WHOLE_FILE,
    ImportedProfile,
    ImportReport,
    Problem,
    Severity,
)
from node.directory.importing.rows import DIGEST_CHARS, DIGEST_PREFIX, RowReader
from node.directory.importing.tables import read_table
from node.directory.location import Location
from node.directory.profile import Profile, Subject
from node.errors import InputFileError

# A hub holds 100,000 listings; a file of more is several directories.
IMPORT_ROWS_MAX: Final = 200_000
# How often long work says how far it is.
PROGRESS_ROWS: Final = 1_000

# Rows done, and rows in all (0 while nobody knows).
Progress = Callable[[int, int], None]
Row = ImportedProfile | tuple[Problem, ...]


def read(
    data: bytes,
    file_name: str,
    *,
    file_format: str | None = None,
    source: str | None = None,
    licence: str | None = None,
    mapping: Mapping[str, str] | None = None,
    with_contacts: bool = False,
    progress: Progress | None = None,
) -> ImportReport:
    """Read a list of communities.

    Args:
        data: the whole file.
        file_name: its name; the ending says the format unless `file_format` does, else the content.
        file_format: one of `files.FORMATS`.
        source: where the list comes from; else what the file says, else its name. A record's own goes first.
        licence: under which licence it is published; else what the file says. A record's own goes first.
        mapping: our field to the file's field, beating every guess, as `--map` gives it.
        with_contacts: take e-mail addresses and telephone numbers too.
        progress: told the rows done and the rows in all, every thousand rows and at the end.

    Raises:
        InputFileError: the file is not what its name says.
        UserError: the mapping names what is not there.
    """
    tell = progress or _silently
    tell(0, 0)
    file = _open(data, file_name, file_format)
    if len(file.records) > IMPORT_ROWS_MAX:
        raise InputFileError(
            f"{file_name}: expected at most {IMPORT_ROWS_MAX:,} records, found {len(file.records):,}; "
            "cut it into parts"
        )
    origin = _text(source) or _text(file.source) or _text(file_name) or "file"
    rights = _text(licence) or _text(file.licence)
    planned = {} if file.is_own_export else _plan(file, mapping or {})
    read_row = _row_reader(file, planned, origin, rights, with_contacts=with_contacts)
    rows = list(_each_once([*_with_progress(file.records, read_row, tell)], file.records))
    profiles = tuple(_with_repeated_places_told(rows))
    problems = [problem for row in rows if isinstance(row, tuple) for problem in row]
    problems += [problem for profile in profiles for problem in profile.problems]
    about = [
        *_about_the_file(origin, rights, given_source=source, given_licence=licence),
        *(
            Problem(WHOLE_FILE, Severity.NOTE, key, sentence)
            for key, sentence in _about_the_reading(file, planned)
        ),
    ]
    return ImportReport(
        rows=len(file.records),
        profiles=profiles,
        problems=(*about, *sorted(problems, key=lambda problem: problem.row)),
        duplicates=duplicates.propose(profiles),
        shape=file.shape,
        guess=shown(planned, file.records) if planned else (),
    )


def _silently(_done: int, _in_all: int) -> None:
    return


def _open(data: bytes, file_name: str, file_format: str | None) -> RawFile:
    packed = archives.member_of(data)
    if packed is not None:
        data, file_name, file_format = packed, GEOJSON_MEMBER, GEOJSON
    kind = format_of(data, file_name, file_format)
    text = text_of(data, file_name=file_name, kind=kind)
    if kind == CSV:
        return read_table(text, file_name=file_name)
    return read_json(text, file_name=file_name, kind=kind)


def _plan(file: RawFile, mapping: Mapping[str, str]) -> dict[str, Guess]:
    """Say what each field means; by content only where neither name nor format says it."""
    keys = dict.fromkeys(key for record in file.records for key in record.fields)
    planned = plan(keys, mapping, known=file.known)
    values = sample_of(file.records, planned)
    content_guesses.add(
        planned,
        values,
        records=min(len(file.records), SAMPLE),
        has_places=any(record.point is not None for record in file.records),
    )
    return planned


def _row_reader(
    file: RawFile, planned: Mapping[str, Guess], source: str, licence: str, *, with_contacts: bool
) -> Callable[[RawRecord], Row]:
    if file.is_own_export:
        return partial(read_own, source=source, licence=licence)
    reader = RowReader(plan=planned, source=source, licence=licence, with_contacts=with_contacts, area=None)
    points = (point for record in file.records if (point := reader.point_of(record)) is not None)
    reader.area = places.area_of(points)
    return reader.read


def _with_progress(
    records: tuple[RawRecord, ...], read_row: Callable[[RawRecord], Row], tell: Progress
) -> Iterator[Row]:
    for done, record in enumerate(records):
        if done % PROGRESS_ROWS == 0 and done:
            tell(done, len(records))
        yield read_row(record)
    tell(len(records), len(records))


def _about_the_reading(file: RawFile, planned: Mapping[str, Guess]) -> Iterator[tuple[str, str]]:
    yield from (("", note) for note in file.notes)
    yield from content_guesses.told(planned)
    keys = len({key for record in file.records for key in record.fields})
    if keys > KEYS_MAX:
        yield "", f"{keys:,} different fields, of which {KEYS_MAX:,} were looked at; the rest is kept aside"


def _each_once(rows: list[Row], records: tuple[RawRecord, ...]) -> Iterator[Row]:
    """Let no two rows of one source have one id: they would be one document.

    The same record again is rejected, and so is another record under an id of its own that is taken. Records
    without an id that share name and place get a longer digest and a mark.
    """
    first_by_id: dict[tuple[str, str], int] = {}
    for row, record in zip(rows, records, strict=True):
        if isinstance(row, tuple) or _identity(row) not in first_by_id:
            if isinstance(row, ImportedProfile):
                first_by_id[_identity(row)] = record.row
            yield row
            continue
        first = first_by_id[_identity(row)]
        is_same = records[first - 1].fields == record.fields and records[first - 1].point == record.point
        has_own_id = not row.source_id.startswith(DIGEST_PREFIX)
        if is_same or has_own_id:
            what = "the same record" if is_same else f"another record with the id {row.source_id[:80]!r}"
            reason = f"{what} stands at row {first} already"
            yield (*row.problems, Problem(record.row, Severity.REJECTED, "", reason))
            continue
        renamed = _renamed(row, record, first)
        if _identity(renamed) in first_by_id:
            reason = "the same record stands in this file already"
            yield (*row.problems, Problem(record.row, Severity.REJECTED, "", reason))
            continue
        first_by_id[_identity(renamed)] = record.row
        yield renamed


def _identity(row: ImportedProfile) -> tuple[str, str]:
    assert row.profile.subject is not None, "an import always has a subject"
    return row.profile.subject.source, row.source_id


def _renamed(row: ImportedProfile, record: RawRecord, first: int) -> ImportedProfile:
    parts = [f"{key}={value}" for key, value in sorted(record.fields.items())]
    texts = [part.encode("utf-8", "replace").decode() for part in parts]
    source_id = DIGEST_PREFIX + canonical.digest("hedgerow/import-id/2", *texts).hex()[:DIGEST_CHARS]
    assert row.profile.subject is not None, "an import always has a subject"
    subject = Subject(**{**dict(row.profile.subject), "source_id": source_id})
    flags = tuple(sorted({*row.profile.flags, "id-uncertain"}))
    profile = Profile(**{**dict(row.profile), "subject": subject, "flags": flags})
    message = (
        f"the same name and place as row {first} and no id of its own; an edit of it will look like a new one"
    )
    problem = Problem(row.row, Severity.FLAGGED, "", message)
    return ImportedProfile(row.row, source_id, profile, (*row.problems, problem))


def _with_repeated_places_told(rows: list[Row]) -> Iterator[ImportedProfile]:
    first_at: dict[Location, int] = {}
    for row in rows:
        if not isinstance(row, ImportedProfile):
            continue
        place = row.profile.location
        first = first_at.setdefault(place, row.row) if place is not None else row.row
        if first == row.row:
            yield row
        else:
            note = Problem(row.row, Severity.NOTE, "coordinates", f"the same place as row {first}")
            yield replace(row, problems=(*row.problems, note))


def _about_the_file(
    source: str, licence: str, *, given_source: str | None, given_licence: str | None
) -> Iterator[Problem]:
    if not _text(given_source):
        yield Problem(WHOLE_FILE, Severity.NOTE, "source", f"no --source given; taken as {source!r}")
    if not _text(given_licence):
        taken = f"taken as {licence!r}, as the file says" if licence else "the file names none"
        yield Problem(WHOLE_FILE, Severity.NOTE, "licence", f"no --licence given; {taken}")


def _text(text: str | None) -> str:
    return plain_text.line(text or "")[:SOURCE_CHARS_MAX].strip()
