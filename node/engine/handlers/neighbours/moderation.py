"""Commands about what this node does not show and whom it does not talk with."""

from collections.abc import Mapping
from typing import Any

from node import ids
from node.directory import offer, profile
from node.directory.board import BOARD_TYPE
from node.directory.schemas import OFFER_TYPE, PROFILE_TYPE
from node.engine.commands import (
    AllowCommunity,
    BlockCommunity,
    ChooseAllowed,
    DisallowCommunity,
    Hide,
    ListModeration,
    ShowHidden,
    UnblockCommunity,
    Unhide,
)
from node.engine.desk import Answer, Desk, Done
from node.engine.moderation import Decided, ModeDecided, Target
from node.engine.own_pages import profile_id
from node.engine.ports import DocumentRow
from node.engine.replicas.documents import read_tree
from node.errors import ConflictError, NotFoundError, UserError
from node.ids import CommunityId, DocumentId

# A title in a list; the text itself is one click away.
_TITLE_CHARS = 80


def block_community(command: BlockCommunity, desk: Desk) -> Done:
    """Block a community on this node."""
    community = _community(command.community, desk)
    if community == desk.own:
        raise ConflictError("that is this node's own community: it cannot be blocked here")
    if desk.moderation.is_blocked(community):
        raise ConflictError("that community is blocked already")
    desk.moderation.block(community, _decided(command, desk))
    return Done(_who(community, desk), sharing_changed=True)


def unblock_community(command: UnblockCommunity, desk: Desk) -> Done:
    """Take a block back."""
    community = _community(command.community, desk)
    if not desk.moderation.is_blocked(community):
        raise NotFoundError("that community is not blocked")
    desk.moderation.unblock(community)
    return Done(_who(community, desk), sharing_changed=True, addresses_changed=True)


def hide(command: Hide, desk: Desk) -> Done:
    """Hide a document, or a note."""
    document, note = _target(command.target, desk)
    if document == profile_id(desk.own):
        raise ConflictError(
            "that is this community's own page: edit it instead, with `hedgerow profile edit`"
        )
    if (document, note) in desk.moderation.hidings():
        raise ConflictError("that is hidden already")
    desk.moderation.hide(document, _decided(command, desk), note=note)
    return Done(_hidden(document, note, desk))


def unhide(command: Unhide, desk: Desk) -> Done:
    """Show it again."""
    hidden = desk.moderation.hidings()
    found = next((one for one in hidden if command.target == (one[1] or ids.show(one[0]))), None)
    if found is None:
        raise NotFoundError("that is not hidden here")
    document, note = found
    desk.moderation.unhide(document, note=note)
    return Done(_hidden(document, note, desk))


def choose_allowed(command: ChooseAllowed, desk: Desk) -> Done:
    """Choose whom this node talks with and shows."""
    made = _decided(command, desk)
    desk.moderation.choose(ModeDecided(at=made.at, by=made.by, reason=made.reason, mode=command.mode))
    return Done({"mode": command.mode}, sharing_changed=True, addresses_changed=True)


def allow_community(command: AllowCommunity, desk: Desk) -> Done:
    """Put a community on the list."""
    community = _community(command.community, desk)
    desk.moderation.allow(community, _decided(command, desk))
    answer = {**_who(community, desk), "mode": desk.moderation.mode().mode}
    return Done(answer, sharing_changed=True, addresses_changed=True)


def disallow_community(command: DisallowCommunity, desk: Desk) -> Done:
    """Take a community off the list."""
    community = _community(command.community, desk)
    if community not in desk.moderation.listed():
        raise NotFoundError("that community is not on the list")
    desk.moderation.disallow(community)
    return Done({**_who(community, desk), "mode": desk.moderation.mode().mode}, sharing_changed=True)


def list_moderation(_: ListModeration, desk: Desk) -> Done:
    """List all that is kept from view here."""
    moderation = desk.moderation
    blocks, listed, mode = moderation.blocks(), moderation.listed(), moderation.mode()
    left_out = [
        c
        for c in desk.registry.communities()
        if not moderation.shows_from(c) and not moderation.is_blocked(c)
    ]
    blocked = [
        {**_who(c, desk), "neighbour": desk.neighbours.is_neighbour(c), **one.model_dump()}
        for c, one in blocks.items()
    ]
    hidden = [
        {**_hidden(document, note, desk), **one.model_dump()}
        for (document, note), one in moderation.hidings().items()
    ]
    return Done(
        {
            "mode": mode.model_dump(),
            "blocked": _newest_first(blocked),
            "hidden": _newest_first(hidden),
            "listed": _newest_first([{**_who(c, desk), **one.model_dump()} for c, one in listed.items()]),
            "not_allowed": [_who(c, desk) for c in left_out],
        }
    )


def show_hidden(command: ShowHidden, desk: Desk) -> Done:
    """Show a listing or an offer to the steward, with why others do not see it."""
    row = _document(command.id, desk)
    if row.type not in (PROFILE_TYPE, OFFER_TYPE):
        raise NotFoundError("that is neither a listing nor an offer")
    tree = read_tree(row)
    page = profile.from_tree(tree).profile.model_dump(mode="json") if row.type == PROFILE_TYPE else None
    offered = offer.from_tree(tree).offer.model_dump(mode="json") if row.type == OFFER_TYPE else None
    return Done(
        {
            **describe(row.id, desk),
            "own": row.owner == desk.own,
            "profile": page,
            "offer": offered,
            "why": _why(row, desk),
        }
    )


def describe(document: DocumentId, desk: Desk) -> Answer:
    """Return what a document is, in a line: {id, kind, title, community, community_name}."""
    row = desk.store.documents.get(document)
    if row is None:
        return {
            "id": ids.show(document),
            "kind": "unknown",
            "title": "",
            "community": None,
            "community_name": "",
        }
    tree = read_tree(row)
    kind, title = row.type, ""
    if row.type == PROFILE_TYPE:
        title = profile.from_tree(tree).profile.shown_name()
    elif row.type == OFFER_TYPE:
        found = offer.from_tree(tree).offer
        kind, title = found.kind, found.shown_title()
    return {
        "id": ids.show(document),
        "kind": kind,
        "title": title,
        "community": ids.show(row.owner),
        "community_name": desk.name_of(row.owner),
    }


def _hidden(document: DocumentId, note: str, desk: Desk) -> Answer:
    described = describe(document, desk)
    if note:
        row = desk.store.documents.get(document)
        text = read_tree(row).get(note) if row is not None else None
        described |= {"kind": "note", "title": text[:_TITLE_CHARS] if isinstance(text, str) else ""}
    return {**described, "note": note}


def _why(row: DocumentRow, desk: Desk) -> list[Answer]:
    """Return each decision that keeps a document from view."""
    hidden = desk.moderation.hidings().get((row.id, ""))
    blocked = desk.moderation.blocks().get(row.owner)
    found = [("hidden", hidden), ("blocked", blocked)]
    if not desk.moderation.shows_from(row.owner) and blocked is None:
        found.append(("not allowed", desk.moderation.mode()))
    return [
        {"what": what, "reason": one.reason, "by": one.by, "at": one.at}
        for what, one in found
        if one is not None
    ]


def _decided(command: BlockCommunity | Hide | ChooseAllowed | AllowCommunity, desk: Desk) -> Decided:
    return Decided(at=desk.now, by=command.by, reason=command.reason)


def _community(named: str, desk: Desk) -> CommunityId:
    """Return the community meant; an id need not be known here, for a list may be made beforehand.

    Raises:
        NotFoundError: a name that none or several bear.
    """
    if len(named) == ids.ID_CHARS:
        try:
            return CommunityId(ids.parse(named))
        except UserError:
            pass  # A name may be as long as an id.
    return desk.community(named)


def _target(named: str, desk: Desk) -> Target:
    """Return the document meant by its id, or the board and the note meant by the note's key.

    Raises:
        NotFoundError: nothing of the kind is known here.
        ConflictError: it is of a kind that nobody is shown as one thing.
    """
    if len(named) == ids.ID_CHARS:
        row = _document(named, desk)
        if row.type not in (PROFILE_TYPE, OFFER_TYPE):
            raise ConflictError("only listings, offers, needs and single notes of a board can be hidden")
        return row.id, ""
    boards = [row for row in desk.store.documents.of_type(BOARD_TYPE) if named in read_tree(row)]
    if not boards:
        raise NotFoundError("no listing, offer or note of that name is known here")
    # A member of two federations may copy a key from board to board: the one still shown is meant.
    hidden = desk.moderation.hidings()
    return min(boards, key=lambda row: (row.id, named) in hidden).id, named


def _document(named: str, desk: Desk) -> DocumentRow:
    row = desk.store.documents.get(DocumentId(ids.parse(named)))
    if row is None:
        raise NotFoundError("nothing of that id is known here")
    return row


def _who(community: CommunityId, desk: Desk) -> Answer:
    return {"community": ids.show(community), "name": desk.name_of(community)}


def _newest_first(rows: list[dict[str, Any]]) -> list[Mapping[str, Any]]:
    return sorted(rows, key=lambda row: (-int(row["at"]), str(row.get("id", row["community"]))))
