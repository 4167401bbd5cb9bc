"""schema.org descriptions of communities and offers, for search engines and reading lists (JSON-LD).

They say no more than the page they stand on. In the page they are data, which no browser runs.
"""

import json
from typing import Any, Final

from markupsafe import Markup

from node.directory.language_tags import UNKNOWN_LANGUAGE
from node.directory.location import Location
from node.directory.offer import Offer
from node.directory.profile import Profile
from node.web.pages import words

_CONTEXT: Final = "https://schema.org"
_DESCRIPTION_CHARS: Final = 2_000
# Two decimals are about a kilometre: as near as a page that is copied for good needs to say.
_COARSE_E7: Final = 100_000


def organization(page: Profile, *, url: str) -> dict[str, Any]:
    """Describe a listing whose page stands at `url`."""
    described: dict[str, Any] = {
        "@context": _CONTEXT,
        "@type": "Organization",
        "@id": url,
        "name": _texts(page.name) or (page.subject.name if page.subject else ""),
    }
    if page.description:
        described["description"] = _texts(page.description, chars_max=_DESCRIPTION_CHARS)
    if page.urls:
        described["url"] = page.urls[0]
    if page.urls[1:]:
        described["sameAs"] = list(page.urls[1:])
    if page.tags:
        described["keywords"] = list(page.tags)
    if page.languages:
        described["knowsLanguage"] = list(page.languages)
    if page.email:
        described["email"] = page.email
    if page.phone:
        described["telephone"] = page.phone
    place = _place(page)
    if place:
        described["location"] = place
    if page.subject is not None:
        credit = f"{page.subject.source} ({page.subject.licence or 'no licence named'})"
        described["subjectOf"] = {"@type": "CreativeWork", "url": url, "creditText": credit}
    return described


def offer(found: Offer, *, url: str, maker: str, maker_url: str) -> dict[str, Any]:
    """Describe an offer or a need, as what a community offers or seeks."""
    described: dict[str, Any] = {
        "@type": "Offer" if found.kind == "offer" else "Demand",
        "@id": url,
        "url": url,
        "name": _texts(found.title),
    }
    if found.text:
        described["description"] = _texts(found.text, chars_max=_DESCRIPTION_CHARS)
    return {
        "@context": _CONTEXT,
        "@type": "Organization",
        "@id": maker_url,
        "name": maker,
        ("makesOffer" if found.kind == "offer" else "seeks"): described,
    }


def script(described: dict[str, Any]) -> Markup:
    """Write a description so that nothing in it can end the element it stands in."""
    text = json.dumps(described, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)  # noqa: S704 - every sign that HTML reads is escaped above


def best(texts: dict[str, str]) -> tuple[str, str]:
    """Return the language and the text to show where there is room for one."""
    for language in (UNKNOWN_LANGUAGE, "en"):
        if language in texts:
            return language, texts[language]
    return min(texts.items()) if texts else (UNKNOWN_LANGUAGE, "")


def coarse(place: Location) -> tuple[float, float]:
    """Return latitude and longitude in degrees, rounded to about a kilometre."""
    return (_rounded(place.lat_e7), _rounded(place.lon_e7))


def _rounded(units_e7: int) -> float:
    hundredths = (abs(units_e7) + _COARSE_E7 // 2) // _COARSE_E7
    return (hundredths if units_e7 >= 0 else -hundredths) / 100


def _texts(texts: dict[str, str], *, chars_max: int | None = None) -> Any:
    shown = [
        {"@value": text if chars_max is None else words.clipped(text, chars_max)}
        | ({} if language == UNKNOWN_LANGUAGE else {"@language": language})
        for language, text in sorted(texts.items())
    ]
    return shown[0] if len(shown) == 1 else shown


def _place(page: Profile) -> dict[str, Any]:
    place: dict[str, Any] = {}
    address = {
        "streetAddress": page.address.street,
        "addressLocality": page.address.city,
        "postalCode": page.address.postcode,
        "addressRegion": page.address.region,
        "addressCountry": page.country,
    }
    held = {part: text for part, text in address.items() if text}
    if held:
        place["address"] = {"@type": "PostalAddress", **held}
    if page.location is not None:
        latitude, longitude = coarse(page.location)
        place["geo"] = {"@type": "GeoCoordinates", "latitude": latitude, "longitude": longitude}
    return {"@type": "Place", **place} if place else {}
