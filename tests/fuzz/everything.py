"""All fuzz targets by name, and where each stands; a new reader of foreign bytes gets its own here.

A process that fuzzes one target loads that target's module alone: what else there is would be followed for
nothing, and each edit of it would begin the sum of inputs anew (totals.py).
"""

from dataclasses import dataclass
from importlib import import_module

from tests.fuzz.target import Target

# Every reader goes through these. Where others are fuzzed, following them takes most of the time, and finds
# many inputs that differ only in how long a list is: spelling is followed where records are read.
_SPELLING = ("node.canonical",)
_RECORDS = ("node.records.approvals", "node.records.record", "node.records.statement")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a target stands.

    Attributes:
        module: of tests/fuzz, which holds it among its `TARGETS`.
        passed: modules of node/ that run as they are, without a look at which ways through them were taken.
    """

    module: str
    passed: tuple[str, ...] = ()

    def targets(self) -> dict[str, Target]:
        """Load the module, and return all targets in it by name."""
        found: tuple[Target, ...] = import_module(f"tests.fuzz.{self.module}").TARGETS
        return {target.name: target for target in found}


PLACES = {
    "frames": Place("wire", _SPELLING),
    "handshake": Place("wire", _SPELLING),
    "entries": Place("carried", _SPELLING),
    "bundles": Place("carried", _SPELLING),
    "changes": Place("documents"),
    "histories": Place("documents"),
    "straight": Place("straight"),
    "epochs": Place("beginnings"),
    "records": Place("statements"),
    "charters": Place("statements", (*_SPELLING, *_RECORDS)),
    "ballots": Place("statements", _SPELLING),
}
