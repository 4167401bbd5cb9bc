"""What a community's page holds, as a form and as a document's tree.

A profile is a community's own page; with a `subject` it is a listing that this community imported about
somebody else (formats.md). Owns the fields, how they stand in a document and the lenient reading of what a
peer wrote. Refuses to own import, search and who may write.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import Field

from node.directory import forms, plain_text, shared_fields
from node.directory.forms import (
    AddressPart,
    Contact,
    Country,
    Extra,
    Flags,
    Form,
    Hours,
    Languages,
    Line,
    Names,
    Slug,
    SourceText,
    Tags,
    Texts,
    WebAddresses,
)
from node.directory.language_tags import best_text, is_language_tag
from node.directory.location import Location
from node.directory.trees import Path, TreeReader
from node.limits import NAME_CHARS_MAX

DEFAULT_KIND: Final = "community"
# The kinds the forms offer; a federation may add others, so a profile may hold any word of this shape.
KNOWN_KINDS: Final = (
    "community",
    "expert",
    "service-provider",
    "network",
    "body",
    "federation",
    "campaign",
    "infrastructure",
    "outside-body",
)


class Address(Form):
    """A postal address without its country; each part may be empty."""

    street: AddressPart = ""
    city: AddressPart = ""
    postcode: AddressPart = ""
    region: AddressPart = ""


class Subject(Form):
    """Whom an imported listing is about, and where it comes from."""

    name: Annotated[Line, Field(max_length=NAME_CHARS_MAX)] = ""
    source: SourceText
    source_id: SourceText
    licence: SourceText = ""


class Profile(Form):
    """A community's page, or an imported listing when it has a subject.

    Attributes:
        confirmed_at: whole hours since 1970 when somebody last said that this page is right.
        flags: marks for the steward, such as `coordinates-swapped`; see docs/directory.md.
        extra: fields of a foreign file that have no place of their own, as they were published.
        email, phone: left out unless somebody puts them in on purpose: a public page is copied for good.
    """

    kind: Slug = DEFAULT_KIND
    name: Names = Field(default_factory=dict)
    description: Texts = Field(default_factory=dict)
    urls: WebAddresses = ()
    email: Contact | None = None
    phone: Contact | None = None
    address: Address = Field(default_factory=Address)
    country: Country | None = None
    location: Location | None = None
    tags: Tags = ()
    languages: Languages = ()
    subject: Subject | None = None
    succeeds: Annotated[Line, Field(min_length=1, max_length=forms.SOURCE_CHARS_MAX)] | None = None
    confirmed_at: Hours | None = None
    flags: Flags = ()
    extra: Extra = Field(default_factory=dict)

    def shown_name(self, *languages: str) -> str:
        """Choose the name to show, by the reader's languages; "" when the page has none yet."""
        return best_text(self.name, languages=languages)


_KNOWN_KEYS: Final = frozenset(Profile.model_fields)


def to_tree(profile: Profile) -> dict[str, object]:
    """Write the profile as a document's tree.

    Every map is there even when it is empty: two devices that each made one for the first time would
    otherwise make two, of which one loses with all it holds. A location is one text: two moves never mix.
    """
    tree: dict[str, object] = {
        "kind": profile.kind,
        "name": dict(profile.name),
        "description": dict(profile.description),
        "address": {part: text for part, text in profile.address if text},
        "subject": dict(profile.subject) if profile.subject else {},
        "extra": dict(profile.extra),
    }
    for words in ("urls", "tags", "languages", "flags"):
        tree[words] = dict.fromkeys(getattr(profile, words), True)
    for scalar in ("email", "phone", "country", "succeeds", "confirmed_at"):
        value = getattr(profile, scalar)
        if value is not None:
            tree[scalar] = value
    if profile.location is not None:
        tree["location"] = f"{profile.location.lat_e7},{profile.location.lon_e7}"
    return tree


@dataclass(frozen=True, slots=True)
class ProfileReading:
    """A profile as far as a document could be read; `unread` holds path and value of what was left aside."""

    profile: Profile
    problems: tuple[str, ...]
    unread: tuple[tuple[Path, str], ...]


def from_tree(tree: object) -> ProfileReading:
    """Read what a document holds, leniently: whatever a peer wrote, this gives a profile and never raises."""
    reader = TreeReader(tree)
    reader.others(_KNOWN_KEYS)
    reader.others(frozenset(forms.ADDRESS_PARTS), "address")
    profile = Profile(
        kind=reader.checked("kind", is_valid=forms.is_slug, expected="a kind such as community")
        or DEFAULT_KIND,
        name=shared_fields.names(reader, "name"),
        description=shared_fields.texts(reader, "description"),
        urls=_words(reader, "urls", forms.is_web_address, forms.URLS_MAX),
        email=_short(reader, "email", forms.CONTACT_CHARS_MAX),
        phone=_short(reader, "phone", forms.CONTACT_CHARS_MAX),
        address=_read_address(reader),
        country=reader.checked("country", is_valid=forms.is_country, expected="two capital letters"),
        location=_read_location(reader),
        tags=_words(reader, "tags", forms.is_tag, forms.TAGS_MAX),
        languages=_words(reader, "languages", is_language_tag, forms.LANGUAGES_MAX),
        subject=_read_subject(reader),
        succeeds=_short(reader, "succeeds", forms.SOURCE_CHARS_MAX),
        confirmed_at=reader.integer("confirmed_at", smallest=0, largest=forms.HOURS_MAX),
        flags=_words(reader, "flags", forms.is_slug, forms.FLAGS_MAX),
        extra=shared_fields.further(reader),
    )
    return ProfileReading(profile, tuple(reader.problems), tuple(reader.unread))


def _words(reader: TreeReader, key: str, is_word: Callable[[str], bool], count_max: int) -> tuple[str, ...]:
    return reader.words(key, is_word=is_word, clean=plain_text.line, count_max=count_max)


def _short(reader: TreeReader, key: str, chars_max: int) -> str | None:
    return reader.text(key, clean=plain_text.line, chars_max=chars_max) or None


def _read_address(reader: TreeReader) -> Address:
    parts = {
        part: reader.text("address", part, clean=plain_text.line, chars_max=forms.ADDRESS_PART_CHARS_MAX)
        for part in forms.ADDRESS_PARTS
    }
    return Address(**parts)


def _read_subject(reader: TreeReader) -> Subject | None:
    reader.others(frozenset(forms.SUBJECT_PARTS), "subject")
    parts = {
        part: reader.text(
            "subject",
            part,
            clean=plain_text.line,
            chars_max=NAME_CHARS_MAX if part == "name" else forms.SOURCE_CHARS_MAX,
        )
        for part in forms.SUBJECT_PARTS
    }
    return Subject(**parts) if any(parts.values()) else None


def _read_location(reader: TreeReader) -> Location | None:
    text = reader.text("location", clean=plain_text.line, chars_max=forms.LOCATION_CHARS_MAX)
    if not text:
        return None
    try:
        lat_e7, lon_e7 = (int(part) for part in text.split(","))
        location = Location(lat_e7, lon_e7)
    except ValueError:
        location = None
    if location is None or f"{location.lat_e7},{location.lon_e7}" != text:
        reader.reject(
            "location",
            expected="latitude and longitude in units of 1e-7 degrees, such as 560000000,240000000",
        )
        return None
    return location
