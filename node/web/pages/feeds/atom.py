"""New listings, offers and needs as an Atom feed (RFC 4287)."""

from collections.abc import Callable, Sequence
from typing import Any, Final
from xml.etree import ElementTree as ET

from node.clock import utc
from node.web.pages import words

ATOM_PATH: Final = "/feeds/news.atom"
_NAMESPACE: Final = "http://www.w3.org/2005/Atom"
_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"


def write(news: Sequence[dict[str, Any]], *, name: str, address: Callable[[str], str]) -> bytes:
    """Write the feed.

    Args:
        news: what `list-news` answered, newest first.
        name: of this node's community.
        address: makes a path of this node a whole address.
    """
    feed = ET.Element("feed", {"xmlns": _NAMESPACE})
    _add(feed, "id", address(ATOM_PATH))
    _add(feed, "title", f"New near {name}")
    _add(feed, "updated", _at(max((one["hours"] for one in news), default=0)))
    ET.SubElement(feed, "link", {"rel": "self", "type": "application/atom+xml", "href": address(ATOM_PATH)})
    ET.SubElement(feed, "link", {"rel": "alternate", "type": "text/html", "href": address("/")})
    _add(ET.SubElement(feed, "author"), "name", name)
    for one in news:
        _add_entry(feed, one, address)
    written = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    assert isinstance(written, bytes)
    return written


def _add_entry(feed: ET.Element, one: dict[str, Any], address: Callable[[str], str]) -> None:
    folder = "listings" if one["kind"] == "profile" else "offers"
    url = address(f"/{folder}/{one['id']}")
    entry = ET.SubElement(feed, "entry")
    _add(entry, "id", url)
    title = _add(entry, "title", f"{words.KINDS[one['kind']].capitalize()}: {one['name']}")
    _mark_language(title, one["name_language"])
    _add(entry, "updated", _at(one["hours"]))
    ET.SubElement(entry, "link", {"rel": "alternate", "type": "text/html", "href": url})
    _add(ET.SubElement(entry, "author"), "name", one["community_name"])
    if one["summary"]:
        # type is "text" when it is not named (section 3.1.1): a reader shows markup as it stands.
        _mark_language(_add(entry, "summary", one["summary"]), one["summary_language"])
    for tag in one["tags"]:
        ET.SubElement(entry, "category", {"term": words.visible(tag)})
    if one["licence"]:
        _add(entry, "rights", f"{one['source']}, {one['licence']}")


def _add(parent: ET.Element, tag: str, text: str) -> ET.Element:
    made = ET.SubElement(parent, tag)
    made.text = words.visible(text)
    return made


def _mark_language(element: ET.Element, tag: str) -> None:
    if words.lang_attribute(tag):
        element.set(_LANG, tag)


def _at(hours: int) -> str:
    return utc(hours * 3_600).strftime("%Y-%m-%dT%H:%M:%SZ")
