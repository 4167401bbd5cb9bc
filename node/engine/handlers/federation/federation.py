"""Commands about federations: inviting, joining, approving, the notice board."""

from typing import Any

from node import canonical, ids, keys
from node.clock import MS_PER_DAY, Timestamp
from node.crdt import genesis
from node.crdt.edits import Delete, Put
from node.crdt.genesis import Genesis, MembersOf
from node.directory import board
from node.directory.board import BOARD_TYPE
from node.engine.commands import (
    AddNote,
    Approve,
    GoOn,
    Invite,
    JoinFederation,
    ListFederations,
    RemoveNote,
    ShowBoard,
    ShowBylaws,
)
from node.engine.desk import Answer, Desk, Done, only_federation
from node.engine.drafts import carry
from node.engine.handlers.federation import declining, following, rejoining, waiting
from node.engine.replicas.documents import read_tree
from node.engine.sessions import joining
from node.engine.witnessing import recalling
from node.errors import ConflictError, NotFoundError, UserError
from node.federation import bylaws_file, invitation
from node.federation.founding import Founding
from node.federation.invitation import Invitation
from node.federation.membership import JoinRequest, Members
from node.feeds import scopes
from node.ids import CommunityId
from node.records.approvals import Approval

_NONCE_BYTES = 16


def list_federations(_: ListFederations, desk: Desk) -> Done:
    """List the federations this community knows, and what it waits for."""
    known = [desk.registry.members(f) for f in desk.registry.federations()]
    asked = dict(joining.asking(desk.store))
    among = rejoining.asked_here(desk)
    shown = [_federation(members, desk) for members in known if members is not None]
    there = {one["id"] for one in shown}
    return Done(
        {
            "federations": shown,
            "requests": [
                {
                    "federation": ids.show(federation),
                    "accepted": one.accepted,
                    "answer": one.answer,
                }
                for federation, one in sorted(asked.items())
                if ids.show(federation) not in there
            ]
            + [
                {
                    "federation": ids.show(federation),
                    "accepted": None,
                    "answer": f"asked among the members of “{name}”; a member of both has to approve",
                }
                for federation, name in sorted(among.items())
                if ids.show(federation) not in there and federation not in asked
            ],
        }
    )


def invite(command: Invite, desk: Desk) -> Done:
    """Make an invitation to hand to a neighbour."""
    members = desk.member_of(command.federation)
    made = Invitation(
        federation=members.founding.federation,
        inviter=desk.keyring.device.public,
        addresses=command.addresses,
        secret=desk.entropy(invitation.SECRET_BYTES),
        expires=Timestamp(desk.now + command.days * MS_PER_DAY),
    )
    joining.issue(desk.store, made)
    return Done({"link": made.link(), "federation": ids.show(made.federation), "expires": made.expires})


def join_federation(command: JoinFederation, desk: Desk) -> Done:
    """Ask to join by an invitation, or a federation that follows one of this community's by its name."""
    steward = desk.steward()
    if (asked := rejoining.ask_among(command.link, desk)) is not None:
        return asked
    found = invitation.parse(command.link)
    if found.expires < desk.now:
        raise UserError("this invitation has expired: ask for a new one")
    members = desk.registry.members(found.federation)
    if members is not None and desk.own in members.communities:
        raise ConflictError("this community is a member of that federation already")
    if found.inviter == desk.keyring.device.public:
        raise ConflictError("this invitation was made here; give it to another community")
    request = JoinRequest(
        federation=found.federation,
        community=desk.own,
        name=desk.name_of(desk.own),
        nonce=desk.entropy(_NONCE_BYTES),
    )
    joining.ask(desk.store, found, request.sign(steward))
    for address in found.addresses:
        desk.neighbours.add_address(address)
    answer: Answer = {"federation": ids.show(found.federation), "addresses": list(found.addresses)}
    if rows := waiting.rows(request, [steward.public], desk):
        answer["to_approve"] = rows
    return Done(answer, addresses_changed=True)


def approve(command: Approve, desk: Desk) -> Done:
    """Approve a founding or a community that asked to join."""
    steward = desk.steward()
    members = _to_approve(command, desk)
    scope = scopes.members(members.founding.federation)
    if command.community is None:
        if desk.own not in members.awaited:
            raise ConflictError("this community has nothing to approve about that federation's founding")
        signed = Approval(of=members.founding.payload_id, community=desk.own).sign(steward)
        left = [ids.show(c) for c in members.awaited if c != desk.own]
        there = following.told(members.founding, None, (carry(signed),), desk)
        return Done(
            {"federation": ids.show(members.founding.federation), "community": None, "awaited": left},
            publish=((scope, (carry(signed),)), *there),
            sharing_changed=True,
        )
    members = desk.member_of(command.federation)
    wanted = _pending(members, command.community, desk)
    if desk.own in members.suspended:
        raise ConflictError("this community is suspended: its approval admits nobody until it is restored")
    if lacking := desk.questions.present_rules(members).seats.lacks_room(len(members.communities) + 1):
        raise ConflictError(f"there is no room for another community: {lacking}")
    waiting = next((p for p in members.pending if p.membership.community == wanted), None)
    if waiting is None:
        return rejoining.carry_over(members, wanted, desk)
    if members.founding.bylaws.admission.way == "decision":
        raise ConflictError("the bylaws admit communities by a decision alone: see 'hedgerow propose admit'")
    if desk.own in waiting.approved_by:
        raise ConflictError("this community has approved it already")
    signed = Approval(of=waiting.membership.payload_id, community=desk.own).sign(steward)
    answer: Answer = {
        "federation": ids.show(members.founding.federation),
        "community": ids.show(wanted),
        "approvals": len(waiting.approved_by) + 1,
        "needed": waiting.approvals_needed,
    }
    return Done(answer, publish=((scope, (carry(signed),)),))


def _to_approve(command: Approve, desk: Desk) -> Members:
    """Return where something is approved; of foundings the one that waits for this community."""
    if command.community is None and command.federation is None:
        known = map(desk.registry.members, desk.registry.federations())
        awaited = [one for one in known if one is not None and desk.own in one.awaited]
        # One that was declined is not meant, as long as another waits.
        fresh = [one for one in awaited if desk.own not in declining.declined(one, desk)]
        if awaited:
            return only_federation(fresh or awaited)
    return desk.federation(command.federation)


def go_on(command: GoOn, desk: Desk) -> Done:
    """Note that the disk is no old copy, for the witness that waits to compare."""
    federation = desk.federation(command.federation).founding.federation
    desk.store.local.put(recalling.ALONE, federation, b"")
    return Done({"federation": ids.show(federation)})


def add_note(command: AddNote, desk: Desk) -> Done:
    """Put a note on the federation's board; the first one begins the board."""
    members = desk.member_of(command.federation)
    founding = _board(members.founding)
    document = genesis.document_id(genesis.encode(founding))
    key = desk.entropy(board.NOTE_KEY_BYTES).hex()
    edits = [Put((key,), command.text)]
    if desk.store.documents.get(document) is None:
        _, drafts = desk.documents.create(founding, edits, desk.now)
    else:
        drafts = desk.documents.edit(document, edits, desk.now)
    return Done({"note": key, "text": command.text}, publish=((founding.scope, tuple(drafts)),))


def remove_note(command: RemoveNote, desk: Desk) -> Done:
    """Take a note off the board."""
    founding = _board(desk.member_of(command.federation).founding)
    document = genesis.document_id(genesis.encode(founding))
    row = desk.store.documents.get(document)
    if row is None or command.note not in dict(board.notes(read_tree(row))):
        raise NotFoundError("there is no such note on the board")
    drafts = desk.documents.edit(document, [Delete((command.note,))], desk.now)
    return Done({"removed": command.note}, publish=((founding.scope, tuple(drafts)),))


def show_board(command: ShowBoard, desk: Desk) -> Done:
    """Show the notes on a federation's board."""
    founding = _board(desk.federation(command.federation).founding)
    document = genesis.document_id(genesis.encode(founding))
    row = desk.store.documents.get(document)
    notes = board.notes(read_tree(row)) if row is not None else []
    hidden = desk.hidden_notes(document)
    shown = [{"note": key, "text": text} for key, text in notes if key not in hidden]
    return Done({"notes": shown})


def show_bylaws(command: ShowBylaws, desk: Desk) -> Done:
    """Show the rules that hold now, as data and as the file they could be founded on."""
    members = desk.federation(command.federation)
    rules = desk.questions.present_rules(members)
    answer: Answer = {
        "federation": ids.show(members.founding.federation),
        "name": rules.name,
        "founded": members.founded,
        "amended": rules != members.founding.bylaws,
        "bylaws": rules.model_dump(mode="json"),
        "file": bylaws_file.write(rules),
        "names": {
            ids.show(one): desk.name_of(CommunityId(one))
            for one in {*rules.closing.elected, *rules.sizes.named}
        },
    }
    return Done(answer)


def _board(founding: Founding) -> Genesis:
    """Return the genesis of a federation's board: the same whichever member begins it."""
    nonce = canonical.digest("hedgerow/board/1", founding.federation)[: genesis.GENESIS_NONCE_BYTES]
    return Genesis(
        BOARD_TYPE,
        CommunityId(founding.founders[0]),
        MembersOf(founding.federation),
        scopes.members(founding.federation),
        nonce,
    )


def _federation(members: Members, desk: Desk) -> dict[str, Any]:
    founding, declined = members.founding, declining.declined(members, desk)
    followers, more = following.followers(members, desk)
    return {
        "id": ids.show(founding.federation),
        "name": founding.bylaws.name,
        "founded": members.founded,
        "member": desk.own in members.communities,
        "members": [{"community": ids.show(c), "name": desk.name_of(c)} for c in members.communities],
        "awaited": [
            {"community": ids.show(c), "name": desk.name_of(c), "declined": c in declined}
            for c in members.awaited
        ],
        "pending": [
            {
                "community": ids.show(p.membership.community),
                "name": p.name,
                "approvals": len(p.approved_by),
                "needed": p.approvals_needed,
                "approved_here": desk.own in p.approved_by,
            }
            for p in members.pending
        ]
        + [
            {
                "community": ids.show(community),
                "name": desk.name_of(community),
                "approvals": 0,
                "needed": founding.bylaws.admission.approvals,
                "approved_here": False,
            }
            for community in sorted(rejoining.asking(members, desk))
        ],
        "founders": [ids.show(c) for c in founding.founders],
        "follows": following.follows(founding, desk),
        "followed_by": followers,
        "followed_by_more": more,
        "bylaws": desk.questions.present_rules(members).model_dump(mode="json"),
        "device": keys.show(desk.keyring.device.public),
    }


def _pending(members: Members, named: str, desk: Desk) -> CommunityId:
    fitting = [
        CommunityId(one.membership.community)
        for one in members.pending
        if named == ids.show(one.membership.community) or named.casefold() == one.name.casefold()
    ]
    return fitting[0] if len(fitting) == 1 else desk.community(named)
