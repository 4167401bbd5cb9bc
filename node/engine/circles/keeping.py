"""Keeping circles: what this device writes into them, and what it does for them by itself.

By itself it gives keys to devices that parties add, and the owner's node makes the next version, with a new
key, when a party leaves, was removed by a decision, or retires a device that had the key.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from pydantic import ValidationError

from node.circles import sealing
from node.circles.sealing import KEY_BYTES, NONCE_BYTES, WRAPS_MAX, ContentKey
from node.circles.standing import CircleStanding
from node.circles.statements import (
    CIRCLE_NONCE_BYTES,
    DEVICES_MAX,
    KINDS,
    VERSIONS_MAX,
    Circle,
    CircleGiven,
    CircleMoved,
    CircleNote,
    CircleUnsaid,
    End,
    Said,
    circle_id,
)
from node.clock import MS_PER_SECOND, Timestamp, hours
from node.engine.circles.circles import Circles
from node.engine.drafts import Draft
from node.engine.ports import Store
from node.engine.registry import Registry
from node.engine.setup import Keyring
from node.errors import ConflictError, UserError
from node.feeds import scopes
from node.feeds.bodies import Kind
from node.feeds.entry import FeedKey
from node.ids import CommunityId, FederationId
from node.keys import PublicKey
from node.records.statement import Statement

# Between two looks.
_PAUSE_MS: Final = MS_PER_SECOND
# How many keys of others' circles are given to own further devices in an hour: who names a community a party
# in circles without end must not make it write without end.
_SERVED_MAX: Final = 64
# By circle and device: retired devices for which a version with a new key was made.
_ANSWERED: Final = "circle-answered"
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
        # In this hour, how often own further devices were given keys of others' circles; and which circles
        # wait for the next.
        self._hour, self._served = 0, 0
        self._resting: set[bytes] = set()

    def act(self, now: Timestamp) -> list[tuple[str, Sequence[Draft]]]:
        """Return what is to be published for the circles, per scope; nearly always nothing."""
        if hours(now) != self._hour:
            self._hour, self._served = hours(now), 0
            self._circles.changed |= self._resting
            self._resting.clear()
        due = self.next_due()
        if due is None or now < due:
            return []
        self._looked = now
        changed = sorted(self._circles.changed)
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
        return published

    def next_due(self) -> Timestamp | None:
        """Return when there is something to be looked at; who changes circles without end is read in bulk."""
        return Timestamp(self._looked + _PAUSE_MS) if self._circles.changed else None

    def found(
        self, federation: FederationId, name: str, parties: Iterable[CommunityId]
    ) -> tuple[Circle, list[Draft]]:
        """Return a new circle of this community's and what begins it."""
        nonce = self._entropy(CIRCLE_NONCE_BYTES)
        circle = circle_id(federation, self._own, nonce)
        key = ContentKey(scopes.members(federation), self._own, nonce, 1, self._entropy(KEY_BYTES))
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
        old = self._key_of(before)
        if before.number == VERSIONS_MAX:
            raise ConflictError("this circle has changed as often as one can: open another")
        key = ContentKey(old.scope, before.owner, before.nonce, before.number + 1, self._entropy(KEY_BYTES))
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
        # Who was given only a rival's key is told as well.
        over = [(before, old), *((one, self._circles.ring.key_of(one)) for one in standing.rivals)]
        moved = [
            self.seal(CircleMoved(circle=one.circle, key=one.key), had, before.federation)
            for one, had in over
            if had is not None
        ]
        return version, [*moved, *self._version(version, key)]

    def seal(self, said: Statement, key: ContentKey, federation: bytes) -> Draft:
        """Return the draft that says something inside a circle."""
        raw = said.sign(self._device).raw
        return Draft(Kind.SEALED, key.seal(raw, self._feed(federation), self._entropy(NONCE_BYTES)))

    def say(self, standing: CircleStanding, said: Said) -> Draft:
        """Return the draft that says something to those who were given the key that it names.

        Raises:
            ConflictError: this device holds that key no more.
        """
        return self.seal(said, self._key_of(said), standing.now.federation)

    def _key_of(self, said: Said) -> ContentKey:
        """Return the key that a version, or whatever is said in it, names.

        Raises:
            ConflictError: it was given for more circles of one owner than are read.
        """
        key = self._circles.ring.named(said.circle, said.key)
        if key is None:
            raise ConflictError("this device holds the key of this circle no more")
        return key

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
            assert self._box is not None, "who has no box is in no circle"
            content, reached = sealing.wrap(key, self._box, self._feed(federation), part, self._entropy)
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
        """Return the next version where this community owns the circle and the present one must not go on.

        Who is not yet seen to be a member here is no reason: only what a party said, or a decision, is.
        """
        now = standing.now
        if now.owner != self._own or standing.moved or now.number == VERSIONS_MAX:
            return []
        if self._circles.ring.key_of(now) is None:
            return []
        # Two devices of ours changed it apart: whoever made what holds goes on with what both left in.
        rivals = standing.rivals if standing.by == self._device.public else ()
        staying = [
            CommunityId(party)
            for party in now.parties
            if party not in standing.left
            and not self._removed(now.federation, CommunityId(party))
            and all(party in one.parties for one in rivals)
        ]
        lost = self._lost(standing, staying)
        if len(staying) == len(now.parties) and not rivals and not lost:
            return []
        for device in lost:
            self._store.local.put(_ANSWERED, now.circle + device, b"")
        return self.renew(standing, parties=staying)[1]

    def _lost(self, standing: CircleStanding, staying: Iterable[CommunityId]) -> list[PublicKey]:
        """Return retired devices that had the key, of which no version was made yet: once for each."""
        had = standing.given.get(standing.now.key, frozenset())
        retired = {
            device
            for party in staying
            if (known := self._registry.community(party)) is not None
            for device in had.intersection(known.retirements)
        }
        circle, local = standing.now.circle, self._store.local
        return sorted(device for device in retired if local.get(_ANSWERED, circle + device) is None)

    def _further(self, standing: CircleStanding) -> list[Draft]:
        """Return what gives keys to devices that parties have added: one's own, and for the owner all."""
        owned = standing.now.owner == self._own
        mine = standing.now.parties if owned else (self._own,)
        drafts: list[Draft] = []
        for _, version in sorted(standing.versions.items()):
            key = self._circles.ring.key_of(version)
            if key is None:
                continue
            had = standing.given.get(version.key, frozenset())
            boxes = {
                device: box
                for party in mine
                if party in version.parties
                for device, box in self._boxes(party).items()
                if device not in had
            }
            if boxes and not owned and self._served == _SERVED_MAX:
                self._resting.add(version.circle)
                break
            self._served += bool(boxes) and not owned
            wrapped, given = self._keys(key, version.federation, boxes)
            drafts += [*wrapped, *self._say_given(version, key, given)]
        return drafts

    def _ends(self, standing: CircleStanding, parties: frozenset[CommunityId]) -> tuple[End, ...]:
        """Return how far those count that are parties no more: as said before, or all that is held by now.

        Only devices that said something are named: a community may have many, and a version must stay small.
        """
        federation, circle = FederationId(standing.now.federation), standing.now.circle
        gone = set(standing.now.parties) - parties
        found = {
            PublicKey(end.device): end
            for end in standing.now.ends
            if self._registry.communities_of(PublicKey(end.device)).isdisjoint(parties)
        }
        notes = self._store.records.about(scopes.circle(circle), CircleNote.kind, circle)
        for device in {row.signer for row in notes} - found.keys():
            owners = self._registry.communities_of(device)
            heads = self._store.feeds.heads_of(FeedKey(device, scopes.members(federation)))
            # Only of who goes now: a device without an end went before it had said anything.
            if heads and not owners.isdisjoint(gone) and owners.isdisjoint(parties):
                found[device] = End(device=device, seq=heads[-1].seq, entry=heads[-1].id)
        return tuple(found[device] for device in sorted(found)[:DEVICES_MAX])

    def _removed(self, federation: bytes, party: CommunityId) -> bool:
        """Tell whether a decision removed a community; who is not seen as a member may be one yet."""
        members = self._registry.members(FederationId(federation))
        return members is not None and bool(members.lasts(party))
