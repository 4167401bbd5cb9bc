"""Changes that wait for others they build on, in a bounded room of our own.

Automerge has a queue for this that admits two changes with one actor and sequence number, after which the
saved document never loads again; so nothing waits there.
"""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from node.crdt.changes import ChangeHash

# Of one document. Feeds bring changes nearly in order, so a longer line means a missing feed or mischief;
# what finds no room stays stored with its entry and is offered again.
WAITING_CHANGES_MAX: Final = 512
WAITING_BYTES_MAX: Final = 4 * 1024 * 1024


class Offer(NamedTuple):
    """A change as an entry brings it. A tuple, because one is made for every change that arrives.

    Attributes:
        raw: the change's bytes.
        actor: the actor that the entry's author may use, by the run its entries announced (`runs.actor`).
        source: whatever the caller knows the entry by, such as its id; handed back and never read.
    """

    raw: bytes
    actor: bytes
    source: bytes = b""


@dataclass(slots=True)
class _Guest:
    """One waiting offer and what it still waits for."""

    offer: Offer
    missing: set[ChangeHash] = field(default_factory=set)


class WaitingRoom:
    """Keep offers by the changes they wait for, in order of arrival."""

    __slots__ = ("_bytes", "_guests", "_tickets", "_wanted")

    def __init__(self) -> None:
        self._guests: dict[int, _Guest] = {}
        # By what is waited for the tickets, in order: many may wait for one change, and leave one by one.
        self._wanted: dict[ChangeHash, dict[int, None]] = {}
        self._bytes = 0
        self._tickets = 0

    def __len__(self) -> int:
        return len(self._guests)

    @property
    def wanted(self) -> tuple[ChangeHash, ...]:
        """Return what is waited for, ascending."""
        return tuple(sorted(self._wanted))

    @property
    def offers(self) -> tuple[Offer, ...]:
        """Return all who wait, in order of arrival."""
        return tuple(guest.offer for guest in self._guests.values())

    def add(self, offer: Offer, missing: frozenset[ChangeHash]) -> int:
        """Let an offer wait and return its ticket, which rises with every offer. `trim` keeps the bound."""
        assert missing
        self._tickets += 1
        self._guests[self._tickets] = _Guest(offer, set(missing))
        self._bytes += len(offer.raw)
        for change in missing:
            self._wanted.setdefault(change, {})[self._tickets] = None
        return self._tickets

    def release(self, change: ChangeHash, *, admitted: bool) -> list[tuple[int, Offer]]:
        """Take out all who waited for a rejected change, or who waited for this admitted one alone."""
        released = []
        for ticket in self._wanted.pop(change, {}):
            guest = self._guests[ticket]
            guest.missing.discard(change)
            if not (admitted and guest.missing):
                released.append((ticket, self._leave(ticket)))
        return released

    def trim(self) -> list[tuple[int, Offer]]:
        """Take out the latest arrivals until the room keeps its bounds, the latest first."""
        turned_away: list[tuple[int, Offer]] = []
        if len(self._guests) <= WAITING_CHANGES_MAX and self._bytes <= WAITING_BYTES_MAX:
            return turned_away
        for ticket in list(reversed(self._guests)):
            if len(self._guests) <= WAITING_CHANGES_MAX and self._bytes <= WAITING_BYTES_MAX:
                break
            turned_away.append((ticket, self._leave(ticket)))
        return turned_away

    def _leave(self, ticket: int) -> Offer:
        """Forget a guest and every mention of it."""
        guest = self._guests.pop(ticket)
        self._bytes -= len(guest.offer.raw)
        for change in guest.missing:
            del self._wanted[change][ticket]
            if not self._wanted[change]:
                del self._wanted[change]
        return guest.offer
