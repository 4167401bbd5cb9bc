"""Commands about neighbours and the sessions with them."""

from typing import Any

from node import ids
from node.engine.commands import AddPeer, ListPeers, PeerStatus, RemovePeer
from node.engine.desk import Desk, Done
from node.engine.handlers.home import forks
from node.engine.handlers.neighbours import quotas, remaining
from node.engine.sessions import equalities
from node.engine.sessions.links import Link
from node.errors import ConflictError, NotFoundError, UserError
from node.ids import CommunityId
from node.keys import PublicKey
from node.replication.session import Session
from node.replication.shown import Finding

# Feeds named one by one in an answer; more than a steward reads are a number.
_NAMED_MAX = 20


def add_peer(command: AddPeer, desk: Desk) -> Done:
    """Make a neighbour of an address or of a community by its id."""
    community = _id_or_none(command.target)
    if community is not None:
        if desk.moderation.is_blocked(community):
            raise ConflictError("this community is blocked here: take the block back first")
        desk.neighbours.add(community, desk.now)
        return Done({"community": ids.show(community)}, sharing_changed=True, addresses_changed=True)
    desk.neighbours.add_address(command.target)
    return Done({"address": command.target}, addresses_changed=True)


def remove_peer(command: RemovePeer, desk: Desk) -> Done:
    """Forget an address, or stop being neighbours."""
    if command.target in dict(desk.neighbours.addresses()):
        desk.neighbours.remove_address(command.target)
        return Done({"removed": command.target})
    community = desk.community(command.target)
    if not desk.neighbours.is_neighbour(community):
        raise NotFoundError("that community is no neighbour of this one")
    desk.neighbours.remove(community)
    return Done({"removed": ids.show(community)}, sharing_changed=True)


def list_peers(_: ListPeers, desk: Desk) -> Done:
    """List neighbours, addresses and strangers."""
    return Done(
        {
            "neighbours": [
                {"community": ids.show(c), "name": desk.name_of(c)} for c in desk.neighbours.communities()
            ],
            "addresses": [
                {
                    "address": address,
                    "community": ids.show(known.community) if known.community else None,
                    "reached": known.reached or None,
                    "problem": known.problem,
                }
                for address, known in desk.neighbours.addresses()
            ],
            "strangers": [
                {"community": ids.show(c), "knocked": when} for c, when in desk.neighbours.strangers()
            ],
        }
    )


def peer_status(_: PeerStatus, desk: Desk) -> Done:
    """Say of every open session what differs and what is odd about whom, and what remains to be done."""
    wanted = remaining.wanted(desk)
    return Done(
        {
            "sessions": [_session(link, desk) for link in desk.links.open_links() if link.peer],
            "usage": quotas.shown(desk)[:_NAMED_MAX],
            "forks": forks.shown(desk)[:_NAMED_MAX],
            "wanted_bodies": sum(row["bodies"] for row in wanted),
            "wanted": wanted[:_NAMED_MAX],
            "left_over": remaining.left_over(desk)[:_NAMED_MAX],
        }
    )


def _session(link: Link, desk: Desk) -> dict[str, Any]:
    assert link.peer is not None
    community, session = link.peer.community, link.session
    shared = desk.sharing.scopes_with(community) if session is not None else []
    return {
        "community": ids.show(community),
        "name": desk.name_of(community),
        "address": link.address,
        "introduced": session is not None,
        "scopes": [_scope(link, session, scope, desk) for scope in shared if session is not None],
        "findings": [
            _finding(found, link, desk) for found in (session.shown.findings(desk.now) if session else ())
        ],
    }


def _scope(link: Link, session: Session, scope: str, desk: Desk) -> dict[str, Any]:
    assert link.peer is not None
    missing = session.missing(scope)
    return {
        "scope": scope,
        "equal_since": session.equal_since(scope),
        "equal_last": session.shown.equal_at(scope)
        or equalities.last(desk.store, link.peer.community, scope),
        "differs_since": session.differs_since(scope),
        "missing": len(missing),
        "lacking": [
            {**_owner(claim.device, claim.community, desk), "entry": claim.head.seq}
            for claim in missing[:_NAMED_MAX]
        ],
        "behind": session.shown.behind(scope),
        "not_taken": _not_taken(session.left_out(scope), desk),
    }


def _not_taken(devices: frozenset[PublicKey], desk: Desk) -> list[dict[str, str]]:
    """Name whose feeds a neighbour says it takes no more of; devices that nobody knows count for nothing."""
    owners = set(filter(None, map(desk.registry.community_of, devices)))
    return [{"community": ids.show(one), "name": desk.name_of(one)} for one in sorted(owners)]


def _finding(found: Finding, link: Link, desk: Desk) -> dict[str, Any]:
    others = [other for other in desk.links.open_links() if other is not link and other.session is not None]
    return {
        "oddity": found.oddity.value,
        "scope": found.feed.scope,
        **_owner(found.feed.device, found.community, desk),
        "known": found.known.seq,
        "shown": found.shown,
        "since": found.since,
        "shown_by": [
            desk.name_of(other.peer.community)
            for other in others
            if other.peer is not None
            and other.session is not None
            and any(end.seq >= found.known.seq for end in other.session.shown.ends(found.feed))
        ],
    }


def _owner(device: PublicKey, claimed: CommunityId, desk: Desk) -> dict[str, str]:
    """Name whose feed it is: as the charters held here say, else as the neighbour says."""
    community = desk.registry.community_of(device) or claimed
    return {"community": ids.show(community), "name": desk.name_of(community)}


def _id_or_none(text: str) -> CommunityId | None:
    try:
        return CommunityId(ids.parse(text))
    except UserError:
        return None
