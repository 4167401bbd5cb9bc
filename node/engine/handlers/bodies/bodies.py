"""Commands about a federation's bodies: what they are, who holds them, and stepping down."""

from collections.abc import Mapping, Sequence

from node import ids, keys
from node.crdt import genesis
from node.directory import body, plain_text
from node.directory.body import BODY_TYPE, Body
from node.engine.commands import KeepBody, ListBodies, ShowBody
from node.engine.deciding import elections
from node.engine.deciding.elections import Fills
from node.engine.deciding.questions import quorum_of, seconds
from node.engine.desk import Answer, Desk, Done
from node.engine.handlers.bodies import candidates
from node.engine.ports import DocumentRow
from node.engine.replicas.documents import read_tree
from node.errors import ConflictError, NotFoundError, UnknownReferenceError, UserError
from node.federation.membership import Members
from node.feeds import scopes
from node.governance import bodies, mandates
from node.governance.bodies import Place
from node.governance.closing.quorum import Told
from node.governance.mandates import Mandate
from node.ids import CommunityId, DocumentId, PayloadId
from node.keys import PublicKey


def keep_body(command: KeepBody, desk: Desk) -> Done:
    """Begin a body, or change what it is."""
    members = desk.member_of(command.federation)
    federation = members.founding.federation
    row = find(command.body, members, desk)
    name = plain_text.line(command.body)
    if row is None:
        founding = body.founding(federation, CommunityId(members.founding.founders[0]), name)
        # Begun under this name and renamed since, it is found by its first name too.
        row = desk.store.documents.get(genesis.document_id(genesis.encode(founding)))
    else:
        founding = genesis.decode(row.genesis)
    tree = read_tree(row) if row is not None else {}
    before = body.from_tree(tree) if row is not None else Body(title=name)
    changed = _changed(before, command)
    if not changed.title:
        raise UserError("expected a title that can be read, found only hidden characters")
    other = find(changed.title, members, desk)
    if other is not None and (row is None or other.id != row.id):
        raise ConflictError(f"another body is called {changed.title!r} already")
    document, drafts = desk.documents.keep(founding, body.edits(tree, changed), desk.now)
    answer: Answer = {
        "federation": ids.show(federation),
        "body": ids.show(document),
        "title": changed.title,
        "new": row is None,
    }
    return Done(answer, publish=((scopes.members(federation), tuple(drafts)),))


def list_bodies(command: ListBodies, desk: Desk) -> Done:
    """List the bodies of a federation with those who hold them."""
    members = desk.federation(command.federation)
    filling = elections.of_bodies(members, desk.questions, desk.registry, desk.now)
    shown = [_shown(row, filling.get(row.id, []), members, desk) for row in _rows(members, desk)]
    return Done(
        {
            "federation": ids.show(members.founding.federation),
            "name": members.founding.bylaws.name,
            "bodies": sorted(shown, key=lambda one: (one["ended"], one["title"].casefold(), one["id"])),
        }
    )


def show_body(command: ShowBody, desk: Desk) -> Done:
    """Show one body, found in any federation unless one is named."""
    known = (
        [desk.federation(command.federation)]
        if command.federation is not None
        else [one for f in desk.registry.federations() if (one := desk.registry.members(f)) is not None]
    )
    found = [(row, members) for members in known if (row := find(command.body, members, desk)) is not None]
    if len(found) != 1:
        raise NotFoundError(f"{len(found)} bodies fit {command.body!r}: see 'hedgerow body list'")
    row, members = found[0]
    filling = elections.of_bodies(members, desk.questions, desk.registry, desk.now)
    return Done(_shown(row, filling.get(row.id, []), members, desk))


def find(named: str, members: Members, desk: Desk) -> DocumentRow | None:
    """Return the body of a federation that an id or a title means, None when none does.

    Raises:
        NotFoundError: several bear that title, or nothing readable was given.
    """
    rows = _rows(members, desk)
    if len(named) == ids.ID_CHARS:
        for row in rows:
            if ids.show(row.id) == named:
                return row
    wanted = plain_text.line(named).casefold()
    if not wanted:
        raise NotFoundError("expected a title or an id, found only hidden characters")
    fitting = [row for row in rows if body.from_tree(read_tree(row)).title.casefold() == wanted]
    if len(fitting) > 1:
        raise NotFoundError(f"{len(fitting)} bodies are called {named!r}: use the id")
    return fitting[0] if fitting else None


def referred(named: str, members: Members, desk: Desk) -> DocumentRow:
    """Return the body that something else, such as a meeting, is to be of.

    Raises:
        UnknownReferenceError: none is meant, or it is not clear which.
    """
    try:
        row = find(named, members, desk)
    except NotFoundError as error:
        raise UnknownReferenceError(str(error)) from error
    if row is None:
        raise UnknownReferenceError(
            f"no body of this federation is called {named!r}: see 'hedgerow body list'"
        )
    return row


def _rows(members: Members, desk: Desk) -> list[DocumentRow]:
    scope = scopes.members(members.founding.federation)
    return [row for row in desk.store.documents.of_type(BODY_TYPE) if row.scope == scope]


def _changed(before: Body, command: KeepBody) -> Body:
    """Return the body as the command wants it; what the command leaves out stays."""
    return Body(
        title=before.title if command.title is None else plain_text.line(command.title),
        kind=before.kind if command.kind is None else command.kind,
        purpose=before.purpose if command.purpose is None else plain_text.block(command.purpose),
        places=before.places if command.places is None else command.places,
        term_days=before.term_days if command.term_days is None else command.term_days,
        ended=before.ended if command.ended is None else command.ended,
    )


def _shown(row: DocumentRow, fills: Sequence[Fills], members: Members, desk: Desk) -> Answer:
    what = body.from_tree(read_tree(row))
    answer: Answer = {
        "id": ids.show(row.id),
        "federation": ids.show(members.founding.federation),
        "title": what.title or f"{ids.show(row.id)[:8]}…",
        "kind": what.kind,
        "purpose": what.purpose,
        "seats": what.places,
        "term_days": what.term_days,
        "ended": what.ended,
    }
    if what.kind == "assembly":
        places = _assembly(members, desk)
        answer |= _held(row.id, what, fills, desk)
        # Any member may call a body an assembly; whoever was elected to it holds the place all the same.
        elected = [place for place in answer["places"] if place["proposal"] is not None]
        answer |= {"seats": len(places), "places": places, "elected": elected}
    else:
        answer |= {**_held(row.id, what, fills, desk), "elected": []}
    answer["vacant"] = sum(place["name"] is None for place in answer["places"])
    answer["coming"] = [_coming(one) for one in fills if one.is_coming]
    answer["left"] = [_coming(one) for one, _ in elections.left(fills, seconds(desk.now))]
    answer["under_way"] = [
        {
            "proposal": ids.show(one.question.proposal.id),
            "title": one.question.proposal.title,
            "closes": one.question.proposal.windows.closes,
        }
        for one in fills
        if one.is_under_way
    ]
    answer["standing"] = candidates.standing(row.id, members, desk)
    return answer


def _held(document: DocumentId, what: Body, fills: Sequence[Fills], desk: Desk) -> Answer:
    """Return the places that elections fill, and who would follow."""
    acting = [one.elected for one in fills if one.acts and one.elected is not None]
    assert all(one.proposal.fills is not None and one.proposal.fills.body == document for one in acting)
    standing = bodies.standing(acting, places=what.places, now=seconds(desk.now))
    closed = {one.question.proposal.id: quorum_of(one.question).told() for one in fills}
    running = {
        place.election.proposal.id: place.election
        for place in standing
        if place.election is not None and not place.is_over
    }
    deputies = [
        {
            "name": deputy.name,
            "key": keys.show(deputy.key) if deputy.key is not None else None,
            "option": deputy.option,
            "proposal": ids.show(election.proposal.id),
        }
        for _, election in sorted(running.items())
        for deputy in bodies.deputies(election, [one for one in standing if one.election is election])
    ]
    left = {number for _, waiting in elections.left(fills, seconds(desk.now)) for number in waiting}
    places = [_place(one, closed, is_left=one.number in left) for one in standing]
    return {"places": places, "deputies": deputies}


def _place(place: Place, closed: Mapping[PayloadId, Told], *, is_left: bool) -> Answer:
    election, holder = place.election, place.holder
    filling = election.proposal.fills if election is not None else None
    return {
        "number": place.number,
        "name": holder.name if holder is not None else None,
        "community": None,
        "key": keys.show(holder.key) if holder is not None and holder.key is not None else None,
        "option": holder.option if holder is not None else None,
        "followed": holder is not None and holder.followed,
        "proposal": ids.show(election.proposal.id) if election is not None else None,
        "starts": filling.starts if filling is not None else None,
        "ends": filling.ends if filling is not None else None,
        "why_vacant": _why_vacant(place, is_left=is_left),
        "quorum": closed[election.proposal.id] if election is not None else None,
    }


def _why_vacant(place: Place, *, is_left: bool) -> str | None:
    if place.holder is not None:
        return None
    if is_left:
        return "the bylaws leave it to people to put in office whom an election elects"
    if place.election is None:
        return "nobody has been elected yet"
    if place.is_over:
        return "the term is over"
    if place.stepped_down:
        return "the holder stepped down, and there is no deputy to follow"
    return "too few were elected"


def _assembly(members: Members, desk: Desk) -> list[Answer]:
    """Return the seats of the present roll with the keys that speak for them."""
    roll, _ = desk.questions.present_roll(members, desk.now)
    # Who speaks on one question only is no standing delegate.
    granted = [one for one in desk.questions.mandates(members) if one.question is None]
    holding = {
        seat: mandate.holder
        for seat, mandate in mandates.in_force(granted).items()
        if mandate.holder is not None and _runs(mandate, seconds(desk.now))
    }
    places: list[Answer] = []
    for holder in roll.holders if roll is not None else ():
        name = desk.name_of(CommunityId(holder.community))
        for seat in range(1, holder.seats + 1):
            delegate = holding.get((holder.community, seat))
            places.append(
                {
                    "number": len(places) + 1,
                    "name": f"delegate of {name}" if delegate is not None else None,
                    "community": name,
                    "key": keys.show(PublicKey(delegate)) if delegate is not None else None,
                    "option": None,
                    "followed": False,
                    "proposal": None,
                    "starts": None,
                    "ends": None,
                    "why_vacant": None if delegate is not None else f"{name} has named no delegate",
                    "quorum": None,
                }
            )
    return places


def _runs(mandate: Mandate, now: int) -> bool:
    """Tell whether the term of a mandate has begun and is not over."""
    return (mandate.since is None or mandate.since <= now) and (mandate.until is None or now < mandate.until)


def _coming(fills: Fills) -> Answer:
    elected, filling = fills.elected, fills.filling
    assert elected is not None
    options = elected.proposal.options
    return {
        "proposal": ids.show(elected.proposal.id),
        "title": elected.proposal.title,
        "state": fills.phase.value,
        "starts": max(filling.starts, elected.proposal.windows.in_force_from),
        "ends": filling.ends,
        "quorum": quorum_of(fills.question).told(),
        "names": [options[number - 1] for number in elected.elected[: len(filling.places)]],
    }
