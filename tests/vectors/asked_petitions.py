"""Vectors of petitions: who stands behind one, and whether it is due."""

from collections.abc import Sequence
from typing import Any

from node.governance import petitions
from node.governance.petitions import Petition
from node.records.approvals import Approval, Signatures
from node.records.record import Record
from tests import builders

FEDERATION = builders.identifier("a federation")
NEEDED = 2


def asked_petitions() -> dict[str, Any]:
    """Return sets of records about one petition, and its supporters and state."""
    mill, farm = builders.community("Mill", stewards=2, threshold=2), builders.community("Farm")
    stranger = builders.community("Elsewhere")
    asked = Petition(
        federation=FEDERATION,
        community=mill.id,
        title="Shall we mend the barn?",
        text="It leaks.",
        nonce=builders.nonce("a petition"),
    )
    by_one = asked.sign(mill.stewards[0])
    support = Approval(of=asked.payload_id)
    signed = [by_one, support.sign(mill.stewards[1])]
    cases: dict[str, list[Record]] = {
        "one steward of two that must sign": [by_one],
        "its own community alone": signed,
        "another member stands behind it": [*signed, support.sign(farm.steward)],
        "a device approves nothing": [*signed, support.sign(farm.device)],
        "who is no member does not count": [*signed, support.sign(stranger.steward)],
        "others without its own community": [by_one, support.sign(farm.steward)],
    }
    known = builders.Known(mill, farm, stranger)

    def case(name: str, records: Sequence[Record]) -> dict[str, Any]:
        found = petitions.evaluate(
            asked,
            approvers=known.approvers(asked.payload_id, Signatures(records)),
            members={mill.id, farm.id},
            needed=NEEDED,
            proposals=(),
        )
        return {
            "name": name,
            "records": [one.raw.hex() for one in records],
            "supporters": [one.hex() for one in found.supporters] if found is not None else None,
            "state": found.state.value if found is not None else None,
        }

    return {
        "about": (
            "How a petition stands (data-model.md, Petitions) by the charters and members given; null where"
            " it does not stand. Ids and bytes hex."
        ),
        "petition": asked.payload_id.hex(),
        "needed": NEEDED,
        "members": [mill.id.hex(), farm.id.hex()],
        "charters": [
            {"community": one.id.hex(), "records": [raw.raw.hex() for raw in builders.charter_records(one)]}
            for one in (mill, farm, stranger)
        ],
        "cases": [case(name, records) for name, records in cases.items()],
    }
