"""Resources of the OpenStreetMap community index: areas in place of points, texts with gaps to fill in.

Owns reading `locationSet` (country codes, points with a radius, names of areas that stand elsewhere) and the
`{community}` places in names and descriptions.
"""

import re
from collections.abc import Mapping
from typing import Final

from node.directory.importing import json_text
from node.directory.importing.json_records import of_object
from node.directory.importing.records import FieldValue, NumberText, RawPoint, RawRecord
from node.directory.importing.report import Severity

# What the index calls its fields; the names we make out of them begin with `@`.
KNOWN: Final[dict[str, str | None]] = {
    "id": "source_id",
    "@name": "name",
    "@description": "description",
    "@country": "country",
    "strings.name": None,
    "strings.description": None,
    "strings.community": None,
    "strings.url": "url",
    "strings.extendeddescription": "description",
    "resolved.name": None,
    "resolved.description": None,
    "resolved.url": "url",
    "languagecodes": "languages",
    "type": "tags",
    "locationset": None,
}
_PLACE = re.compile(r"\{(community|account|url)\}")
_COUNTRY = re.compile(r"[A-Za-z]{2}", re.ASCII)
_COUNTRY_PART = re.compile(r"([A-Za-z]{2})-[A-Za-z]{3}", re.ASCII)


def is_resource(value: object) -> bool:
    """Say whether a record is a resource of the index."""
    return isinstance(value, dict) and isinstance(value.get("locationSet"), dict) and "type" in value


def read(row: int, value: object, *, before: Mapping[str, FieldValue]) -> RawRecord:
    """Read one resource."""
    location_set = value.get("locationSet") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(location_set, dict):
        return of_object(row, value, before=before)
    rest = {key: entry for key, entry in value.items() if key != "locationSet"}
    record = of_object(row, rest, before=before)
    fields = dict(record.fields)
    remarks = list(record.remarks)
    fields["locationSet"] = json_text.short(location_set, chars=20_000)
    _fill_in(fields, remarks)
    point = _read_location_set(location_set.get("include"), fields, remarks)
    return RawRecord(
        row, fields, point=point or record.point, troubles=record.troubles, remarks=tuple(remarks)
    )


def _fill_in(fields: dict[str, FieldValue], remarks: list[tuple[Severity, str, str]]) -> None:
    """Make name and description, with the places in them filled in and a missing name put together."""
    words = {
        "community": _text(fields, "strings.community"),
        "account": _text(fields, "account"),
        "url": _text(fields, "strings.url", "resolved.url"),
    }
    for name in ("name", "description"):
        written = _text(fields, f"strings.{name}", f"resolved.{name}")
        filled = _PLACE.sub(lambda match: words[match[1]] or match[0], written)
        if filled:
            fields[f"@{name}"] = filled
        if filled == written:
            fields.pop(f"strings.{name}", None)
            fields.pop(f"resolved.{name}", None)
        else:
            remarks.append(
                (Severity.REPAIRED, f"strings.{name}", f"read {written[:80]!r} as {filled[:80]!r}")
            )
    if "@name" not in fields:
        whose = words["community"] or words["account"]
        kind = _text(fields, "type")
        if whose:
            fields["@name"] = f"{whose} ({kind})"
            message = "no name of its own; called by its community and its type"
            remarks.append((Severity.NOTE, "strings.name", message))


def _text(fields: Mapping[str, FieldValue], *keys: str) -> str:
    for key in keys:
        value = fields.get(key, "")
        if isinstance(value, str) and value.strip():
            return value.strip()
    return ""


def _read_location_set(
    include: object, fields: dict[str, FieldValue], remarks: list[tuple[Severity, str, str]]
) -> RawPoint | None:
    """Take the country when all areas are of one, and the first point; the whole set is kept aside."""
    areas = include if isinstance(include, list) else []
    codes = set()
    elsewhere: list[object] = []
    points: list[RawPoint] = []
    for area in areas:
        match = _COUNTRY_PART.fullmatch(area) if isinstance(area, str) else None
        if isinstance(area, list) and _is_position(area):
            points.append(RawPoint(lat=area[1], lon=area[0], field="locationSet"))
        elif match is not None:
            codes.add(match[1].upper())
        elif isinstance(area, str) and _COUNTRY.fullmatch(area):
            codes.add(area.upper())
        else:
            elsewhere.append(area)
    if len(codes) == 1 and not elsewhere:
        fields["@country"] = codes.pop()
    elif codes or elsewhere:
        what = json_text.short(areas)
        remarks.append(
            (Severity.NOTE, "locationSet", f"{what} is no single country and no place; kept aside")
        )
    if len(points) > 1:
        remarks.append((Severity.NOTE, "locationSet", f"the first of {len(points)} places is taken"))
    return points[0] if points else None


def _is_position(area: list[object]) -> bool:
    return 2 <= len(area) <= 3 and all(isinstance(number, NumberText) for number in area)
