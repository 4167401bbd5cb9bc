"""Joining a federation that follows one's own: asked for among the members of both, without an invitation.

The request is a record in the scope that asker and members share already. A member that approves it carries
it over; until then it is words there, as the founding is that it answers.
"""

from node import ids
from node.engine.desk import Answer, Desk, Done
from node.engine.drafts import carry
from node.engine.handlers.federation import following
from node.engine.sessions import joining
from node.errors import ConflictError, NotFoundError
from node.federation.founding import Founding
from node.federation.membership import JoinRequest, Members
from node.feeds import scopes
from node.ids import CommunityId, FederationId
from node.records.record import Record

_NONCE_BYTES = 16


def ask_among(named: str, desk: Desk) -> Done | None:
    """Ask to join a federation that follows one of this community's, None where none of that name does.

    Raises:
        ConflictError: several do, or this community asked already.
    """
    found = {
        one.federation: (one, members)
        for members in _own(desk)
        for one, _ in following.claims(members, desk)
        if named in (ids.show(one.federation), one.bylaws.name) and not _belongs(one, desk)
    }
    if not found:
        return None
    if len(found) > 1:
        raise ConflictError(
            f"{len(found)} federations called {named!r} follow yours: name one by its id, which"
            " 'hedgerow federation list' shows"
        )
    ((founding, members),) = found.values()
    scope = scopes.members(members.founding.federation)
    made = JoinRequest.among(desk.questions.about(scope, JoinRequest.kind, desk.own))
    if any(one.federation == founding.federation for one in made):
        raise ConflictError("this community asked to join it already: a member of it has to approve")
    request = JoinRequest(
        federation=founding.federation,
        community=desk.own,
        name=desk.name_of(desk.own),
        nonce=desk.entropy(_NONCE_BYTES),
    )
    answer: Answer = {"federation": ids.show(founding.federation), "addresses": []}
    if (follows := following.follows(founding, desk)) is not None:
        answer["in_words"] = follows["in_words"]
    return Done(answer, publish=((scope, (carry(request.sign(desk.steward())),)),))


def asked_here(desk: Desk) -> dict[FederationId, str]:
    """Return what this community asked to join among members of another federation, and that one's name."""
    return {
        asked: members.founding.bylaws.name
        for members in _own(desk)
        for _, asked in joining.among(desk.store, desk.registry, members.founding.federation, by=desk.own)
    }


def asking(members: Members, desk: Desk) -> dict[CommunityId, tuple[Record, ...]]:
    """Return who asked to join a federation among the members of the one that it follows, with its request.

    Whoever is a member, or whose request was carried over, is none of them; nor is who is no member there.
    """
    follows, federation = members.founding.follows, members.founding.federation
    followed = desk.registry.members(FederationId(follows.federation)) if follows is not None else None
    if followed is None or desk.own not in members.communities:
        return {}
    taken = {*members.communities, *(CommunityId(one.membership.community) for one in members.pending)}
    made = joining.among(desk.store, desk.registry, followed.founding.federation)
    return {
        community: signed
        for (community, asked), signed in sorted(made.items())
        if asked == federation and community in followed.communities and community not in taken
    }


def carry_over(members: Members, community: CommunityId, desk: Desk) -> Done:
    """Carry a request over to the federation that it is about, and approve it.

    Raises:
        NotFoundError: that community asked for nothing.
    """
    found = asking(members, desk).get(community)
    if found is None:
        raise NotFoundError("that community does not wait for approval")
    request, *approvals = found
    drafts = joining.claimed(request, approvals, desk.steward(), desk.own)
    admission = members.founding.bylaws.admission
    answer: Answer = {
        "federation": ids.show(members.founding.federation),
        "community": ids.show(community),
        "approvals": 1,
        "needed": admission.approvals,
        "by_decision": admission.way == "decision",
    }
    scope = scopes.members(members.founding.federation)
    return Done(answer, publish=((scope, tuple(drafts)),), sharing_changed=True)


def _own(desk: Desk) -> list[Members]:
    """Return the federations that this community belongs to."""
    known = filter(None, map(desk.registry.members, desk.registry.federations()))
    return [one for one in known if desk.own in one.communities]


def _belongs(founding: Founding, desk: Desk) -> bool:
    return desk.registry.is_member(founding.federation, desk.own)
