"""Whose entries are fetched now: the node's time, where several want it, for what neighbours only relay.

What a neighbour sends takes its turn among what others send (runtime/turns.py). But a flood also comes by way
of neighbours who only carry it: then it would be they who wait. So the entries of a community that yields
(engine/pace.py) are asked for when the node has time to spare; once a second some are, whatever comes.
"""

from typing import Final

from node.clock import MS_PER_SECOND, Timestamp
from node.engine.pace import BURST_US, Pace
from node.ids import CommunityId

# The node has time to spare while less than this of each second was worked, by estimate. The rest is what the
# estimates leave out: comparing, answering, commits.
_WORKED_US_PER_S: Final = 850_000
_WORKED_US_MAX: Final = 500_000
# How long until whoever had to wait is looked at again.
_LOOK_AGAIN_MS: Final = 100


class Fetching:
    """Note what the communities' entries cost this node, and say whose are fetched."""

    def __init__(self) -> None:
        self._pace = Pace()
        # By community that yields: when something of it was last asked for although there was no time.
        self._asked: dict[CommunityId, Timestamp] = {}
        self._worked: tuple[int, Timestamp] = (0, Timestamp(0))
        self._held_back: Timestamp | None = None

    def worked(self, work_us: int, now: Timestamp) -> None:
        """Note work, whoever it was for."""
        self._worked = (min(self._busy(now) + work_us, _WORKED_US_MAX), now)

    def spent(self, community: CommunityId, work_us: int, now: Timestamp) -> None:
        """Note for whom work was done; by `worked` it was noted before."""
        self._pace.spent(community, work_us, now)

    def may_fetch(self, community: CommunityId, now: Timestamp) -> bool:
        """Tell whether entries of a community may be fetched now."""
        if self._busy(now) <= BURST_US or not self._pace.yields(community, now):
            return True
        if not 0 <= now - self._asked.get(community, Timestamp(-MS_PER_SECOND)) < MS_PER_SECOND:
            self._asked = {one: at for one, at in self._asked.items() if 0 <= now - at < MS_PER_SECOND}
            self._asked[community] = now
            return True
        if self._held_back is None:
            self._held_back = now
        return False

    def next_due(self) -> Timestamp | None:
        """Return when whoever was held back should be looked at again; None while nobody is."""
        return None if self._held_back is None else Timestamp(self._held_back + _LOOK_AGAIN_MS)

    def due(self, now: Timestamp) -> bool:
        """Tell whether to look at them now, and forget that they were held back."""
        if self._held_back is None or now < self._held_back + _LOOK_AGAIN_MS:
            return False
        self._held_back = None
        return True

    def _busy(self, now: Timestamp) -> int:
        level, at = self._worked
        return max(0, level - max(0, now - at) * _WORKED_US_PER_S // MS_PER_SECOND)
