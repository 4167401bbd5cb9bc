"""Formats of neighbouring projects, known by what stands in them: Murmurations, Freifunk, OpenFairDB, OSM.

Owns how each is recognised and what its fields mean where their names do not say so. How records are read is
the same for all (json_records.py, osm_communities.py).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from node.directory.columns import ID_COLUMN
from node.directory.importing import osm_communities
from node.directory.importing.json_records import of_object
from node.directory.importing.records import FieldValue, RawRecord, flatten
from node.directory.importing.report import Severity
from node.directory.murmurations import COLUMNS_PROPERTY, SCHEMAS_PROPERTY

# The three categories that OpenFairDB has, by id, with the tags it gives them itself.
_OFDB_CATEGORIES: Final = {
    "2cd00bebec0c48ba9db761da48678134": "non-profit",
    "77b3c33a92554bcf8e8c2c86cedd6f6f": "commercial",
    "c2dc278a2d6a4b9b8a50cb606fc017ed": "event",
}
_OFDB_PARTS: Final = ("visible", "invisible")
_RECORDS_SEEN: Final = 50

ReadRecord = Callable[..., RawRecord]


@dataclass(frozen=True, slots=True)
class KnownFormat:
    """A format of others.

    Attributes:
        name: what `--format` calls it.
        title: what the report calls it.
        is_record: whether a JSON value is one of its records.
        known: what its fields mean, by plain path.
        read: makes a record of such a value.
    """

    name: str
    title: str
    is_record: Callable[[object], bool]
    known: Mapping[str, str | None]
    read: ReadRecord


def _is_murmurations(value: object) -> bool:
    return isinstance(value, dict) and isinstance(value.get(SCHEMAS_PROPERTY), list)


def _read_murmurations(row: int, value: object, *, before: Mapping[str, FieldValue]) -> RawRecord:
    record = of_object(row, value, before=before)
    if "exchange_type" in record.fields:
        fault = "an offer or a want; the directory takes communities, and an offer is its maker's"
        return RawRecord(row, record.fields, fault=fault)
    return record


def _is_freifunk(value: object) -> bool:
    """Recognise a community file of any version: by the version and two of the objects they all have."""
    if not isinstance(value, dict):
        return False
    inner = value.get("profile")
    file = inner if isinstance(inner, dict) else value
    return isinstance(file.get("api"), str) and isinstance(file.get("location"), dict) and "name" in file


def _is_openfairdb(value: object) -> bool:
    return isinstance(value, dict) and {"id", "title", "lat", "lng", "categories"} <= value.keys()


def _read_openfairdb(row: int, value: object, *, before: Mapping[str, FieldValue]) -> RawRecord:
    record = of_object(row, value, before=before)
    fields = dict(record.fields)
    ids = fields.get("categories", ())
    known = (
        [_OFDB_CATEGORIES[one] for one in ids if one in _OFDB_CATEGORIES] if isinstance(ids, tuple) else []
    )
    if not known:
        return record
    fields["@categories"] = tuple(known)
    told = (Severity.REPAIRED, "categories", f"the ids of categories read as {', '.join(known)}")
    return RawRecord(
        row, fields, point=record.point, troubles=record.troubles, remarks=(*record.remarks, told)
    )


MURMURATIONS: Final = KnownFormat(
    "murmurations",
    "Murmurations profiles",
    _is_murmurations,
    {
        SCHEMAS_PROPERTY: None,
        "contact_details.contact_form": None,
        "image": None,
        "status": None,
        "nickname": None,
        "mission": None,
        "geographic_scope": None,
        "oid": "source_id",
    },
    _read_murmurations,
)
_FREIFUNK_FIELDS: Final[dict[str, str | None]] = {
    "name": "name",
    "url": "url",
    "state.description": "description",
    "state.focus": "tags",
    "state.lastchange": "confirmed_at",
    "location.city": "city",
    "location.country": "country",
    "location.address.name": None,
    "location.address.street": "street",
    "location.address.zipcode": "postcode",
    "location.lat": "lat",
    "location.lon": "lon",
    "location.geocode.lat": "lat",
    "location.geocode.lon": "lon",
    "contact.email": "email",
    "contact.jabber": "email",
    "contact.phone": "phone",
}
FREIFUNK: Final = KnownFormat(
    "freifunk",
    "Freifunk community files",
    _is_freifunk,
    {
        **_FREIFUNK_FIELDS,
        **{f"profile.{path}": field for path, field in _FREIFUNK_FIELDS.items()},
        "_source": "source",
    },
    of_object,
)
OPENFAIRDB: Final = KnownFormat(
    "openfairdb",
    "an OpenFairDB search answer",
    _is_openfairdb,
    {"categories": None, "@categories": "tags"},
    _read_openfairdb,
)
OSM_COMMUNITY_INDEX: Final = KnownFormat(
    "osm-community-index",
    "the OpenStreetMap community index",
    osm_communities.is_resource,
    osm_communities.KNOWN,
    osm_communities.read,
)
KNOWN_FORMATS: Final = (MURMURATIONS, FREIFUNK, OPENFAIRDB, OSM_COMMUNITY_INDEX)


def recognise(values: list[object]) -> KnownFormat | None:
    """Say which format the records are of, by the first of them; None when they are of none or of several."""
    seen = [value for value in values[:_RECORDS_SEEN] if isinstance(value, dict)]
    for one in KNOWN_FORMATS:
        if seen and sum(map(one.is_record, seen)) * 2 > len(seen):
            return one
    return None


def parts_of_answer(top: object) -> list[object] | None:
    """Return the records of an OpenFairDB answer: on the map, and around it; None for any other value."""
    if not isinstance(top, dict) or not all(isinstance(top.get(part), list) for part in _OFDB_PARTS):
        return None
    return [entry for part in _OFDB_PARTS for entry in top[part]]


def own_columns(value: object) -> Mapping[str, FieldValue] | None:
    """Return the exact columns that our own Murmurations export carries; None for anybody else's profile."""
    columns = value.get(COLUMNS_PROPERTY) if isinstance(value, dict) else None
    if not isinstance(columns, dict) or ID_COLUMN not in columns:
        return None
    return dict(flatten(columns))
