"""What pages say in plain words: counts, votes, kinds, flags, countries, languages, scopes.

Owns the English of the pages that is not in a template. Refuses to own markup.
"""

import re
from enum import StrEnum
from typing import Final

from babel import Locale

from node.directory import plain_text
from node.directory.language_tags import UNKNOWN_LANGUAGE
from node.governance.counting.result import UNITS_PER_VOTE

_ENGLISH: Final = Locale("en")
_PARAGRAPHS: Final = re.compile(r"\n\s*\n")


class Audience(StrEnum):
    """Who can see what a page shows; every page says it in one word."""

    EVERYONE = "everyone"
    FEDERATION = "federation"
    CIRCLE = "circle"
    ONLY_US = "only us"


AUDIENCE_SENTENCES: Final = {
    Audience.EVERYONE: "Anybody can read this page.",
    Audience.FEDERATION: "The members of the federation share what is on this page, and nobody else has it.",
    Audience.CIRCLE: "The communities of this circle can read this page; the other members carry it sealed.",
    Audience.ONLY_US: "Only this node's stewards are shown this page.",
}

KINDS: Final = {"profile": "listing", "offer": "offer", "need": "need"}

# docs/directory.md, "Every repair and every mark", as one sentence each.
FLAGS: Final = {
    "country-unknown": "The country could not be told from what the source says.",
    "website-unreadable": "What the source gives as a website is not an address.",
    "coordinates-swapped": "The source had latitude and longitude exchanged; they were put right.",
    "coordinates-far-away": "The place lies outside its country, or far from the source's other places.",
    "coordinates-out-of-range": "The place was left out: no such latitude or longitude exists.",
    "coordinates-unreadable": "The place was left out: it was not given as numbers.",
    "coordinates-zero": "The place was left out: 0, 0 lies in the sea and stands for “unknown”.",
    "record-damaged": "Parts of the record were damaged.",
    "text-too-long": "A text was longer than its field; the source's own fields hold it whole.",
    "fields-left-out": "Some of the source's own fields were too long to bring in.",
    "id-uncertain": "The source gives it no number, so a later import may not recognise it.",
}


def visible(text: str) -> str:
    """Return the text without characters that hide or turn around what is read.

    Profiles and offers are cleaned where they are read; titles, notes and reasons in records are not.
    """
    return plain_text.block(text)


def paragraphs(text: str) -> list[str]:
    """Cut a text at its empty lines."""
    return [part.strip() for part in _PARAGRAPHS.split(visible(text)) if part.strip()]


def clipped(text: str, chars_max: int) -> str:
    """Return a text no longer than so many characters, with a mark where it was cut."""
    return text if len(text) <= chars_max else text[: chars_max - 1].rstrip() + "…"


def counted(number: int, one: str, many: str) -> str:
    """Return a number with its noun: `1 ballot`, `2 ballots`."""
    return f"{number:,} {one if number == 1 else many}"


def votes(units: int) -> str:
    """Return votes from units of 0.00001, without zeros that say nothing."""
    sign = "\N{MINUS SIGN}" if units < 0 else ""
    whole, part = divmod(abs(units), UNITS_PER_VOTE)
    return f"{sign}{whole:,}.{part:05d}".rstrip("0").rstrip(".")


def moved(units: int) -> str:
    """Return votes that came or went, with their sign; "" for none."""
    if units == 0:
        return ""
    return votes(units) if units < 0 else f"+{votes(units)}"


# Methods that bear somebody's name.
_NAMES: Final = {
    "sainte-lague": "Sainte-Laguë",
    "dhondt": "D'Hondt",
    "huntington-hill": "Huntington-Hill",
    "hamilton": "Hamilton",
    "adams": "Adams",
    "dean": "Dean",
    "penrose": "Penrose",
    "cambridge": "the Cambridge rule",
}


def spoken(slug: str) -> str:
    """Return a kind, category or method as words: `service-provider` as `service provider`."""
    return _NAMES.get(slug, slug.replace("-", " "))


def flag(slug: str) -> str:
    """Say what a flag means; a flag of a newer version is given as words."""
    return FLAGS.get(slug, f"Marked: {spoken(slug)}.")


def country(code: str) -> str:
    """Return a country's English name, or its code when it has none."""
    return str(_ENGLISH.territories.get(code, code))


def countries() -> list[tuple[str, str]]:
    """Return every country's code and English name, by name."""
    known = {code: str(name) for code, name in _ENGLISH.territories.items() if _is_country(code)}
    return sorted(known.items(), key=lambda pair: pair[1])


def language(tag: str) -> str:
    """Return a language's English name, or its tag when it has none."""
    if tag == UNKNOWN_LANGUAGE:
        return "language not named"
    name = _ENGLISH.languages.get(tag) or _ENGLISH.languages.get(tag.partition("-")[0])
    return str(name) if name else tag


def lang_attribute(tag: str) -> str:
    """Return what an HTML `lang` attribute holds; empty means that nobody knows (HTML, section 3.2.6.2)."""
    return "" if tag == UNKNOWN_LANGUAGE else tag


def scope(name: str) -> str:
    """Say who has what is published in a scope."""
    kind = name.partition(":")[0]
    return {
        "public": "in the public directory",
        "members": "inside a federation",
        "circle": "inside a circle",
        "local": "on this node only",
    }.get(kind, "in a place this version does not know")


def _is_country(code: str) -> bool:
    # CLDR also names the continents (by numbers) and a few codes that ISO 3166-1 keeps for other uses.
    return len(code) == 2 and code.isalpha() and code not in ("EU", "EZ", "QO", "UN", "XA", "XB", "ZZ")
