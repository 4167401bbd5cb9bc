"""How many listings one command brings in: as many as a node can take without keeping others waiting.

While listings are written nothing else is answered, so a long import goes in slices. A slice's size follows
from how long the last one took: the same program runs on a Raspberry Pi and on a server.
"""

from dataclasses import dataclass
from typing import Final

# What a person does not notice, and a neighbour's session hardly; pages are to answer within 200 ms.
SLICE_S_WANTED: Final = 0.08
SLICE_LISTINGS_FIRST: Final = 4
# Beyond this a commit more or less is nothing.
SLICE_LISTINGS_MAX: Final = 64
# Where no node runs nobody waits, and each slice opens the store anew; a second or two until the next word.
SLICE_LISTINGS_ALONE: Final = 250
# After one lucky slice the next is not suddenly large.
_GROWTH_MAX: Final = 2


@dataclass(frozen=True, slots=True)
class Pace:
    """The size of the next slice."""

    listings: int = SLICE_LISTINGS_FIRST

    def after(self, seconds: float) -> "Pace":
        """Return the pace after a slice of this size that took so long."""
        fitting = int(self.listings * SLICE_S_WANTED / max(seconds, 0.001))
        return Pace(max(1, min(fitting, self.listings * _GROWTH_MAX, SLICE_LISTINGS_MAX)))
