"""The directory as files: the same documents give the same bytes on every node.

GeoJSON (RFC 7946) and CSV for profiles, CSV for offers. Owns the order, the spelling of numbers and escapes;
columns.py owns the names. Which documents go out, and under which licence, the caller decides.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from node import ids
from node.directory import offer as offers
from node.directory.columns import (
    COMMUNITY_COLUMN,
    ID_COLUMN,
    Cell,
    join_set,
    to_columns,
    tree_to_columns,
)
from node.directory.location import Location, show_degrees
from node.directory.offer import Offer
from node.directory.profile import Profile
from node.ids import CommunityId, DocumentId

# A foreign member of the FeatureCollection (RFC 7946, section 6.1): the importer reads these files exactly.
GEOJSON_MARK: Final = "hedgerow_directory"
GEOJSON_VERSION: Final = 1
# A spreadsheet runs a cell that begins so as a formula (CWE-1236), in East Asian settings the wide signs too;
# a quote before it keeps it text.
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "'", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_WORD_LIKE_FORMULA = re.compile(f"(^|;)(?=[{re.escape(''.join(_FORMULA_STARTS))}])")
# Spreadsheet programs take a file without this mark for their country's old encoding.
_BYTE_ORDER_MARK: Final = "\ufeff"
_FIRST_COLUMNS: Final = (ID_COLUMN, COMMUNITY_COLUMN, "lat", "lon")


@dataclass(frozen=True, slots=True)
class ListedProfile:
    """A profile with the document it stands in and the community whose document that is."""

    document_id: DocumentId
    community_id: CommunityId
    profile: Profile

    def to_json(self) -> dict[str, object]:
        """Write it whole, as parts of an export travel."""
        return {
            "id": ids.show(self.document_id),
            "community": ids.show(self.community_id),
            "profile": self.profile.model_dump(mode="json"),
        }

    @classmethod
    def from_json(cls, tree: Mapping[str, Any]) -> "ListedProfile":
        """Read what `to_json` wrote."""
        return cls(
            DocumentId(ids.parse(tree["id"])),
            CommunityId(ids.parse(tree["community"])),
            Profile.model_validate(tree["profile"], strict=False),
        )


@dataclass(frozen=True, slots=True)
class ListedOffer:
    """An offer with the document it stands in and the community whose document that is."""

    document_id: DocumentId
    community_id: CommunityId
    offer: Offer

    def to_json(self) -> dict[str, object]:
        """Write it whole, as parts of an export travel."""
        return {
            "id": ids.show(self.document_id),
            "community": ids.show(self.community_id),
            "offer": self.offer.model_dump(mode="json"),
        }

    @classmethod
    def from_json(cls, tree: Mapping[str, Any]) -> "ListedOffer":
        """Read what `to_json` wrote."""
        return cls(
            DocumentId(ids.parse(tree["id"])),
            CommunityId(ids.parse(tree["community"])),
            Offer.model_validate(tree["offer"], strict=False),
        )


def profiles_geojson(listed: Iterable[ListedProfile]) -> bytes:
    """Write profiles as a GeoJSON FeatureCollection: one feature a line, by document id, keys in order.

    A profile without a place has the geometry null. Positions are [longitude, latitude].
    """
    features = [_feature(one) for one in sorted(listed, key=lambda one: one.document_id)]
    lines = ",\n".join(features)
    head = f'{{"features":[\n{lines}\n]' if features else '{"features":[]'
    return f'{head},"{GEOJSON_MARK}":{GEOJSON_VERSION},"type":"FeatureCollection"}}\n'.encode()


def _feature(listed: ListedProfile) -> str:
    properties = to_columns(listed.profile) | _identity(listed.document_id, listed.community_id)
    identifier = _json(ids.show(listed.document_id))
    geometry = _geometry(listed.profile.location)
    return f'{{"geometry":{geometry},"id":{identifier},"properties":{_json(properties)},"type":"Feature"}}'


def _geometry(place: Location | None) -> str:
    if place is None:
        return "null"
    # Written by hand: a float would print 12.3 as 12.300000000000001 for some integers.
    return f'{{"coordinates":[{show_degrees(place.lon_e7)},{show_degrees(place.lat_e7)}],"type":"Point"}}'


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _identity(document_id: DocumentId, community_id: CommunityId) -> dict[str, Cell]:
    return {ID_COLUMN: ids.show(document_id), COMMUNITY_COLUMN: ids.show(community_id)}


def profiles_csv(listed: Iterable[ListedProfile]) -> bytes:
    """Write profiles as CSV (RFC 4180, but with line feeds): UTF-8 with a byte order mark, by document id."""
    rows = []
    for one in sorted(listed, key=lambda one: one.document_id):
        row = to_columns(one.profile) | _identity(one.document_id, one.community_id)
        if one.profile.location is not None:
            row["lat"] = show_degrees(one.profile.location.lat_e7)
            row["lon"] = show_degrees(one.profile.location.lon_e7)
        rows.append(row)
    return _csv(rows, first=_FIRST_COLUMNS)


def offers_csv(listed: Iterable[ListedOffer]) -> bytes:
    """Write offers and needs as CSV, by document id. They are not read back: an offer is its maker's."""
    rows = [
        tree_to_columns(offers.to_tree(one.offer)) | _identity(one.document_id, one.community_id)
        for one in sorted(listed, key=lambda one: one.document_id)
    ]
    return _csv(rows, first=_FIRST_COLUMNS[:2])


def _csv(rows: Sequence[Mapping[str, Cell]], *, first: tuple[str, ...]) -> bytes:
    others = sorted({column for row in rows for column in row}.difference(first))
    columns = [*first, *others]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([_guarded(column) for column in columns])
    for row in rows:
        writer.writerow([_show_cell(column, row.get(column, "")) for column in columns])
    return (_BYTE_ORDER_MARK + text.getvalue()).encode("utf-8")


def _show_cell(column: str, cell: Cell) -> str:
    if column in ("lat", "lon"):
        return str(cell)
    return _guarded(_set_cell(cell) if isinstance(cell, list) else str(cell))


def _set_cell(words: list[str]) -> str:
    r"""Write a set in one cell, with a `\` before what looks like a formula; reading takes it away.

    Where a country's spreadsheet parts cells at `;`, a cell begins behind each of them.
    """
    return _WORD_LIKE_FORMULA.sub(r"\1\\", join_set(words))


def _guarded(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def unguarded(text: str) -> str:
    """Take away the quote that the CSV export puts before a cell which a spreadsheet would run."""
    return text.removeprefix("'")
