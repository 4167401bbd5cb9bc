"""Commands about guardians: what they shall sign, and what they signed, whose community it may be."""

import base64

from node import ids, keys
from node.engine.commands import AskGuardians, HandInGuardians
from node.engine.desk import Answer, Desk, Done
from node.engine.handlers.home import forks
from node.engine.handlers.home.identity import cuts_of
from node.errors import ConflictError, NotFoundError, UserError
from node.identity import guarding
from node.identity.charter import Retired
from node.identity.community import Community
from node.ids import CommunityId
from node.keys import PublicKey
from node.records import record
from node.records.record import Record


def ask_guardians(command: AskGuardians, desk: Desk) -> Done:
    """Write the file that guardians sign; any node that holds the charter can, if its own have none left."""
    community = desk.own if command.community is None else desk.community(command.community)
    standing, held = _charter(community, desk)
    device = forks.device_of(command.device)
    if device not in standing.devices:
        raise NotFoundError("no device of this community has that key")
    if device == desk.keyring.device.public:
        raise ConflictError("a device cannot retire itself; ask on another one, or on a neighbour's")
    link = guarding.retirement(
        community, held, device, stolen=command.stolen, cuts=cuts_of(device, desk), place=command.place
    )
    data = guarding.write_request(desk.name_of(community), link, held)
    answer = _row(link, standing, held, desk)
    answer |= {"place": link.position, "guardians": [keys.show(one) for one in standing.recovery.keys]}
    return Done({**answer, "data": base64.b64encode(data).decode()})


def hand_in(command: HandInGuardians, desk: Desk) -> Done:
    """Take in what guardians signed; it holds once enough of them did."""
    answers = [guarding.read_answer(data) for data in command.answers]
    link = answers[0].link
    if any(one.link != link for one in answers):
        raise UserError("expected answers about one thing, found several: hand them in one after another")
    community = CommunityId(link.community)
    standing, held = _charter(community, desk)
    for one in answers:
        guarding.check(one, standing, held)
    signed = [part for one in answers for part in (one.signed, one.approval)]
    desk.registry.add_charter(community, [one.raw for one in signed])
    now, after = _charter(community, desk)
    return Done(_row(link, now, after, desk), grown=((community, standing),))


def _charter(community: CommunityId, desk: Desk) -> tuple[Community, list[Record]]:
    standing = desk.registry.community(community)
    if standing is None:
        raise NotFoundError("the charter of that community has not arrived here")
    return standing, [record.stored(raw) for raw in desk.store.charters.of(community)]


def _row(link: Retired, standing: Community, held: list[Record], desk: Desk) -> Answer:
    holding = standing.retirements.get(PublicKey(link.device))
    return {
        "community": ids.show(standing.id),
        "name": desk.name_of(standing.id),
        "device": keys.show(link.device),
        "reason": link.reason,
        "signed": len(guarding.signers(link, standing, held)),
        "needed": standing.recovery.threshold,
        "holds": holding is not None and holding.payload_id == link.payload_id,
    }
