"""The second reader and the node judge every ballot of the vectors alike: tests of proving.py."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.verifier.proving import File, Record, decode, read

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "ballots.json").read_text())


def held_by(raw: str) -> bool:
    """Tell whether a ballot holds for the second reader, by charter, roll and proposal of the vectors."""
    charter = [read(bytes.fromhex(one)) for one in VECTORS["community"]]
    file = File.__new__(File)
    file.federation, file.proposal = bytes(32), bytes.fromhex(VECTORS["proposal"]["payload_id"])
    file.stewards, file.devices = {}, {}
    file._add_charter(charter[0].payload_id, charter)
    roll: dict[str, Any] = decode(bytes.fromhex(VECTORS["roll"]["payload"]))
    proposal = decode(bytes.fromhex(VECTORS["proposal"]["payload"]))
    seated = {one["community"]: one["seats"] for one in roll["holders"]}
    ballot: Record = read(bytes.fromhex(raw))
    said = ballot.statement("ballot")
    return (
        said is not None and said["proposal"] == file.proposal and bool(file.valid(ballot, proposal, seated))
    )


@pytest.mark.parametrize("case", VECTORS["valid"], ids=lambda case: case["name"])
def test_the_valid_vectors_hold_for_the_second_reader(case: dict[str, str]) -> None:
    """The delegate's, the substitute's, from paper, lent, with a reason: each holds for it too."""
    assert held_by(case["raw"])


@pytest.mark.parametrize("case", VECTORS["broken"], ids=lambda case: case["name"])
def test_the_broken_vectors_do_not_hold_for_the_second_reader(case: dict[str, str]) -> None:
    """What the node refuses, it refuses too."""
    assert not held_by(case["raw"])
