"""Who may go on now: the node's working time, shared out when several communities want it at once.

Time is not measured, for the core reads no clock while it works; it is estimated from what was done. A node
with one busy community serves it as fast as it can. Once others want something too, a community that has
used more than its share waits until it has not: what it sends unasked is fetched later, and what is fetched
of it is asked for later. Two that are equally busy go on side by side.
"""

from typing import Final

from node.clock import MS_PER_SECOND, Timestamp
from node.ids import CommunityId

# Estimated microseconds, from docs/performance.md on a small machine: proving a stretch, keeping and routing
# an entry, reading one once more, judging one operation, and writing what readers and the search see of a
# document.
STRETCH_US: Final = 80
ENTRY_US: Final = 120
REREAD_US: Final = 70
OPERATION_US: Final = 8
# Of a change that is judged once more because of a second appearance, twice: by what stands and by what fell.
CHANGE_AGAIN_US: Final = 500
DOCUMENT_US: Final = 600
TREE_BYTES_PER_US: Final = 20
# Of each second a community may use so much while others wait: less than a fifth, so that one that floods
# costs the others less than that, and several that do are still held apart.
SHARE_US_PER_S: Final = 100_000
# What it may use at once before that: a few commits of honest work, and no more than anybody notices.
BURST_US: Final = 150_000
# What is remembered of a busy past: after a long cold sync nobody waits much longer than this takes to drain.
_LEVEL_US_MAX: Final = 500_000
# Others want something too if they did within so long.
_CONTENDED_MS: Final = MS_PER_SECOND
# How long until whoever had to wait is looked at again.
_LOOK_AGAIN_MS: Final = 100


class Pace:
    """Note what each community made this node do, and say who may go on."""

    def __init__(self) -> None:
        # By community: what it used and has not yet been forgiven, and when that was so.
        self._levels: dict[CommunityId, tuple[int, Timestamp]] = {}
        self._held_back: Timestamp | None = None

    def spent(self, community: CommunityId, work_us: int, now: Timestamp) -> None:
        """Note work done for a community."""
        level = min(self._level(community, now) + work_us, _LEVEL_US_MAX)
        self._levels[community] = (level, now)

    def may_go_on(self, community: CommunityId, now: Timestamp) -> bool:
        """Tell whether more may be done for a community while others wait."""
        level = self._level(community, now)
        if level <= BURST_US:
            return True
        others = [
            self._level(other, now)
            for other, (_, at) in self._levels.items()
            if other != community and now - at < _CONTENDED_MS
        ]
        if not others or level <= max(others):
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

    def _level(self, community: CommunityId, now: Timestamp) -> int:
        level, at = self._levels.get(community, (0, now))
        return max(0, level - max(0, now - at) * SHARE_US_PER_S // MS_PER_SECOND)
