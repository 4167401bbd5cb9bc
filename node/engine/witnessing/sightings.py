"""When this node first saw each question, which decides what it may sign about it as a witness.

A proposal's own times are its proposer's word. Voting that began in secret, or was over before anybody heard
of it, is no voting: a witness goes by when the question reached it, noted on its disk before it signs.
"""

from dataclasses import dataclass
from typing import Final

from node import canonical
from node.engine.ports import Store
from node.governance.closing.phases import Windows
from node.governance.proposals import Proposal, Roll
from node.ids import PayloadId

# Drawer of the local store: by proposal, when it was first seen and the newest roll certified by then.
SIGHTINGS: Final = "sightings"
# Drawer of the local store: the proposals whose lot was drawn here before their voting ended.
LOTS_IN_TIME: Final = "lots-in-time"
NO_WITNESS: Final = "the roll of this question does not name it as a witness"
LOT_TOO_LATE: Final = (
    "the lot that settles ties was not drawn here before its voting ended: put the question again"
)
# Clocks are minutes apart and the network has its delays, however short a grace the bylaws name.
_LATE_SECONDS_MIN: Final = 600


@dataclass(frozen=True, slots=True)
class Sighting:
    """The first sight of a question.

    Attributes:
        seen: in seconds since 1970, by this node's clock.
        newest_roll: the version of the newest roll that was certified here.
    """

    seen: int
    newest_roll: int

    def abstains(self, proposal: Proposal, roll: Roll) -> str:
        """Return why this node signs nothing at all about a question; empty when it does its duty."""
        windows = proposal.windows
        if proposal.is_appeal and self.too_late_for_receipts(windows):
            # Nobody's ballot could count, and not to annul a decision is to uphold it.
            return "it asks whether to annul a decision, and its voting had begun in secret"
        if self.seen > windows.closes:
            return "it was first seen here after its voting had closed"
        if self.newest_roll > roll.version:
            return (
                f"it was put on roll {roll.version} when roll {self.newest_roll} was certified already: "
                "put the question again"
            )
        return ""

    def too_late_for_receipts(self, windows: Windows) -> bool:
        """Tell whether voting had begun so long before it came that no ballot is known to be in time."""
        return self.seen > windows.opens + max(windows.grace, _LATE_SECONDS_MIN)


class Sightings:
    """Note and recall first sights; they are facts about this node, which no rebuild could make again."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def note(self, proposal: PayloadId, sighting: Sighting) -> None:
        """Keep the first sight of a question; a later one changes nothing."""
        if self._store.local.get(SIGHTINGS, proposal) is None:
            noted = canonical.encode([sighting.seen, sighting.newest_roll])
            self._store.local.put(SIGHTINGS, proposal, noted)

    def note_lot(self, proposal: PayloadId) -> None:
        """Keep that a question's lot was drawn before its voting ended."""
        self._store.local.put(LOTS_IN_TIME, proposal, b"")

    def lot_in_time(self, proposal: PayloadId) -> bool:
        """Tell whether a question's lot was drawn before its voting ended, as this node saw it."""
        return self._store.local.get(LOTS_IN_TIME, proposal) is not None

    def of(self, proposal: PayloadId) -> Sighting | None:
        """Return the first sight of a question."""
        value = self._store.local.get(SIGHTINGS, proposal)
        if value is None:
            return None
        seen, newest = canonical.decode(value)
        assert isinstance(seen, int), "a sighting is two whole numbers, as it was noted"
        assert isinstance(newest, int), "a sighting is two whole numbers, as it was noted"
        return Sighting(seen, newest)
