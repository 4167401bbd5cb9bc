"""Vectors of minutes: which text was adopted, and by whom."""

from collections.abc import Sequence
from typing import Any

from node.governance import minutes
from node.governance.minutes import Adoption, MinutedPoint, Minutes
from node.ids import CommunityId
from node.keys import PublicKey
from node.records.record import Record
from tests import builders

FEDERATION = builders.identifier("a federation")
MEETING = builders.identifier("a meeting")
MILL = builders.community("Mill", stewards=2, threshold=2)
FARM, STRANGER = builders.community("Farm"), builders.community("Elsewhere")
STEWARDS = {one.id: {key.public for key in one.stewards} for one in (MILL, FARM, STRANGER)}


def adopted_texts() -> dict[str, Any]:
    """Return sets of records about one meeting, and the texts that were adopted with who adopted them."""
    mends, pays = _text("Ana mends it."), _text("Ana pays for it.")
    texts = [mends.sign(FARM.device), pays.sign(FARM.device)]
    ana = _adoption(MILL, "Ana", mends, 1).sign(MILL.stewards[0])
    cem = _adoption(FARM, "Cem", mends, 1).sign(FARM.steward)
    cases: dict[str, list[Record]] = {
        "one steward of a community is enough": [*texts, ana],
        "two adopt one text": [*texts, ana, cem],
        "two adopt two texts": [*texts, ana, _adoption(FARM, "Cem", pays, 1).sign(FARM.steward)],
        "a later word counts": [*texts, ana, _adoption(MILL, "Ana", pays, 2).sign(MILL.stewards[1])],
        "taken back": [*texts, ana, cem, _adoption(MILL, "Ana", None, 2).sign(MILL.stewards[0])],
        "another community takes nothing back": [
            *texts,
            ana,
            _adoption(MILL, "Ana", None, 2).sign(FARM.steward),
        ],
        "a device adopts nothing": [*texts, _adoption(FARM, "Cem", mends, 1).sign(FARM.device)],
        "who is no member adopts nothing": [
            *texts,
            _adoption(STRANGER, "Eve", mends, 1).sign(STRANGER.steward),
        ],
        "a text that is not held": [ana],
    }
    return {
        "about": (
            "What was adopted of a meeting (data-model.md, Adopted minutes) by the charters and members"
            " given: each text by its payload id, whether its record is among those given, and names with"
            " their communities. Ids and bytes hex."
        ),
        "federation": FEDERATION.hex(),
        "meeting": MEETING.hex(),
        "members": [MILL.id.hex(), FARM.id.hex()],
        "charters": [
            {"community": one.id.hex(), "records": [raw.raw.hex() for raw in builders.charter_records(one)]}
            for one in (MILL, FARM, STRANGER)
        ],
        "cases": [_case(name, records) for name, records in cases.items()],
    }


def _text(said: str) -> Minutes:
    return Minutes(
        federation=FEDERATION,
        meeting=MEETING,
        title="Spring meeting",
        body=builders.identifier("a body"),
        place="Ferry house",
        begins=1_800_000_000,
        points=(MinutedPoint(title="The barn", text="It leaks.", about=None, minutes=said),),
    )


def _adoption(by: builders.FoundedCommunity, name: str, text: Minutes | None, serial: int) -> Adoption:
    return Adoption(
        federation=FEDERATION,
        community=by.id,
        meeting=MEETING,
        name=name,
        minutes=text.payload_id if text is not None else None,
        serial=serial,
    )


def _case(name: str, records: Sequence[Record]) -> dict[str, Any]:
    def is_steward(community: CommunityId, key: PublicKey) -> bool:
        return key in STEWARDS[community]

    counted = minutes.latest(
        MEETING, records, federation=FEDERATION, members={MILL.id, FARM.id}, is_steward=is_steward
    )
    return {
        "name": name,
        "records": [one.raw.hex() for one in records],
        "adopted": [
            {
                "minutes": one.id.hex(),
                "held": one.text is not None,
                "by": [{"name": person, "community": community.hex()} for person, community in one.by],
            }
            for one in minutes.adopted(counted, records)
        ],
    }
