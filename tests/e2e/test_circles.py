"""A circle between two real nodes that never meet: the third carries what it cannot read."""

from pathlib import Path

import pytest

from node.demo.processes import NodeProcess
from node.errors import NodeError
from tests.e2e.conftest import Start, befriend, federate, until

pytestmark = pytest.mark.e2e

SECRET = "The barn roof is worse than we said."


def heard(node: NodeProcess, text: str) -> bool:
    """Tell whether a note has arrived in the circle."""
    try:
        notes = node.ask("show-circle", circle="Roof")["notes"]
    except NodeError:
        return False  # Not even the key has.
    return any(one["text"] == text for one in notes)


def bytes_of(folder: Path) -> bytes:
    """Return all bytes of a node's data folder."""
    return b"".join(one.read_bytes() for one in sorted(folder.rglob("*")) if one.is_file())


def test_two_nodes_that_cannot_reach_each_other_share_a_circle_through_a_third(start: Start) -> None:
    """Nothing of what they say stands on the carrier's disk, while what it carries for all does."""
    alder, birch, carrier = start("Alder", "Birch", "Carrier")
    befriend(carrier, alder)
    befriend(carrier, birch)
    federate(carrier, alder, birch)
    assert not any(one["community"] == birch.community for one in alder.ask("peer-status")["sessions"])
    alder.ask("open-circle", name="Roof", parties=[birch.community])
    alder.ask("say-in-circle", circle="Roof", text=SECRET)
    until(lambda: heard(birch, SECRET))
    birch.ask("say-in-circle", circle="Roof", text="We come on Friday.")
    until(lambda: heard(alder, "We come on Friday."))
    alder.ask("add-note", text="To all of us.")
    until(lambda: any(one["text"] == "To all of us." for one in carrier.ask("show-board")["notes"]))
    assert carrier.ask("list-circles")["circles"] == []
    held = bytes_of(carrier.folder.path)
    assert b"To all of us." in held
    for hidden in (SECRET.encode(), b"We come on Friday.", b"Roof"):
        assert hidden not in held
        assert hidden in bytes_of(alder.folder.path)
    carrier.ask("rebuild")
    assert carrier.ask("list-circles")["circles"] == []
