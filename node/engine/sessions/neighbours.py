"""The address book: whom this node talks to, where they were last reached, and when to try again.

Kept in the local store, for it is this node's own affair. A community is a neighbour when a steward added it
or accepted its invitation; fellow members of a federation need no entry here.
"""

from collections.abc import Callable, Container
from dataclasses import dataclass, field

from pydantic import ValidationError

from node import canonical
from node.clock import MS_PER_SECOND, Timestamp
from node.engine.ports import Store
from node.ids import CommunityId
from node.limits import COMPARE_INTERVAL_MS
from node.records.statement import Id, Natural, Part
from node.replication import backoff

NEIGHBOURS = "neighbours"
ADDRESSES = "addresses"
STRANGERS = "strangers"
# Communities that knocked and are nobody's neighbour: shown to the steward, the oldest forgotten first.
STRANGERS_MAX = 32
# A connection that lasts so long was meant. Who answers only to turn us away, as one does that blocked us, is
# called as rarely as one that does not answer: each call costs both sides a handshake and a line in the log.
_STANDS_MS = 10 * MS_PER_SECOND


class Neighbour(Part):
    """A community this node exchanges public listings with because a steward said so."""

    added: Natural


class Address(Part):
    """Somewhere to dial.

    Attributes:
        community: who answered there last, None before the first time.
        reached: when somebody last did, milliseconds since 1970, 0 for never.
        problem: why the last attempt failed, empty after a success.
    """

    community: Id | None = None
    reached: Natural = 0
    problem: str = ""


@dataclass(slots=True)
class _Attempt:
    """How dialling one address stands, since this process started.

    Attributes:
        failures: attempts in a row that led to no connection, or to one that ended at once.
        stood_since: when somebody answered at this attempt.
    """

    failures: int = 0
    stood_since: Timestamp | None = None
    due: Timestamp = field(default=Timestamp(0))
    busy: bool = False


class Neighbours:
    """Keep the address book and say when to dial."""

    def __init__(self, store: Store, entropy: Callable[[int], bytes]) -> None:
        self._store = store
        self._entropy = entropy
        self._attempts: dict[str, _Attempt] = {}

    def is_neighbour(self, community: CommunityId) -> bool:
        """Tell whether a steward made this community a neighbour."""
        return self._store.local.get(NEIGHBOURS, community) is not None

    def communities(self) -> list[CommunityId]:
        """Return the neighbours, sorted."""
        return [CommunityId(key) for key, _ in self._store.local.all(NEIGHBOURS)]

    def add(self, community: CommunityId, now: Timestamp) -> None:
        """Make a community a neighbour."""
        if not self.is_neighbour(community):
            self._store.local.put(NEIGHBOURS, community, canonical.encode(Neighbour(added=now).model_dump()))
        self._store.local.remove(STRANGERS, community)

    def remove(self, community: CommunityId) -> None:
        """Stop being neighbours and forget where it was reached."""
        self._store.local.remove(NEIGHBOURS, community)
        for address, known in self.addresses():
            if known.community == community:
                self.remove_address(address)

    def knocked(self, community: CommunityId, now: Timestamp) -> None:
        """Remember a stranger for the steward to see."""
        self._store.local.put(STRANGERS, community, canonical.encode(now))
        strangers = self.strangers()
        for oldest, _ in strangers[: max(0, len(strangers) - STRANGERS_MAX)]:
            self._store.local.remove(STRANGERS, oldest)

    def strangers(self) -> list[tuple[CommunityId, int]]:
        """Return the strangers that knocked and when, longest ago first."""
        found = [(CommunityId(k), int(canonical.decode(v))) for k, v in self._store.local.all(STRANGERS)]
        return sorted(found, key=lambda one: (one[1], one[0]))

    def addresses(self) -> list[tuple[str, Address]]:
        """Return the addresses to dial, sorted."""
        return [(key.decode(), _read(value)) for key, value in self._store.local.all(ADDRESSES)]

    def add_address(self, address: str) -> None:
        """Dial this address from now on."""
        if self._store.local.get(ADDRESSES, address.encode()) is None:
            self._write(address, Address())

    def remove_address(self, address: str) -> None:
        """Dial this address no more."""
        self._store.local.remove(ADDRESSES, address.encode())
        self._attempts.pop(address, None)

    def due(self, now: Timestamp, *, connected: Container[CommunityId]) -> list[str]:
        """Return the addresses to dial now and mark them as being dialled.

        A community that is connected already, by whatever way, is not dialled a second time.
        """
        found = []
        for address, known in self.addresses():
            attempt = self._attempts.setdefault(address, _Attempt())
            if attempt.busy or attempt.due > now:
                continue
            if known.community is not None and CommunityId(known.community) in connected:
                attempt.due = Timestamp(now + COMPARE_INTERVAL_MS)
                self._forgive(address)
            else:
                attempt.busy = True
                found.append(address)
        return found

    def next_due(self) -> Timestamp | None:
        """Return when the next address falls due, None when nothing waits."""
        waiting = [a.due for a in self._attempts.values() if not a.busy]
        return min(waiting, default=None)

    def reached(self, address: str, community: CommunityId, now: Timestamp) -> None:
        """Note who answered at an address."""
        if self._store.local.get(ADDRESSES, address.encode()) is not None:
            self._write(address, Address(community=community, reached=now))
            self._attempts.setdefault(address, _Attempt()).stood_since = now

    def failed(self, address: str, reason: str, now: Timestamp) -> None:
        """Note that an address was not reached or the connection ended, and when to try again."""
        attempt = self._attempts.get(address)
        if attempt is None or self._store.local.get(ADDRESSES, address.encode()) is None:
            return
        attempt.busy = False
        fraction = int.from_bytes(self._entropy(4), "big") / 2**32
        stood, attempt.stood_since = attempt.stood_since, None
        if stood is not None and now - stood >= _STANDS_MS:
            attempt.failures = 0
        attempt.failures += 1
        attempt.due = Timestamp(now + backoff.delay_ms(failures=attempt.failures, fraction=fraction))
        known = dict(self.addresses())[address]
        self._write(address, known.model_copy(update={"problem": reason[:200]}))

    def rest(self, address: str, now: Timestamp) -> None:
        """Note that an address need not be dialled for now: its community is connected another way."""
        attempt = self._attempts.get(address)
        if attempt is not None:
            attempt.busy, attempt.failures = False, 0
            attempt.due = Timestamp(now + COMPARE_INTERVAL_MS)
            self._forgive(address)

    def _forgive(self, address: str) -> None:
        """Note that nothing is wrong with an address: its community is connected, by whatever way."""
        value = self._store.local.get(ADDRESSES, address.encode())
        if value is not None and (known := _read(value)).problem:
            self._write(address, known.model_copy(update={"problem": ""}))

    def _write(self, address: str, known: Address) -> None:
        self._store.local.put(ADDRESSES, address.encode(), canonical.encode(known.model_dump()))


def _read(value: bytes) -> Address:
    try:
        return Address.model_validate(canonical.decode(value))
    except ValidationError as error:
        raise AssertionError(f"a stored address is broken: {error}") from error
