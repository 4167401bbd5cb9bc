"""The second reader and the node judge every ballot of the vectors alike: tests of minimal.py."""

import json
from collections import defaultdict
from pathlib import Path

import pytest

from tests.verifier.minimal import Question
from tests.verifier.proving import REFUSED, Charter, File, decode, read

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "ballots.json").read_text())


def held_by(raw: str) -> bool:
    """Tell whether a ballot holds for the second reader, by charter, roll and proposal of the vectors."""
    charter = [read(bytes.fromhex(one)) for one in VECTORS["community"]]
    question, question.file = Question.__new__(Question), File.__new__(File)
    question.file.federation = bytes(32)
    question.file.charters = defaultdict(
        Charter, {charter[0].payload_id: Charter(charter[0].payload_id, charter)}
    )
    question.name = bytes.fromhex(VECTORS["proposal"]["payload_id"])
    question.asked = decode(bytes.fromhex(VECTORS["proposal"]["payload"]))
    roll = decode(bytes.fromhex(VECTORS["roll"]["payload"]))
    question.seated = {one["community"]: one["seats"] for one in roll["holders"]}
    try:
        ballot = read(bytes.fromhex(raw))
    except REFUSED:
        return False
    return ballot.said.proposal == question.name and bool(question._valid(ballot))


@pytest.mark.parametrize("case", VECTORS["valid"], ids=lambda case: case["name"])
def test_the_valid_vectors_hold_for_the_second_reader(case: dict[str, str]) -> None:
    """The delegate's, the substitute's, from paper, lent, with a reason: each holds for it too."""
    assert held_by(case["raw"])


@pytest.mark.parametrize("case", VECTORS["broken"], ids=lambda case: case["name"])
def test_the_broken_vectors_do_not_hold_for_the_second_reader(case: dict[str, str]) -> None:
    """What the node refuses, it refuses too."""
    assert not held_by(case["raw"])
