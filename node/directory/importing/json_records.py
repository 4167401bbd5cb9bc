"""One object of a JSON file into a record: its fields flat, its geometry as a place.

Owns what a record is within JSON, and that a geometry of many corners becomes one place. Which of a file's
values are records, shapes.py says.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from node.directory.forms import EXTRA_VALUE_CHARS_MAX
from node.directory.importing import geometries, json_text
from node.directory.importing.json_text import BrokenLine, JsonObject
from node.directory.importing.records import FIELDS_MAX, FieldValue, RawPoint, RawRecord, flatten
from node.directory.importing.report import Severity

# A geometry stands in the record or at most two steps inside it: `location.geo`.
_GEOMETRY_DEPTH_MAX: Final = 3


def of_feature(row: int, feature: object) -> RawRecord:
    """Read a GeoJSON feature: its properties are the fields."""
    if not isinstance(feature, dict):
        return _fault(row, feature, expected="a feature")
    properties = feature.get("properties")
    if properties is not None and not isinstance(properties, dict):
        return RawRecord(
            row, {}, fault=f"expected an object as properties, found {json_text.kind_of(properties)}"
        )
    fields, troubles = _fields(properties or {}, repeating=(feature, properties))
    identifier = feature.get("id")
    if isinstance(identifier, str) and identifier.strip():
        fields.setdefault("id", identifier.strip())
    return _placed(row, fields, troubles, geometry=feature.get("geometry"), path="coordinates")


def of_object(row: int, value: object, *, before: Mapping[str, FieldValue] | None = None) -> RawRecord:
    """Read any object; what looks like a GeoJSON geometry in it is its place.

    Args:
        row: its number in the file.
        value: the object.
        before: fields that the file gives it from outside, such as the key under which it stands.
    """
    if not isinstance(value, dict):
        return _fault(row, value, expected="an object")
    path, geometry = _find_geometry(value)
    repeating = (value, *(inner for inner in value.values() if isinstance(inner, JsonObject)))
    fields, troubles = _fields(value, repeating=repeating, before=before, without=geometry)
    return _placed(row, fields, troubles, geometry=geometry, path=path)


def _fault(row: int, value: object, *, expected: str) -> RawRecord:
    if isinstance(value, BrokenLine):
        return RawRecord(row, {}, fault=value.fault)
    return RawRecord(row, {}, fault=f"expected {expected}, found {json_text.kind_of(value)}")


def _fields(
    value: Mapping[str, object],
    *,
    repeating: Iterable[object],
    before: Mapping[str, FieldValue] | None = None,
    without: object = None,
) -> tuple[dict[str, FieldValue], list[tuple[str, str]]]:
    fields: dict[str, FieldValue] = dict(before or {})
    troubles = [
        (key, "the key stands here more than once; the last one is used")
        for part in repeating
        for key in (part.repeated if isinstance(part, JsonObject) else ())
    ]
    for key, entry in flatten(value, without=without):
        if len(fields) >= FIELDS_MAX:
            troubles.append((key, f"more than {FIELDS_MAX} fields; the rest is left out"))
            break
        fields[key] = entry
    return fields, troubles


def _find_geometry(value: Mapping[str, object]) -> tuple[str, object]:
    """Find the first GeoJSON geometry, nearest to the top, and the path to it."""
    level: list[tuple[str, Mapping[str, object]]] = [("", value)]
    for _depth in range(_GEOMETRY_DEPTH_MAX):
        inner: list[tuple[str, Mapping[str, object]]] = []
        for path, mapping in level:
            for key, entry in mapping.items():
                if geometries.is_geometry(entry):
                    return path + key, entry
                if isinstance(entry, dict):
                    inner.append((f"{path}{key}.", entry))
        level = inner
    return "", None


def _placed(
    row: int, fields: dict[str, FieldValue], troubles: list[tuple[str, str]], *, geometry: object, path: str
) -> RawRecord:
    """Give the record its place; a geometry that is more than a point is kept as text beside it."""
    if geometry is None:
        return RawRecord(row, fields, troubles=tuple(troubles))
    reading = geometries.read(geometry, field=path)
    kind = geometries.kind_of(geometry)
    remarks: list[tuple[Severity, str, str]] = []
    if reading.point is None:
        fields.setdefault("geometry", _kept(geometry))
        message = (
            f"a {kind} with a corner that is no place; the listing comes without one"
            if kind not in ("", "Point")
            else f"expected a Point with longitude and latitude, found {json_text.short(geometry)}"
        )
        troubles.append(("geometry", message))
    elif kind == "Point":
        _keep_height(geometry, fields)
    else:
        text = json_text.write(geometry)
        is_small = len(text) <= EXTRA_VALUE_CHARS_MAX
        if is_small:
            fields.setdefault("geometry", text)
        fate = "kept aside" if is_small else f"left out, because it takes {len(text):,} characters"
        message = f"a {kind} of {reading.corners:,} corners: one place in it is taken, the shape is {fate}"
        remarks.append((Severity.REPAIRED if is_small else Severity.NOTE, "geometry", message))
    point: RawPoint | None = reading.point
    return RawRecord(row, fields, point=point, troubles=tuple(troubles), remarks=tuple(remarks))


def _kept(geometry: object) -> str:
    text = json_text.write(geometry)
    return text if len(text) <= EXTRA_VALUE_CHARS_MAX else json_text.short(geometry, chars=1_000)


def _keep_height(geometry: object, fields: dict[str, FieldValue]) -> None:
    coordinates = geometry.get("coordinates") if isinstance(geometry, dict) else None
    if isinstance(coordinates, list) and len(coordinates) > 2:
        fields.setdefault("coordinates.more", json_text.short(coordinates[2:]))
