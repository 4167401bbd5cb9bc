"""Keeping circles: what this device does for them by itself.

It gives keys to devices that parties add, and the owner's node makes the next version, with a new
key, when a party leaves, was removed by a decision, or retires a device that had the key.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from pydantic import ValidationError

from node import canonical
from node.circles.standing import CircleStanding
from node.circles.statements import (
    KINDS,
    VERSIONS_MAX,
    CircleMoved,
    CircleNote,
    CircleUnsaid,
)
from node.clock import MS_PER_SECOND, Timestamp, hours
from node.engine.circles.circles import Circles
from node.engine.circles.writing import CircleWriting
from node.engine.drafts import Draft
from node.engine.ports import Store
from node.engine.registry import Registry
from node.engine.setup import Keyring
from node.errors import UserError
from node.feeds import scopes
from node.ids import CommunityId, FederationId
from node.keys import PublicKey

# Between two looks, and a millisecond more for each record that the last one read: some tenth of the time is
# spent on it, however much parties say.
_PAUSE_MS: Final = MS_PER_SECOND
# While there is more to read of what keys that came late open.
_READING_PAUSE_MS: Final = 100
# How many keys of others' circles are given to own further devices in an hour, and how many of one owner's:
# who names a community a party in circles without end must not make it write without end. As many are given
# to a party's further devices in one's own circles, for a party may add devices without end.
_SERVED_MAX: Final = 64
_SERVED_OF_ONE: Final = 16
# By circle and community: in which hours versions were made because it retired a device. That may have been
# given the new key too, by a machine that had not heard; and whoever tells so without end gets so many a day.
_ANSWERED: Final = "circle-answered"
_ANSWERS_A_DAY: Final = 4
_DAY_HOURS: Final = 24
# What is looked at: not what was said, which may be much.
_READ: Final = KINDS - {CircleNote.kind, CircleUnsaid.kind}


class CircleKeeping:
    """Look after the circles that this device can read.

    Attributes:
        writing: writes into them.
    """

    def __init__(
        self,
        store: Store,
        registry: Registry,
        circles: Circles,
        keyring: Keyring,
        entropy: Callable[[int], bytes],
    ) -> None:
        self._store = store
        self._registry = registry
        self._circles = circles
        self._own = keyring.community
        self._device = keyring.device.public
        self.writing = CircleWriting(store, registry, circles, keyring, entropy)
        self._looked, self._read = Timestamp(0), Timestamp(0)
        # In this hour, how many keys further devices were given: by the owner of others' circles, by the
        # party of one's own; and which circles wait for the next.
        self._hour, self._served, self._given = 0, Counter[bytes](), Counter[bytes]()
        self._last = b""
        self._resting: set[bytes] = set()
        self._pause = _PAUSE_MS

    def act(self, now: Timestamp) -> list[tuple[str, Sequence[Draft]]]:
        """Return what is to be published for the circles, per scope; nearly always nothing."""
        if self._circles.unread and now >= self._read + _READING_PAUSE_MS:
            self._read = now
            self._circles.read_on()
        if hours(now) != self._hour:
            self._hour = hours(now)
            self._served.clear()
            self._given.clear()
            self._circles.changed |= self._resting
            self._resting.clear()
        if not self._circles.changed or now < self._looked + self._pause:
            return []
        self._looked, looked = now, self._circles.looked
        changed = sorted(self._circles.changed, key=self._in_turn)
        self._circles.changed.clear()
        published: list[tuple[str, Sequence[Draft]]] = []
        for circle in changed:
            standing = self._circles.standing(circle, _READ)
            if standing is None or not standing.has(self._own):
                continue
            if self._registry.is_member(standing.now.federation, self._own):
                try:
                    drafts = self._renewed(standing) or self._further(standing)
                except (UserError, ValidationError):
                    continue  # It goes on as it is; a circle must not stop a node.
                scope = scopes.members(FederationId(standing.now.federation))
                published += [(scope, drafts)] if drafts else []
        self._pause = _PAUSE_MS + self._circles.looked - looked
        return published

    def next_due(self) -> Timestamp | None:
        """Return when there is something to be looked at; who changes circles without end is read in bulk."""
        looking = [self._looked + self._pause] if self._circles.changed else []
        reading = [self._read + _READING_PAUSE_MS] if self._circles.unread else []
        return Timestamp(min(looking + reading)) if looking or reading else None

    def _in_turn(self, circle: bytes) -> tuple[int, bool, bytes]:
        """Order circles so that owners of many do not crowd out those of few, on from where it stopped."""
        return self._served[self._circles.ring.owner_of(circle)], circle <= self._last, circle

    def _renewed(self, standing: CircleStanding) -> list[Draft]:
        """Return the next version where this community owns the circle and the present one must not go on.

        Who is not yet seen to be a member here is no reason: only what a party said, or a decision, is.
        """
        now, ours = standing.now, self._registry.community(self._own)
        if now.owner != self._own or ours is None or self._circles.ring.key_of(now) is None:
            return []
        living = sorted(ours.devices.keys() - ours.retirements.keys())
        if not standing.over.isdisjoint(living):
            return []  # One of ours went on.
        # Two devices of ours changed it apart: whoever made what holds puts them together; if it
        # is gone, another.
        maker = now.maker if now.maker in living else next(iter(living), None)
        merging = bool(standing.rivals) and self._device == maker
        staying = self.staying(standing)
        going = [one for one in now.parties if one in standing.left or self._removed(now.federation, one)]
        lost = self._lost(standing, staying)
        if not (merging or going or lost or standing.over):
            return []
        if now.number == VERSIONS_MAX:
            # It cannot go on with another key, and must not with this one.
            over, key = CircleMoved(circle=now.circle, key=now.key), self.writing.key_of(now)
            return [] if standing.over else [self.writing.seal(over, key, now.federation)]
        for party in lost:
            answered = canonical.encode([*self._answered(now.circle, party), self._hour])
            self._store.local.put(_ANSWERED, now.circle + party, answered)
        return self.writing.renew(standing, parties=staying)[1]

    def staying(self, standing: CircleStanding) -> list[CommunityId]:
        """Return who is in the next version if nobody changes anything: not who left or was removed."""
        return [one for one in standing.staying if not self._removed(standing.now.federation, one)]

    def _lost(self, standing: CircleStanding, staying: Iterable[CommunityId]) -> list[CommunityId]:
        """Return parties of which a retired device has the key, and that were not answered often today."""
        had = standing.given.get(standing.now.key, frozenset())
        circle, due = standing.now.circle, []
        for party in staying:
            known = self._registry.community(party)
            if known is None or had.isdisjoint(known.retirements):
                continue
            if len(self._answered(circle, party)) < _ANSWERS_A_DAY:
                due.append(party)
            else:
                self._resting.add(circle)
        return due

    def _answered(self, circle: bytes, party: bytes) -> list[int]:
        """Return in which hours of the last day retirements of a community's devices were answered."""
        value = self._store.local.get(_ANSWERED, circle + party)
        found = canonical.decode(value) if value is not None else []
        assert isinstance(found, list), "another program wrote into the store"
        return [one for one in found if isinstance(one, int) and 0 <= self._hour - one < _DAY_HOURS]

    def _further(self, standing: CircleStanding) -> list[Draft]:
        """Return what gives keys to devices that parties have added: one's own, and for the owner all."""
        owned = standing.now.owner == self._own
        mine = standing.now.parties if owned else (self._own,)
        drafts: list[Draft] = []
        for version in standing.versions:
            key = self._circles.ring.key_of(version)
            if key is None:
                continue
            had = standing.given.get(version.key, frozenset())
            boxes: dict[PublicKey, bytes] = {}
            for party in sorted(set(mine).intersection(version.parties)):
                more = {
                    device: box
                    for device, box in self.writing.boxes(party).items()
                    if device not in had and self.writing.reaches(box)
                }
                if more and not self._serves(party if owned else version.owner, owned=owned):
                    self._resting.add(version.circle)
                    continue
                boxes |= more
            if boxes:
                self._last = version.circle
                drafts += self.writing.give(version, key, boxes)
        return drafts

    def _serves(self, whom: bytes, *, owned: bool) -> bool:
        """Count a key given on an owner's or a party's account; False if there were enough in this hour."""
        if owned:
            enough = self._given[whom] >= _SERVED_MAX and whom != self._own
            self._given[whom] += not enough
        else:
            enough = self._served[whom] >= _SERVED_OF_ONE or self._served.total() >= _SERVED_MAX
            self._served[whom] += not enough
        return not enough

    def _removed(self, federation: bytes, party: bytes) -> bool:
        """Tell whether a decision removed a community; who is not seen as a member may be one yet."""
        members = self._registry.members(FederationId(federation))
        return members is not None and members.lasts(CommunityId(party)) is not None
