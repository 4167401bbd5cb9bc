"""How a command line asks a node for something long: part by part, small where others wait."""

from typing import Any

import pytest

from node.cli import slices
from node.limits import PART_DOCUMENTS_MAX

HELD: list[Any] = [f"listing {number:03}" for number in range(150)]


def hand_out(command: dict[str, Any]) -> dict[str, Any]:
    """Answer as a node that holds these listings."""
    start = 0 if command["after"] is None else HELD.index(command["after"]) + 1
    part = HELD[start : start + command["limit"]]
    return {"part": part, "after": part[-1] if len(part) == command["limit"] else None}


@pytest.mark.parametrize("running", [True, False])
def test_parts_are_asked_for_until_there_is_no_next(running: bool) -> None:  # noqa: FBT001 (a parameter)
    """Everything comes once and in order; a running node is asked for little, one opened for it for much."""
    asked: list[int] = []
    told: list[int] = []

    def ask(command: dict[str, Any]) -> dict[str, Any]:
        assert command["command"] == "export-part"
        asked.append(command["limit"])
        return hand_out(command)

    command = {"command": "export-part"}
    found = slices.collect(command, "part", ask=ask, is_running=lambda: running, told=told.append)
    assert found == HELD
    assert told[-1] == len(HELD)
    assert max(asked) <= 64 if running else asked == [PART_DOCUMENTS_MAX]
