"""Commands about neighbours and the sessions with them."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from node.engine.commands.ask import Ask


class AddPeer(Ask):
    """Make a neighbour: an address to dial, or the id of a community that knocked: {address|community}."""

    command: Literal["add-peer"] = "add-peer"
    target: Annotated[str, Field(min_length=1, max_length=300)]


class RemovePeer(Ask):
    """Stop being neighbours with a community, or forget an address: {removed}."""

    command: Literal["remove-peer"] = "remove-peer"
    target: Annotated[str, Field(min_length=1, max_length=300)]


class ListPeers(Ask):
    """Neighbours, addresses and strangers: {neighbours: […], addresses: […], strangers: […]}."""

    command: Literal["list-peers"] = "list-peers"
    question: ClassVar[bool] = True


class PeerStatus(Ask):
    """Open sessions and what differs: {sessions: [{community, name, scopes: […], findings: […]}]}."""

    command: Literal["peer-status"] = "peer-status"
    question: ClassVar[bool] = True
