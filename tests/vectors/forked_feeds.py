"""Vectors of fork proofs: that one device signed two stories of one feed."""

from dataclasses import replace
from typing import Any

from node import canonical
from node.feeds import forking, stretch
from node.feeds.entry import Entry, FeedKey, Head
from node.feeds.forking import ForkProof
from node.keys import KeyPair
from tests import builders
from tests.vectors.cases import MALFORMED, UNSIGNED, Broken, Case, listed

_AUTHOR = builders.key("Ash device")


def forked_feeds() -> dict[str, Any]:
    """Return proofs with what they prove, and bytes that prove nothing."""
    trunk = _story(["one", "two"], None)
    end = builders.head(trunk)
    proofs = {
        "from the first place on": forking.prove(_story(["a"], None), _story(["b"], None)),
        "behind two entries": forking.prove(_story(["a"], end), _story(["b"], end)),
        "of different lengths": forking.prove(_story(["a", "more", "and more"], end), _story(["b"], end)),
    }
    return {
        "about": "Proofs that a device forked its feed (protocol.md, section 4.3), hex: `seq` is the place "
        "at which two entries stand, `ids` are those of the two, the lower first.",
        "device": _AUTHOR.public.hex(),
        "scope": builders.PUBLIC,
        "valid": [_case(name, proof) for name, proof in proofs.items()],
        "broken": listed(_broken(proofs["behind two entries"], trunk)),
    }


def _story(words: list[str], after: Head | None, signer: KeyPair = _AUTHOR) -> list[Entry]:
    feed = FeedKey(signer.public, builders.PUBLIC)
    return stretch.make(feed, after, [word.encode() for word in words], hours=500_000, signer=signer)


def _case(name: str, proof: ForkProof) -> Case:
    return {
        "name": name,
        "raw": forking.encode(proof).hex(),
        "seq": proof.seq,
        "ids": [stretch.prove(part)[0].id.hex() for part in (proof.one, proof.other)],
    }


def _broken(good: ForkProof, trunk: list[Entry]) -> Broken:
    one, other = stretch.to_value(good.one), stretch.to_value(good.other)
    further = forking.prove(_story(["a"], None), _story(["b"], None))
    stranger = _story(["b"], builders.head(trunk), builders.key("Birch device"))
    (foreign,) = stretch.split([replace(entry, body=None) for entry in stranger])
    (whole,) = stretch.split(_story(["b"], builders.head(trunk)))
    unsigned = replace(good.other, signature=good.one.signature)
    tag = "hedgerow/fork/1"
    return {
        "no bytes": (b"", MALFORMED, "no CBOR"),
        "another tag": (canonical.encode(["hedgerow/fork/2", one, other]), MALFORMED, "one tag is known"),
        "one stretch": (canonical.encode([tag, one]), MALFORMED, "two stretches"),
        "one story twice": (canonical.encode([tag, one, one]), MALFORMED, "the first entries must differ"),
        "the higher id first": (
            canonical.encode([tag, other, one]),
            MALFORMED,
            "the lower first id comes first",
        ),
        "two places": (
            canonical.encode([tag, one, stretch.to_value(further.other)]),
            MALFORMED,
            "both begin behind one entry",
        ),
        "two devices": (
            canonical.encode([tag, one, stretch.to_value(foreign)]),
            MALFORMED,
            "both are of one device's feed",
        ),
        "with a body": (
            canonical.encode([tag, *sorted((one, stretch.to_value(whole)), key=str)]),
            MALFORMED,
            "bodies prove nothing",
        ),
        "another's signature": (
            forking.encode(replace(good, other=unsigned)),
            UNSIGNED,
            "the device signed both",
        ),
    }
