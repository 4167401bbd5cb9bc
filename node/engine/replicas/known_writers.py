"""Writers: what must be known of communities to say who may write in a document."""

from typing import Protocol

from node.ids import CommunityId
from node.keys import PublicKey


class Writers(Protocol):
    """What must be known of communities to say who may write."""

    def communities_of(self, device: PublicKey) -> frozenset[CommunityId]:
        """Return the communities in whose charters a device stands."""
        ...

    def may_write(self, federation: bytes, community: CommunityId) -> bool:
        """Tell whether anything counts that a community wrote among a federation's members."""
        ...


class KnownWriters:
    """Remember what was asked about communities, until it is told to forget."""

    def __init__(self, writers: Writers) -> None:
        self._writers = writers
        self._owners: dict[PublicKey, frozenset[CommunityId]] = {}
        self._writing: dict[tuple[bytes, CommunityId], bool] = {}

    def forget(self) -> None:
        """Ask anew from now on."""
        self._owners.clear()
        self._writing.clear()

    def communities_of(self, device: PublicKey) -> frozenset[CommunityId]:
        """Return the communities in whose charters a device stands."""
        if device not in self._owners:
            self._owners[device] = self._writers.communities_of(device)
        return self._owners[device]

    def may_write(self, federation: bytes, community: CommunityId) -> bool:
        """Tell whether anything counts that a community wrote among a federation's members."""
        key = federation, community
        if key not in self._writing:
            self._writing[key] = self._writers.may_write(federation, community)
        return self._writing[key]
