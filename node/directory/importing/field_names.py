"""What a foreign field means, by its name: OpenStreetMap's keys, Murmurations' and words of some languages.

A guess is only ever a mapping: the value itself is judged elsewhere. What is not recognised is kept under its
own name. `--map field=path` beats every guess.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from rapidfuzz.distance import OSA

from node.directory import plain_text
from node.directory.forms import EXTRA_KEY_CHARS_MAX
from node.directory.importing.languages import language_tag
from node.directory.language_tags import UNKNOWN_LANGUAGE
from node.errors import UserError


class Field(StrEnum):
    """The fields that an import fills; the value is what `--map` calls it."""

    NAME = "name"
    DESCRIPTION = "description"
    URL = "url"
    TAGS = "tags"
    LANGUAGES = "languages"
    STREET = "street"
    HOUSE_NUMBER = "housenumber"
    CITY = "city"
    POSTCODE = "postcode"
    REGION = "region"
    COUNTRY = "country"
    LAT = "lat"
    LON = "lon"
    KIND = "kind"
    EMAIL = "email"
    PHONE = "phone"
    SOURCE_ID = "source_id"
    LICENCE = "licence"


# Names that mean a field, the surest first: when a record has several of one field, the first one counts.
_NAMES: Final[dict[Field, str]] = {
    Field.NAME: "name title titel nom nome nombre naziv nazwa bezeichnung organisation organization",
    Field.DESCRIPTION: "description beschreibung descrizione descripcion descripción desc about",
    Field.URL: "website contact:website url urls urls.url contact:url primary_url homepage web webseite",
    Field.TAGS: "tags tag type_of_initiative free_keywords free-keywords free_keywords1 keywords poi_type "
    "categories category schlagworte",
    Field.LANGUAGES: "languages language lang sprachen sprache",
    Field.STREET: "addr:street street address.street straße strasse rue via",
    Field.HOUSE_NUMBER: "addr:housenumber housenumber house_number hausnummer",
    Field.CITY: "addr:city city address.city town ort stadt ville città ciudad",
    Field.POSTCODE: "addr:postcode postcode postal_code address.postcode zip zipcode plz cap",
    Field.REGION: "addr:region addr:state addr:province region state province address.region bundesland",
    Field.COUNTRY: "addr:country country country_code country_iso_3166 address.country land pays paese país",
    Field.LAT: "lat latitude geolocation.lat location.lat geo:lat breitengrad",
    Field.LON: "lon lng long longitude geolocation.lon geolocation.lng location.lon location.lng geo:lon "
    "längengrad",
    Field.KIND: "kind",
    Field.EMAIL: "email e-mail mail contact:email contact_details.email",
    Field.PHONE: "phone telephone tel telefon mobile fax contact:phone contact:mobile contact:fax",
    Field.SOURCE_ID: "source_id _id id @id oid external_id unique_id uuid uri _uri",
    Field.LICENCE: "licence license lizenz",
}
_BY_NAME: Final = {
    name: (field, rank) for field, names in _NAMES.items() for rank, name in enumerate(names.split())
}
_BY_LANGUAGE: Final = (Field.NAME, Field.DESCRIPTION)
# Long enough that one slip of the pen does not make another word of it.
_OFTEN_MISSPELT: Final = ("description", "beschreibung")
_SLIPS_MAX: Final = 1

# Murmurations' tables number the places of a list: `tags[0]`, `tags(list-0)`, `urls[0].url`.
_INDEX = re.compile(r"\[\d+\]|\(list-\d+\)")
_WITH_LANGUAGE = re.compile(
    r"(?P<base>.+?)[:_.@ ([-]+(?P<language>[A-Za-z]{2,3}(?:[-_][A-Za-z]{4})?(?:[-_](?:[A-Za-z]{2}|\d{3}))?)"
    r"[)\]]?"
)


@dataclass(frozen=True, slots=True)
class Guess:
    """What a key is taken for.

    Attributes:
        language: of a name or description; "und" when the key does not say.
        rank: 0 for the surest name of the field.
        slip: the sentence about a misspelt key, or "".
    """

    field: Field
    language: str = UNKNOWN_LANGUAGE
    rank: int = 0
    slip: str = ""


def guess(key: str) -> Guess | None:
    """Say what a field means by its name; None when nobody knows."""
    plain = _INDEX.sub("", plain_text.line(key)).casefold().removeprefix("properties.")
    if len(plain) > EXTRA_KEY_CHARS_MAX:
        return None
    if plain in _BY_NAME:
        field, rank = _BY_NAME[plain]
        return Guess(field, rank=rank)
    # `name_id` is an identifier far more often than a name in Indonesian.
    match = None if plain.endswith("_id") else _WITH_LANGUAGE.fullmatch(plain)
    base, language = (plain, None) if match is None else (match["base"], language_tag(match["language"]))
    if base in _BY_NAME and _BY_NAME[base][0] in _BY_LANGUAGE and language is not None:
        field, rank = _BY_NAME[base]
        return Guess(field, language=language, rank=rank)
    return _guess_misspelt(base if language else plain, language or UNKNOWN_LANGUAGE)


def _guess_misspelt(base: str, language: str) -> Guess | None:
    for word in _OFTEN_MISSPELT:
        if OSA.distance(base, word, score_cutoff=_SLIPS_MAX) <= _SLIPS_MAX:
            return Guess(_BY_NAME[word][0], language=language, rank=99, slip=f"read as {word!r}")
    return None


def plan(keys: Iterable[str], mapping: Mapping[str, str]) -> dict[str, Guess]:
    """Say for every key of a file what it means; keys that mean nothing are left out.

    Args:
        keys: all keys that stand in the file.
        mapping: our field (`city`, `name`, `description:de`) to the file's key, as `--map` gives it.

    Raises:
        UserError: the mapping names a field we do not have, or a key that is not in the file.
    """
    all_keys = tuple(dict.fromkeys(keys))
    found = {key: known for key in all_keys if (known := guess(key)) is not None}
    for target, path in mapping.items():
        asked = _asked(target)
        key = path if path in all_keys else path.removeprefix("properties.")
        if key not in all_keys:
            there = ", ".join(sorted(all_keys)[:20])
            raise UserError(
                f"--map {target}={path}: expected one of the file's fields ({there}), found no {path!r}"
            )
        found = {
            other: known
            for other, known in found.items()
            if (known.field, known.language) != (asked.field, asked.language)
        }
        found[key] = asked
    return found


def _asked(target: str) -> Guess:
    name, _colon, suffix = target.partition(":")
    language = language_tag(suffix) if suffix else UNKNOWN_LANGUAGE
    if name not in {field.value for field in Field} or language is None:
        known = ", ".join(field.value for field in Field)
        raise UserError(
            f"--map {target}=…: expected one of {known} (name:de for a language), found {target!r}"
        )
    return Guess(Field(name), language=language, rank=-1)


def separators(key: str, text: str) -> str:
    """Say which characters part the words of a list in this field.

    Where a `;` stands it parts and commas belong to the words, except for fields known to mix both.
    """
    plain = key.casefold()
    if plain == "type_of_initiative":
        return ";,"
    if plain == "poi_type" or ";" in text:
        return ";"
    return ","
