"""Fork proofs: that one device signed two stories of one feed, for anybody to check without anything else.

A proof is two stretches without bodies. Both begin at the same place behind the same entry, part there, and
end at a signature of the device's. It says nothing about why: a disk restored from an old copy forks like a
stolen key does.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from node import canonical
from node.canonical import Value
from node.errors import MalformedMessageError
from node.feeds import stretch
from node.feeds.entry import Entry, FeedKey
from node.feeds.stretch import Stretch
from node.limits import MESSAGE_BYTES_MAX

_TAG: Final = "hedgerow/fork/1"


@dataclass(frozen=True, slots=True)
class ForkProof:
    """Two signed header paths of one feed, from where they part; the one with the lower first id first."""

    one: Stretch
    other: Stretch

    @property
    def feed(self) -> FeedKey:
        """Return the feed that was forked."""
        return self.one.feed

    @property
    def seq(self) -> int:
        """Return the place at which two different entries stand."""
        return self.one.first_seq


def prove(one: Sequence[Entry], other: Sequence[Entry]) -> ForkProof:
    """Make the proof of two branches, given from where they part on, each up to a signature at least."""
    assert one[0].feed == other[0].feed
    assert (one[0].seq, one[0].prev) == (other[0].seq, other[0].prev)
    assert one[0].id != other[0].id
    first, second = sorted((one, other), key=lambda entries: entries[0].id)
    return ForkProof(_headers(first), _headers(second))


def encode(proof: ForkProof) -> bytes:
    """Write a proof."""
    return canonical.encode([_TAG, stretch.to_value(proof.one), stretch.to_value(proof.other)])


def verify(raw: bytes) -> ForkProof:
    """Read a proof and check all that it claims.

    Raises:
        MalformedMessageError: not a proof, with bodies, or two stretches that do not part.
        LimitExceededError: a stretch is longer than one signature may cover.
        BadSignatureError: the device did not sign one of the two.
    """
    match canonical.decode(raw, bytes_max=MESSAGE_BYTES_MAX):
        case [str(tag), one, other] if tag == _TAG:
            proof = ForkProof(_bare(one), _bare(other))
        case _:
            raise MalformedMessageError("expected a fork proof [tag, stretch, stretch]")
    beginnings = [(part.feed, part.first_seq, part.prev) for part in (proof.one, proof.other)]
    if beginnings[0] != beginnings[1]:
        raise MalformedMessageError("expected two stretches of one feed that begin at the same place")
    first, second = (stretch.prove(part)[0].id for part in (proof.one, proof.other))
    if not first < second:
        raise MalformedMessageError("expected two different entries at one place, the lower id first")
    return proof


def _bare(value: Value) -> Stretch:
    found = stretch.from_value(value)
    if any(item.body is not None for item in found.items):
        raise MalformedMessageError("expected a fork proof without bodies: they prove nothing")
    return found


def _headers(entries: Sequence[Entry]) -> Stretch:
    """Return the shortest stretch from the first entry on, without bodies."""
    return stretch.split([replace(entry, body=None) for entry in entries])[0]
