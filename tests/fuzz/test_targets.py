"""Each fuzz target holds for its seeds and their neighbours: a taste of `make fuzz` for every day."""

import random
from importlib.util import find_spec

import pytest

from tests.fuzz.everything import PLACES
from tests.fuzz.target import VECTORS, Choices, Target, parts

TARGETS = {name: place.targets()[name] for name, place in PLACES.items()}
# Inputs that broke something once, by target, in hex.
FOUND: dict[str, tuple[str, ...]] = {}
# Of the readers named in the project's plan, those that exist.
NAMED = {
    "frames",
    "handshake",
    "entries",
    "bundles",
    "changes",
    "histories",
    "straight",
    "epochs",
    "records",
    "charters",
    "ballots",
}
# Of these a few neighbours a day are enough: each is a whole history.
SLOW = {"histories", "straight"}


def mutated(dice: random.Random, seeds: list[bytes]) -> bytes:
    """Return a seed with a few bytes changed, left out, repeated, or exchanged with another's."""
    data = bytearray(dice.choice(seeds))
    for _ in range(dice.randrange(1, 4)):
        at = dice.randrange(len(data) + 1)
        match dice.randrange(4):
            case 0 if at < len(data):
                data[at] ^= dice.randrange(1, 256)
            case 1:
                del data[at : at + dice.randrange(1, 9)]
            case 2:
                data[at:at] = data[at : at + dice.randrange(1, 40)]
            case _:
                other = dice.choice(seeds)
                data[at:] = other[dice.randrange(len(other) + 1) :]
    return bytes(data)


def test_all_targets_are_there() -> None:
    """No reader of foreign bytes is forgotten when targets move about, and none stands in no list."""
    assert set(TARGETS) >= NAMED
    assert {name for place in PLACES.values() for name in place.targets()} == set(PLACES)
    modules = {path.stem for path in VECTORS.parent.glob("fuzz/*.py") if "\nTARGETS = (" in path.read_text()}
    assert {place.module for place in PLACES.values()} == modules


def test_what_is_passed_through_is_there() -> None:
    """A module that is renamed is not followed all of a sudden."""
    for place in PLACES.values():
        assert all(find_spec(module) for module in place.passed)


@pytest.mark.parametrize("target", TARGETS.values(), ids=lambda target: target.name)
def test_seeds_and_their_neighbours_are_read_or_refused(target: Target) -> None:
    """Nothing escapes but the errors that name the peer's fault, and some seed passes every check."""
    seeds = [seed for seed in target.seeds() if len(seed) <= target.bytes_max]
    accepted = 0
    for seed in seeds:
        try:
            target.feed(seed)
            accepted += 1
        except target.refusals:
            pass
    assert accepted > 0, "no seed of this target is read to its end: it tests nothing"
    dice = random.Random(target.name)
    for _ in range(20 if target.name in SLOW else 200):
        target.attempt(mutated(dice, seeds))


@pytest.mark.parametrize("target", TARGETS.values(), ids=lambda target: target.name)
def test_what_broke_it_once_does_so_no_more(target: Target) -> None:
    """Every finding stays a test; the shortest inputs are among them from the start."""
    for data in (b"", b"\x00", b"\xff", *map(bytes.fromhex, FOUND.get(target.name, ()))):
        target.attempt(data)


def test_choices_read_back_parts() -> None:
    """What a seed is written with, a target reads."""
    choices = Choices(b"\x05" + parts(b"", b"words"))
    assert (choices.below(3), choices.take(), choices.take(), choices.left) == (2, b"", b"words", False)
    assert (choices.take(), choices.byte()) == (b"", 0)
