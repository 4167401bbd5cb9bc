"""The small forms that profiles and offers are made of: lines, texts by language, tags, web addresses.

Owns the limits of single fields and what each may hold. A form is strict: whoever makes one has cleaned the
text before (plain_text.py); what a peer wrote is read leniently (trees.py) into one.
"""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from node.directory import plain_text
from node.directory.language_tags import is_language_tag
from node.limits import NAME_CHARS_MAX, TEXT_CHARS_MAX

# Texts in more languages than the European Union has are a list of something else.
LANGUAGES_MAX: Final = 50
# Murmurations allows 100 tags of 100 characters; a page with more is read by nobody.
TAGS_MAX: Final = 100
TAG_CHARS_MAX: Final = 100
URLS_MAX: Final = 20
# An address on the web is a key of a map in the document (trees.py), which bounds it to 200.
URL_CHARS_MAX: Final = 200
FLAGS_MAX: Final = 20
ADDRESS_PART_CHARS_MAX: Final = 200
# Fields of a foreign file that have no place here: real records hold up to 40 of them.
EXTRA_FIELDS_MAX: Final = 200
EXTRA_KEY_CHARS_MAX: Final = 200
EXTRA_VALUE_CHARS_MAX: Final = 20_000
SOURCE_CHARS_MAX: Final = 500
CONTACT_CHARS_MAX: Final = 200
# Two whole numbers of at most ten digits with their signs, and a comma.
LOCATION_CHARS_MAX: Final = 23
SLUG_CHARS_MAX: Final = 64
# "3 hours a week", "half a tonne": said in words, because what is offered has no common unit.
QUANTITY_CHARS_MAX: Final = 200
ADDRESS_PARTS: Final = ("street", "city", "postcode", "region")
SUBJECT_PARTS: Final = ("name", "source", "source_id", "licence")
# Hours since 1970 up to the year 9999.
HOURS_MAX: Final = 70_389_504

_SLUG = re.compile(r"[a-z][a-z0-9-]{0,63}", re.ASCII)
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
_WEB_ADDRESS = re.compile(r"https?://[^\s/?#@\\]+([/?#]\S*)?", re.ASCII)


class Form(BaseModel):
    """Be strict: no unknown fields, no conversions, no change after it was made."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


def is_slug(text: str) -> bool:
    """Say whether the text is a word of lower-case letters, digits and hyphens."""
    return _SLUG.fullmatch(text) is not None


def is_tag(text: str) -> bool:
    """Say whether the text can be a tag."""
    return 0 < len(text) <= TAG_CHARS_MAX and plain_text.line(text) == text


def is_web_address(text: str) -> bool:
    """Say whether the text is an address a page may link to: http or https, a host, no name before an @.

    Anything else (`javascript:`, `data:`) could act when it is clicked, or hide where it leads.
    """
    return (
        len(text) <= URL_CHARS_MAX
        and _WEB_ADDRESS.fullmatch(text) is not None
        and plain_text.line(text) == text
    )


def is_country(text: str) -> bool:
    """Say whether the text is spelled as an ISO 3166-1 alpha-2 code."""
    return _COUNTRY.fullmatch(text) is not None


def is_extra_key(text: str) -> bool:
    """Say whether the text can name a field that has no place of its own."""
    return 0 < len(text) <= EXTRA_KEY_CHARS_MAX and plain_text.line(text) == text


def _line(text: str) -> str:
    if plain_text.line(text) != text:
        raise ValueError("expected one line without hidden characters or doubled spaces")
    return text


def _block(text: str) -> str:
    if plain_text.block(text) != text:
        raise ValueError("expected text without hidden characters or spaces at its ends")
    return text


def _slug(text: str) -> str:
    if not is_slug(text):
        raise ValueError("expected lower-case letters, digits and hyphens, at most 64")
    return text


def _language(text: str) -> str:
    if not is_language_tag(text):
        raise ValueError("expected a language such as de, pt-BR or und")
    return text


def _country(text: str) -> str:
    if not is_country(text):
        raise ValueError("expected two capital letters, such as AT")
    return text


def _web_address(text: str) -> str:
    if not is_web_address(text):
        raise ValueError("expected an address that begins with https:// or http://")
    return text


def _set_of_words(words: tuple[str, ...]) -> tuple[str, ...]:
    if list(words) != sorted(set(words)):
        raise ValueError("expected each word once, in order")
    return words


Line = Annotated[str, AfterValidator(_line)]
Slug = Annotated[str, AfterValidator(_slug)]
Language = Annotated[str, AfterValidator(_language)]
Tag = Annotated[Line, Field(min_length=1, max_length=TAG_CHARS_MAX)]
AddressPart = Annotated[Line, Field(max_length=ADDRESS_PART_CHARS_MAX)]
SourceText = Annotated[Line, Field(max_length=SOURCE_CHARS_MAX)]
Contact = Annotated[Line, Field(min_length=1, max_length=CONTACT_CHARS_MAX)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
Country = Annotated[str, AfterValidator(_country)]
Hours = Annotated[int, Field(ge=0, le=HOURS_MAX)]
# {language: text}; "und" where nobody said which language it is.
Names = Annotated[
    dict[Language, Annotated[Line, Field(min_length=1, max_length=NAME_CHARS_MAX)]],
    Field(max_length=LANGUAGES_MAX),
]
Texts = Annotated[
    dict[Language, Annotated[str, AfterValidator(_block), Field(min_length=1, max_length=TEXT_CHARS_MAX)]],
    Field(max_length=LANGUAGES_MAX),
]
Tags = Annotated[tuple[Tag, ...], AfterValidator(_set_of_words), Field(max_length=TAGS_MAX)]
WebAddresses = Annotated[tuple[WebAddress, ...], AfterValidator(_set_of_words), Field(max_length=URLS_MAX)]
Languages = Annotated[tuple[Language, ...], AfterValidator(_set_of_words), Field(max_length=LANGUAGES_MAX)]
Flags = Annotated[tuple[Slug, ...], AfterValidator(_set_of_words), Field(max_length=FLAGS_MAX)]
Extra = Annotated[
    dict[
        Annotated[Line, Field(min_length=1, max_length=EXTRA_KEY_CHARS_MAX)],
        Annotated[str, AfterValidator(_block), Field(min_length=1, max_length=EXTRA_VALUE_CHARS_MAX)],
    ],
    Field(max_length=EXTRA_FIELDS_MAX),
]
