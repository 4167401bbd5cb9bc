"""Countries as they are written: codes, names in any language, names with a slip of the pen.

Names come from CLDR through babel. A name that several countries bear, or a slip that could be two countries,
is not guessed. Codes are ISO 3166-1 alpha-2, and XK for Kosovo, which ISO leaves to its users and CLDR uses.
"""

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from babel import Locale, localedata
from babel.core import get_global
from rapidfuzz import process
from rapidfuzz.distance import OSA

from node.directory import plain_text

# Two-letter codes of CLDR that are no country of ISO 3166-1.
_NO_COUNTRY: Final = frozenset("AC CP CQ DG EA EU EZ IC QO TA UN XA XB ZZ".split())  # noqa: SIM905  a table reads better
# Parts of a country that people write for the country, and short names that CLDR does not list.
_ALSO_CALLED: Final = {
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "cymru": "GB",
    "northern ireland": "GB",
    "great britain": "GB",
    "holland": "NL",
    "czech republic": "CZ",
    "česká republika": "CZ",
    "slovak republic": "SK",
    "republic of ireland": "IE",
    "eire": "IE",
    "éire": "IE",
    "usa": "US",
    "u.s.a.": "US",
    "united states of america": "US",
    "macedonia": "MK",
    "kosova": "XK",
    "el": "GR",
}
# Reading every language of CLDR takes a second: these are asked first.
_FIRST_LANGUAGES: Final = (
    "en de fr es it pt nl pl cs sk sl hr sr sr_Latn bs sq mk bg ro hu el tr fi et lv lt sv da nb nn is ga cy "
    "mt lb ca eu gl rm be uk ru hy ka ar he fa hi bn zh zh_Hant ja ko vi id sw"
)
# A slip of the pen: one letter in a short name, two in a long one. Shorter words are too near to each other.
_SLIP_CHARS_MIN: Final = 5
_LONG_CHARS_MIN: Final = 9
_CHARS_MAX: Final = 80
# Stands for the code of a name that several countries bear.
_SEVERAL: Final = ""


@dataclass(frozen=True, slots=True)
class CountryFound:
    """A country as it was read.

    Attributes:
        code: ISO 3166-1 alpha-2.
        how: "" when the code was written just so, else how it was understood, for people.
    """

    code: str
    how: str


def read(text: str, *, with_slips: bool = True) -> CountryFound | None:
    """Understand what stands in a country field; None when nothing, or more than one country, fits.

    With slips it also looks for names that are nearly the same, which takes about ten milliseconds.
    """
    written = plain_text.line(text)
    return _read(written, with_slips=with_slips) if 0 < len(written) <= _CHARS_MAX else None


@lru_cache(maxsize=4_096)
def _read(written: str, *, with_slips: bool) -> CountryFound | None:
    folded = _fold(written)
    if folded in _ALSO_CALLED:
        return _understood(_ALSO_CALLED[folded], "a name in use")
    return _by_code(written) or _by_name(folded, with_slips=with_slips)


def is_name(text: str) -> bool:
    """Say whether a text is a country's name in one of the languages that are asked first."""
    return len(text) <= _CHARS_MAX and bool(_first_names().get(_fold(text)))


def english_name(code: str) -> str:
    """Return a country's English name, or the code itself."""
    return str(Locale.parse("en").territories.get(code, code))


def _by_code(written: str) -> CountryFound | None:
    upper = written.upper()
    if not re.fullmatch(r"[A-Z]{2,3}|[0-9]{3}", upper, re.ASCII):
        return None
    if upper in _codes():
        return CountryFound(upper, "" if written == upper else "the code in small letters")
    # Codes of three letters or digits, and exceptions such as UK; a dissolved country has several heirs.
    heirs = get_global("territory_aliases").get(upper, [])
    if len(heirs) == 1 and heirs[0] in _codes():
        return _understood(heirs[0], f"the code {upper}")
    return None


def _by_name(folded: str, *, with_slips: bool) -> CountryFound | None:
    for names in (_first_names, _all_names):
        code = names().get(folded)
        if code is not None:
            return None if code == _SEVERAL else _understood(code, "its name")
        slip = _by_slip(folded, names()) if with_slips else None
        if slip is not None:
            return slip
    return None


def _by_slip(folded: str, names: dict[str, str]) -> CountryFound | None:
    if len(folded) < _SLIP_CHARS_MIN:
        return None
    slips_max = 1 if len(folded) < _LONG_CHARS_MIN else 2
    near = process.extract(folded, list(names), scorer=OSA.distance, score_cutoff=slips_max, limit=None)
    codes = {names[name] for name, _distance, _index in near}
    if len(codes) != 1 or _SEVERAL in codes:
        return None
    name, distance, _index = min(near, key=lambda match: (match[1], match[0]))
    letters = "one letter" if distance == 1 else f"{distance} letters"
    return _understood(codes.pop(), f"{letters} away from {name!r}")


def _understood(code: str, how: str) -> CountryFound:
    return CountryFound(code, f"{how} ({english_name(code)})")


@cache
def _codes() -> frozenset[str]:
    territories = Locale.parse("en").territories
    return frozenset(
        code for code in map(str, territories) if re.fullmatch(r"[A-Z]{2}", code) and code not in _NO_COUNTRY
    )


@cache
def _first_names() -> dict[str, str]:
    return _names_in(tuple(_FIRST_LANGUAGES.split()))


@cache
def _all_names() -> dict[str, str]:
    # Regional forms (de_AT) hardly differ from their language and would triple the work.
    return _names_in(tuple(sorted(name for name in localedata.locale_identifiers() if "_" not in name)))


def _names_in(languages: tuple[str, ...]) -> dict[str, str]:
    """Return folded name to code; a name of several countries has the code `_SEVERAL`.

    Only names and codes stay in memory: babel keeps every language it has read, calendars and all, which
    is 100 MB for a list of countries. What it had read before stays with it.
    """
    in_use = getattr(localedata, "_cache", {})
    code_of: dict[str, str] = {}
    for language in languages:
        was_in_use = language in in_use
        for code, name in localedata.load(language)["territories"].items():
            if code in _codes():
                folded = _fold(name)
                if code_of.setdefault(folded, code) != code:
                    code_of[folded] = _SEVERAL
        if not was_in_use:
            in_use.pop(language, None)
    return code_of


def _fold(name: str) -> str:
    return plain_text.line(name).casefold()
