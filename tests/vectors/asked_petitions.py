"""Vectors of petitions: who stands behind one, and whether it is due."""

from collections.abc import Sequence
from typing import Any

from node.governance import petitions
from node.governance.petitions import Petition, PetitionSupport, Threshold
from node.ids import CommunityId
from node.keys import KeyPair
from node.records.approvals import Approval, Signatures
from node.records.record import Record
from tests import builders

FEDERATION = builders.identifier("a federation")
NEEDED = Threshold(2, 6, either=True)
MILL = builders.community("Mill", stewards=2, threshold=2)
FARM, STRANGER = builders.community("Farm"), builders.community("Elsewhere")
KNOWN = builders.Known(MILL, FARM, STRANGER)
SIZES = {MILL.id: 40, FARM.id: 20}
ASKED = Petition(
    federation=FEDERATION,
    community=MILL.id,
    title="Shall we mend the barn?",
    text="It leaks.",
    nonce=builders.nonce("a petition"),
)
HANDED_IN = ASKED.sign(MILL.stewards[0])


def _support(by: builders.FoundedCommunity, signer: KeyPair | None = None) -> Record:
    """Return the approval of the petition for a community, by one of its stewards or another key."""
    return Approval(of=ASKED.payload_id, community=by.id).sign(signer or by.steward)


BY_ONE = [HANDED_IN, _support(MILL)]
SIGNED = [*BY_ONE, _support(MILL, MILL.stewards[1])]


def asked_petitions() -> dict[str, Any]:
    """Return sets of records about one petition, and its supporters and state."""
    return {
        "about": (
            "How a petition stands (data-model.md, Petitions) by the charters and members given; null where"
            " it does not stand. Ids and bytes hex."
        ),
        "petition": ASKED.payload_id.hex(),
        "needed": {
            "communities": NEEDED.communities,
            "people": NEEDED.people,
            "either": NEEDED.either,
        },
        "sizes": [{"community": one.hex(), "size": size} for one, size in SIZES.items()],
        "members": [MILL.id.hex(), FARM.id.hex()],
        "charters": [
            {"community": one.id.hex(), "records": [raw.raw.hex() for raw in builders.charter_records(one)]}
            for one in (MILL, FARM, STRANGER)
        ],
        "cases": [_case(name, records) for name, records in {**_communities(), **_people()}.items()],
    }


def _communities() -> dict[str, list[Record]]:
    """Return records by which communities stand behind the petition."""
    return {
        "one steward of two that must sign": BY_ONE,
        "its record alone is nobody's word": [HANDED_IN, ASKED.sign(MILL.stewards[1])],
        "its own community alone": SIGNED,
        "another member stands behind it": [*SIGNED, _support(FARM)],
        "an approval given for another community": [*SIGNED, _support(STRANGER, FARM.steward)],
        "a device approves nothing": [*SIGNED, _support(FARM, FARM.device)],
        "who is no member does not count": [*SIGNED, _support(STRANGER)],
        "others without its own community": [*BY_ONE, _support(FARM)],
    }


def _people() -> dict[str, list[Record]]:
    """Return records by which communities state how many of their people support it."""
    ours, theirs = _counted(MILL, 4, 1), _counted(FARM, 2, 1).sign(FARM.steward)
    both = [
        ours.sign(MILL.stewards[0]),
        Approval(of=ours.payload_id, community=MILL.id).sign(MILL.stewards[1]),
    ]
    fewer, too_many = _counted(FARM, 1, 2).sign(FARM.steward), _counted(FARM, 21, 1).sign(FARM.steward)
    return {
        "people of two communities, without another community": [*SIGNED, *both, theirs],
        "one steward of two that must sign states a number": [*SIGNED, both[0], theirs],
        "a later number counts": [*SIGNED, *both, theirs, fewer],
        "more people than the community has count for nothing": [*SIGNED, *both, too_many],
    }


def _counted(by: builders.FoundedCommunity, people: int, serial: int) -> PetitionSupport:
    return PetitionSupport(
        federation=FEDERATION, community=by.id, petition=ASKED.payload_id, people=people, serial=serial
    )


def _case(name: str, records: Sequence[Record]) -> dict[str, Any]:
    signatures = Signatures(records)
    found = petitions.evaluate(
        ASKED,
        approvers=KNOWN.approvers(ASKED.payload_id, signatures),
        stated=[
            one
            for one in PetitionSupport.among(records)
            if KNOWN.approves(CommunityId(one.community), one.payload_id, signatures)
        ],
        members={MILL.id, FARM.id},
        sizes=SIZES,
        needed=NEEDED,
        proposals=(),
    )
    return {
        "name": name,
        "records": [one.raw.hex() for one in records],
        "supporters": [one.hex() for one in found.supporters] if found is not None else None,
        "people": found.people_in_all if found is not None else None,
        "state": found.state.value if found is not None else None,
    }
