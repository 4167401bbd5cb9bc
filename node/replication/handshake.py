"""What the two ends of a connection say of themselves while they shake hands, and how it is proved.

This module owns the payload of the second and third handshake frame: its shape, its signature and the
agreement on a version. How payloads are encrypted is noise.py's, when they are due is channel.py's.
"""

import enum
from dataclasses import dataclass
from typing import Final

from node import canonical, keys
from node.errors import MalformedMessageError, UnsupportedVersionError
from node.ids import ID_BYTES, CommunityId
from node.keys import PublicKey, Signer
from node.limits import HANDSHAKE_BYTES_MAX

SIGNATURE_TAG: Final = "hedgerow/handshake/1"
# The versions of the session protocol this build speaks, both included.
VERSION_MIN: Final = 1
VERSION_MAX: Final = 1

# All features of one side in canonical CBOR, the head of the list included: what is left of the 500 bytes of
# a handshake beside keys and signatures. A feature that needs more words is announced after the handshake.
FEATURES_BYTES_MAX: Final = 18
_FEATURE_LETTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")


class Role(enum.Enum):
    """Which end of the connection this is: the one that dialled is the initiator."""

    INITIATOR = "initiator"
    RESPONDER = "responder"

    @property
    def other(self) -> "Role":
        """Return the peer's role."""
        return Role.RESPONDER if self is Role.INITIATOR else Role.INITIATOR


@dataclass(frozen=True, slots=True)
class LocalIdentity:
    """Say who this node is: its device key, its community and the optional features it offers."""

    device: Signer
    community: CommunityId
    features: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        assert len(self.community) == ID_BYTES, "a community id has 32 bytes"
        assert _features_hold(list(self.features)), f"features must be few, short and sorted: {self.features}"


@dataclass(frozen=True, slots=True)
class PeerIdentity:
    """Say who the peer has proved to be, and what both sides will speak.

    The device key is proved. The community is what the device claims: the session checks it against the
    community's charter. `features` holds only what both sides announced, in sorted order.
    """

    device: PublicKey
    community: CommunityId
    version: int
    features: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Introduction:
    """Hold the five parts of a payload, of the right types and lengths and not yet verified."""

    device: bytes
    community: CommunityId
    signature: bytes
    version: int
    features: tuple[str, ...]

    def verify(self, *, role: Role, transcript: bytes) -> PublicKey:
        """Return the device key once its signature over this very handshake holds.

        Args:
            role: the signer's, so that a signature made at one end proves nothing at the other.
            transcript: Noise's handshake hash just before the payload: it covers the signer's static key.

        Raises:
            BadSignatureError: another key, another handshake, another role, or a key nobody may use.
        """
        keys.verify(self.device, self.signature, _signed(role, transcript))
        return keys.check_public_key(self.device)


def introduce(identity: LocalIdentity, *, role: Role, version: int, transcript: bytes) -> bytes:
    """Return the payload that proves a device key for the handshake with this transcript."""
    signature = identity.device.sign(_signed(role, transcript))
    return canonical.encode(
        [identity.device.public, identity.community, signature, version, list(identity.features)]
    )


def read(payload: bytes) -> Introduction:
    """Read what `introduce` wrote, checking everything but the signature.

    Raises:
        MalformedMessageError: not canonical CBOR, or not a list of these five.
        LimitExceededError: more bytes than a whole handshake.
    """
    value = canonical.decode(payload, bytes_max=HANDSHAKE_BYTES_MAX)
    match value:
        case [
            bytes() as device,
            bytes() as community,
            bytes() as signature,
            int() as version,
            list() as names,
        ]:
            pass
        case _:
            raise MalformedMessageError("expected device key, community id, signature, version and features")
    if (len(device), len(community), len(signature)) != (keys.KEY_BYTES, ID_BYTES, keys.SIGNATURE_BYTES):
        raise MalformedMessageError("expected a key of 32, a community id of 32 and a signature of 64 bytes")
    if isinstance(version, bool) or version < 0:
        raise MalformedMessageError(f"expected a version number, found {version!r}")
    if not _features_hold(names):
        raise MalformedMessageError(f"expected at most {FEATURES_BYTES_MAX} bytes of sorted feature names")
    return Introduction(device, CommunityId(community), signature, version, tuple(names))


def agree(*, offered: int, reader: Role, versions: tuple[int, int]) -> int:
    """Return the session's version.

    The responder offers the highest version it speaks; the initiator answers with the highest both speak.

    Raises:
        UnsupportedVersionError: there is none.
    """
    lowest, highest = versions
    version = min(offered, highest) if reader is Role.INITIATOR else offered
    if not lowest <= version <= highest:
        raise UnsupportedVersionError(
            f"expected a session version spoken here, {lowest} to {highest}; the peer offers {offered}"
        )
    return version


def _signed(role: Role, transcript: bytes) -> bytes:
    """Return what the device key signs: the signer's role and all that was said, its static key included."""
    return canonical.digest(SIGNATURE_TAG, role.value, transcript)


def _features_hold(features: list[object]) -> bool:
    """Tell whether a list of features has its one valid form: short names, sorted, each once."""
    names = [name for name in features if type(name) is str and name and _FEATURE_LETTERS.issuperset(name)]
    return (
        len(names) == len(features)
        and names == sorted(set(names))
        and len(canonical.encode(names)) <= FEATURES_BYTES_MAX
    )
