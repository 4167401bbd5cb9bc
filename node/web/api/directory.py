"""Operations about the directory: search, listings, profiles, offers and needs."""

from typing import Final, Literal

from node.engine import commands
from node.errors import NotFoundError
from node.limits import NEAREST_LISTINGS_MAX
from node.web import listings
from node.web.api.operations import AnyOperation, Call, Operation, Told, links_to_parts
from node.web.asking import ASKS
from node.web.asking import OPERATOR as ON_OPERATOR
from node.web.schemas.directory import (
    Community,
    Listing,
    ListingPage,
    NewOffer,
    OfferAdded,
    OfferPage,
    OfferParameters,
    OfferWithdrawn,
    Place,
    ProfileChange,
    ProfileChanged,
    SearchParameters,
)
from node.web.schemas.parts import NoParameters
from node.web.tokens import Scope

_NO_COMMUNITY: Final = "no community of that id is known here"

Placed = Call[Place, NoParameters, NoParameters]
Offers = Call[NoParameters, OfferParameters, NoParameters]


async def search(call: Call[NoParameters, SearchParameters, NoParameters]) -> Told:
    """Find listings."""
    asked = call.parameters
    fields = {**asked.model_dump(exclude={"q"}), "words": tuple((asked.q or "").split())}
    found = await call.ask(call.command(commands.Search, fields))
    page = ListingPage.model_validate(found)
    listed = page.total if asked.near is None else min(page.total, NEAREST_LISTINGS_MAX)
    return Told(page, links=links_to_parts(call.request, asked, listed))


async def listing(call: Placed) -> Told:
    """Show one listing."""
    return Told(Listing.model_validate(await listings.listing(call.request.app[ASKS], call.place.id)))


async def community(call: Placed) -> Told:
    """Show a community's own profile."""
    try:
        found = await call.ask(commands.ShowProfile(community=call.place.id))
    except NotFoundError as error:
        raise NotFoundError(_NO_COMMUNITY) from error
    if found["profile"] is None and not call.request.app[ON_OPERATOR]:
        # To a stranger a community without a page is the same as none: whom this node knows is not public.
        raise NotFoundError(_NO_COMMUNITY)
    return Told(Community.model_validate(found))


async def offers(call: Offers) -> Told:
    """List what communities offer."""
    return await _offers(call, "offer")


async def needs(call: Offers) -> Told:
    """List what communities need."""
    return await _offers(call, "need")


async def edit_profile(call: Call[NoParameters, NoParameters, ProfileChange]) -> Told:
    """Change the own profile."""
    command = call.command(commands.EditProfile, call.body.model_dump(exclude_none=True))
    return Told(ProfileChanged.model_validate(await call.ask(command)))


async def add_offer(call: Call[NoParameters, NoParameters, NewOffer]) -> Told:
    """Publish an offer or a need."""
    command = call.command(commands.AddOffer, call.body.model_dump())
    added = OfferAdded.model_validate(await call.ask(command))
    return Told(added, location=f"/api/v1/listings/{added.id}")


async def withdraw_offer(call: Placed) -> Told:
    """Take an offer back."""
    return Told(OfferWithdrawn.model_validate(await call.ask(commands.WithdrawOffer(id=call.place.id))))


async def _offers(call: Offers, kind: Literal["offer", "need"]) -> Told:
    asked = call.parameters
    total, found = await listings.offers(
        call.request.app[ASKS],
        kind=kind,
        tag=asked.tag,
        category=asked.category,
        limit=asked.limit,
        offset=asked.offset,
    )
    shown = [{**one, "title": one["name"]} for one in found]
    page = OfferPage.model_validate({"total": total, "offers": shown})
    return Told(page, links=links_to_parts(call.request, asked, page.total))


PUBLIC: Final[tuple[AnyOperation, ...]] = (
    Operation(
        "search",
        "GET",
        "/api/v1/listings",
        "Search the directory",
        search,
        ListingPage,
        parameters=SearchParameters,
        links_parts=True,
    ),
    Operation(
        "showListing", "GET", "/api/v1/listings/{id}", "One listing in full", listing, Listing, place=Place
    ),
    Operation(
        "showCommunity",
        "GET",
        "/api/v1/communities/{id}",
        "A community's own profile",
        community,
        Community,
        place=Place,
    ),
    Operation(
        "listOffers",
        "GET",
        "/api/v1/offers",
        "Offers that were not withdrawn, by title",
        offers,
        OfferPage,
        parameters=OfferParameters,
        links_parts=True,
    ),
    Operation(
        "listNeeds",
        "GET",
        "/api/v1/needs",
        "Needs that were not withdrawn, by title",
        needs,
        OfferPage,
        parameters=OfferParameters,
        links_parts=True,
    ),
)
OPERATOR: Final[tuple[AnyOperation, ...]] = (
    *PUBLIC,
    Operation(
        "editProfile",
        "PATCH",
        "/api/v1/profile",
        "Change the community's own profile",
        edit_profile,
        ProfileChanged,
        body=ProfileChange,
        needs=Scope.PUBLISH,
    ),
    Operation(
        "addOffer",
        "POST",
        "/api/v1/offers",
        "Publish an offer or a need",
        add_offer,
        OfferAdded,
        body=NewOffer,
        needs=Scope.PUBLISH,
        status=201,
    ),
    Operation(
        "withdrawOffer",
        "DELETE",
        "/api/v1/offers/{id}",
        "Take an offer of this community back",
        withdraw_offer,
        OfferWithdrawn,
        place=Place,
        needs=Scope.PUBLISH,
        problems=(409,),
    ),
)
