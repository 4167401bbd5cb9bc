"""How many rolls are made in a day, so that nobody uses the chain up.

A roll is made whenever something on the last one has changed and somebody asks, which takes a second. A
member that stated one size and then another again and again would make as many as a chain may have in two
days, and no decision's file would have room for them. So a witness that saw many in a day waits; who puts a
question then does so on the last one. By this node's own clock, and forgotten when it starts again.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Final
from weakref import WeakKeyDictionary

from node.clock import MS_PER_SECOND, Timestamp
from node.engine.registry import Registry
from node.ids import FederationId

# As many newcomers in a day each have a roll of their own. So many a day take eight years to fill a chain.
ROLLS_A_DAY: Final = 32
_DAY: Final = 86_400 * MS_PER_SECOND


@dataclass(slots=True)
class _Pace:
    """The latest rolls of one federation.

    Attributes:
        version: of the last one that was seen certified.
        seen: when each of the latest was, the latest last.
    """

    version: int
    seen: deque[Timestamp] = field(default_factory=deque)


_KEPT: Final[WeakKeyDictionary[Registry, dict[FederationId, _Pace]]] = WeakKeyDictionary()


def rests(registry: Registry, federation: FederationId, version: int, now: Timestamp) -> bool:
    """Note which roll is the last one, and tell whether the next has to wait."""
    pace = _KEPT.setdefault(registry, {}).setdefault(federation, _Pace(version))
    pace.seen.extend([now] * min(version - pace.version, ROLLS_A_DAY))
    pace.version = version
    while pace.seen and not pace.seen[0] <= now < pace.seen[0] + _DAY:  # Or the clock was set back.
        pace.seen.popleft()
    while len(pace.seen) > ROLLS_A_DAY:
        pace.seen.popleft()
    return len(pace.seen) >= ROLLS_A_DAY


def until(registry: Registry, federation: FederationId) -> Timestamp | None:
    """Return until when the next roll has to wait, None where it has not."""
    pace = _KEPT.get(registry, {}).get(federation)
    full = pace is not None and len(pace.seen) >= ROLLS_A_DAY
    return Timestamp(pace.seen[0] + _DAY) if pace is not None and full else None
