"""Our own exports, read back exactly: what stands there is a profile already.

Owns only the way from columns to an imported profile; the same lenient reading as for a peer's document
judges what stands in them.
"""

from node.directory import plain_text
from node.directory.columns import ID_COLUMN, read_columns
from node.directory.forms import SOURCE_CHARS_MAX
from node.directory.importing.records import RawPoint, RawRecord
from node.directory.importing.report import ImportedProfile, Problem, Severity
from node.directory.location import degrees_to_e7, parse_degrees
from node.directory.profile import Profile, Subject

# The feature's own id repeats the document's id; the two columns hold a point in a table.
_BESIDE = frozenset({"id", "lat", "lon"})


def read_own(record: RawRecord, *, source: str, licence: str) -> ImportedProfile | tuple[Problem, ...]:
    """Return the profile of one exported row, or why there is none.

    A page that has no subject was its community's own; here it becomes a listing about that page, with the
    page's document as its source id. A listing keeps the subject it has.
    """
    problems = [
        Problem(record.row, Severity.FLAGGED, plain_text.line(key), message)
        for key, message in record.troubles
    ]
    document_id = record.fields.get(ID_COLUMN, "")
    if record.fault or not isinstance(document_id, str) or not plain_text.line(document_id):
        reason = record.fault or f"expected a document's id in {ID_COLUMN}"
        return (*problems, Problem(record.row, Severity.REJECTED, ID_COLUMN, reason))
    location = _location(record, problems)
    columns = {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in record.fields.items()
        if key not in _BESIDE
    }
    reading = read_columns(columns, location=location)
    problems += [
        Problem(record.row, Severity.FLAGGED, "", plain_text.line(message)) for message in reading.problems
    ]
    name = reading.profile.shown_name()
    if not name:
        return (*problems, Problem(record.row, Severity.REJECTED, "name", "a page without a name"))
    subject = reading.profile.subject or Subject(
        name=name,
        source=source,
        source_id=plain_text.line(document_id)[:SOURCE_CHARS_MAX].strip(),
        licence=licence,
    )
    profile = Profile(**{**dict(reading.profile), "subject": subject})
    return ImportedProfile(record.row, subject.source_id, profile, tuple(problems))


def _location(record: RawRecord, problems: list[Problem]) -> str | None:
    point = record.point
    lat, lon = record.fields.get("lat"), record.fields.get("lon")
    if point is None and isinstance(lat, str) and isinstance(lon, str):
        point = RawPoint(lat=lat, lon=lon, field="lat, lon")
    if point is None:
        return None
    # Exactly what was exported, 0, 0 too: the marks of the first import stand in the flags.
    lat_degrees, lon_degrees = parse_degrees(point.lat), parse_degrees(point.lon)
    if lat_degrees is None or lon_degrees is None or abs(lat_degrees) > 90 or abs(lon_degrees) > 180:
        message = f"expected degrees, found {point.lat[:40]!r} and {point.lon[:40]!r}"
        problems.append(Problem(record.row, Severity.FLAGGED, point.field, message))
        return None
    return f"{degrees_to_e7(lat_degrees)},{degrees_to_e7(lon_degrees)}"
