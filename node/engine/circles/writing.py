"""Writing circles: what begins one or its next version, gives keys to devices and says something in it."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from node.circles import lineage, sealing
from node.circles.lineage import Letting
from node.circles.sealing import KEY_BYTES, NONCE_BYTES, WRAPS_MAX, ContentKey
from node.circles.standing import CircleStanding
from node.circles.statements import (
    CIRCLE_NONCE_BYTES,
    DEVICES_MAX,
    LETTINGS_OF_ONE_MAX,
    VERSIONS_MAX,
    Circle,
    CircleGiven,
    CircleMoved,
    CircleNote,
    CircleUnsaid,
    End,
    LetIn,
    Made,
    Said,
    circle_id,
)
from node.engine.circles.circles import Circles
from node.engine.drafts import Draft
from node.engine.ports import Store
from node.engine.registry import Registry
from node.engine.setup import Keyring
from node.errors import ConflictError, PeerError
from node.feeds import scopes
from node.feeds.bodies import Kind
from node.feeds.entry import FeedKey
from node.ids import CommunityId, FederationId
from node.keys import PublicKey
from node.records.statement import Statement


class CircleWriting:
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
            maker=self._device.public,
            number=1,
            seen=(),
            name=name,
            lettings=self._lettings({}, parties, 1),
            key=key.commitment,
            ends=(),
        )
        return version, self._version(version, key)

    def renew(
        self, standing: CircleStanding, *, name: str | None = None, parties: Iterable[CommunityId]
    ) -> tuple[Circle, list[Draft]]:
        """Return the next version of a circle of this community's, with a new key, and what begins it."""
        before = standing.now
        old = self.key_of(before)
        if before.number == VERSIONS_MAX:
            raise ConflictError("this circle has changed as often as one can: open another")
        key = ContentKey(old.scope, before.owner, before.nonce, before.number + 1, self._entropy(KEY_BYTES))
        kept = frozenset({self._own, *parties})
        version = Circle(
            circle=before.circle,
            federation=before.federation,
            owner=before.owner,
            nonce=before.nonce,
            maker=self._device.public,
            number=key.number,
            seen=self._seen([before, *standing.rivals]),
            name=before.name if name is None else name,
            lettings=self._lettings(standing.staying, kept, key.number),
            key=key.commitment,
            ends=self._ends(standing, kept),
        )
        # Who was given only a rival's key is told as well.
        over = {old.commitment: old}
        rivals = ((one.key, self._circles.ring.key_of(one)) for one in standing.rivals)
        over |= {named: had for named, had in rivals if had is not None}
        moved = [
            self.seal(CircleMoved(circle=before.circle, key=named), had, before.federation)
            for named, had in over.items()
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
        return self.seal(said, self.key_of(said), standing.now.federation)

    def key_of(self, said: Said) -> ContentKey:
        """Return the key that a version, or whatever is said in it, names.

        Raises:
            ConflictError: it was given for more circles of one owner than are read.
        """
        key = self._circles.ring.named(said.circle, said.key)
        if key is None:
            raise ConflictError("this device holds the key of this circle no more")
        return key

    def boxes(self, party: bytes) -> dict[PublicKey, bytes]:
        """Return the boxes of a community's devices that were not retired."""
        known = self._registry.community(CommunityId(party))
        if known is None:
            return {}
        return {one: it.box for one, it in known.devices.items() if one not in known.retirements}

    def reaches(self, box: bytes) -> bool:
        """Tell whether a key can be given to a box: in one of small order anybody could read it."""
        assert self._box is not None, "who has no box is in no circle"
        try:
            self._box.agree(box)
        except PeerError:
            return False
        return True

    def give(self, version: Circle, key: ContentKey, boxes: dict[PublicKey, bytes]) -> list[Draft]:
        """Return the drafts that give a version's key to devices, and say so."""
        drafts, given = self._keys(key, version.federation, boxes)
        return [*drafts, *self._say_given(version, key, given)]

    def _seen(self, versions: Iterable[Circle]) -> tuple[Made, ...]:
        """Return what versions knew, of the owner's devices alone: a stolen one may have named others."""
        ours = self._registry.community(self._own)
        assert ours is not None, "a node knows its own community"
        last: dict[bytes, int] = {}
        for version in versions:
            for maker, number in lineage.knew(version).items():
                if maker in ours.devices:
                    last[maker] = max(number, last.get(maker, 0))
        return tuple(Made(maker=maker, number=number) for maker, number in sorted(last.items()))

    def _lettings(
        self, before: Mapping[CommunityId, frozenset[Letting]], parties: Iterable[bytes], number: int
    ) -> tuple[LetIn, ...]:
        """Return what let parties in: as before, or the version of a number that is being made."""
        found: defaultdict[Letting, list[bytes]] = defaultdict(list)
        for party in sorted({*parties} - {self._own}):
            by = before.get(CommunityId(party)) or {(bytes(self._device.public), number)}
            for one in sorted(by, key=lambda it: (-it[1], it[0]))[:LETTINGS_OF_ONE_MAX]:
                found[one].append(party)
        return tuple(LetIn(maker=by[0], number=by[1], parties=tuple(found[by])) for by in sorted(found))

    def _version(self, version: Circle, key: ContentKey) -> list[Draft]:
        """Return what begins a version: its key for all parties' devices, the version, who has the key."""
        boxes = {device: box for party in version.parties for device, box in self.boxes(party).items()}
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

    def _feed(self, federation: bytes) -> FeedKey:
        return FeedKey(self._device.public, scopes.members(FederationId(federation)))

    def _ends(self, standing: CircleStanding, parties: frozenset[CommunityId]) -> tuple[End, ...]:
        """Return how far those count that are parties no more: as said before, or all that is held by now.

        Only devices that said something are named: a community may have many, and a version must stay small.
        """
        federation, circle = FederationId(standing.now.federation), standing.now.circle
        followed = (standing.now, *standing.rivals)
        gone = {party for one in followed for party in one.parties} - parties
        found: list[End] = []
        for one in followed:
            named = {end.device for end in found}
            found += [
                end
                for end in one.ends
                if end.device not in named
                and self._registry.communities_of(PublicKey(end.device)).isdisjoint(parties)
            ]
        named = {end.device for end in found}
        said = {
            row.signer
            for kind in (CircleNote.kind, CircleUnsaid.kind)
            for row in self._store.records.about(scopes.circle(circle), kind, circle)
        }
        more: list[list[End]] = []
        for device in sorted(said):
            owners = self._registry.communities_of(device)
            # Only of who goes now: a device without an end went before it had said anything.
            if device not in named and not owners.isdisjoint(gone) and owners.isdisjoint(parties):
                # Each of the stories that it may have told.
                heads = self._store.feeds.heads_of(FeedKey(device, scopes.members(federation)))
                more.append([End(device=device, seq=head.seq, entry=head.id) for head in heads])
        # Where there is no room, what was named before stays, and what told most stories is left out.
        found += [end for ends in sorted(more, key=len) for end in ends]
        return tuple(sorted(found[:DEVICES_MAX], key=lambda end: (end.device, end.entry)))
