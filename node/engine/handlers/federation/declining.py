"""Declining a founding that names this community, and taking that back; who of the others does."""

from node import ids
from node.engine.commands import DeclineFounding
from node.engine.desk import Answer, Desk, Done, only_federation
from node.engine.handlers import stated
from node.errors import ConflictError
from node.federation import declining
from node.federation.declining import Declining
from node.federation.membership import Members
from node.feeds import scopes
from node.ids import CommunityId


def decline_founding(command: DeclineFounding, desk: Desk) -> Done:
    """Say to the other founders that this community does not found the federation with them."""
    members = _meant(command, desk)
    founding = members.founding
    if desk.own not in founding.founders:
        raise ConflictError("the founding of that federation does not name this community")
    if members.founded:
        raise ConflictError("that federation is founded: all whom it names approved, this community too")
    if desk.own not in members.awaited:
        raise ConflictError("this community approved the founding already, and nothing takes that back")
    known = _held(members, desk)
    if (desk.own in _declined(members, known, desk)) != command.undo:
        raise ConflictError(
            "this community has not declined that founding: nothing to take back"
            if command.undo
            else "this community has declined that founding already; --undo takes it back"
        )
    own = [one for one in known if one.community == desk.own]
    made = Declining(
        federation=founding.federation,
        community=desk.own,
        declines=not command.undo,
        serial=stated.next_serial(stated.holding(own, Declining.kind, _scope(members), desk)),
    )
    answer: Answer = {
        "federation": ids.show(founding.federation),
        "name": founding.bylaws.name,
        "declined": made.declines,
    }
    return Done(answer, publish=((_scope(members), (stated.state(made, own, desk),)),))


def declined(members: Members, desk: Desk) -> list[CommunityId]:
    """Return the founders that are awaited and said that they decline, sorted."""
    return [] if members.founded else _declined(members, _held(members, desk), desk)


def _meant(command: DeclineFounding, desk: Desk) -> Members:
    """Return the federation that is named, else the one founding that waits for this community."""
    if command.federation is not None:
        return desk.federation(command.federation)
    known = map(desk.registry.members, desk.registry.federations())
    awaited = [one for one in known if one is not None and desk.own in one.awaited]
    said = [one for one in awaited if (desk.own in declined(one, desk)) == command.undo]
    if not (said or awaited):
        raise ConflictError("no founding waits for this community: see 'hedgerow federation list'")
    return only_federation(said or awaited)


def _held(members: Members, desk: Desk) -> list[Declining]:
    """Return what founders said, whether enough of their stewards signed it or not."""
    federation, founders = members.founding.federation, members.founding.founders
    return [
        one
        for founder in founders
        for one in stated.held(Declining, _scope(members), founder, desk)
        if (one.federation, one.community) == (federation, founder)
    ]


def _declined(members: Members, known: list[Declining], desk: Desk) -> list[CommunityId]:
    return declining.declined(stated.holding(known, Declining.kind, _scope(members), desk), members.awaited)


def _scope(members: Members) -> str:
    return scopes.members(members.founding.federation)
