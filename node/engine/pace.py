"""Who yields: what parties have cost this node lately, and whose cost stands out.

A party is a community, whatever number of devices and links it has. Who wants something has an equal share of
the node's time, and no party can be told from another that wants as much by what it wants at the moment. So
what each has cost is remembered: who has cost more than twice what the others have on average *yields* to
them until they have caught up, or until it is forgotten. Of two that have cost the same neither yields, so a
flood cannot make those wait who have long been busy side by side; and who was silent has saved nothing up
but that it has cost little.

Yielding is not waiting: while nobody else wants anything the rest is all theirs. What is made of it is said
where it is used: whose input is handled next (runtime/turns.py, by measured time), and whose entries are
fetched (engine/sessions/fetching.py, by the estimates below, for the core reads no clock while it works).
"""

from typing import Final

from node.clock import MS_PER_SECOND, Timestamp
from node.ids import CommunityId

# Parties that are no other community: our own people, who never yield, and all together who have not shown
# yet who they are.
OWN: Final = CommunityId(b"own")
STRANGERS: Final = CommunityId(b"strangers")

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
# Of each second so much is forgotten of what a party has cost: a tenth of the node's time is nobody's flood.
FORGOTTEN_US_PER_S: Final = 100_000
# No more is remembered of anybody: what is forgotten within an hour. Also, who has long been busy alone
# yields to newcomers for no more than half of this.
REMEMBERED_US_MAX: Final = 360_000_000
# A few commits of honest work make nobody yield.
BURST_US: Final = 150_000
# Who has cost more than so many times what the others have cost on average yields. Of parties that are
# equally busy none does; one that floods does until each of two others has cost half as much.
YIELDING_TIMES: Final = 2
# The others are those that cost something within so long.
_CONTENDED_MS: Final = MS_PER_SECOND
# How long what was found about all of them is used.
_FOUND_MS: Final = 20


class Pace:
    """Note what each party has cost, and say who yields to the others.

    It remembers no more parties than have cost something in the last hour.
    """

    def __init__(self) -> None:
        # By party: what it has cost and is not forgotten, in microseconds, and when that was so.
        self._levels: dict[CommunityId, tuple[int, Timestamp]] = {}
        # The same of those that contend, as found lately, and its sum.
        self._contending: dict[CommunityId, int] = {}
        self._sum_us = 0
        self._found = Timestamp(0)

    def spent(self, party: CommunityId, work_us: int, now: Timestamp) -> None:
        """Note work done for a party, in microseconds.

        It is less than none where more was noted before than it turned out to be.
        """
        level = 0 if party == OWN else max(0, min(self._level(party, now) + work_us, REMEMBERED_US_MAX))
        self._levels[party] = (level, now)
        if party not in self._contending:
            self._find(now)

    def yields(self, party: CommunityId, now: Timestamp) -> bool:
        """Tell whether a party has cost so much more than the others that it yields to them."""
        if not 0 <= now - self._found < _FOUND_MS:
            self._find(now)
        others = len(self._contending) - (party in self._contending)
        if not others or party == OWN:
            return False
        others_us = self._sum_us - self._contending.get(party, 0)
        return self._level(party, now) > BURST_US + YIELDING_TIMES * others_us // others

    def _level(self, party: CommunityId, now: Timestamp) -> int:
        level, at = self._levels.get(party, (0, now))
        return max(0, level - max(0, now - at) * FORGOTTEN_US_PER_S // MS_PER_SECOND)

    def _find(self, now: Timestamp) -> None:
        """Look at all of them: who contends with what, and of whom nothing is left to remember."""
        self._found, self._contending, kept = now, {}, {}
        for party, (_, at) in self._levels.items():
            level = self._level(party, now)
            if abs(now - at) < _CONTENDED_MS:
                self._contending[party] = level
            if level or party in self._contending:
                kept[party] = self._levels[party]
        self._levels = kept
        self._sum_us = sum(self._contending.values())
