"""The first steps of a node: founding a community, or asking to become a further device of one."""

from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode

from node import ids, keys
from node.circles.boxes import Box
from node.engine.ports import Store
from node.errors import BadSignatureError, UserError
from node.identity import charter
from node.identity.charter import Charter, Device, KeySet
from node.ids import CommunityId
from node.keys import Signer
from node.records.approvals import Approval

# Drawer of the local store for facts about this node itself.
NODE = "node"
_COMMUNITY = b"community"
_REQUEST = "hedgerow:device?"


@dataclass(frozen=True, slots=True)
class Keyring:
    """The private keys a running node may use; without steward keys it publishes and decides nothing.

    Attributes:
        box: opens what others wrap to this device; without it the node reads no circle.
    """

    community: CommunityId
    device: Signer
    stewards: tuple[Signer, ...] = ()
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class FurtherStewards:
    """Who may sign for a new community beside its first steward.

    Attributes:
        keys: of stewards who are elsewhere.
        signing: the stewards who sign its founding.
        guardians: the recovery keys that others keep; None where a single one is made with the community.
    """

    keys: tuple[bytes, ...] = ()
    signing: tuple[Signer, ...] = ()
    guardians: KeySet | None = None


NONE_FURTHER = FurtherStewards()


def found_community(
    store: Store,
    *,
    steward: Signer,
    device: Signer,
    box_public: bytes,
    recovery_public: bytes,
    next_public: bytes,
    nonce: bytes,
    further: FurtherStewards = NONE_FURTHER,
) -> CommunityId:
    """Found a community with one device, and remember it as this node's own.

    Its stewards are `steward`, whose key is here, and further ones. As many as sign the founding must sign
    whatever the community says from then on: where the first signs it alone, each of them can alone.
    `recovery_public` is the one recovery key, unless guardians are named.
    """
    named = {bytes(steward.public), *(bytes(one.public) for one in further.signing), *further.keys}
    stewards = KeySet(keys=tuple(sorted(named)), threshold=1 + len(further.signing))
    recovery = further.guardians or KeySet(keys=(recovery_public,), threshold=1)
    committed = KeySet(keys=(next_public,), threshold=1).commitment
    anchor = charter.founding_anchor(stewards, recovery, committed, nonce)
    founding = Charter(
        stewards=stewards,
        recovery=recovery,
        next=committed,
        devices=(charter.enrol(anchor, device, box_public),),
        nonce=nonce,
    )
    signed = founding.sign(steward)
    community = charter.community_of(founding)
    approval = Approval(of=community, community=community)
    for one in (signed, *map(approval.sign, further.signing)):
        store.charters.add(community, one.id, one.raw)
    remember_community(store, community)
    return community


def own_community(store: Store) -> CommunityId | None:
    """Return the community this node belongs to, None before `init`."""
    found = store.local.get(NODE, _COMMUNITY)
    return CommunityId(found) if found is not None else None


def remember_community(store: Store, community: CommunityId) -> None:
    """Note which community this node belongs to."""
    store.local.put(NODE, _COMMUNITY, community)


def enrol_request(device: Signer, box_public: bytes, community: CommunityId) -> str:
    """Return the line by which a further device asks the community's steward to add it."""
    enrolled = charter.enrol(community, device, box_public)
    fields = {
        "community": ids.show(community),
        "key": keys.show(enrolled.sign),
        "box": enrolled.box.hex(),
        "consent": enrolled.consent.hex(),
    }
    return _REQUEST + urlencode(fields)


def read_request(line: str, community: CommunityId) -> Device:
    """Read what `enrol_request` wrote for this community.

    Raises:
        UserError: another line, another community, or a device that did not consent.
    """
    cleaned = line.strip()
    try:
        fields = parse_qs(cleaned.removeprefix(_REQUEST), max_num_fields=8)
    except ValueError as error:
        raise UserError("the device request holds more than it should; was it copied rightly?") from error
    if not cleaned.startswith(_REQUEST) or any(len(values) != 1 for values in fields.values()):
        raise UserError(f"expected the line that begins with {_REQUEST}, as the new device printed it")
    try:
        named = ids.parse(fields["community"][0])
        device = Device(
            sign=keys.parse(fields["key"][0]),
            box=bytes.fromhex(fields["box"][0]),
            consent=bytes.fromhex(fields["consent"][0]),
        )
        if named != community:
            raise UserError("the new device asks to belong to another community; was it set up for this one?")
        charter.check_consent(community, device)
    except (KeyError, ValueError, BadSignatureError) as error:
        raise UserError("the device request is damaged; was the whole line copied?") from error
    return device
