"""What was adopted of a meeting: which text, by whom, and whether the meeting's card still says it."""

from node import ids
from node.directory.meeting import Meeting
from node.engine.desk import Answer, Desk
from node.engine.handlers import stated
from node.engine.ports import DocumentRow
from node.errors import ConflictError, UserError
from node.federation.membership import Members
from node.governance import minutes
from node.governance.minutes import MINUTES_BYTES_MAX, Adopted, Adoption, MinutedPoint, Minutes
from node.governance.petitions import Petition
from node.governance.proposals import Proposal
from node.ids import CommunityId, PayloadId
from node.keys import PublicKey


def text_of(row: DocumentRow, members: Members, held: Meeting) -> Minutes:
    """Return the text that a meeting's card holds now, as it is adopted.

    Raises:
        ConflictError: it is too long for one record.
    """
    text = Minutes(
        federation=members.founding.federation,
        meeting=row.id,
        title=held.title,
        body=_id(held.body),
        place=held.place,
        begins=held.begins,
        points=tuple(
            MinutedPoint(title=one.title, text=one.text, about=_id(one.about), minutes=one.minutes)
            for one in held.points
        ),
    )
    size = len(text.encode())
    if size > MINUTES_BYTES_MAX:
        raise ConflictError(
            f"expected minutes of at most {MINUTES_BYTES_MAX:,} bytes, found {size:,}: shorten them, or call"
            " another meeting for some of the points"
        )
    return text


def adoptions(row: DocumentRow, members: Members, desk: Desk) -> list[Adoption]:
    """Return the adoptions about a meeting that count, those taken back among them."""

    def is_steward(community: CommunityId, key: PublicKey) -> bool:
        return key in desk.registry.stewards_of(community)

    return minutes.latest(
        row.id,
        desk.questions.about(row.scope, Adoption.kind, row.id),
        federation=members.founding.federation,
        members=members.communities,
        is_steward=is_steward,
    )


def adopt(
    name: str, row: DocumentRow, members: Members, held: Meeting, desk: Desk
) -> tuple[Minutes, Adoption]:
    """Return what a steward publishes when somebody of this community adopts what the card says now.

    Raises:
        ConflictError: there are no minutes, they are too long, or that person adopted just this text.
    """
    if not any(point.minutes for point in held.points):
        raise ConflictError("there are no minutes yet: see 'hedgerow meeting minutes'")
    text = text_of(row, members, held)
    before = _own(name, row, members, desk)
    if before is not None and before.minutes == text.payload_id:
        raise ConflictError(f"{name} has adopted these minutes already")
    return text, _next(name, row, members, before, text.payload_id, desk)


def take_back(name: str, row: DocumentRow, members: Members, desk: Desk) -> Adoption | None:
    """Return what a steward publishes when somebody of this community takes it back; None: never adopted."""
    before = _own(name, row, members, desk)
    if before is None or before.minutes is None:
        return None
    return _next(name, row, members, before, None, desk)


def adopters(row: DocumentRow, members: Members, desk: Desk, *, own: bool) -> list[str]:
    """Return the names of those who adopted a text of a meeting, of this community or of the others."""
    known = adoptions(row, members, desk)
    return sorted({one.name for one in known if one.minutes and (one.community == desk.own) == own})


def shown(row: DocumentRow, members: Members, held: Meeting, desk: Desk) -> list[Answer]:
    """Return the adopted texts of a meeting, the one that most adopted first."""
    counted = [
        one for one in adoptions(row, members, desk) if desk.moderation.shows_from(CommunityId(one.community))
    ]
    texts = desk.questions.about(row.scope, Minutes.kind, row.id) if counted else []
    now = _present(row, members, held)
    return [_version(one, now, row.scope, desk) for one in minutes.adopted(counted, texts)]


def points_shown(points: list[Answer], scope: str, desk: Desk) -> list[Answer]:
    """Number points and say what each is about, as far as it is held here."""
    made = []
    for number, point in enumerate(points, start=1):
        kind, title = about(point["about"], scope, desk) if point["about"] else (None, "")
        made.append(
            {
                **point,
                "number": number,
                "title": point["title"] or f"Point {number}",
                "about": point["about"] or None,
                "about_kind": kind,
                "about_title": title,
            }
        )
    return made


def about(named: str, scope: str, desk: Desk) -> tuple[str | None, str]:
    """Return what an id names in a scope, and its title; None where nothing of it is held."""
    try:
        wanted = PayloadId(ids.parse(named))
    except UserError:
        return None, ""
    for found in Proposal.among(desk.questions.with_payload(scope, Proposal.kind, wanted)):
        return "question", found.title
    for asked in Petition.among(desk.questions.with_payload(scope, Petition.kind, wanted)):
        return "petition", asked.title
    return None, ""


def _version(one: Adopted, now: PayloadId | None, scope: str, desk: Desk) -> Answer:
    text = one.text
    points = [
        {
            "title": point.title,
            "text": point.text,
            "about": ids.show(point.about) if point.about is not None else None,
            "minutes": point.minutes,
        }
        for point in (text.points if text is not None else ())
    ]
    return {
        "minutes": ids.show(one.id),
        "by": [{"name": name, "community": desk.name_of(community)} for name, community in one.by],
        "unchanged": one.id == now,
        "held": text is not None,
        "title": text.title if text is not None else "",
        "place": text.place if text is not None else "",
        "begins": text.begins if text is not None else None,
        "points": points_shown(points, scope, desk),
    }


def _present(row: DocumentRow, members: Members, held: Meeting) -> PayloadId | None:
    """Return the name of the text that the card holds now; None for one too long to be adopted."""
    try:
        return text_of(row, members, held).payload_id
    except ConflictError:
        return None


def _own(name: str, row: DocumentRow, members: Members, desk: Desk) -> Adoption | None:
    known = adoptions(row, members, desk)
    return next((one for one in known if (one.name, one.community) == (name, desk.own)), None)


def _next(
    name: str,
    row: DocumentRow,
    members: Members,
    before: Adoption | None,
    text: PayloadId | None,
    desk: Desk,
) -> Adoption:
    return Adoption(
        federation=members.founding.federation,
        community=desk.own,
        meeting=row.id,
        name=name,
        minutes=text,
        serial=stated.next_serial([before] if before is not None else []),
    )


def _id(written: str) -> bytes | None:
    """Return an id that a member wrote on the card, None for one that is none."""
    try:
        return ids.parse(written) if written else None
    except UserError:
        return None
