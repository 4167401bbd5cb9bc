"""Keeping circles: what this device writes into them, and what it does for them by itself.

By itself it gives keys to devices that parties add, and the owner's node makes the next version, with a new
key, when a party leaves, is no member any more, or retires a device that had the key.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from node.circles import sealing
from node.circles.sealing import HINT_NONCE_BYTES, KEY_BYTES, NONCE_BYTES, WRAPS_MAX, ContentKey
from node.circles.standing import CircleStanding
from node.circles.statements import (
    DEVICES_MAX,
    KINDS,
    Circle,
    CircleGiven,
    CircleMoved,
    CircleNote,
    CircleUnsaid,
    End,
    circle_id,
)
from node.clock import MS_PER_SECOND, Timestamp
from node.engine.circles.circles import Circles
from node.engine.drafts import Draft
from node.engine.ports import Store
from node.engine.registry import Registry
from node.engine.setup import Keyring
from node.feeds import scopes
from node.feeds.bodies import Kind
from node.feeds.entry import FeedKey
from node.ids import CommunityId, FederationId
from node.keys import PublicKey
from node.records.statement import Statement

_NONCE_BYTES: Final = 16
# Between two looks.
_PAUSE_MS: Final = MS_PER_SECOND
# What is looked at: not what was said, which may be much.
_READ: Final = KINDS - {CircleNote.kind, CircleUnsaid.kind}


class CircleKeeping:
    """Write into circles for this device.

    Args:
        entropy: returns that many random bytes.
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
        self._device = keyring.device
        self._box = keyring.box
        self._entropy = entropy
        self._looked = Timestamp(0)

    def act(self, now: Timestamp) -> list[tuple[str, Sequence[Draft]]]:
        """Return what is to be published for the circles, per scope; nearly always nothing."""
        due = self.next_due()
        if due is None or now < due:
            return []
        self._looked = now
        changed = sorted(self._circles.changed)
        self._circles.changed.clear()
        published: list[tuple[str, Sequence[Draft]]] = []
        for circle in changed:
            standing = self._circles.standing(circle, _READ)
            if standing is None:
                continue
            scope = scopes.members(FederationId(standing.now.federation))
            if standing.has(self._own) and self._member(standing, self._own):
                drafts = self._renewed(standing) or self._further(standing)
                published += [(scope, drafts)] if drafts else []
        return published

    def next_due(self) -> Timestamp | None:
        """Return when there is something to be looked at; who changes circles without end is read in bulk."""
        return Timestamp(self._looked + _PAUSE_MS) if self._circles.changed else None

    def found(
        self, federation: FederationId, name: str, parties: Iterable[CommunityId]
    ) -> tuple[Circle, list[Draft]]:
        """Return a new circle of this community's and what begins it."""
        nonce = self._entropy(_NONCE_BYTES)
        circle = circle_id(federation, self._own, nonce)
        key = ContentKey(scopes.members(federation), circle, self._own, 1, self._entropy(KEY_BYTES))
        version = Circle(
            circle=circle,
            federation=federation,
            owner=self._own,
            nonce=nonce,
            number=1,
            name=name,
            parties=tuple(sorted({self._own, *parties})),
            key=key.commitment,
            ends=(),
        )
        return version, self._version(version, key)

    def renew(
        self, standing: CircleStanding, *, name: str | None = None, parties: Iterable[CommunityId]
    ) -> tuple[Circle, list[Draft]]:
        """Return the next version of a circle of this community's, with a new key, and what begins it."""
        before = standing.now
        old = self._circles.ring.key_of(before)
        assert old is not None, "who read a version has its key"
        key = ContentKey(old.scope, before.circle, before.owner, before.number + 1, self._entropy(KEY_BYTES))
        kept = tuple(sorted({self._own, *parties}))
        version = Circle(
            circle=before.circle,
            federation=before.federation,
            owner=before.owner,
            nonce=before.nonce,
            number=key.number,
            name=before.name if name is None else name,
            parties=kept,
            key=key.commitment,
            ends=self._ends(standing, frozenset(kept)),
        )
        moved = CircleMoved(circle=before.circle, key=before.key)
        return version, [self.seal(moved, old, before.federation), *self._version(version, key)]

    def seal(self, said: Statement, key: ContentKey, federation: bytes) -> Draft:
        """Return the draft that says something inside a circle."""
        raw = said.sign(self._device).raw
        return Draft(Kind.SEALED, key.seal(raw, self._feed(federation), self._entropy(NONCE_BYTES)))

    def say(self, standing: CircleStanding, said: Statement) -> Draft:
        """Return the draft that says something to the parties of now."""
        key = self._circles.ring.key_of(standing.now)
        assert key is not None, "who read a version has its key"
        return self.seal(said, key, standing.now.federation)

    def _feed(self, federation: bytes) -> FeedKey:
        return FeedKey(self._device.public, scopes.members(FederationId(federation)))

    def _version(self, version: Circle, key: ContentKey) -> list[Draft]:
        """Return what begins a version: its key for all parties' devices, the version, who has the key."""
        boxes = {device: box for party in version.parties for device, box in self._boxes(party).items()}
        drafts, given = self._keys(key, version.federation, boxes)
        return [*drafts, self.seal(version, key, version.federation), *self._say_given(version, key, given)]

    def _keys(
        self, key: ContentKey, federation: bytes, boxes: dict[PublicKey, bytes]
    ) -> tuple[list[Draft], list[bytes]]:
        """Return the drafts that give a key to devices, and those that it was given to."""
        devices = sorted(boxes)
        drafts: list[Draft] = []
        given: list[bytes] = []
        for first in range(0, len(devices), WRAPS_MAX):
            part = {device: boxes[device] for device in devices[first : first + WRAPS_MAX]}
            nonce = self._entropy(HINT_NONCE_BYTES)
            assert self._box is not None, "who has no box is in no circle"
            content, reached = sealing.wrap(key, self._box, self._feed(federation), part, nonce)
            if reached:
                drafts.append(Draft(Kind.SEALED, content))
                given += reached
        return drafts, given

    def _say_given(self, version: Circle, key: ContentKey, given: Sequence[bytes]) -> list[Draft]:
        parts = (given[first : first + DEVICES_MAX] for first in range(0, len(given), DEVICES_MAX))
        said = (
            CircleGiven(circle=version.circle, key=version.key, devices=tuple(sorted(part))) for part in parts
        )
        return [self.seal(one, key, version.federation) for one in said]

    def _boxes(self, party: bytes) -> dict[PublicKey, bytes]:
        """Return the boxes of a community's devices that were not retired."""
        known = self._registry.community(CommunityId(party))
        if known is None:
            return {}
        return {one: it.box for one, it in known.devices.items() if one not in known.retirements}

    def _renewed(self, standing: CircleStanding) -> list[Draft]:
        """Return the next version where this community owns the circle and the present one must not go on."""
        now = standing.now
        if now.owner != self._own or self._circles.ring.key_of(now) is None:
            return []
        staying = [
            CommunityId(party)
            for party in now.parties
            if party not in standing.left and self._member(standing, CommunityId(party))
        ]
        had = standing.given.get(now.number, frozenset())
        if len(staying) == len(now.parties) and not any(self._retired(party, had) for party in staying):
            return []
        return self.renew(standing, parties=staying)[1]

    def _further(self, standing: CircleStanding) -> list[Draft]:
        """Return what gives keys to devices that parties have added: one's own, and for the owner all."""
        mine = standing.now.parties if standing.now.owner == self._own else (self._own,)
        drafts: list[Draft] = []
        for number, version in sorted(standing.versions.items()):
            key = self._circles.ring.key_of(version)
            if key is None:
                continue
            had = standing.given.get(number, frozenset())
            boxes = {
                device: box
                for party in mine
                if party in version.parties
                for device, box in self._boxes(party).items()
                if device not in had
            }
            wrapped, given = self._keys(key, version.federation, boxes)
            drafts += [*wrapped, *self._say_given(version, key, given)]
        return drafts

    def _ends(self, standing: CircleStanding, parties: frozenset[CommunityId]) -> tuple[End, ...]:
        """Return how far those count that are parties no more: as said before, or all that is held by now.

        Only devices that said something are named: a community may have many, and a version must stay small.
        """
        before = {end.device: end for end in standing.now.ends}
        federation, circle = FederationId(standing.now.federation), standing.now.circle
        gone = {party for version in standing.versions.values() for party in version.parties} - parties
        found: dict[bytes, End] = {}
        notes = self._store.records.about(scopes.circle(circle), CircleNote.kind, circle)
        for device in {row.signer for row in notes}:
            owners = self._registry.communities_of(device)
            if owners.isdisjoint(gone) or not owners.isdisjoint(parties):
                continue
            heads = self._store.feeds.heads_of(FeedKey(device, scopes.members(federation)))
            if device in before and owners.isdisjoint(standing.now.parties):
                found[device] = before[device]
            elif heads:
                found[device] = End(device=device, seq=heads[-1].seq, entry=heads[-1].id)
        return tuple(found[device] for device in sorted(found)[:DEVICES_MAX])

    def _member(self, standing: CircleStanding, party: CommunityId) -> bool:
        return self._registry.is_member(standing.now.federation, party)

    def _retired(self, party: CommunityId, devices: frozenset[PublicKey]) -> bool:
        known = self._registry.community(party)
        return known is not None and not devices.isdisjoint(known.retirements)
