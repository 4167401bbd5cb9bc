"""Commands about neighbours and the sessions with them."""

from typing import Any

from node import ids
from node.engine.commands import AddPeer, ListPeers, PeerStatus, RemovePeer
from node.engine.desk import Desk, Done
from node.engine.links import Link
from node.errors import NotFoundError, UserError
from node.ids import CommunityId


def add_peer(command: AddPeer, desk: Desk) -> Done:
    """Make a neighbour of an address or of a community by its id."""
    community = _id_or_none(command.target)
    if community is not None:
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
    """Say of every open session whether all is the same on both sides."""
    return Done({"sessions": [_session(link, desk) for link in desk.links.open_links() if link.peer]})


def _session(link: Link, desk: Desk) -> dict[str, Any]:
    assert link.peer is not None
    community = link.peer.community
    shared = desk.sharing.scopes_with(community) if link.session is not None else []
    return {
        "community": ids.show(community),
        "name": desk.name_of(community),
        "address": link.address,
        "introduced": link.session is not None,
        "scopes": [
            {
                "scope": scope,
                "equal_since": link.session.equal_since(scope),
                "missing": link.session.missing(scope),
            }
            for scope in shared
            if link.session is not None
        ],
    }


def _id_or_none(text: str) -> CommunityId | None:
    try:
        return CommunityId(ids.parse(text))
    except UserError:
        return None
