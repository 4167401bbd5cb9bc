"""The statements of a charter: founding, devices, retirements.

A community's id is the payload id of its founding charter. Recovery keys and the hash of the next steward
keys (pre-rotation) are in the founding charter from the start; the ceremonies that use them come later.
"""

from functools import cached_property, lru_cache
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from node import canonical, keys
from node.ids import CommunityId
from node.keys import Signer
from node.limits import FEEDS_PER_COMMUNITY_MAX
from node.records.statement import Id, Key, Natural, Nonce, Part, Positive, Signature, Statement

_KEYS_MAX = 32


class KeySet(Part):
    """Some keys of which a number must sign."""

    keys: Annotated[tuple[Key, ...], Field(min_length=1, max_length=_KEYS_MAX)]
    threshold: Positive

    @model_validator(mode="after")
    def _check(self) -> Self:
        if list(self.keys) != sorted(set(self.keys)):
            raise ValueError("keys must be sorted and different")
        if self.threshold > len(self.keys):
            raise ValueError("the threshold is above the number of keys")
        return self

    @property
    def commitment(self) -> bytes:
        """Return the hash by which a charter names its next keys without showing them (pre-rotation)."""
        return canonical.digest("hedgerow/keys/1", self.model_dump())


class Device(Part):
    """A device that publishes for the community.

    Attributes:
        sign: its Ed25519 key, which signs feeds and sessions.
        box: its X25519 key, to which circle keys are wrapped.
        consent: the device's own signature that it belongs here; without it a community could claim
            another's device and cast doubt on whose feed is whose.
    """

    sign: Key
    box: Key
    consent: Signature


class Charter(Statement):
    """The founding charter; its payload id is the community's id."""

    kind: ClassVar[str] = "charter"
    stewards: KeySet
    recovery: KeySet
    next: Id
    devices: Annotated[tuple[Device, ...], Field(min_length=1, max_length=FEEDS_PER_COMMUNITY_MAX)]
    nonce: Nonce

    @model_validator(mode="after")
    def _check(self) -> Self:
        if set(self.stewards.keys) & set(self.recovery.keys):
            raise ValueError("a key cannot be steward and recovery key")
        return self

    def anchor(self) -> bytes:
        """Return what the first devices consent to: everything but the devices."""
        return self._anchor

    @cached_property
    def _anchor(self) -> bytes:
        return founding_anchor(self.stewards, self.recovery, self.next, self.nonce)


class DeviceAdded(Statement):
    """A further device; devices grow as a set, so two stewards may add one each at once."""

    kind: ClassVar[str] = "charter-device"
    community: Id
    device: Device


class Cut(Part):
    """The last entry that counts of a retired device's feed in one scope."""

    scope: Annotated[str, Field(max_length=80)]
    seq: Natural
    entry: Id


class Retired(Statement):
    """A link of the charter's chain: a device stops counting beyond the named entries.

    Attributes:
        position: place in the chain, from 1.
        after: payload id of the link before; the founding charter's at position 1.
        reason: what happened, for people. Records stand by their own signatures either way (decision 0016).
        cuts: per scope the last entry whose edits count; none count in a scope that is not named.
    """

    kind: ClassVar[str] = "charter-retire"
    community: Id
    position: Positive
    after: Id
    device: Key
    reason: Literal["rotated", "stolen"]
    cuts: Annotated[tuple[Cut, ...], Field(max_length=1024)]


CHARTER_KINDS = frozenset({Charter.kind, DeviceAdded.kind, Retired.kind, "approval"})


def founding_anchor(stewards: KeySet, recovery: KeySet, next_keys: bytes, nonce: bytes) -> bytes:
    """Return the value that stands for a charter before its devices are in it."""
    return canonical.digest(
        "hedgerow/anchor/1", stewards.model_dump(), recovery.model_dump(), next_keys, nonce
    )


def enrol(anchor: bytes, signer: Signer, box: bytes) -> Device:
    """Make the device's part of a charter, with its consent.

    Args:
        anchor: `founding_anchor` for a first device, the community's id for a further one.
        signer: the device's own key.
        box: its X25519 public key.
    """
    return Device(sign=signer.public, box=box, consent=signer.sign(_consent(anchor, signer.public, box)))


def check_consent(anchor: bytes, device: Device) -> None:
    """Check that a device agreed to stand in this charter.

    Raises:
        BadSignatureError: it did not.
    """
    _check_consent(anchor, device.sign, device.box, device.consent)


# A charter is read again whenever it changes, and each device in it agreed once: what held is remembered.
@lru_cache(maxsize=4_096)
def _check_consent(anchor: bytes, sign: bytes, box: bytes, consent: bytes) -> None:
    keys.verify(sign, consent, _consent(anchor, sign, box))


def community_of(charter: Charter) -> CommunityId:
    """Return the id of the community that this charter founds."""
    return CommunityId(charter.payload_id)


def _consent(anchor: bytes, device: bytes, box: bytes) -> bytes:
    return canonical.digest("hedgerow/device/1", anchor, device, box)
