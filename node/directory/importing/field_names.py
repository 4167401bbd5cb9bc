"""What a foreign field means, by its name alone.

A guess is only ever a mapping: the value itself is judged elsewhere. What is not recognised is kept under its
own name. The words stand in field_words.py; what the values say, content_guesses.py asks; plans.py joins
them.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from rapidfuzz.distance import OSA

from node.directory import plain_text
from node.directory.forms import EXTRA_KEY_CHARS_MAX
from node.directory.importing.field_words import (
    CONTAINERS,
    LAT_WORDS,
    LON_WORDS,
    PLACES,
    WORDS,
    WRAPPERS,
    Field,
)
from node.directory.importing.languages import language_tag
from node.directory.language_tags import UNKNOWN_LANGUAGE

_BY_NAME: Final = {
    name: (field, rank) for field, names in WORDS.items() for rank, name in enumerate(names.split())
}
_BY_LANGUAGE: Final = (Field.NAME, Field.DESCRIPTION)
# Long enough that one slip of the pen does not make another word of it.
_OFTEN_MISSPELT: Final = ("description", "beschreibung")
_SLIPS_MAX: Final = 1

# Murmurations' tables number the places of a list: `tags[0]`, `tags(list-0)`, `urls[0].url`.
_INDEX = re.compile(r"\[\d+\]|\(list-\d+\)")
_IN_A_LIST = re.compile(r"(?:\[\d+\]|\(list-\d+\))\.")
_LABELS: Final = ("name", "label", "title", "tag")
_WITH_LANGUAGE = re.compile(
    r"(?P<base>.+?)[:_.@ ([-]+(?P<language>[A-Za-z]{2,3}(?:[-_][A-Za-z]{4})?(?:[-_](?:[A-Za-z]{2}|\d{3}))?)"
    r"[)\]]?"
)
_LANGUAGE_FIRST = re.compile(
    r"(?:translations?|i18n|l10n|locales?)\.(?P<language>[a-z]{2,3}(?:[-_][a-z]{2,4})?)\.(?P<base>\w+)"
)
_PLURALS: Final = ("_translations", "_i18n", "_l10n", "s")
_DEGREES: Final = {
    **dict.fromkeys(LAT_WORDS, Field.LAT),
    **dict.fromkeys(LON_WORDS, Field.LON),
}
_LAST_WORD = re.compile(r"(?P<above>.+)[.:_ -](?P<word>[^.:_ -]+)")

# Later than every name in the table.
_RANK_SQUEEZED: Final = 100
_RANK_INSIDE: Final = 200
_RANK_SLIP: Final = 300


class How(StrEnum):
    """How we came to take a field for what we take it for; the surest first."""

    MAP = "map"
    FORMAT = "format"
    NAME = "name"
    CONTENT = "content"


@dataclass(frozen=True, slots=True)
class Guess:
    """What a key is taken for.

    Attributes:
        language: of a name or description; "und" when the key does not say.
        rank: 0 for the surest name of the field; below 0 when it was asked for.
        slip: the sentence about a misspelt key, or "".
        sure: of 100, to compare guesses by; no probability.
    """

    field: Field
    language: str = UNKNOWN_LANGUAGE
    rank: int = 0
    slip: str = ""
    how: How = How.NAME
    sure: int = 90


def plain(key: str) -> str:
    """Return a field's path without the numbers of list places, in small letters."""
    return _INDEX.sub("", plain_text.line(key)).casefold()


def guess(key: str) -> Guess | None:
    """Say what a field means by its name; None when nobody knows."""
    # Asked before remembering: keys of a megabyte must not stay in memory after the import.
    return _guess(key) if len(key) <= 2 * EXTRA_KEY_CHARS_MAX else None


@lru_cache(maxsize=20_000)
def _guess(key: str) -> Guess | None:
    path = plain(key)
    if len(path) > EXTRA_KEY_CHARS_MAX:
        return None
    if _IN_A_LIST.search(key):
        return _guess_in_a_list(key, path)
    found = _guess_exactly(path) or _guess_in_a_language(path) or _guess_inside(path)
    wrapper, dot, rest = path.partition(".")
    if found is None and dot and wrapper in WRAPPERS:
        found = _guess_exactly(rest) or _guess_in_a_language(rest) or _guess_inside(rest)
    return found or _guess_misspelt(path)


def _guess_in_a_list(key: str, path: str) -> Guess | None:
    """Guess a field of an object in a list: `urls[0].url`, `tags[0].name`, `addresses[0].city`.

    The name of a member, a feed or a contact is not the record's own name.
    """
    above, _dot, word = path.rpartition(".")
    if word in _LABELS and _BY_NAME.get(above, (None, 0))[0] is Field.TAGS:
        return Guess(Field.TAGS, rank=_RANK_INSIDE, sure=80)
    found = _guess_exactly(path) or _guess_inside(path)
    allowed = (Field.URL, Field.TAGS, *(PLACES if _only_first(key) else ()))
    return found if found is not None and found.field in allowed else None


def _only_first(key: str) -> bool:
    return not any(index.strip("[](list-)0") for index in _INDEX.findall(key))


def _guess_exactly(path: str) -> Guess | None:
    if path in _BY_NAME:
        field, rank = _BY_NAME[path]
        return Guess(field, rank=rank, sure=max(70, 95 - rank))
    squeezed = _squeezed(path)
    if "." not in path and squeezed in _BY_SQUEEZED_NAME:
        field, rank = _BY_SQUEEZED_NAME[squeezed]
        return Guess(field, rank=_RANK_SQUEEZED + rank, sure=70)
    return None


def _squeezed(path: str) -> str:
    """Return the path without what people put between words: `Postal Code`, `postal-code`, `postalCode`."""
    return re.sub(r"[ _-]", "", path)


_BY_SQUEEZED_NAME: Final = {_squeezed(name): known for name, known in reversed(_BY_NAME.items())}


def _guess_in_a_language(path: str) -> Guess | None:
    # `name_id` is an identifier far more often than a name in Indonesian.
    match = _LANGUAGE_FIRST.fullmatch(path) or (
        None if path.endswith("_id") else _WITH_LANGUAGE.fullmatch(path)
    )
    tag = language_tag(match["language"]) if match is not None else None
    if match is None or tag is None:
        return None
    for base in (match["base"], *(match["base"].removesuffix(plural) for plural in _PLURALS)):
        field, rank = _BY_NAME.get(base, (None, 0))
        if field in _BY_LANGUAGE and field is not None:
            return Guess(field, language=tag, rank=rank)
    return _guess_misspelt(match["base"], tag)


def _guess_inside(path: str) -> Guess | None:
    """Guess a part of an address or a contact, and degrees anywhere, by the last word of the path."""
    match = _LAST_WORD.fullmatch(path)
    if match is None:
        return None
    above, word = match["above"], match["word"]
    if word in _DEGREES:
        return Guess(_DEGREES[word], rank=_RANK_INSIDE + path.count("."), sure=80)
    above, _dot, word = path.rpartition(".")
    known = _guess_exactly(word) if word else None
    container = above.partition(".")[2] if above.partition(".")[0] in WRAPPERS else above
    if known is not None and known.field in CONTAINERS.get(container, ()):
        return Guess(known.field, rank=_RANK_INSIDE + known.rank, sure=80)
    return None


def _guess_misspelt(base: str, language: str = UNKNOWN_LANGUAGE) -> Guess | None:
    for word in _OFTEN_MISSPELT:
        if OSA.distance(base, word, score_cutoff=_SLIPS_MAX) <= _SLIPS_MAX:
            return Guess(
                _BY_NAME[word][0], language=language, rank=_RANK_SLIP, slip=f"read as {word!r}", sure=60
            )
    return None


def separators(key: str, text: str) -> str:
    """Say which characters part the words of a list in this field.

    Where a `;` stands it parts and commas belong to the words, except for fields known to mix both.
    """
    path = key.casefold()
    if path == "type_of_initiative":
        return ";,"
    if path == "poi_type" or (";" in text and "(list-" not in path):
        return ";"
    # `tags[0]` is one word of Murmurations' tables, whatever stands in it.
    return "" if path.endswith("]") else ","
