"""A JSON file into records: GeoJSON, the formats of neighbours, and JSON of any shape, known by its content.

Owns which reader takes which value. Refuses to own what fields mean (field_names.py, known_formats.py).
"""

from typing import Final

from node.directory.export import GEOJSON_MARK
from node.directory.importing import json_records, json_text, known_formats, shapes
from node.directory.importing.field_names import guess
from node.directory.importing.field_words import Field
from node.directory.importing.files import GEOJSON, JSON
from node.directory.importing.known_formats import KNOWN_FORMATS, OPENFAIRDB, KnownFormat
from node.directory.importing.records import (
    KEY_FIELD,
    KEY_NAME_FIELD,
    VALUE_FIELD,
    FieldValue,
    RawFile,
    RawRecord,
)
from node.directory.importing.shapes import Kind, Shape
from node.errors import InputFileError

_BY_NAME: Final = {one.name: one for one in KNOWN_FORMATS}
_OWN_MURMURATIONS: Final = "our own Murmurations export"


def read_json(text: str, *, file_name: str, kind: str) -> RawFile:
    """Read a JSON file.

    Args:
        text: the whole file.
        file_name: for messages, and whether its lines are JSON each.
        kind: "geojson" or a neighbour's format, which it must then be; "json" for whatever it is.

    Raises:
        InputFileError: not JSON, JSON of another kind than asked for, or no list of anything.
    """
    top = json_text.parse(text, file_name=file_name)
    if kind == GEOJSON or (kind == JSON and _is_geojson(top)):
        return _read_geojson(top, file_name=file_name)
    answer = known_formats.parts_of_answer(top)
    if answer is not None and kind in (JSON, OPENFAIRDB.name):
        return _read_values(answer, OPENFAIRDB)
    values = top if isinstance(top, list) else [top]
    if isinstance(top, list) and _all_features(top):
        return _read_geojson({"type": "FeatureCollection", "features": top}, file_name=file_name)
    asked = _BY_NAME.get(kind)
    # One record, or a list of one format, needs no search: a profile holds lists of its own.
    recognised = known_formats.recognise(values)
    if recognised is not None and (asked is None or asked is recognised):
        return _read_values(values, recognised)
    return _read_shape(top, asked, file_name=file_name)


def _is_geojson(top: object) -> bool:
    return isinstance(top, dict) and top.get("type") in ("FeatureCollection", "Feature")


def _all_features(values: list[object]) -> bool:
    features = [isinstance(value, dict) and value.get("type") == "Feature" for value in values]
    return any(features) and all(features)


def _read_geojson(top: object, *, file_name: str) -> RawFile:
    """Read a FeatureCollection, or a single Feature."""
    if not isinstance(top, dict):
        raise _not_geojson(file_name, f"JSON that is {json_text.kind_of(top)}")
    if top.get("type") == "Feature":
        features: object = [top]
    elif top.get("type") == "FeatureCollection":
        features = top.get("features")
    else:
        raise _not_geojson(file_name, f"an object whose type is {json_text.short(top.get('type'))}")
    if not isinstance(features, list):
        raise _not_geojson(file_name, f"a FeatureCollection whose features are {json_text.kind_of(features)}")
    return RawFile(
        records=tuple(json_records.of_feature(row, feature) for row, feature in enumerate(features, start=1)),
        shape="GeoJSON",
        is_own_export=GEOJSON_MARK in top,
        source=_source(top),
        licence=_licence(top),
    )


def _not_geojson(file_name: str, found: str) -> InputFileError:
    return InputFileError(f"{file_name}: expected a GeoJSON FeatureCollection, found {found}")


def _source(top: object) -> str:
    """Return what a wrapper says where the whole list comes from."""
    return _text(top.get("source")) if isinstance(top, dict) else ""


def _licence(top: object) -> str:
    """Return the licence that a wrapper names for the whole list."""
    return (_text(top.get("license")) or _text(top.get("licence"))) if isinstance(top, dict) else ""


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _read_values(values: list[object], known: KnownFormat) -> RawFile:
    """Read records of a neighbour's format that stand in a plain list."""
    own = [known_formats.own_columns(value) for value in values]
    if values and all(columns is not None for columns in own):
        records = tuple(RawRecord(row, columns or {}) for row, columns in enumerate(own, start=1))
        return RawFile(records, _OWN_MURMURATIONS, is_own_export=True)
    records = tuple(known.read(row, value, before={}) for row, value in enumerate(values, start=1))
    return RawFile(records, known.title, known=known.known)


def _read_shape(top: object, asked: KnownFormat | None, *, file_name: str) -> RawFile:
    shape = shapes.find(top)
    if shape is None:
        found = json_text.kind_of(top)
        raise InputFileError(
            f"{file_name}: expected a directory: a list of objects, objects by key, or names with addresses; "
            f"found {found} that holds none of them"
        )
    known = known_formats.recognise([entry for _key, entry in shape.entries])
    is_address_list = shape.kind is Kind.ADDRESSES and asked is known_formats.FREIFUNK
    if asked is not None and known is not asked and not is_address_list:
        raise InputFileError(
            f"{file_name}: expected {asked.title}, found {known.title if known else shape.kind.value}; "
            f"--format {JSON} reads any JSON"
        )
    records = tuple(_record(row, shape, known) for row in range(1, len(shape.entries) + 1))
    where = f" in {shape.path}" if shape.path else ""
    return RawFile(
        records,
        shape=known.title if known else f"JSON: {shape.kind.value}{where}",
        known=known.known if known else {},
        notes=tuple(_notes(shape, records)),
        source=_source(top) if shape.path else "",
        licence=_licence(top) if shape.path else "",
    )


def _record(row: int, shape: Shape, known: KnownFormat | None) -> RawRecord:
    key, value = shape.entries[row - 1]
    before: dict[str, FieldValue] = {KEY_FIELD: key} if key else {}
    if shape.kind is Kind.ADDRESSES and isinstance(value, str):
        return RawRecord(row, {**before, KEY_NAME_FIELD: key, VALUE_FIELD: value})
    record = (
        known.read(row, value, before=before) if known else json_records.of_object(row, value, before=before)
    )
    if key and not record.fault and not _has_name(record, known):
        return RawRecord(
            row,
            {**record.fields, KEY_NAME_FIELD: key},
            point=record.point,
            troubles=record.troubles,
            remarks=record.remarks,
        )
    return record


def _has_name(record: RawRecord, known: KnownFormat | None) -> bool:
    by_format = known.known if known else {}
    return any(
        by_format.get(key.casefold()) == Field.NAME
        or ((one := guess(key)) is not None and one.field is Field.NAME)
        for key in record.fields
    )


def _notes(shape: Shape, records: tuple[RawRecord, ...]) -> list[str]:
    notes = []
    if shape.unread:
        notes.append(f"read {shape.path}; not read: {', '.join(shape.unread)[:400]}")
    by_key = sum(KEY_NAME_FIELD in record.fields for record in records)
    if by_key:
        notes.append(f"{by_key:,} records without a name are called by the key under which they stand")
    return notes
