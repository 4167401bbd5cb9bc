"""Forms of the directory: search, listings, profiles, offers and needs."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from node.directory.location import E7
from node.directory.search import QUERY_WORDS_MAX
from node.limits import NAME_CHARS_MAX, NEAREST_LISTINGS_MAX
from node.web.schemas.parts import (
    DIGITS,
    LINE_PATTERN,
    Asked,
    Hours,
    Id,
    LanguageTag,
    Name,
    Part,
    Shown,
    Text,
    Words,
)

Texts = Annotated[
    dict[str, str],
    Field(description="Texts by language; `und` where nobody said which.", examples=[{"en": "Seeds"}]),
]
# Latitude within 90 and longitude within 180 degrees, at most seven decimals.
_LATITUDE = r"-?([0-8]?[0-9](\.[0-9]{1,7})?|90(\.0{1,7})?)"
_LONGITUDE = r"-?((1[0-7][0-9]|[0-9]{1,2})(\.[0-9]{1,7})?|180(\.0{1,7})?)"


_DAY = "^(19[7-9][0-9]|[2-8][0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"


class SearchParameters(Part):
    """What somebody looks for; everything that is given must hold."""

    q: Annotated[
        str | None,
        Field(
            max_length=400,
            pattern=LINE_PATTERN,
            description=f"Words, at most {QUERY_WORDS_MAX}: each begins a word of the listing.",
        ),
    ] = None
    kind: Literal["profile", "offer", "need"] | None = None
    tag: Annotated[str | None, Field(max_length=NAME_CHARS_MAX, pattern=LINE_PATTERN)] = None
    country: Annotated[
        str | None, Field(pattern="^[A-Za-z]{2}$", description="ISO 3166-1 alpha-2.", examples=["CH"])
    ] = None
    language: LanguageTag | None = None
    near: Annotated[
        str | None,
        Field(
            pattern=f"^{_LATITUDE},{_LONGITUDE}$",
            description="Latitude and longitude in decimal degrees. The nearest come first, and no more than"
            f" {NEAREST_LISTINGS_MAX:,} are listed: an `offset` from there on is refused.",
            examples=["47.37,8.54"],
        ),
    ] = None
    within_km: Annotated[
        int | None, Field(ge=1, le=20_000, description="At most so far from `near`, which it needs."), DIGITS
    ] = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.within_km is not None and self.near is None:
            raise ValueError("within_km needs near, the place to measure from")
        words = (self.q or "").split()
        if len(words) > QUERY_WORDS_MAX or any(len(word) > NAME_CHARS_MAX for word in words):
            raise ValueError(f"expected at most {QUERY_WORDS_MAX} words of {NAME_CHARS_MAX} letters in q")
        return self


class OfferParameters(Part):
    """Which offers or needs to show."""

    tag: Annotated[str | None, Field(max_length=NAME_CHARS_MAX, pattern=LINE_PATTERN)] = None
    category: Annotated[
        str | None,
        Field(
            pattern="^[a-z][a-z0-9-]{0,63}$",
            description="Looked for among the first 1,000 that hold its word.",
        ),
    ] = None


class Place(Asked):
    """Which listing, offer or community is meant, in the path."""

    id: Id


class ListingSummary(Shown):
    """A listing in a list."""

    id: Id
    name: str
    community: Annotated[Id, Field(description="Whose page or offer it is, or who brought it in.")]
    kind: Literal["profile", "offer", "need"]
    distance_km: Annotated[float | None, Field(description="From `near`, where that was given.")] = None
    confirmed_at: Annotated[Hours | None, Field(description="When somebody last said it is right.")] = None


class ListingPage(Shown):
    """A part of what was found."""

    total: Annotated[
        int,
        Field(
            ge=0,
            description="How many fit, on all pages. With `within_km` no more than"
            f" {NEAREST_LISTINGS_MAX:,} are counted: {NEAREST_LISTINGS_MAX + 1:,} stands for more than that.",
        ),
    ]
    listings: tuple[ListingSummary, ...]


class Location(Shown):
    """A point in WGS 84."""

    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]

    @model_validator(mode="before")
    @classmethod
    def _from_units(cls, value: Any) -> Any:
        """Read the whole numbers of units of 1e-7 degrees that the core holds."""
        if isinstance(value, dict) and "lat_e7" in value:
            return {"latitude": value["lat_e7"] / E7, "longitude": value["lon_e7"] / E7}
        return value


class Address(Shown):
    """A postal address; each part may be empty."""

    street: str = ""
    city: str = ""
    postcode: str = ""
    region: str = ""


class Subject(Shown):
    """Whom an imported listing is about, and where it comes from."""

    name: str = ""
    source: str
    source_id: str
    licence: str = ""


class ProfileShown(Shown):
    """A community's page, or an imported listing when it has a subject."""

    kind: str
    name: Texts
    description: Texts
    urls: tuple[str, ...]
    email: str | None
    phone: str | None
    address: Address
    country: str | None
    location: Location | None
    tags: tuple[str, ...]
    languages: tuple[str, ...]
    subject: Subject | None
    succeeds: str | None
    confirmed_at: Hours | None
    flags: Annotated[tuple[str, ...], Field(description="Marks of the import, such as `place-unsure`.")]
    extra: Annotated[dict[str, str], Field(description="Fields of a foreign file without a place here.")]


class OfferShown(Shown):
    """An offer or a need in full."""

    kind: Literal["offer", "need"]
    state: Literal["open", "withdrawn"]
    category: str
    title: Texts
    text: Texts
    tags: tuple[str, ...]
    quantity: str
    expires: Annotated[str | None, Field(description="The last day on which it stands.")]


class Listing(Shown):
    """One listing: `profile` or `offer` is there, the other null."""

    id: Id
    kind: Literal["profile", "offer", "need"]
    community: Id
    community_name: str
    profile: ProfileShown | None = None
    offer: OfferShown | None = None


class Community(Shown):
    """A community's own profile."""

    community: Id
    id: Annotated[Id, Field(description="Of the profile, as `/listings/{id}` takes it.")]
    profile: Annotated[ProfileShown | None, Field(description="Null before the first edit.")]


class OfferSummary(Shown):
    """An offer or a need in a list."""

    id: Id
    kind: Literal["offer", "need"]
    title: str
    category: str
    tags: tuple[str, ...]
    expires: Annotated[str | None, Field(description="The last day on which it stands.")]
    open: Annotated[bool, Field(description="Whether that day has not passed yet.")]
    community: Id
    community_name: str


class OfferPage(Shown):
    """A part of the offers, or of the needs, that were not withdrawn."""

    total: Annotated[int, Field(ge=0)]
    offers: tuple[OfferSummary, ...]


Clearable = Literal[
    "kind",
    "name",
    "description",
    "urls",
    "email",
    "phone",
    "address",
    "country",
    "location",
    "tags",
    "languages",
    "succeeds",
]


class ProfileChange(Asked):
    """What to change in the community's own profile; what is left out stays."""

    name: Name | None = None
    description: Text | None = None
    language: Annotated[LanguageTag, Field(description="Of the name and the description given.")] = "und"
    kind: Annotated[str | None, Field(pattern="^[a-z][a-z0-9-]{0,63}$")] = None
    country: Annotated[str | None, Field(pattern="^[A-Z]{2}$")] = None
    city: Name | None = None
    latitude: Annotated[str | None, Field(pattern=f"^{_LATITUDE}$")] = None
    longitude: Annotated[str | None, Field(pattern=f"^{_LONGITUDE}$")] = None
    urls: Words | None = None
    tags: Words | None = None
    languages: Words | None = None
    clear: Annotated[tuple[Clearable, ...], Field(max_length=20, description="Fields to empty.")] = ()


class ProfileChanged(Shown):
    """The profile after the change."""

    id: Id
    profile: ProfileShown


class NewOffer(Asked):
    """An offer or a need to publish."""

    kind: Literal["offer", "need"] = "offer"
    title: Name
    text: Text = ""
    language: LanguageTag = "und"
    category: Annotated[str, Field(pattern="^[a-z][a-z0-9-]{0,63}$")] = "other"
    tags: Words = ()
    quantity: Annotated[str, Field(max_length=NAME_CHARS_MAX)] = ""
    expires: Annotated[
        str | None,
        Field(pattern=_DAY, description="The last day on which it stands.", examples=["2027-01-31"]),
    ] = None


class OfferAdded(Shown):
    """An offer as it was published."""

    id: Id
    kind: Literal["offer", "need"]
    title: str


class OfferWithdrawn(Shown):
    """An offer that no longer stands."""

    id: Id
    state: Literal["withdrawn"]
