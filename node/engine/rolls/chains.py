"""What was read of each federation's chain of rolls, and what of it must be looked at again.

A chain is read once and then read on. Another vote about a roll of it may mean that two were certified in one
place, and a charter that changed may mean anything; so a node that has run for years says what one says that
reads the same records today.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from node.engine.registry import Registry
from node.federation.membership import Members
from node.governance.closing.quorum import Quorum
from node.governance.closing.statements import CutVote
from node.governance.closing.subjects import ROLL, Place
from node.governance.proposals import Roll
from node.ids import CommunityId, FederationId, PayloadId


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
        stood: by id rolls that were found to stand, with the members they were found to by: what a roll rests
            on only grows, and what does not makes all of this be read again.
    """

    rolls: list[Roll] = field(default_factory=list)
    doubted: set[int] = field(default_factory=set)
    stood: dict[PayloadId, Members] = field(default_factory=dict)
    _versions: dict[bytes, int] = field(default_factory=dict)
    # By the id of bylaws, the first version made under them.
    _bylaws: dict[bytes, int] = field(default_factory=dict)

    def append(self, roll: Roll) -> None:
        """Read on."""
        self.rolls.append(roll)
        self._versions[Place(roll.federation, ROLL, roll.version).instance] = roll.version
        self._bylaws.setdefault(roll.bylaws, roll.version)

    def end_before(self, version: int) -> None:
        """Forget a version and all that follow it."""
        del self.rolls[version - 1 :]
        self._bylaws = {named: first for named, first in self._bylaws.items() if first < version}

    def under(self, known: Callable[[bytes], object]) -> list[Roll]:
        """Return the rolls up to the first one whose bylaws are not known: what follows that is not.

        A decision about bylaws may fall after rolls were read that rest on it; whoever reads them now for the
        first time gets no further. `known` gives bylaws by their id, None where there are none.
        """
        ends = (first for named, first in self._bylaws.items() if known(named) is None)
        end = min(ends, default=len(self.rolls))
        return self.rolls if end == len(self.rolls) else self.rolls[:end]

    def doubt(self, instance: bytes) -> bool:
        """Note that another vote came about something; tell whether it is about a roll of this chain."""
        version = self._versions.get(instance)
        if version is None or version > len(self.rolls):
            return False
        self.doubted.add(version)
        return True


def named(roll: Roll) -> frozenset[CommunityId]:
    """Return the communities that a roll names, for a seat or as a witness."""
    seated = {CommunityId(one.community) for one in roll.holders}
    return frozenset(seated | {CommunityId(one.community) for one in roll.witnesses})


# By federation; read again by whoever starts anew.
_CHAINS: WeakKeyDictionary[Registry, dict[FederationId, Chain]] = WeakKeyDictionary()


def of(registry: Registry, federation: FederationId) -> Chain:
    """Return what was read of a federation's chain, to be read on."""
    return _CHAINS.setdefault(registry, {}).setdefault(federation, Chain())


def touched(registry: Registry, about: bytes | None, kind: str) -> bool:
    """Note that a record arrived, or with None that anything may have changed; tell whether it may here."""
    if about is None:
        return _CHAINS.pop(registry, None) is not None
    chains = list(_CHAINS.get(registry, {}).values()) if kind == CutVote.kind else []
    return any(chain.doubt(about) for chain in chains)
