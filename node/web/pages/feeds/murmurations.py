"""The community's page as a Murmurations profile (organizations_schema-v1.0.0), at an address that stays."""

import json
from typing import Any, Final

from node.directory.profile import Profile
from node.web.pages import structured

SCHEMA: Final = "organizations_schema-v1.0.0"
# The schema takes from 1 to 100 tags of at most 100 characters, which a profile's own bounds keep.
_DESCRIPTION_CHARS: Final = 20_000


def write(page: Profile, *, document: str, home: str, feed: str) -> bytes:
    """Write the profile.

    Args:
        page: the community's own.
        document: the id of the page's document, which stays when everything else changes.
        home: the address of this node's first page, for a community without a site of its own.
        feed: where its news stand.
    """
    name = structured.best(page.name)[1] or "A community without a name"
    others = sorted(text for text in page.name.values() if text != name)
    found: dict[str, Any] = {
        "linked_schemas": [SCHEMA],
        "name": name,
        "primary_url": page.urls[0] if page.urls else home,
        "unique_id": document,
        "rss": feed,
        "status": "active",
    }
    found |= {"nickname": others[0]} if others else {}
    if page.urls[1:]:
        found["urls"] = [{"name": url.partition("://")[2].split("/")[0], "url": url} for url in page.urls[1:]]
    if page.description:
        found["description"] = structured.best(page.description)[1][:_DESCRIPTION_CHARS]
    if page.tags:
        found["tags"] = list(page.tags)
    found |= _where(page)
    if page.email:
        found["contact_details"] = {"email": page.email}
    if page.phone:
        found["telephone"] = page.phone
    text = json.dumps(found, ensure_ascii=False, indent=1)
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text.encode()


def _where(page: Profile) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if page.country:
        found["country_iso_3166"] = page.country
    address = page.address
    parts = (address.street, f"{address.postcode} {address.city}".strip(), address.region)
    if any(parts):
        found["full_address"] = ", ".join(part for part in parts if part)
    if page.location is not None:
        latitude, longitude = structured.coarse(page.location)
        found["geolocation"] = {"lat": latitude, "lon": longitude}
    return found
