"""What was read of each federation's chain of rolls, and what of it must be looked at again.

A chain is read once and then read on. Another vote about a roll of it may mean that two were certified in one
place, and a charter that changed may mean anything; so a node that has run for years says what one says that
reads the same records today.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from node.engine.registry import Registry
from node.governance.closing.quorum import Quorum
from node.governance.closing.statements import CutVote
from node.governance.closing.subjects import ROLL, Place
from node.governance.proposals import Roll
from node.ids import CommunityId, FederationId


@dataclass(frozen=True, slots=True)
class Panel:
    """Who certifies the next roll.

    Attributes:
        roll: the one that names them; None for the founders.
        id: that roll's payload id, or the federation's id.
        pinned: by witness the device that is to speak: of founders the first of their charter's, None where
            that charter is not held.
        bylaws: the id of the bylaws they go by: the federation's id for those it was founded on.
    """

    roll: Roll | None
    id: bytes
    pinned: Mapping[bytes, bytes | None]
    bylaws: bytes
    quorum: Quorum

    @property
    def version(self) -> int:
        """Return the number of the roll that names them, 0 for the founding."""
        return self.roll.version if self.roll is not None else 0

    def stand_in(self, witness: bytes, device: bytes) -> bytes:
        """Return a device where it is not the pinned one of its witness, nothing where it is."""
        return b"" if device == self.pinned[witness] else device


@dataclass(slots=True)
class Chain:
    """The certified rolls of one federation.

    Attributes:
        rolls: the first first.
        doubted: versions about which another vote came since they were read.
    """

    rolls: list[Roll] = field(default_factory=list)
    doubted: set[int] = field(default_factory=set)
    _versions: dict[bytes, int] = field(default_factory=dict)

    def append(self, roll: Roll) -> None:
        """Read on."""
        self.rolls.append(roll)
        self._versions[Place(roll.federation, ROLL, roll.version).instance] = roll.version

    def end_before(self, version: int) -> None:
        """Forget a version and all that follow it."""
        del self.rolls[version - 1 :]

    def doubt(self, instance: bytes) -> None:
        """Note that another vote came about something, which may be a roll of this chain."""
        version = self._versions.get(instance)
        if version is not None and version <= len(self.rolls):
            self.doubted.add(version)


def named(roll: Roll) -> frozenset[CommunityId]:
    """Return the communities that a roll names, for a seat or as a witness."""
    seated = {CommunityId(one.community) for one in roll.holders}
    return frozenset(seated | {CommunityId(one.community) for one in roll.witnesses})


# By federation; read again by whoever starts anew.
_CHAINS: WeakKeyDictionary[Registry, dict[FederationId, Chain]] = WeakKeyDictionary()


def of(registry: Registry, federation: FederationId) -> Chain:
    """Return what was read of a federation's chain, to be read on."""
    return _CHAINS.setdefault(registry, {}).setdefault(federation, Chain())


def touched(registry: Registry, about: bytes | None, kind: str) -> None:
    """Note that a record arrived, or with None that anything may have changed."""
    if about is None:
        _CHAINS.pop(registry, None)
    elif kind == CutVote.kind:
        for chain in _CHAINS.get(registry, {}).values():
            chain.doubt(about)
