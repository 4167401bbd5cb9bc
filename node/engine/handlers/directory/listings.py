"""Commands about the own profile, offers and needs."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from pydantic import ValidationError

from node import ids
from node.clock import MS_PER_HOUR, Timestamp
from node.crdt.genesis import GENESIS_NONCE_BYTES, Communities, Genesis
from node.directory import offer, profile, trees
from node.directory.location import Location, degrees_to_e7, parse_degrees
from node.directory.offer import Offer
from node.directory.profile import Address, Profile
from node.directory.schemas import OFFER_SCHEMA, OFFER_TYPE, PROFILE_SCHEMA
from node.engine.commands import AddOffer, EditProfile, ListOffers, ShowProfile, WithdrawOffer
from node.engine.desk import Answer, Desk, Done, complaint
from node.engine.own_pages import profile_genesis, profile_id
from node.engine.replicas.documents import read_tree
from node.errors import ConflictError, NotAuthorisedError, NotFoundError, UserError
from node.feeds import scopes
from node.ids import CommunityId, DocumentId

_HOURS_PER_DAY = 24


def edit_profile(command: EditProfile, desk: Desk) -> Done:
    """Change the own profile."""
    document = profile_id(desk.own)
    row = desk.store.documents.get(document)
    old_tree: Mapping[str, Any] = read_tree(row) if row is not None else {}
    present = profile.from_tree(old_tree).profile
    try:
        changed = _changed(present, command, desk.now)
    except ValidationError as error:
        raise complaint(error) from error
    edits = trees.edits(old_tree, profile.to_tree(changed), schema=PROFILE_SCHEMA)
    if row is None:
        _, drafts = desk.documents.create(profile_genesis(desk.own), edits, desk.now)
    else:
        drafts = desk.documents.edit(document, edits, desk.now)
    answer: Answer = {"id": ids.show(document), "profile": changed.model_dump(mode="json")}
    return Done(answer, publish=((scopes.PUBLIC, tuple(drafts)),))


def show_profile(command: ShowProfile, desk: Desk) -> Done:
    """Show a community's own profile."""
    wanted = desk.own if command.community is None else desk.community(command.community)
    document = profile_id(wanted)
    row = desk.store.documents.get(document) if desk.moderation.shows(document, wanted) else None
    shown = profile.from_tree(read_tree(row)).profile.model_dump(mode="json") if row is not None else None
    return Done({"id": ids.show(document), "community": ids.show(wanted), "profile": shown})


def add_offer(command: AddOffer, desk: Desk) -> Done:
    """Publish an offer or a need."""
    try:
        made = Offer(
            kind=command.kind,
            category=command.category,
            title={command.language: command.title},
            text={command.language: command.text} if command.text else {},
            tags=tuple(sorted(set(command.tags))),
            quantity=command.quantity,
            expires=_end_of(command.expires) if command.expires is not None else None,
        )
    except ValidationError as error:
        raise complaint(error) from error
    if not made.is_open(now_hours=desk.now // MS_PER_HOUR):
        raise UserError(f"expected a last day from today on, found {command.expires}, which is over")
    founding = Genesis(
        OFFER_TYPE, desk.own, Communities((desk.own,)), scopes.PUBLIC, desk.entropy(GENESIS_NONCE_BYTES)
    )
    edits = trees.edits({}, offer.to_tree(made), schema=OFFER_SCHEMA)
    document, drafts = desk.documents.create(founding, edits, desk.now)
    answer: Answer = {"id": ids.show(document), "kind": command.kind, "title": command.title}
    return Done(answer, publish=((scopes.PUBLIC, tuple(drafts)),))


def list_offers(command: ListOffers, desk: Desk) -> Done:
    """List offers and needs held here; a community's name is looked up once, however much it offers."""
    found = []
    names: dict[CommunityId, str] = {}
    after = DocumentId(ids.parse(command.after)) if command.after is not None else None
    rows = desk.store.documents.of_type(OFFER_TYPE, after=after, limit=command.limit)
    for row in rows:
        if (command.own and row.owner != desk.own) or not desk.moderation.shows(row.id, row.owner):
            continue
        one = offer.from_tree(read_tree(row)).offer
        if one.state == "open" or command.withdrawn:
            if row.owner not in names:
                names[row.owner] = desk.name_of(row.owner)
            found.append(_offer(row.id, row.owner, one, desk, community_name=names[row.owner]))
    if command.limit is not None:
        return Done({"offers": found, "after": ids.show(rows[-1].id) if len(rows) == command.limit else None})
    return Done({"offers": sorted(found, key=lambda shown: (shown["title"], shown["id"]))})


def withdraw_offer(command: WithdrawOffer, desk: Desk) -> Done:
    """Take an offer back; it is kept as withdrawn, so that everybody learns of it."""
    document = DocumentId(ids.parse(command.id))
    row = desk.store.documents.get(document)
    if row is None or row.type != OFFER_TYPE:
        raise NotFoundError("no offer of that id is known here")
    if row.owner != desk.own:
        raise NotAuthorisedError("that offer is another community's; only its own stewards can withdraw it")
    tree = read_tree(row)
    present = offer.from_tree(tree).offer
    if present.state != "open":
        raise ConflictError("that offer is withdrawn already")
    changed = offer.to_tree(present.model_copy(update={"state": "withdrawn"}))
    drafts = desk.documents.edit(document, trees.edits(tree, changed, schema=OFFER_SCHEMA), desk.now)
    answer: Answer = {"id": command.id, "state": "withdrawn"}
    return Done(answer, publish=((scopes.PUBLIC, tuple(drafts)),))


def _offer(
    document: DocumentId, owner: CommunityId, one: Offer, desk: Desk, *, community_name: str
) -> Answer:
    return {
        "id": ids.show(document),
        "kind": one.kind,
        "state": one.state,
        "title": one.shown_title(),
        "category": one.category,
        "tags": list(one.tags),
        "expires": last_day(one.expires),
        "open": one.is_open(now_hours=desk.now // MS_PER_HOUR),
        "community": ids.show(owner),
        "community_name": community_name,
    }


def _changed(present: Profile, command: EditProfile, now: Timestamp) -> Profile:
    """Return the profile with what the command gives; building it anew checks every field."""
    fields: dict[str, Any] = {name: getattr(present, name) for name in Profile.model_fields}
    for name in command.clear:
        if name not in Profile.model_fields or name in ("subject", "flags", "extra"):
            raise UserError(f"there is no field {name!r} to clear")
        fields[name] = Profile.model_fields[name].get_default(call_default_factory=True)
    for name in ("name", "description"):
        given = getattr(command, name)
        if given is not None:
            fields[name] = {**fields[name], command.language: given}
    sets = {name: getattr(command, name) for name in ("urls", "tags", "languages")}
    fields |= {name: tuple(sorted(set(given))) for name, given in sets.items() if given is not None}
    plain = {name: getattr(command, name) for name in ("kind", "country")}
    fields |= {name: given for name, given in plain.items() if given is not None}
    if command.city is not None:
        fields["address"] = Address(**{**dict(fields["address"]), "city": command.city})
    if command.latitude is not None or command.longitude is not None:
        fields["location"] = read_location(command.latitude, command.longitude)
    fields["confirmed_at"] = now // MS_PER_HOUR
    return Profile(**fields)


def read_location(latitude: str | None, longitude: str | None) -> Location:
    """Read a place from two decimal numbers.

    Raises:
        UserError: one is missing, not a number, or beyond the Earth's.
    """
    parsed = [parse_degrees(text) if text is not None else None for text in (latitude, longitude)]
    if parsed[0] is None or parsed[1] is None:
        raise UserError("a place needs a latitude and a longitude in decimal degrees, such as 47.37 and 8.54")
    if abs(parsed[0]) > 90 or abs(parsed[1]) > 180:
        raise UserError("latitude goes from -90 to 90 and longitude from -180 to 180 degrees")
    return Location(degrees_to_e7(parsed[0]), degrees_to_e7(parsed[1]))


def _end_of(day: str) -> int:
    """Return the hour in which a day ends (UTC), in whole hours since 1970."""
    try:
        since = date.fromisoformat(day) - date(1970, 1, 1)
    except ValueError as error:
        raise UserError(f"expected a day such as 2027-01-31, found {day!r}") from error
    return (since.days + 1) * _HOURS_PER_DAY


def last_day(expires: int | None) -> str | None:
    """Return the last day on which an offer stands."""
    if expires is None:
        return None
    return date.fromordinal(date(1970, 1, 1).toordinal() + (expires - 1) // _HOURS_PER_DAY).isoformat()
