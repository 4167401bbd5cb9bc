"""Questions that this node has not taken up yet, and when to look at each again.

A question waits while nobody entitled put it (an approval may be under way), and while its roll, or what that
rests on, has not come. Whoever publishes questions without end, with nothing behind them, must not make
others look at all of them with each record that comes. So a question is looked at once when it comes, when an
approval of it comes, then after a minute and each time after twice as long, and a few of them in their turn
whenever something came that may be what is missing: a record costs a bounded number of looks, and one look-up
for each question held.
"""

import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from node.clock import MS_PER_SECOND, Timestamp
from node.engine.ports import Store
from node.engine.registry import Registry
from node.feeds import scopes
from node.governance.proposals import Proposal
from node.ids import FederationId, PayloadId, RecordId

# A question that was not taken up is looked at again: after a minute, and each time after twice as long.
_PAUSE: Final = Timestamp(60 * MS_PER_SECOND)
_PAUSE_MAX: Final = Timestamp(6 * 3_600 * MS_PER_SECOND)
# How many are looked at at once when something came that may be what they wait for. No federation has so many
# honest ones that wait; each look reads what a question names.
AT_ONCE_MAX: Final = 32
_NEVER: Final = Timestamp(2**62)


@dataclass(slots=True)
class Wait:
    """One question that waits.

    Attributes:
        due: when to look at it again.
        put: somebody entitled put it, as far as is known.
    """

    proposal: PayloadId
    federation: FederationId
    due: Timestamp
    pause: Timestamp = _PAUSE
    put: bool = False


class Awaiting:
    """Know which questions wait."""

    def __init__(self, store: Store, registry: Registry) -> None:
        self._store = store
        self._registry = registry
        self._waits: dict[PayloadId, Wait] = {}
        # By when they are due; what was put off or taken out since is passed over.
        self._agenda: list[tuple[Timestamp, PayloadId]] = []
        # In whose turn it is to be looked at when something came.
        self._turns: deque[PayloadId] = deque()
        self._read: set[RecordId] = set()

    def something_came(self, soon: Timestamp, known: Callable[[PayloadId], bool]) -> list[Wait]:
        """Take up what is new, after a record came that may be a question or what one waits for.

        Returns:
            the questions to look at soon: those that are new, and some of the others in their turn. What is
            `known` need not wait.
        """
        found = []
        for _ in range(min(AT_ONCE_MAX, len(self._turns))):
            wait = self._waits.get(self._turns.popleft())
            if wait is not None:
                self._turns.append(wait.proposal)
                found.append(wait)
        found += self._approved()
        found += self._new(soon, known)
        for wait in found:
            self._plan(wait, min(wait.due, soon))
        return found

    def _approved(self) -> list[Wait]:
        """Return the questions that an approval came for: it may be the last one that they wait for."""
        named = sorted(map(PayloadId, self._registry.approved))
        self._registry.approved.clear()
        return [self._waits[one] for one in named if one in self._waits]

    def next_due(self) -> Timestamp | None:
        """Return when there is something to look at next."""
        while self._agenda and not self._stands(self._agenda[0]):
            heapq.heappop(self._agenda)
        return self._agenda[0][0] if self._agenda else None

    def take_due(self, now: Timestamp) -> list[Wait]:
        """Return the questions to look at now; each must be answered with `put_off` or `end`."""
        found: list[Wait] = []
        while (due := self.next_due()) is not None and due <= now:
            wait = self._waits[heapq.heappop(self._agenda)[1]]
            wait.due = _NEVER
            found.append(wait)
        return found

    def put_off(self, wait: Wait, now: Timestamp) -> None:
        """Let a question wait on."""
        self._plan(wait, Timestamp(now + wait.pause))
        wait.pause = min(Timestamp(wait.pause * 2), _PAUSE_MAX)

    def end(self, wait: Wait) -> None:
        """Let a question wait no more."""
        del self._waits[wait.proposal]

    def clock_set_back(self, now: Timestamp) -> None:
        """Look at everything again: what was due by the wrong time is due now."""
        for wait in self._waits.values():
            self._plan(wait, now)

    def _new(self, soon: Timestamp, known: Callable[[PayloadId], bool]) -> list[Wait]:
        """Begin to wait for questions that came; each record is read once."""
        found = []
        for federation in self._registry.federations():
            for row in self._store.records.of_kind(scopes.members(federation), Proposal.kind):
                if row.id in self._read:
                    continue
                self._read.add(row.id)
                for one in Proposal.among([row.record]):
                    if one.federation == federation and one.id not in self._waits and not known(one.id):
                        found.append(self._waits.setdefault(one.id, Wait(one.id, federation, soon)))
                        self._turns.append(one.id)
        return found

    def _plan(self, wait: Wait, due: Timestamp) -> None:
        wait.due = due
        heapq.heappush(self._agenda, (due, wait.proposal))
        if len(self._agenda) > 2 * len(self._waits) + AT_ONCE_MAX:
            self._agenda = [one for one in self._agenda if self._stands(one)]
            heapq.heapify(self._agenda)

    def _stands(self, planned: tuple[Timestamp, PayloadId]) -> bool:
        wait = self._waits.get(planned[1])
        return wait is not None and wait.due == planned[0]
