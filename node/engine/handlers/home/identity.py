"""Commands about this node and its community's charter."""

from node import ids, keys
from node.engine import setup
from node.engine.commands import AddDevice, RetireDevice, ShowCharter, ShowNode
from node.engine.desk import Answer, Desk, Done
from node.engine.handlers.home import forks
from node.engine.replicas import forks as branches
from node.errors import ConflictError, NotFoundError
from node.feeds.entry import FeedKey
from node.identity import community as communities
from node.identity.charter import Cut, DeviceAdded
from node.identity.community import Community
from node.keys import PublicKey


def show_node(_: ShowNode, desk: Desk) -> Done:
    """Say who and how this node is."""
    return Done(
        {
            "community": ids.show(desk.own),
            "name": desk.name_of(desk.own),
            "device": keys.show(desk.keyring.device.public),
            "steward": bool(desk.keyring.stewards),
            "entries": desk.store.feeds.count(),
            "listings": desk.store.directory.count(),
            "federations": [ids.show(federation) for federation in desk.registry.federations()],
            "neighbours": len(desk.neighbours.communities()),
        }
    )


def show_charter(command: ShowCharter, desk: Desk) -> Done:
    """Show a charter as it stands."""
    wanted = desk.own if command.community is None else desk.community(command.community)
    standing = desk.registry.community(wanted)
    if standing is None:
        raise NotFoundError("this community's charter has not arrived yet")
    return Done(_charter(standing, desk))


def add_device(command: AddDevice, desk: Desk) -> Done:
    """Let a further device publish for the community."""
    steward = desk.steward()
    device = setup.read_request(command.request, desk.own)
    standing = desk.registry.community(desk.own)
    if standing is not None and PublicKey(device.sign) in standing.devices:
        raise ConflictError("that device stands in the charter already")
    added = DeviceAdded(community=desk.own, device=device).sign(steward)
    return Done({"community": ids.show(desk.own), "device": keys.show(device.sign)}, charters=(added.raw,))


def retire_device(command: RetireDevice, desk: Desk) -> Done:
    """Retire a device: its edits up to now count, none later; what it signed as a witness stands."""
    steward = desk.steward()
    device = forks.device_of(command.device)
    standing = desk.registry.community(desk.own)
    if standing is None or device not in standing.devices:
        raise NotFoundError("no device of this community has that key")
    if device in standing.retirements:
        raise ConflictError("that device is retired already")
    if device == desk.keyring.device.public:
        raise ConflictError("a device cannot retire itself; do it on another one")
    link = communities.next_retirement(standing, device, stolen=command.stolen, cuts=cuts_of(device, desk))
    answer: Answer = {
        "community": ids.show(desk.own),
        "device": keys.show(device),
        "reason": link.reason,
        "cuts": [{"scope": cut.scope, "seq": cut.seq} for cut in link.cuts],
    }
    return Done(answer, charters=(link.sign(steward).raw,))


def cuts_of(device: PublicKey, desk: Desk) -> list[Cut]:
    """Return how far a device's feeds have come here, which is what its retirement leaves standing."""
    found = []
    for scope in desk.store.feeds.scopes():
        feed = FeedKey(device, scope)
        if all_know := branches.known_to_all(desk.store.feeds, feed):
            last = desk.registry.checkpoints.end(feed)
            end = last if last in all_know else all_know[-1]
            found.append(Cut(scope=scope, seq=end.seq, entry=end.id))
    return found


def _charter(standing: Community, desk: Desk) -> Answer:
    return {
        "community": ids.show(standing.id),
        "name": desk.name_of(standing.id),
        "stewards": [keys.show(key) for key in standing.stewards.keys],
        "threshold": standing.stewards.threshold,
        "recovery": [keys.show(key) for key in standing.recovery.keys],
        "recovery_threshold": standing.recovery.threshold,
        "devices": [
            {
                "device": keys.show(device),
                "this": device == desk.keyring.device.public,
                "retired": standing.retirements[device].reason if device in standing.retirements else None,
            }
            for device in sorted(standing.devices)
        ],
        "frozen": standing.frozen,
        "position": standing.position,
    }
