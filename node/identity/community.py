"""What the charter records of a community add up to: a function of their set alone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from node.errors import PeerError
from node.identity import charter
from node.identity.charter import Charter, Cut, Device, DeviceAdded, KeySet, Retired
from node.ids import ID_BYTES, CommunityId
from node.keys import PublicKey
from node.records.approvals import Approval, Signatures
from node.records.record import Record


@dataclass(frozen=True, slots=True)
class Community:
    """A community as its charter stands.

    Attributes:
        devices: every device ever added, by key; retired ones stay, with what of them counts.
        retirements: by device key.
        position, tip: the charter chain's length and last payload id; the next link names them.
        frozen: two rival links hold at one place; nothing newer counts until recovery.
        founding_devices: those that its founding charter names; they never change.
    """

    id: CommunityId
    stewards: KeySet
    recovery: KeySet
    devices: Mapping[PublicKey, Device]
    retirements: Mapping[PublicKey, Retired]
    position: int
    tip: bytes
    frozen: bool
    founding_devices: frozenset[PublicKey]

    @property
    def first_device(self) -> PublicKey:
        """Return the lowest of its founding devices."""
        return min(self.founding_devices)

    def approves(self, payload_id: bytes, signatures: Signatures) -> bool:
        """Tell whether the stewards stand behind a payload: enough of their keys signed it."""
        return _holds(self.stewards, payload_id, self.id, signatures)

    def cut(self, device: PublicKey, scope: str) -> Cut | None:
        """Return the last entry of a device's feed that counts, or None when all of it does.

        A scope that the retirement does not name is cut before its first entry.
        """
        retired = self.retirements.get(device)
        if retired is None:
            return None
        nothing = Cut(scope=scope, seq=0, entry=bytes(ID_BYTES))
        named = (cut for cut in retired.cuts if cut.scope == scope)
        return max(named, key=lambda cut: (cut.seq, cut.entry), default=nothing)


def evaluate(community: CommunityId, records: Iterable[Record]) -> Community | None:
    """Add up a community's charter records, or return None while the founding one does not hold.

    The order and number of times in which the records came make no difference. What does not hold is passed
    over: a charter travels with whatever anybody appended to it.
    """
    known = sorted({record.id: record for record in records}.values(), key=lambda record: record.id)
    signatures = Signatures(known)
    founding = _founding(community, known, signatures)
    if founding is None:
        return None
    devices = {PublicKey(device.sign): device for device in founding.devices}
    for added in DeviceAdded.among(known):
        if added.community == community and _holds(
            founding.stewards, added.payload_id, community, signatures
        ):
            try:
                charter.check_consent(community, added.device)
            except PeerError:
                continue
            devices.setdefault(PublicKey(added.device.sign), added.device)
    retirements, position, tip, frozen = _chain(community, founding, known, signatures)
    return Community(
        id=community,
        stewards=founding.stewards,
        recovery=founding.recovery,
        devices=MappingProxyType(devices),
        retirements=MappingProxyType(retirements),
        position=position,
        tip=tip,
        frozen=frozen,
        founding_devices=frozenset(PublicKey(device.sign) for device in founding.devices),
    )


def bearing(community: CommunityId, records: Iterable[Record]) -> list[Record]:
    """Return the records that say something about this community's charter, sorted by id.

    Statements for another community, what cannot be read, and approvals of anything else are left out: a
    charter must not become a place to keep, or to carry to strangers, what somebody signed elsewhere.
    """
    known = sorted({record.id: record for record in records}.values(), key=lambda record: record.id)
    payloads: set[bytes] = {community}
    for one in known:
        about: list[DeviceAdded | Retired] = [*DeviceAdded.among([one]), *Retired.among([one])]
        payloads.update(statement.payload_id for statement in about if statement.community == community)
    return [
        one
        for one in known
        if one.payload_id in payloads
        or any(
            approval.of in payloads and approval.community == community for approval in Approval.among([one])
        )
    ]


def next_retirement(community: Community, device: PublicKey, *, stolen: bool, cuts: Iterable[Cut]) -> Retired:
    """Return the link that retires a device, for the stewards to sign."""
    return Retired(
        community=community.id,
        position=community.position + 1,
        after=community.tip,
        device=device,
        reason="stolen" if stolen else "rotated",
        cuts=tuple(sorted(cuts, key=lambda cut: cut.scope)),
    )


def _founding(community: CommunityId, records: list[Record], signatures: Signatures) -> Charter | None:
    for founding in Charter.among(records):
        if charter.community_of(founding) != community:
            continue
        if not _holds(founding.stewards, community, community, signatures):
            return None
        try:
            for device in founding.devices:
                charter.check_consent(founding.anchor(), device)
        except PeerError:
            return None
        return founding
    return None


def _chain(
    community: CommunityId, founding: Charter, records: list[Record], signatures: Signatures
) -> tuple[dict[PublicKey, Retired], int, bytes, bool]:
    """Walk the chain of links as far as exactly one holds at each place.

    A link signed by recovery beats one signed by stewards at the same place; two rivals of equal standing
    freeze the charter there.
    """
    places: dict[tuple[int, bytes], dict[bytes, Retired]] = {}
    for link in Retired.among(records):
        if link.community == community:
            places.setdefault((link.position, link.after), {})[link.payload_id] = link
    retirements: dict[PublicKey, Retired] = {}
    position, tip = 0, bytes(community)
    while True:
        rivals = places.get((position + 1, tip), {})
        standing = [p for p in sorted(rivals) if _holds(founding.recovery, p, community, signatures)] or [
            p for p in sorted(rivals) if _holds(founding.stewards, p, community, signatures)
        ]
        if len(standing) != 1:
            return retirements, position, tip, len(standing) > 1
        link = rivals[standing[0]]
        retirements.setdefault(PublicKey(link.device), link)
        position, tip = position + 1, link.payload_id


def _holds(keyset: KeySet, payload_id: bytes, community: CommunityId, signatures: Signatures) -> bool:
    return len(signatures.of(payload_id, community) & set(keyset.keys)) >= keyset.threshold
