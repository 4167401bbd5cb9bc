"""Commands about meetings: calling them, their agenda, and their minutes."""

from collections.abc import Iterator

from node import ids
from node.crdt import genesis
from node.crdt.edits import Delete, Edit, Put
from node.directory import body, meeting, plain_text
from node.directory.body import BODY_TYPE
from node.directory.meeting import MEETING_TYPE, POINT_KEY_BYTES, POINTS_MAX, Meeting, Point
from node.engine.commands import (
    AdoptMinutes,
    CallMeeting,
    ChangeMeeting,
    ListMeetings,
    RemovePoint,
    ShowMeeting,
    WritePoint,
)
from node.engine.desk import Answer, Desk, Done
from node.engine.drafts import carry
from node.engine.handlers.bodies import bodies, minuting
from node.engine.ports import DocumentRow
from node.engine.replicas.documents import read_tree
from node.errors import ConflictError, NotAuthorisedError, NotFoundError, UnknownReferenceError, UserError
from node.federation.membership import Members
from node.feeds import scopes
from node.governance.minutes import Minutes
from node.ids import CommunityId, DocumentId


def call_meeting(command: CallMeeting, desk: Desk) -> Done:
    """Call a meeting."""
    members = desk.member_of(command.federation)
    federation = members.founding.federation
    convening = ""
    if command.body is not None:
        convening = ids.show(bodies.referred(command.body, members, desk).id)
    title = _line(command.title)
    founding = meeting.founding(
        federation,
        CommunityId(members.founding.founders[0]),
        desk.entropy(genesis.GENESIS_NONCE_BYTES),
    )
    said = {
        "title": title,
        "body": convening,
        "place": plain_text.line(command.place or ""),
        "begins": command.begins,
        "minutes_long": command.minutes_long,
    }
    # The map stands from the beginning: two members who each made one would lose one of them.
    edits: list[Edit] = [Put(("points",), {})]
    edits += [Put((name,), value) for name, value in sorted(said.items()) if value not in (None, "")]
    document, drafts = desk.documents.create(founding, edits, desk.now)
    answer: Answer = {"federation": ids.show(federation), "meeting": ids.show(document), "title": title}
    return Done(answer, publish=((scopes.members(federation), tuple(drafts)),))


def change_meeting(command: ChangeMeeting, desk: Desk) -> Done:
    """Change when, where or whether a meeting is."""
    row, _, _ = _own(command.meeting, desk)
    said: dict[str, str | int | bool | None] = {
        "title": _line(command.title) if command.title is not None else None,
        "place": plain_text.line(command.place) if command.place is not None else None,
        "begins": command.begins,
        "minutes_long": command.minutes_long,
        "called_off": command.called_off,
    }
    return _written(row, [Put((name,), value) for name, value in _given(said).items()], desk)


def write_point(command: WritePoint, desk: Desk) -> Done:
    """Put a point on the agenda, or change one."""
    row, members, held = _own(command.meeting, desk)
    _check_not_adopted(row, members, desk)
    if command.about:
        _check_about(command.about, row, desk)
    said: dict[str, str | int | bool | None] = {
        "title": _line(command.title) if command.title is not None else None,
        "text": plain_text.block(command.text) if command.text is not None else None,
        "about": command.about,
        "minutes": plain_text.block(command.minutes) if command.minutes is not None else None,
    }
    edits: list[Edit] = []
    if command.point is None:
        if command.title is None:
            raise UserError("expected a title for the new point")
        if len(held.points) >= POINTS_MAX:
            raise ConflictError(f"expected at most {POINTS_MAX} points: call another meeting")
        key = desk.entropy(POINT_KEY_BYTES).hex()
        last = max((one.order for one in held.points), default=0)
        edits = [Put(("points", key), {}), Put(("points", key, "order"), last + 1)]
    else:
        key = _at(held, command.point).key
    edits += [Put(("points", key, name), value) for name, value in _given(said).items()]
    done = _written(row, edits, desk)
    return Done({**done.answer, "point": command.point or len(held.points) + 1}, publish=done.publish)


def remove_point(command: RemovePoint, desk: Desk) -> Done:
    """Take a point off the agenda."""
    row, members, held = _own(command.meeting, desk)
    _check_not_adopted(row, members, desk)
    point = _at(held, command.point)
    if point.minutes:
        raise ConflictError("that point has minutes: what was said stays")
    return _written(row, [Delete(("points", point.key))], desk)


def adopt_minutes(command: AdoptMinutes, desk: Desk) -> Done:
    """Note that somebody of this community adopted the minutes as they are now, or took that back."""
    steward = desk.steward()
    row, members, held = _own(command.meeting, desk)
    name = _line(command.name)
    drafts = []
    text: Minutes | None = None
    if command.adopt:
        text, said = minuting.adopt(name, row, members, held, desk)
        if not desk.questions.with_payload(row.scope, Minutes.kind, text.payload_id):
            drafts.append(carry(text.sign(steward)))
        drafts.append(carry(said.sign(steward)))
    else:
        taken_back = minuting.take_back(name, row, members, desk)
        if taken_back is None:
            raise _not_adopted(name, row, members, desk)
        drafts.append(carry(taken_back.sign(steward)))
    ours = {*minuting.adopters(row, members, desk, own=True)} - {name} | ({name} if command.adopt else set())
    others = minuting.adopters(row, members, desk, own=False)
    answer: Answer = {
        "meeting": ids.show(row.id),
        "title": held.title,
        "minutes": ids.show(text.payload_id) if text is not None else None,
        "adopted": sorted({*ours, *others}),
    }
    return Done(answer, publish=((row.scope, tuple(drafts)),))


def _not_adopted(name: str, row: DocumentRow, members: Members, desk: Desk) -> UserError:
    if name in minuting.adopters(row, members, desk, own=False):
        return NotAuthorisedError(f"{name} adopted them for another community, whose stewards take that back")
    return UnknownReferenceError(f"{name} has not adopted these minutes")


def list_meetings(command: ListMeetings, desk: Desk) -> Done:
    """List the meetings of a federation, the latest first."""
    members = desk.federation(command.federation)
    shown = [_shown(row, members, desk) for row in _rows(members, desk)]
    return Done(
        {
            "federation": ids.show(members.founding.federation),
            "name": members.founding.bylaws.name,
            "meetings": sorted(shown, key=lambda one: (-(one["begins"] or 0), one["title"], one["id"])),
        }
    )


def show_meeting(command: ShowMeeting, desk: Desk) -> Done:
    """Show one meeting."""
    row, members = _found(command.meeting, desk)
    return Done(_shown(row, members, desk))


def _line(text: str) -> str:
    cleaned = plain_text.line(text)
    if not cleaned:
        raise UserError("expected a line that can be read, found only hidden characters")
    return cleaned


def _rows(members: Members, desk: Desk) -> list[DocumentRow]:
    scope = scopes.members(members.founding.federation)
    return [row for row in desk.store.documents.of_type(MEETING_TYPE) if row.scope == scope]


def _federations(desk: Desk) -> Iterator[Members]:
    for federation in desk.registry.federations():
        members = desk.registry.members(federation)
        if members is not None:
            yield members


def _found(named: str, desk: Desk) -> tuple[DocumentRow, Members]:
    """Return the one meeting that an id, its beginning or a title means.

    Raises:
        NotFoundError: none or several fit.
    """
    known = [(row, members) for members in _federations(desk) for row in _rows(members, desk)]
    exact = [pair for pair in known if ids.show(pair[0].id) == named]
    wanted = plain_text.line(named).casefold()
    fitting = exact or [
        pair
        for pair in known
        if meeting.from_tree(read_tree(pair[0])).title.casefold() == wanted
        or (wanted and ids.show(pair[0].id).startswith(wanted))
    ]
    if len(fitting) != 1:
        raise NotFoundError(f"{len(fitting)} meetings fit {named!r}: see 'hedgerow meeting list'; use the id")
    return fitting[0]


def _own(named: str, desk: Desk) -> tuple[DocumentRow, Members, Meeting]:
    """Return a meeting of a federation that this community is a member of, to be written."""
    row, members = _found(named, desk)
    desk.member_of(ids.show(members.founding.federation))
    return row, members, meeting.from_tree(read_tree(row))


def _check_not_adopted(row: DocumentRow, members: Members, desk: Desk) -> None:
    """Check that nobody of this community has adopted the minutes: that is not changed by mistake.

    Others' adoption stops nobody: what they adopted is kept as it was, and what is written since is shown as
    changed.

    Raises:
        ConflictError: somebody has.
    """
    adopters = minuting.adopters(row, members, desk, own=True)
    if adopters:
        raise ConflictError(
            f"{', '.join(adopters)} adopted these minutes: they take that back before anything changes"
        )


def _at(held: Meeting, number: int) -> Point:
    if not held.points:
        raise NotFoundError("nothing is on the agenda yet: see 'hedgerow meeting point'")
    if number > len(held.points):
        raise NotFoundError(f"expected a point from 1 to {len(held.points)}, found {number}")
    return held.points[number - 1]


def _given(said: dict[str, str | int | bool | None]) -> dict[str, str | int | bool]:
    """Return what a command says.

    Raises:
        ConflictError: it says nothing, so nothing would change.
    """
    given = {name: value for name, value in said.items() if value is not None}
    if not given:
        raise ConflictError("expected something to change, such as the title: nothing was given")
    return given


def _written(row: DocumentRow, edits: list[Edit], desk: Desk) -> Done:
    drafts = desk.documents.edit(row.id, edits, desk.now)
    answer: Answer = {"meeting": ids.show(row.id), "title": meeting.from_tree(read_tree(row)).title}
    return Done(answer, publish=((row.scope, tuple(drafts)),))


def _check_about(about: str, row: DocumentRow, desk: Desk) -> None:
    """Check that a point is about something that is known here.

    Raises:
        UnknownReferenceError: nothing of that id is.
    """
    if minuting.about(about, row.scope, desk)[0] is None:
        raise UnknownReferenceError("expected the id of a question or a petition that is known here")


def _shown(row: DocumentRow, members: Members, desk: Desk) -> Answer:
    held = meeting.from_tree(read_tree(row))
    points = [
        {
            "key": point.key,
            "title": point.title,
            "text": point.text,
            "about": point.about,
            "minutes": point.minutes,
        }
        for point in held.points
    ]
    return {
        "id": ids.show(row.id),
        "federation": ids.show(members.founding.federation),
        "title": held.title or f"{ids.show(row.id)[:8]}…",
        "body": held.body or None,
        "body_title": _body_title(held.body, row.scope, desk),
        "place": held.place,
        "begins": held.begins,
        "minutes_long": held.minutes_long,
        "called_off": held.called_off,
        "points": minuting.points_shown(points, row.scope, desk),
        "adopted": minuting.shown(row, members, held, desk),
    }


def _body_title(named: str, scope: str, desk: Desk) -> str:
    if not named:
        return ""
    try:
        row = desk.store.documents.get(DocumentId(ids.parse(named)))
    except UserError:
        return ""
    # Whatever id a member wrote there: only a body of the same federation is shown.
    if row is None or row.type != BODY_TYPE or row.scope != scope:
        return ""
    return body.from_tree(read_tree(row)).title
