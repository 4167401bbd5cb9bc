"""Listings as GeoJSON (RFC 7946) for maps of others.

Places are rounded to about a kilometre, and contacts of people stay on the page; `hedgerow export` writes the
exact file that another node reads back.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any, Final

from node.directory.columns import to_columns
from node.directory.profile import Profile
from node.web.pages import structured

_LEFT_OUT: Final = ("email", "phone")


def collection(features: Sequence[bytes], following: str | None) -> bytes:
    """Write a FeatureCollection.

    Args:
        features: as `feature` wrote them.
        following: where the next part stands, as a foreign member `next` (section 6.1).
    """
    after = b"" if following is None else b',"next":' + _json(following)
    return b'{"type":"FeatureCollection","features":[' + b",".join(features) + b"]" + after + b"}"


def feature(one: dict[str, Any], *, address: Callable[[str], str]) -> bytes:
    """Write one listing.

    Args:
        one: a listing of `browse`, whole.
        address: makes a path of this node a whole address.
    """
    return _json(_feature(one, address))


def _json(tree: Any) -> bytes:
    # Escaped beyond what JSON asks for: some programs put a file's text into a page.
    text = json.dumps(tree, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text.encode()


def _feature(one: dict[str, Any], address: Callable[[str], str]) -> dict[str, Any]:
    page = Profile.model_validate(one["profile"], strict=False)
    columns = {
        name: cell
        for name, cell in to_columns(page).items()
        if name not in _LEFT_OUT and not name.startswith("extra:")
    }
    geometry = None
    if page.location is not None:
        latitude, longitude = structured.coarse(page.location)
        geometry = {"type": "Point", "coordinates": [longitude, latitude]}
    return {
        "type": "Feature",
        "id": one["id"],
        "geometry": geometry,
        "properties": {
            "title": one["name"],
            **columns,
            "page": address(f"/listings/{one['id']}"),
            "kept_by": one["community_name"],
        },
    }
