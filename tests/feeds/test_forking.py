"""Fork proofs hold by themselves, and nobody makes one of a device that told one story."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node import canonical, errors
from node.errors import PeerError
from node.feeds import forking, stretch
from node.feeds.entry import Entry, FeedKey, Head
from node.keys import KeyPair
from tests import builders

DEVICE = builders.key("a copied device")
FEED = FeedKey(DEVICE.public, builders.PUBLIC)

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "forks.json").read_text("utf-8"))


def story(words: list[str], after: Head | None, signer: KeyPair = DEVICE) -> list[Entry]:
    """Return entries behind a place, signed at their end."""
    feed = FeedKey(signer.public, builders.PUBLIC)
    return stretch.make(feed, after, [word.encode() for word in words], hours=7, signer=signer)


@given(st.integers(0, 3), st.integers(1, 5), st.integers(1, 5))
def test_two_stories_of_a_device_prove_their_fork_offline(shared: int, one: int, other: int) -> None:
    """Two branches of any lengths make a proof that verifies from its bytes alone."""
    before = story([f"shared {number}" for number in range(shared)], None) if shared else []
    end = builders.head(before) if before else None
    branches = [
        story([f"{name} {at}" for at in range(count)], end) for name, count in (("a", one), ("b", other))
    ]
    raw = forking.encode(forking.prove(*branches))
    assert raw == forking.encode(forking.prove(*reversed(branches)))
    proof = forking.verify(raw)
    assert (proof.feed, proof.seq) == (FEED, shared + 1)
    assert b"a 0" not in raw


def test_attack_no_proof_is_made_of_one_story() -> None:
    """The same branch twice, two places, two devices, a forged signature or added bodies prove nothing."""
    trunk = story(["one", "two", "three"], None)
    stranger = builders.key("a stranger")
    parts = {
        "twice": (trunk, trunk),
        "another place": (trunk, story(["two"], builders.head(trunk[:1]))),
        "another device": (trunk, story(["other"], None, stranger)),
    }
    for name, (one, other) in parts.items():
        first, second = (stretch.split([replace(e, body=None) for e in part])[0] for part in (one, other))
        for pair in ((first, second), (second, first)):
            raw = canonical.encode(["hedgerow/fork/1", *map(stretch.to_value, pair)])
            with pytest.raises(PeerError):
                forking.verify(raw)
            assert name
    good = forking.prove(trunk, story(["other"], None))
    signed_elsewhere = replace(good.other, signature=good.one.signature)
    with pytest.raises(PeerError):
        forking.verify(forking.encode(replace(good, other=signed_elsewhere)))
    whole = [stretch.to_value(stretch.split(part)[0]) for part in (trunk, story(["other"], None))]
    with pytest.raises(PeerError):
        forking.verify(canonical.encode(["hedgerow/fork/1", *whole]))


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    """Whatever somebody pastes is no proof and no crash."""
    with pytest.raises(PeerError):
        forking.verify(raw)


@pytest.mark.parametrize("case", VECTORS["valid"], ids=lambda case: str(case["name"]))
def test_the_proofs_of_the_vectors_hold(case: dict[str, Any]) -> None:
    """Each proof of the vectors names the device, the place and the two entries that the file names."""
    proof = forking.verify(bytes.fromhex(case["raw"]))
    assert forking.encode(proof).hex() == case["raw"]
    assert (proof.feed.device.hex(), proof.feed.scope) == (VECTORS["device"], VECTORS["scope"])
    ids = [stretch.prove(part)[0].id.hex() for part in (proof.one, proof.other)]
    assert (proof.seq, ids) == (case["seq"], case["ids"])


@pytest.mark.parametrize("case", VECTORS["broken"], ids=lambda case: str(case["name"]))
def test_the_broken_proofs_of_the_vectors_are_refused(case: dict[str, str]) -> None:
    """Each of them is refused with the error that the file names."""
    with pytest.raises(getattr(errors, case["error"])):
        forking.verify(bytes.fromhex(case["raw"]))
