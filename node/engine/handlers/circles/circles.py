"""Commands about circles: opening one, reading and writing in it, changing who is in it, leaving it."""

from collections.abc import Iterable

from pydantic import ValidationError

from node import ids
from node.circles.standing import CircleStanding, Note
from node.circles.statements import Circle, CircleLeft, CircleNote, CircleUnsaid
from node.directory import plain_text
from node.engine.circles.ring import CIRCLES_PER_OWNER_MAX
from node.engine.commands import (
    ChangeCircle,
    LeaveCircle,
    ListCircles,
    OpenCircle,
    SayInCircle,
    ShowCircle,
    UnsayInCircle,
)
from node.engine.desk import Answer, Desk, Done, complaint
from node.engine.drafts import Draft
from node.errors import ConflictError, NotAuthorisedError, NotFoundError
from node.feeds import scopes
from node.ids import CommunityId, FederationId

_NONCE_BYTES = 16


def open_circle(command: OpenCircle, desk: Desk) -> Done:
    """Open a circle with other members of a federation."""
    _need_box(desk)
    federation = FederationId(desk.member_of(command.federation).founding.federation)
    parties = _members(command.parties, federation, desk)
    if not parties - {desk.own}:
        raise ConflictError("expected at least one other community, with --with and its name")
    if desk.circles.ring.owned(desk.own) >= CIRCLES_PER_OWNER_MAX:
        raise ConflictError(
            f"this community has opened {CIRCLES_PER_OWNER_MAX} circles, and the others read no more of it:"
            " change who is in one of them"
        )
    name = plain_text.line(command.name)
    if any(one.now.name == name and one.now.owner == desk.own for one in desk.circles.all()):
        raise ConflictError(f"this community has opened a circle called {name!r} already: give another name")
    try:
        version, drafts = desk.circle_keeping.writing.found(federation, name, parties)
    except ValidationError as error:
        raise complaint(error) from error
    return Done(_begun(version, desk), publish=_published(version, drafts))


def list_circles(_: ListCircles, desk: Desk) -> Done:
    """List the circles that this device can read."""
    known = sorted(_shown(desk), key=lambda one: (-_newest(one, desk), one.now.name, one.now.circle))
    return Done({"circles": [_told(one, desk) for one in known]})


def show_circle(command: ShowCircle, desk: Desk) -> Done:
    """Show a circle with its notes."""
    standing = _found(command.circle, desk, reading=True)
    notes = _notes(standing, desk)
    shown = [_note(one, desk) for one in notes[command.offset : command.offset + command.limit]]
    return Done({"circle": _told(standing, desk), "total": len(notes), "notes": shown})


def say_in_circle(command: SayInCircle, desk: Desk) -> Done:
    """Say something to the parties of a circle."""
    standing = _party(command.circle, desk)
    try:
        made = CircleNote(
            circle=standing.now.circle,
            key=standing.now.key,
            community=desk.own,
            text=plain_text.block(command.text),
            at=desk.now,
            nonce=desk.entropy(_NONCE_BYTES),
        )
    except ValidationError as error:
        raise complaint(error) from error
    answer = {**_names(standing), "note": ids.show(made.payload_id)}
    return Done(answer, publish=_published(standing.now, [desk.circle_keeping.writing.say(standing, made)]))


def unsay_in_circle(command: UnsayInCircle, desk: Desk) -> Done:
    """Take a note of this community's back."""
    standing = _party(command.circle, desk)
    wanted = command.note.strip().lower()
    fitting = [one for one in standing.notes if ids.show(one.id).startswith(wanted)]
    if len(fitting) != 1:
        raise NotFoundError(f"{len(fitting)} notes fit {command.note!r}: see 'hedgerow circle show'")
    if fitting[0].note.community != desk.own:
        raise NotAuthorisedError("that note is another community's; only it can take it back")
    # Sealed as the note was: who reads the one reads the other, whoever came or went since.
    note = fitting[0]
    made = CircleUnsaid(circle=standing.now.circle, key=note.note.key, community=desk.own, note=note.id)
    answer = {**_names(standing), "note": ids.show(fitting[0].id)}
    return Done(answer, publish=_published(standing.now, [desk.circle_keeping.writing.say(standing, made)]))


def change_circle(command: ChangeCircle, desk: Desk) -> Done:
    """Change who is in a circle of this community's, or its name."""
    standing = _party(command.circle, desk)
    if standing.now.owner != desk.own:
        owner = desk.name_of(CommunityId(standing.now.owner))
        raise NotAuthorisedError(f"only {owner}, which opened this circle, can change who is in it")
    federation = FederationId(standing.now.federation)
    before = set(desk.circle_keeping.staying(standing))
    added = _members(command.add, federation, desk)
    removed = {desk.community(one) for one in command.remove}
    if desk.own in removed:
        raise ConflictError("the community that opened a circle stays in it: remove the others instead")
    for one in sorted(removed - before):
        raise ConflictError(f"{desk.name_of(one)} is not in this circle")
    parties = (before | added) - removed
    name = plain_text.line(command.name) if command.name is not None else None
    same = parties == before and name in {None, standing.now.name}
    if same and not standing.rivals:
        raise ConflictError("nothing would change: name whom to add or remove, or another name")
    try:
        version, drafts = desk.circle_keeping.writing.renew(standing, name=name, parties=parties)
    except ValidationError as error:
        raise complaint(error) from error
    return Done(_begun(version, desk), publish=_published(version, drafts))


def leave_circle(command: LeaveCircle, desk: Desk) -> Done:
    """Leave a circle."""
    # Also one of a community that is not shown here.
    standing = _party(command.circle, desk, hidden=True)
    now = standing.now
    if now.owner == desk.own:
        raise ConflictError(
            "this community opened the circle, and nobody could let a newcomer in without it: remove the"
            " others, or let the circle rest"
        )
    # What the owner's machines made apart may each have let this community in.
    key_of = desk.circles.ring.key_of
    apart = [one for one in standing.rivals if desk.own in one.parties and key_of(one) is not None]
    said = (CircleLeft(circle=now.circle, key=one.key, community=desk.own) for one in (now, *apart))
    drafts = [desk.circle_keeping.writing.say(standing, one) for one in said]
    return Done(_names(standing), publish=_published(now, drafts))


def _published(version: Circle, drafts: Iterable[Draft]) -> tuple[tuple[str, tuple[Draft, ...]], ...]:
    return ((scopes.members(FederationId(version.federation)), tuple(drafts)),)


def _need_box(desk: Desk) -> None:
    if desk.keyring.box is None:
        raise NotAuthorisedError("this device has no key with which it could read a circle")


def _members(named: Iterable[str], federation: FederationId, desk: Desk) -> set[CommunityId]:
    """Return the communities meant, members of the federation all.

    Raises:
        ConflictError: one is not.
    """
    found = {desk.community(one) for one in named}
    for one in sorted(found):
        if not desk.registry.is_member(federation, one):
            raise ConflictError(f"{desk.name_of(one)} is no member of this federation")
    return found


def _shown(desk: Desk) -> list[CircleStanding]:
    """Return the circles that this device can read, but none of a community that is not shown here."""
    return desk.circles.all(desk.moderation.shows_from)


def _found(named: str, desk: Desk, *, reading: bool, hidden: bool = False) -> CircleStanding:
    """Return the circle that a name, an id or its beginning means.

    Where several are called so, those that go on with us come first for who only reads; who would say
    something must not say it to others than it means.

    Raises:
        NotFoundError, ConflictError: none or several fit.
    """
    wanted = plain_text.line(named).casefold()
    known = desk.circles.all() if hidden else _shown(desk)
    exact = [one for one in known if ids.show(one.now.circle) == wanted]
    fitting = exact or [
        one
        for one in known
        if plain_text.line(one.now.name).casefold() == wanted
        or (wanted and ids.show(one.now.circle).startswith(wanted))
    ]
    ours = [one for one in fitting if _within(one, desk)]
    fitting = ours if reading and len(fitting) > 1 and ours else fitting
    if not fitting:
        raise NotFoundError(f"no circle called {named!r} can be read here: see 'hedgerow circle list'")
    if len(fitting) > 1:
        raise ConflictError(f"{len(fitting)} circles are called {named!r}: use the beginning of an id")
    return fitting[0]


def _within(standing: CircleStanding, desk: Desk) -> bool:
    """Tell whether this community takes part in a circle as it stands."""
    return standing.has(desk.own) and desk.own not in standing.left and not standing.moved


def _party(named: str, desk: Desk, *, hidden: bool = False) -> CircleStanding:
    """Return the circle meant after checking that this community may speak in it.

    Raises:
        ConflictError: it is not in it, or not any more.
    """
    standing = _found(named, desk, reading=False, hidden=hidden)
    desk.member_of(ids.show(standing.now.federation))
    if standing.moved:
        raise ConflictError(
            "this circle goes on with a key that this device was not given: either it goes on without this"
            " community, or the key is still on its way"
        )
    if not _within(standing, desk):
        raise ConflictError("this community has left that circle")
    return standing


def _notes(standing: CircleStanding, desk: Desk) -> list[Note]:
    """Return the notes of a circle that are shown here, newest first."""
    return [one for one in standing.notes if desk.moderation.shows_from(CommunityId(one.note.community))]


def _newest(standing: CircleStanding, desk: Desk) -> int:
    return max((one.note.at for one in _notes(standing, desk)), default=0)


def _names(standing: CircleStanding) -> Answer:
    return {"circle": ids.show(standing.now.circle), "name": plain_text.line(standing.now.name)}


def _note(one: Note, desk: Desk) -> Answer:
    author = CommunityId(one.note.community)
    return {
        "id": ids.show(one.id),
        "community": ids.show(author),
        "community_name": desk.name_of(author),
        "text": plain_text.block(one.note.text),
        "at": one.note.at,
        "own": author == desk.own,
    }


def _told(standing: CircleStanding, desk: Desk) -> Answer:
    notes = _notes(standing, desk)
    given = standing.given.get(standing.now.key, frozenset())
    return {
        **_begun(standing.now, desk),
        "parties": [
            {**one, "reading": len(_devices(party, desk) & given)}
            for party, one in zip(standing.now.parties, _parties(standing.now, desk), strict=True)
        ],
        "notes": len(notes),
        "newest_at": _newest(standing, desk) or None,
        "party": _within(standing, desk),
        "over": standing.moved,
    }


def _begun(version: Circle, desk: Desk) -> Answer:
    """Return a circle as it stands when a version begins."""
    members = desk.registry.members(FederationId(version.federation))
    owner = CommunityId(version.owner)
    return {
        "id": ids.show(version.circle),
        "name": plain_text.line(version.name),
        "federation": ids.show(version.federation),
        "federation_name": members.founding.bylaws.name if members is not None else "",
        "version": version.number,
        "owner": ids.show(owner),
        "owner_name": desk.name_of(owner),
        "owned": owner == desk.own,
        "parties": _parties(version, desk),
        "notes": 0,
        "newest_at": None,
        "party": True,
        "over": False,
    }


def _parties(version: Circle, desk: Desk) -> list[Answer]:
    found = []
    for party in map(CommunityId, version.parties):
        devices = len(_devices(party, desk))
        name, own = desk.name_of(party), party == desk.own
        shown = {"id": ids.show(party), "name": name, "own": own, "devices": devices, "reading": devices}
        found.append(shown)
    return found


def _devices(party: bytes, desk: Desk) -> frozenset[bytes]:
    """Return the devices of a community that were not retired."""
    known = desk.registry.community(CommunityId(party))
    return frozenset(known.devices.keys() - known.retirements.keys()) if known is not None else frozenset()
