"""Profiles as Murmurations understands them: organizations_schema-v1.0.0, one JSON object each.

Owns the mapping of our fields onto that schema. What it has no place for travels in one member of our own, so
that a profile comes back from such a file exactly as it was; others pass that member over.
"""

import json
import re
from collections.abc import Iterable
from typing import Final

from node import ids
from node.directory.columns import COMMUNITY_COLUMN, ID_COLUMN, Cell, to_columns
from node.directory.export import ListedProfile
from node.directory.language_tags import best_text
from node.directory.location import show_degrees
from node.directory.profile import Address

ORGANIZATIONS_SCHEMA: Final = "organizations_schema-v1.0.0"
SCHEMAS_PROPERTY: Final = "linked_schemas"
# Murmurations allows members of any name of small letters, digits and underscores.
COLUMNS_PROPERTY: Final = "hedgerow_profile"

_E_MAIL = re.compile(r"[^\s@,;]{1,64}@[^\s@,;]{1,250}\.[^\s@,;.]{2,63}")
# CLDR's code for Kosovo is not in the schema's list of ISO 3166-1.
_COUNTRIES_NOT_IN_THE_SCHEMA: Final = ("XK",)


def profile(listed: ListedProfile, *, with_columns: bool = True) -> dict[str, object]:
    """Write one profile; it needs a name (`is_publishable`).

    Args:
        listed: the profile with its document and community.
        with_columns: add the member by which an import reads the profile back exactly.
    """
    page = listed.profile
    found: dict[str, object] = {
        SCHEMAS_PROPERTY: [ORGANIZATIONS_SCHEMA],
        "name": page.shown_name(),
        "unique_id": ids.show(listed.document_id),
        "description": best_text(page.description),
        "primary_url": page.urls[0] if page.urls else "",
        "urls": [{"name": address, "url": address} for address in page.urls[1:]],
        "tags": list(page.tags),
        "full_address": _one_line(page.address),
        "country_iso_3166": "" if page.country in _COUNTRIES_NOT_IN_THE_SCHEMA else page.country or "",
        "telephone": page.phone or "",
    }
    if page.email is not None and _E_MAIL.fullmatch(page.email):
        found["contact_details"] = {"email": page.email}
    if page.location is not None:
        # The shortest decimal number reads back to the same integer, as text and as a float.
        found["geolocation"] = {
            "lat": float(show_degrees(page.location.lat_e7)),
            "lon": float(show_degrees(page.location.lon_e7)),
        }
    if with_columns:
        found[COLUMNS_PROPERTY] = _columns(listed)
    return {key: value for key, value in found.items() if value not in ("", [])}


def is_publishable(listed: ListedProfile) -> bool:
    """Say whether a profile has what the schema requires: a name."""
    return bool(listed.profile.shown_name())


def profiles_jsonl(listed: Iterable[ListedProfile]) -> bytes:
    """Write profiles as JSON lines, by document id, keys in order; those without a name are left out."""
    lines = [
        json.dumps(profile(one), ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"
        for one in sorted(listed, key=lambda one: one.document_id)
        if is_publishable(one)
    ]
    return "".join(lines).encode()


def _one_line(address: Address) -> str:
    town = " ".join(part for part in (address.postcode, address.city) if part)
    return ", ".join(part for part in (address.street, town, address.region) if part)


def _columns(listed: ListedProfile) -> dict[str, Cell]:
    columns: dict[str, Cell] = to_columns(listed.profile) | {
        ID_COLUMN: ids.show(listed.document_id),
        COMMUNITY_COLUMN: ids.show(listed.community_id),
    }
    place = listed.profile.location
    if place is not None:
        columns |= {"lat": show_degrees(place.lat_e7), "lon": show_degrees(place.lon_e7)}
    return columns
