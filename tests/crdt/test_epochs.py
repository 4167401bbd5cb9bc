"""What an epoch says, in its one shape, and which of several counts."""

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node import canonical
from node.crdt import epochs
from node.crdt.epochs import Epoch, Included
from node.errors import RejectedChangeError
from node.feeds import bodies
from node.feeds.bodies import Changes, Kind
from node.ids import EntryId
from node.keys import PublicKey

hashes = st.binary(min_size=32, max_size=32)
seqs = st.sets(st.integers(1, 400), min_size=1, max_size=60)

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "epochs.json").read_text("utf-8"))


@st.composite
def drawn(draw: Callable[[st.SearchStrategy[Any]], Any]) -> Epoch:
    """Return an epoch of the right shape."""
    places = draw(st.sets(st.tuples(hashes, hashes), max_size=4))
    included = tuple(
        Included(PublicKey(device), EntryId(head), epochs.ranges(draw(seqs)))
        for device, head in sorted(places)
    )
    first = draw(st.none() | st.builds(Changes, st.binary(min_size=16, max_size=16), st.just((b"c",))))
    before = tuple(map(EntryId, sorted(draw(st.sets(hashes, max_size=3)))))
    return Epoch(
        b"genesis", draw(st.integers(1, epochs.NUMBER_MAX)), draw(st.booleans()), before, included, first
    )


@given(drawn())
def test_an_epoch_is_read_as_it_was_written(written: Epoch) -> None:
    """What an epoch says survives its canonical bytes."""
    assert epochs.decode(canonical.decode(canonical.encode(epochs.encode(written)))) == written


@given(seqs)
def test_places_are_named_once_whatever_their_order(places: set[int]) -> None:
    """Ranges hold the places they were made of and no other, with a gap between any two."""
    found = epochs.ranges(places)
    assert {seq for part in found for seq in part} == places
    assert all(one.stop < other.start for one, other in pairwise(found))


@given(st.lists(st.tuples(hashes, st.integers(1, 3)), min_size=1, max_size=8, unique_by=lambda one: one[0]))
def test_which_epoch_counts_follows_from_the_set_of_them(found: list[tuple[bytes, int]]) -> None:
    """The highest number counts, of several the lowest entry, in whatever order they came."""
    expected = min(found, key=lambda one: (-one[1], one[0]))[0]
    named = [(EntryId(entry), number) for entry, number in found]
    assert epochs.counting(named) == epochs.counting(reversed(named)) == expected


_GOOD: list[Any] = [b"g", 1, False, [], [[bytes(32), bytes(32), [0, 1]]], None, []]


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (1, 0),
        (1, True),
        (1, 2**32),
        (2, 1),
        (3, [b"short"]),
        (3, [b"b" * 32, b"a" * 32]),
        (3, [bytes([n]) * 32 for n in range(17)]),
        (4, [[bytes(32), bytes(32), []]]),
        (4, [[bytes(32), bytes(32), [0]]]),
        (4, [[bytes(32), bytes(32), [0, 0]]]),
        (4, [[bytes(32), bytes(32), [0, 1, 0, 1]]]),
        (4, [[bytes(32), bytes(32), [0, -1]]]),
        (4, [[bytes(32), bytes(32), [0, 2**53]]]),
        (4, [[bytes(32), bytes(31), [0, 1]]]),
        (4, [[bytes(32), bytes(32), [0, 1]], [bytes(32), bytes(32), [0, 2]]]),
        (5, bytes(16)),
        (6, [b"c"]),
    ],
)
def test_another_shape_counts_for_nothing(place: int, value: Any) -> None:
    """Numbers, places and lists out of their bounds or order are refused."""
    epochs.decode(_GOOD)
    with pytest.raises(RejectedChangeError):
        epochs.decode([*_GOOD[:place], value, *_GOOD[place + 1 :]])


@pytest.mark.parametrize("case", VECTORS["valid"], ids=lambda case: case["name"])
def test_the_vectors_of_epochs_are_read(case: dict[str, Any]) -> None:
    """Each epoch of the vectors says what the file says of it, and is written again with the same bytes."""
    body = bodies.decode(bytes.fromhex(case["body"]))
    assert (body.kind, canonical.encode(body.content).hex()) == (Kind.EPOCH, case["content"])
    found = epochs.decode(body.content)
    assert canonical.encode(epochs.encode(found)).hex() == case["content"]
    assert (found.number, found.erases) == (case["number"], case["erases"])
    assert found.genesis.hex() == VECTORS["genesis"]
    assert [entry.hex() for entry in found.before] == case["before"]
    places = [
        {
            "device": one.device.hex(),
            "head": one.head.hex(),
            "seqs": [seq for part in one.seqs for seq in part],
        }
        for one in found.included
    ]
    assert places == case["included"]
    nonce, raws = (found.first.run_nonce, found.first.raw_changes) if found.first else (None, ())
    assert (nonce.hex() if nonce else None, [raw.hex() for raw in raws]) == (
        case["run_nonce"],
        case["changes"],
    )


@pytest.mark.parametrize("case", VECTORS["counting"], ids=lambda case: case["name"])
def test_the_vectors_say_which_epoch_counts(case: dict[str, Any]) -> None:
    """The epoch that counts is the one that the file names."""
    held = [(EntryId(bytes.fromhex(one["entry"])), one["number"]) for one in case["held"]]
    counts = epochs.counting(held)
    assert (counts.hex() if counts else None) == case["counts"]


@pytest.mark.parametrize("case", VECTORS["broken"], ids=lambda case: case["name"])
def test_the_broken_epochs_of_the_vectors_are_refused(case: dict[str, Any]) -> None:
    """Whatever is not exactly an epoch is refused as a change that does not count."""
    with pytest.raises(RejectedChangeError):
        epochs.decode(canonical.decode(bytes.fromhex(case["raw"])))
