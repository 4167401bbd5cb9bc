"""The files with which automerge's own makers broke automerge, as a peer's bytes before our gate."""

from pathlib import Path

import pytest

from node.crdt import changes
from node.crdt.document import Document
from node.crdt.gate import DocumentGate
from node.crdt.verdicts import Rejected
from node.crdt.waiting import Offer
from node.errors import RejectedChangeError
from tests.crdt.histories import AnySchema, actor, resealed

pytestmark = pytest.mark.shared
FOLDERS = ("fuzz-crashers", "fixtures", "interop", "other")


def hostile_files(shared: Path) -> list[Path]:
    """Return every conformance file."""
    return sorted(path for folder in FOLDERS for path in (shared / "data/automerge" / folder).iterdir())


def variants(raw: bytes) -> list[bytes]:
    """Return a file's bytes as they are, with a fitting checksum, and taken for a change of either kind."""
    return [raw, resealed(raw), *(resealed(raw[:8] + bytes([kind]) + raw[9:]) for kind in (1, 2))]


def test_nothing_of_the_conformance_files_is_admitted(shared: Path) -> None:
    """Each file, as it is or resealed as a change, is rejected, whatever actor its bytes may name."""
    gate = DocumentGate(AnySchema())
    files = hostile_files(shared)
    assert len([path for path in files if path.parent.name == "fuzz-crashers"]) == 8
    for path in files:
        for raw in variants(path.read_bytes()):
            for named in (actor(1), raw[12:28], raw[11:27]):
                assert isinstance(gate.judge(Offer(raw, named)), Rejected), path.name
                gate.admit([Offer(raw, named)])
    assert gate.admitted_count == 0


def test_whole_documents_are_refused_as_such(shared: Path) -> None:
    """A valid document, which this node could load, is no change that it takes from a peer."""
    folder = shared / "data/automerge"
    for path in (folder / "interop/exemplar", folder / "other/brave-ape-49.automerge"):
        raw = path.read_bytes()
        assert Document.load(raw, actor(1)).heads()
        with pytest.raises(RejectedChangeError, match="whole document"):
            changes.decode(raw[:60_000])
