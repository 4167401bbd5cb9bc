"""Which records of a charter are kept, where its keys signed more than there is room for.

It depends on which records there are and not on which came first: else nodes that met different ones of a
full charter would never agree on who belongs to the community, nor stop comparing. Only the charter's own
keys can fill it, and what their flood pushes out are devices and links of their own community.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Final

from node.errors import PeerError
from node.identity import charter, community
from node.identity.charter import Charter, DeviceAdded, KeySet, Retired
from node.ids import CommunityId
from node.keys import PublicKey
from node.limits import CHARTER_BYTES_PER_COMMUNITY_MAX, CHARTER_RECORDS_PER_COMMUNITY_MAX
from node.records.approvals import Approval
from node.records.record import Record

# Records about the founding: one for each of 32 stewards, and one that shows it where none of theirs does.
FOUNDING_RECORDS_MAX: Final = 33
# Records about further devices; each has less than 512 bytes.
DEVICE_RECORDS_MAX: Final = 128
# Records about links, and their bytes: one with 1,024 cuts has about 145,000.
LINK_RECORDS_MAX: Final = 95
LINK_BYTES_MAX: Final = 160 * 1024
# Links of one standing at one place of the chain: two are enough to freeze it, the others may follow rivals.
LINKS_PER_PLACE_MAX: Final = 4

assert FOUNDING_RECORDS_MAX + DEVICE_RECORDS_MAX + LINK_RECORDS_MAX <= CHARTER_RECORDS_PER_COMMUNITY_MAX
assert LINK_BYTES_MAX + 512 * DEVICE_RECORDS_MAX < CHARTER_BYTES_PER_COMMUNITY_MAX - 24 * 1024

# Devices that rolls name, asked for only where there is no room for all.
Pinned = Callable[[], Collection[bytes]]


@dataclass(slots=True)
class _Signed:
    """The records that bear on one payload: of each key its own record of the payload, else its approval."""

    own: dict[PublicKey, Record] = field(default_factory=dict)
    approved: dict[PublicKey, Record] = field(default_factory=dict)

    def holds(self, keyset: KeySet) -> bool:
        """Tell whether enough keys of a set signed."""
        return len((self.own.keys() | self.approved.keys()) & set(keyset.keys)) >= keyset.threshold

    def enough(self, *keysets: KeySet) -> list[Record]:
        """Return a record that shows the payload, and no more signatures than each set of keys needs."""
        first = min(self.own.values(), key=lambda one: (one.signer not in keysets[0].keys, one.signer))
        found = {first.id: first}
        for keyset in keysets:
            signers = sorted((self.own.keys() | self.approved.keys()) & set(keyset.keys) - {first.signer})
            needed = keyset.threshold - (first.signer in keyset.keys)
            for key in signers[:needed]:
                one = self.approved.get(PublicKey(key)) or self.own[PublicKey(key)]
                found[one.id] = one
        return list(found.values())


def kept(known: CommunityId, records: Iterable[Record], pinned: Pinned) -> list[Record]:
    """Return what is kept of a charter's records, sorted by id; nothing where none founds it.

    Args:
        known: the community; what is not about its charter, or not signed by its keys, is left out.
        records: all that are held, and all that were brought.
        pinned: devices that go before others, for what others decided rests on them.
    """
    # One id may come with several signatures that hold: the lowest bytes are kept, here as everywhere.
    chosen = {one.id: one for one in sorted(records, key=lambda one: one.raw, reverse=True)}
    bearing = community.bearing(known, chosen.values())
    founding = next((one for one in Charter.among(bearing) if charter.community_of(one) == known), None)
    if founding is None:
        return []
    signed = _signed(known, founding, bearing)
    if bytes(known) not in signed or not signed[bytes(known)].own:
        return []
    found = signed[bytes(known)].enough(founding.stewards)
    found += _fitting(_devices(founding, bearing, signed, pinned), records_max=DEVICE_RECORDS_MAX)
    found += _fitting(_links(founding, bearing, signed), records_max=LINK_RECORDS_MAX)
    return sorted(found, key=lambda one: one.id)


def _signed(known: CommunityId, founding: Charter, records: Iterable[Record]) -> dict[bytes, _Signed]:
    own = {*founding.stewards.keys, *founding.recovery.keys}
    found: dict[bytes, _Signed] = {}
    for one in records:
        if one.signer in own:
            approvals = Approval.among([one])
            for approval in (each for each in approvals if each.community == known):
                found.setdefault(approval.of, _Signed()).approved[one.signer] = one
            if not approvals:
                found.setdefault(one.payload_id, _Signed()).own[one.signer] = one
    return found


def _devices(
    founding: Charter, records: Iterable[Record], signed: dict[bytes, _Signed], pinned: Pinned
) -> list[list[Record]]:
    """Return the records of each device addition, in the order in which they are kept.

    What enough stewards signed goes before what waits for more of them; then the lowest payload id. Of one
    device only the lowest of each is kept, and none of a device that is in the founding charter.
    """
    before = {device.sign for device in founding.devices}
    chosen: dict[tuple[bool, bytes], bytes] = {}
    for added in sorted(DeviceAdded.among(records), key=lambda one: one.payload_id):
        by = signed.get(added.payload_id)
        if by is not None and by.own and added.device.sign not in before and _consents(added):
            chosen.setdefault((not by.holds(founding.stewards), added.device.sign), added.payload_id)
    groups = {about: signed[payload].enough(founding.stewards) for about, payload in chosen.items()}
    full = sum(map(len, groups.values())) > DEVICE_RECORDS_MAX
    first = frozenset(pinned()) if full else frozenset()
    order = sorted(groups, key=lambda about: (about[0], about[1] not in first, chosen[about]))
    return [groups[about] for about in order]


def _links(founding: Charter, records: Iterable[Record], signed: dict[bytes, _Signed]) -> list[list[Record]]:
    """Return the records of each link, in the order in which they are kept.

    What recovery signed goes before what stewards signed, and that before what waits for more signatures;
    then the earlier place; then the lowest payload id, of which few are kept at one place.
    """
    places: dict[tuple[int, int], set[bytes]] = {}
    for link in Retired.among(records):
        by = signed.get(link.payload_id)
        if by is not None and by.own:
            for standing in _standings(by, founding):
                places.setdefault((standing, link.position), set()).add(link.payload_id)
    groups = []
    for (standing, _), payloads in sorted(places.items()):
        for by in (signed[one] for one in sorted(payloads)[:LINKS_PER_PLACE_MAX]):
            # One set of keys may still be signing what the other has signed.
            keysets = [founding.recovery] * (standing == 0 or not by.holds(founding.recovery))
            groups.append(by.enough(*keysets, *[founding.stewards] * (standing != 0)))
    return groups


def _standings(by: _Signed, founding: Charter) -> list[int]:
    """Return 0 where recovery stands behind a link, 1 where stewards do, 2 where it waits for more.

    What both signed has both: that recovery signs a link later makes no room for another of the stewards'.
    """
    held = [number for number, keys in enumerate((founding.recovery, founding.stewards)) if by.holds(keys)]
    return held or [2]


def _consents(added: DeviceAdded) -> bool:
    try:
        charter.check_consent(CommunityId(added.community), added.device)
    except PeerError:
        return False
    return True


def _fitting(groups: Iterable[list[Record]], *, records_max: int) -> list[Record]:
    """Return the records of the first groups that fit, leaving out each that does not any more."""
    found: dict[bytes, Record] = {}
    space = LINK_BYTES_MAX
    for group in groups:
        further = [one for one in group if one.id not in found]
        size = sum(len(one.raw) for one in further)
        if len(found) + len(further) <= records_max and size <= space:
            found.update((one.id, one) for one in further)
            space -= size
    return list(found.values())
