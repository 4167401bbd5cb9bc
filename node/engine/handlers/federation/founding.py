"""The command that founds a federation: anew, or in the place of one that it then names."""

from pydantic import ValidationError

from node import ids
from node.engine.commands import FoundFederation
from node.engine.desk import Answer, Desk, Done, complaint
from node.engine.drafts import carry
from node.engine.handlers.federation import declining, following
from node.errors import ConflictError, InputFileError, UserError
from node.federation import bylaws_file, bylaws_words
from node.federation.bylaws import Bylaws
from node.federation.founding import FOUNDERS_MAX, Founding
from node.federation.membership import Members
from node.feeds import scopes
from node.ids import CommunityId
from node.records.approvals import Approval

_NONCE_BYTES = 16


def found_federation(command: FoundFederation, desk: Desk) -> Done:
    """Found a federation, alone or with neighbours who then approve."""
    steward = desk.steward()
    followed = desk.member_of(command.follows) if command.follows is not None else None
    founders = _founders(command, followed, desk)
    rules, called = _rules(command, followed, len(founders), desk)
    if lacking := rules.seats.lacks_room(len(founders)):
        raise InputFileError(f"{called}: seats: {lacking}")
    _check_unfounded(rules.name, followed, desk)
    fields = {
        "founders": tuple(sorted(founders)),
        "bylaws": rules.model_dump(),
        "nonce": desk.entropy(_NONCE_BYTES),
        "follows": following.predecessor(followed, desk) if followed is not None else None,
    }
    try:
        founding = Founding.model_validate(fields)
    except ValidationError as error:
        raise complaint(error) from error
    signed = founding.sign(steward)
    desk.registry.add_federation(signed.raw)
    federation = founding.federation
    answer: Answer = {
        "federation": ids.show(federation),
        "name": rules.name,
        "founded": founders == {desk.own},
        "awaited": [ids.show(c) for c in sorted(founders - {desk.own})],
        "unreached": [
            _named(c, desk) for c in sorted(founders - {desk.own}) if not desk.neighbours.is_neighbour(c)
        ],
        "follows": _following(followed, founders, rules, desk) if followed is not None else None,
    }
    approval = carry(Approval(of=federation, community=desk.own).sign(steward))
    publish = ((scopes.members(federation), (carry(signed), approval)),)
    there = following.told(founding, signed, (approval,), desk)
    return Done(answer, publish=(*publish, *there), sharing_changed=True)


def _founders(command: FoundFederation, followed: Members | None, desk: Desk) -> set[CommunityId]:
    """Return who founds: whom the command names, else of the members of what is followed those connected."""
    named = {desk.own, *(desk.community(one) for one in command.founders)}
    if followed is None or command.founders:
        return named
    connected = {
        link.peer.community
        for link in desk.links.open_links()
        if link.session is not None and link.peer is not None
    }
    others = sorted(connected.intersection(followed.active) - {desk.own})
    if not others and len(followed.active) > 1:
        raise UserError(
            f"no other member of “{followed.founding.bylaws.name}” is connected right now: say who founds it"
            " with you by --with and a name or id, once for each; by your own community's to found it alone"
        )
    return {desk.own, *others[: FOUNDERS_MAX - 1]}


def _rules(
    command: FoundFederation, followed: Members | None, founders: int, desk: Desk
) -> tuple[Bylaws, str]:
    """Return the bylaws, of a file or those that hold in what is followed, and what to call them."""
    if command.bylaws is not None:
        return bylaws_file.parse(command.bylaws, file_name=command.file_name), command.file_name
    if followed is None:
        raise UserError("expected bylaws, or the name of a federation whose bylaws are taken over")
    held = desk.questions.present_rules(followed)
    # More approvals than founders would let nobody in for ever.
    approvals = min(held.admission.approvals, founders)
    changed = {
        "name": command.name if command.name is not None else held.name,
        "admission": held.admission.model_copy(update={"approvals": approvals}),
    }
    return held.model_copy(update=changed), f"the bylaws of {held.name}"


def _check_unfounded(name: str, followed: Members | None, desk: Desk) -> None:
    """Check that this community does not found another federation of one name: people tell them apart by it.

    What is followed may have that name: it is the older of the two for whoever belongs to both.

    Raises:
        ConflictError: it approved the founding of one, and no founder declined.
    """
    for members in filter(None, map(desk.registry.members, desk.registry.federations())):
        founding = members.founding
        approved = desk.own in founding.founders and desk.own not in members.awaited
        older = followed is not None and founding.federation == followed.founding.federation
        if approved and founding.bylaws.name == name and not older and not declining.declined(members, desk):
            raise ConflictError(
                f"this community founded a federation called {name!r} already:"
                " see 'hedgerow federation list', or give this one another name"
            )


def _following(followed: Members, founders: set[CommunityId], rules: Bylaws, desk: Desk) -> Answer:
    """Say what is followed, what is not as it is there, and which members there are no founders."""
    before = desk.questions.present_rules(followed)
    return {
        "federation": ids.show(followed.founding.federation),
        "name": followed.founding.bylaws.name,
        "founders": [_named(one, desk) for one in sorted(founders)],
        "bylaws_changed": [
            f"{name}: {new}, there {old}"
            for name, old, new in bylaws_words.changes(before, rules, desk.name_of)
        ],
        "left": [_named(one, desk) for one in followed.active if one not in founders],
    }


def _named(community: CommunityId, desk: Desk) -> dict[str, str]:
    return {"community": ids.show(community), "name": desk.name_of(community)}
