"""Which listings may leave this node in a file: the licence of each record, read and honoured.

Owns what a licence's text means for republishing. It is no lawyer: a text that is not known here goes out
with its mark, unless only open data is asked for.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from node.directory.export import ListedProfile
from node.directory.profile import Profile

# What communities say of themselves, unless they say otherwise: as Freifunk's directory does.
OWN_LICENCE: Final = "CC0-1.0"


class Terms(StrEnum):
    """What a licence says about giving a record on."""

    OPEN = "open"
    SHARE_ALIKE = "open, under the same licence only"
    LIMITED = "with limits on use"
    UNKNOWN = "not known"
    NONE = "no licence stated"
    FORBIDDEN = "forbids republishing"


@dataclass(frozen=True, slots=True)
class Wish:
    """What the caller of an export asks for, beyond what licences forbid.

    Attributes:
        open_only: leave out what states no licence, an unknown one, or one with limits.
        without_share_alike: leave out what binds whoever uses it to the same licence.
    """

    open_only: bool = False
    without_share_alike: bool = False


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A listing that does not go out, and why."""

    listed: ListedProfile
    reason: str


@dataclass(frozen=True, slots=True)
class Selection:
    """What goes out and what does not, both by document id."""

    listed: tuple[ListedProfile, ...]
    left_out: tuple[LeftOut, ...]


def select(listed: Iterable[ListedProfile], wish: Wish) -> Selection:
    """Part the listings into those that may go out and those that may not."""
    going: list[ListedProfile] = []
    staying: list[LeftOut] = []
    for one in sorted(listed, key=lambda one: one.document_id):
        reason = _reason(terms_of(licence_of(one.profile)), wish)
        if reason:
            staying.append(LeftOut(one, reason))
        else:
            going.append(one)
    return Selection(tuple(going), tuple(staying))


def _reason(terms: Terms, wish: Wish) -> str:
    match terms:
        case Terms.FORBIDDEN:
            return "its licence forbids republishing"
        case Terms.SHARE_ALIKE if wish.without_share_alike:
            return "its licence asks for the same licence, which was not wanted"
        case Terms.NONE | Terms.UNKNOWN | Terms.LIMITED if wish.open_only:
            return f"only open data was asked for; its licence: {terms.value}"
        case Terms.OPEN | Terms.SHARE_ALIKE | Terms.NONE | Terms.UNKNOWN | Terms.LIMITED:
            return ""


def licence_of(profile: Profile) -> str:
    """Return the licence of a page: of a listing what its source says, of a community's own page ours."""
    return profile.subject.licence if profile.subject is not None else OWN_LICENCE


# In this order: "all rights reserved, CC BY on request" is not open, and "CC BY-NC-SA" has limits.
_MEANINGS: Final[tuple[tuple[Terms, re.Pattern[str]], ...]] = (
    (
        Terms.FORBIDDEN,
        re.compile(
            r"all rights reserved|alle rechte vorbehalten|tous droits r[ée]serv[ée]s"
            r"|tutti i diritti riservati"
            r"|todos los derechos reservados|todos os direitos reservados|alle rechten voorbehouden"
            r"|wszelkie prawa zastrze[żz]one"
            # "No redistribution", but not "no restrictions on redistribution".
            r"|\b(?:no|not|never|without|forbids?|forbidden|prohibit\w*|don't)\b"
            r"(?![\w\s-]{0,20}(?:restrict|limit|condition))[\w\s-]{0,20}"
            r"\b(?:re-?publish\w*|re-?publication|redistribut\w*|re-?use\w*|shar(?:e|ing))\b"
            r"|\b(?:re-?publication|redistribution|re-?use)\b[\w\s-]{0,12}\b(?:not|forbidden|prohibited)\b"
            r"|nicht (?:weitergeben|ver[öo]ffentlichen|weiterverbreiten)"
            r"|weitergabe (?:verboten|untersagt)"
            r"|proprietary|confidential|vertraulich|private use only|internal use only"
        ),
    ),
    (Terms.LIMITED, re.compile(r"\bn[cd]\b|non-?commercial|no-?deriv\w*|nicht-?kommerziell")),
    (
        Terms.SHARE_ALIKE,
        re.compile(
            r"\bodbl\b|open database li[cs]en[cs]e|\bsa\b|share-?\s?alike|\b[al]?gpl\b|\bgfdl\b|copyleft"
        ),
    ),
    (
        Terms.OPEN,
        re.compile(
            r"\bcc-?\s?0\b|\bcc zero\b|public[\s-]?domain|gemeinfrei|\bpddl\b|\bodc-?\s?by\b|\bcc[\s-]by\b"
            r"|creative\s?commons attribution|licenses/by/|\bunlicen[cs]e\b|\bisc\b|\bmit\b|\bbsd\b"
            r"|\bapache\b|\b0bsd\b|\bdl-?de\b|datenlizenz deutschland|\bogl\b|open government licen[cs]e"
            r"|licence ouverte|open licen[cs]e|etalab|\bwtfpl\b|\bcdla-permissive"
        ),
    ),
)


def terms_of(licence: str) -> Terms:
    """Read what a licence's name, address or sentence says about giving a record on."""
    text = re.sub(r"[_\s]+", " ", licence.casefold()).strip()
    if not text or text in ("none", "unknown", "-", "n/a"):
        return Terms.NONE
    for terms, pattern in _MEANINGS:
        if pattern.search(text):
            return terms
    return Terms.UNKNOWN
