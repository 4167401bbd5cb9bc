"""GeoJSON into records. Strict about JSON, patient with what stands in it.

Owns reading of JSON from outside: repeated keys, NaN, numbers without end, nesting without end.
"""

import json
from dataclasses import dataclass
from typing import Final

from node.directory import plain_text
from node.directory.export import GEOJSON_MARK
from node.directory.importing.records import FIELDS_MAX, FieldValue, NumberText, RawPoint, RawRecord, flatten
from node.errors import InputFileError

_GEOMETRIES: Final = frozenset(
    {
        "Point",
        "MultiPoint",
        "LineString",
        "MultiLineString",
        "Polygon",
        "MultiPolygon",
        "GeometryCollection",
    }
)
# Where an object had one key twice, the earlier values are kept under this key and a number.
_REPEATED: Final = "#"


@dataclass(frozen=True, slots=True)
class GeoJsonFile:
    """A GeoJSON file as records, with what it says about itself.

    Attributes:
        is_own_export: it was written by `export.profiles_geojson`; features then hold the exact columns.
        source, licence: what the file says, or "".
    """

    records: tuple[RawRecord, ...]
    is_own_export: bool
    source: str
    licence: str


def parse_json(text: str, *, file_name: str) -> object:
    """Read JSON; numbers stay as they are spelled, of a repeated key the last counts and the others are kept.

    Raises:
        InputFileError: not JSON, cut off, or nested without end.
    """
    try:
        value: object = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=NumberText,
            parse_float=NumberText,
            parse_constant=NumberText,
        )
    except RecursionError as error:
        raise InputFileError(
            f"{file_name}: expected JSON, found values nested without end; this is no directory"
        ) from error
    except json.JSONDecodeError as error:
        cut_off = not text[error.pos :].strip() or "Unterminated" in error.msg
        found = "a file that ends too early" if cut_off else error.msg.lower()
        raise InputFileError(
            f"{file_name}: expected JSON, found {found} at line {error.lineno}, column {error.colno}; "
            + ("fetch it again" if cut_off else "repair it there")
        ) from error
    return value


class _JsonObject(dict[str, object]):
    """An object as it stood in the file, with the keys that stood there more than once."""

    repeated: tuple[str, ...] = ()


def _object(pairs: list[tuple[str, object]]) -> _JsonObject:
    found = _JsonObject()
    for key, value in pairs:
        if key in found:
            found.repeated = (*found.repeated, key)
            found[f"{key}{_REPEATED}{found.repeated.count(key)}"] = found[key]
        found[key] = value
    return found


def read_geojson(text: str, *, file_name: str) -> GeoJsonFile:
    """Read a FeatureCollection, or a single Feature.

    Raises:
        InputFileError: not JSON, or JSON of another kind.
    """
    top = parse_json(text, file_name=file_name)
    if not isinstance(top, dict):
        raise _not_geojson(file_name, f"a JSON {_kind_of(top)}")
    if top.get("type") == "Feature":
        features: object = [top]
    elif top.get("type") == "FeatureCollection":
        features = top.get("features")
    else:
        raise _not_geojson(file_name, f"an object whose type is {_short(top.get('type'))}")
    if not isinstance(features, list):
        raise _not_geojson(file_name, f"a FeatureCollection whose features are {_kind_of(features)}")
    return GeoJsonFile(
        records=tuple(_record(number, feature) for number, feature in enumerate(features, start=1)),
        is_own_export=GEOJSON_MARK in top,
        source=_text(top.get("source")),
        licence=_text(top.get("license")) or _text(top.get("licence")),
    )


def _record(row: int, feature: object) -> RawRecord:
    if not isinstance(feature, dict):
        return RawRecord(row, {}, fault=f"expected a feature, found {_kind_of(feature)}")
    properties = feature.get("properties")
    if properties is not None and not isinstance(properties, dict):
        return RawRecord(row, {}, fault=f"expected an object as properties, found {_kind_of(properties)}")
    fields: dict[str, FieldValue] = {}
    troubles: list[tuple[str, str]] = [
        (key, "the key stands here more than once; the last one is used")
        for part in (feature, properties)
        for key in (part.repeated if isinstance(part, _JsonObject) else ())
    ]
    for key, value in flatten(properties or {}):
        if len(fields) >= FIELDS_MAX:
            troubles.append((key, f"more than {FIELDS_MAX} fields; the rest is left out"))
            break
        fields[key] = value
    identifier = _text(feature.get("id"))
    if identifier:
        fields.setdefault("id", identifier)
    point, geometry_troubles = _point(feature.get("geometry"), fields)
    return RawRecord(row, fields, point=point, troubles=(*troubles, *geometry_troubles))


def _point(geometry: object, fields: dict[str, FieldValue]) -> tuple[RawPoint | None, list[tuple[str, str]]]:
    """Read a Point; any other geometry is kept as text, because a page has one place."""
    if geometry is None:
        return None, []
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    coordinates = geometry.get("coordinates") if isinstance(geometry, dict) else None
    if kind == "Point" and isinstance(coordinates, list) and len(coordinates) >= 2:
        lon, lat, *rest = coordinates
        if isinstance(lon, str) and isinstance(lat, str):
            if rest:
                fields.setdefault("coordinates.more", _short(rest))
            return RawPoint(lat=lat, lon=lon, field="coordinates"), []
    fields.setdefault("geometry", _short(geometry, chars=20_000))
    if kind in _GEOMETRIES and kind != "Point":
        return None, [("geometry", f"a {kind} is no single place; the listing comes without one")]
    return None, [("geometry", f"expected a Point with longitude and latitude, found {_short(geometry)}")]


def _not_geojson(file_name: str, found: str) -> InputFileError:
    return InputFileError(f"{file_name}: expected a GeoJSON FeatureCollection, found {found}")


def _kind_of(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case dict():
            return "an object"
        case list():
            return "a list"
        case NumberText():
            return "a number"
        case str():
            return "text"
        case _:
            return "a truth value"


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _short(value: object, *, chars: int = 80) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False)
    except RecursionError:
        text = "values nested without end"
    text = plain_text.line(text)
    return text if len(text) <= chars else text[: chars - 1] + "…"
