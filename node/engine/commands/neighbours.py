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
    """Open sessions and what differs, what each community uses here, and who told two stories.

    {sessions: [{community, name, scopes: […], findings: […]}], usage: [{community, name, entries, bytes,
    operations, work_ms, disk, times, share, paused: […]}], forks: [{community, name, device, scope, entry,
    branches, retired}], wanted_bodies, wanted: [{community, name, scope, document, type, bodies, first}],
    left_over: [{document, type, places, named: […], since}]}, usage of those first that are nearest to their
    quota; `not_taken` in a scope: whom the neighbour takes no more of; of forks also the own ones;
    what is wanted by feed and document, `first` the lowest entry.
    """

    command: Literal["peer-status"] = "peer-status"
    question: ClassVar[bool] = True


class SetQuota(Ask):
    """Let a community use so many times what is usual here: {community, times, paused: […]}."""

    command: Literal["set-quota"] = "set-quota"
    community: Annotated[str, Field(min_length=1, max_length=300)]
    times: Annotated[int, Field(ge=1, le=1_000)]
