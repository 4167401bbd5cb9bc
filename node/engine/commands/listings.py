"""Commands about profiles, offers and needs."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from node.engine.commands.ask import Ask, Name, Text, Words
from node.limits import NAME_CHARS_MAX, PART_DOCUMENTS_MAX


class EditProfile(Ask):
    """Change the community's profile; what is left out stays, `clear` empties fields: {id, profile}."""

    command: Literal["edit-profile"] = "edit-profile"
    name: Name | None = None
    description: Text | None = None
    language: Annotated[str, Field(max_length=35)] = "und"
    kind: Annotated[str, Field(max_length=64)] | None = None
    country: Annotated[str, Field(max_length=2)] | None = None
    city: Name | None = None
    latitude: Annotated[str, Field(max_length=24)] | None = None
    longitude: Annotated[str, Field(max_length=24)] | None = None
    urls: Words | None = None
    tags: Words | None = None
    languages: Words | None = None
    clear: Words = ()


class ShowProfile(Ask):
    """A community's own profile: {id, community, profile} with profile null before the first edit."""

    command: Literal["show-profile"] = "show-profile"
    question: ClassVar[bool] = True
    community: str | None = None


class AddOffer(Ask):
    """Publish an offer or a need: {id, kind, title}. `expires` is a date, 2027-01-31."""

    command: Literal["add-offer"] = "add-offer"
    kind: Literal["offer", "need"] = "offer"
    title: Name
    text: Text = ""
    language: Annotated[str, Field(max_length=35)] = "und"
    category: Annotated[str, Field(max_length=64)] = "other"
    tags: Words = ()
    quantity: Annotated[str, Field(max_length=NAME_CHARS_MAX)] = ""
    expires: Annotated[str, Field(max_length=10)] | None = None


class ListOffers(Ask):
    """Offers and needs held here: {offers: [{id, kind, state, title, community, community_name}]}.

    All at once, by title; with `limit` a part in the order of ids, as `export-part` gives it, with `after`.
    """

    command: Literal["list-offers"] = "list-offers"
    question: ClassVar[bool] = True
    own: bool = False
    withdrawn: bool = False
    after: str | None = None
    limit: Annotated[int, Field(ge=1, le=PART_DOCUMENTS_MAX)] | None = None


class WithdrawOffer(Ask):
    """Take an offer of this community back: {id, state}."""

    command: Literal["withdraw-offer"] = "withdraw-offer"
    id: str
