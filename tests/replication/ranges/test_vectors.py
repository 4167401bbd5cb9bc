"""The vectors of comparing, read as another implementation would: from their bytes, by the page alone."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from node import canonical
from node.clock import Timestamp
from node.ids import CommunityId
from node.replication import messages
from node.replication.ranges.answering import Budget, answer
from node.replication.ranges.items import CharterState, Item
from node.replication.ranges.parts import Ranges, Salt
from node.replication.ranges.tree import build

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[2] / "vectors" / "ranges.json").read_text())
NOW = Timestamp(0)


def held(digests: list[list[str]]) -> list[Item]:
    """Return items from their places and digests; what they are about does not matter here."""
    nobody = CharterState(CommunityId(bytes(32)), bytes(32))
    return [Item(bytes.fromhex(place), bytes.fromhex(digest), nobody) for place, digest in digests]


def by_the_page(digests: list[list[str]], prefix: str = "") -> bytes:
    """Return the hash of a range as docs/protocol.md words it, without a tree."""
    inside = sorted(one for one in digests if one[0].startswith(prefix))
    if not inside:
        return bytes(32)
    if len(inside) <= 16:
        return sha256(b"\x00" + b"".join(bytes.fromhex(digest) for _, digest in inside)).digest()
    return sha256(b"\x01" + b"".join(by_the_page(inside, prefix + d) for d in "0123456789abcdef")).digest()


@pytest.mark.parametrize("case", VECTORS["sets"], ids=lambda case: case["name"])
def test_the_hash_of_each_set_is_that_of_the_page_and_of_the_tree(case: dict[str, Any]) -> None:
    """Both a few lines written after the page and the tree find the hash in the file."""
    assert by_the_page(case["digests"]).hex() == build(held(case["digests"])).hash.hex() == case["hash"]


@pytest.mark.parametrize("case", VECTORS["items"], ids=lambda case: case["place"][:8])
def test_each_item_follows_from_what_it_says(case: dict[str, Any]) -> None:
    """Place and digest are computed again from device and ends, or from community and charter."""
    if "device" in case:
        device = bytes.fromhex(case["device"])
        ends = [[seq, bytes.fromhex(found)] for seq, found in case["ends"]]
        place = canonical.digest("hedgerow/place/1", "feed", device)
        digest = canonical.digest("hedgerow/ends/1", VECTORS["scope"], device, ends)
    else:
        community = bytes.fromhex(case["community"])
        place = canonical.digest("hedgerow/place/1", "charter", community)
        digest = canonical.digest("hedgerow/charter/1", community, bytes.fromhex(case["charter_digest"]))
    assert (place.hex(), digest.hex()) == (case["place"], case["digest"])


def test_a_connection_spells_as_the_file_says() -> None:
    """Scopes, fingerprints and names are salted with the connection, in the lengths of the page."""
    said = VECTORS["connection"]
    salt = Salt(bytes.fromhex(said["binding"]))
    sixty = build(held(VECTORS["sets"][-1]["digests"]))
    assert salt.scope(VECTORS["scope"]).hex() == said["scope"]
    assert sha256(bytes.fromhex(said["salt"]) + sixty.hash).hexdigest()[:16] == said["whole"]
    assert (salt.whole(sixty).hex(), salt.part(sixty).hex()) == (said["whole"], said["part"])
    assert said["part_of_nothing"] == "00" * 8


def test_the_comparison_goes_as_the_file_says() -> None:
    """Each message is answered with the ones that follow, and both sides claim what the other lacks."""
    told = VECTORS["comparison"]
    salt = Salt(bytes.fromhex(VECTORS["connection"]["binding"]))
    trees = {side: build(held(told[side])) for side in ("near", "far")}
    claims: dict[str, list[str]] = {"near": [], "far": []}
    answers: list[tuple[str, str]] = []
    for message in told["messages"]:
        hearer = "far" if message["by"] == "near" else "near"
        read = messages.decode(bytes.fromhex(message["raw"]))
        assert isinstance(read, Ranges)
        found = answer(read.parts, trees[hearer], salt, Budget(), NOW)
        claims[hearer] += [one.digest.hex() for one in found.claims]
        if found.parts:
            ordered = tuple(sorted(found.parts, key=lambda part: part.prefix))
            answers.append((hearer, messages.encode(Ranges(read.scope, ordered)).hex()))
    assert answers == [(one["by"], one["raw"]) for one in told["messages"][1:]]
    for side, other in (("near", "far"), ("far", "near")):
        lacked = {digest for _, digest in told[side]} - {digest for _, digest in told[other]}
        assert sorted(claims[side]) == told[f"{side}_claims"] == sorted(lacked)
