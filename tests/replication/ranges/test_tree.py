"""The tree of items: its hash depends on the set alone, and no choice of items makes two sets look alike."""

import random
from hashlib import sha256
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.replication.ranges.items import Item
from node.replication.ranges.tree import LISTED_MAX, NOTHING, Range, build
from tests.replication.ranges.item_sets import crowd, crowded, item

sets = st.sets(st.integers(0, 200), max_size=120)


@given(sets, sets, st.randoms(use_true_random=False))
def test_the_hash_depends_on_the_set_and_not_on_how_it_came_about(
    kept: set[int], dropped: set[int], rng: random.Random
) -> None:
    """Items put and dropped in any order leave the tree that is built from what is left."""
    steps = [item(number) for number in kept | dropped]
    rng.shuffle(steps)
    tree = Range()
    for one in steps:
        tree = tree.put(one)
    for number in dropped - kept:
        tree = tree.drop(item(number).place)
    rebuilt = build(item(number) for number in kept)
    assert (tree.hash, tree.count, list(tree)) == (rebuilt.hash, rebuilt.count, list(rebuilt))


@given(sets, sets)
def test_equal_hashes_mean_equal_sets(first: set[int], second: set[int]) -> None:
    """Different sets have different hashes."""
    hashes = [build(map(item, one)).hash for one in (first, second)]
    assert (hashes[0] == hashes[1]) == (first == second)


def test_an_item_that_says_something_else_replaces_the_one_at_its_place() -> None:
    """A feed that grows stays one item, and every hash above it changes."""
    tree = build(crowd(200))
    changed = Item(item(7).place, sha256(b"later").digest(), item(7).subject)
    grown = tree.put(changed)
    assert grown.count == tree.count
    assert grown.get(changed.place) == changed
    assert grown.hash != tree.hash
    assert grown.put(item(7)).hash == tree.hash


def test_a_tree_that_was_looked_at_earlier_stays_as_it_was() -> None:
    """What one peer was equal with is kept at no cost: later changes make other trees."""
    before = build(crowd(100))
    seen = before.hash
    after = before.put(item(500)).drop(item(3).place)
    assert before.hash == seen != after.hash
    assert before.get(item(3).place) is not None
    assert after.get(item(3).place) is None


def test_ranges_are_cut_by_the_digits_of_places_alone() -> None:
    """Each range holds exactly the items whose place begins with its digits, at any depth."""
    items = [*crowd(300), *crowded(40, "abcd")]
    tree = build(items)
    for prefix in ("", "a", "ab", "abcd", "abcde", "0", "0f1", "ffffff"):
        under = tree.under(prefix)
        expected = sorted((i for i in items if i.place.hex().startswith(prefix)), key=lambda i: i.place)
        assert list(under) == expected
        assert under.hash == build(expected, len(prefix)).hash


def test_a_list_becomes_sixteen_parts_at_the_seventeenth_item() -> None:
    """The bound between the two shapes is part of the protocol, in both directions."""
    tree = build(crowd(LISTED_MAX))
    assert not tree.parts
    grown = tree.put(item(99))
    assert len(grown.parts) == 16
    assert not grown.drop(item(99).place).parts
    assert build([]).hash == NOTHING


@pytest.mark.parametrize("count", [64, 400])
def test_attack_chosen_items_cannot_cancel_each_other(count: int) -> None:
    """Sets that XOR to the same value, found by Gaussian elimination, still have different hashes.

    Whoever may add `count` items of 256 bits finds, where fingerprints are exclusive-or, a subset that leaves
    the fingerprint as it was. The same subset is put in here, and each of a thousand others.
    """
    chosen = crowd(count, first=1_000)
    base = build(crowd(50))
    vanishing = _vanishing(chosen)
    if vanishing:
        acc = 0
        for one in vanishing:
            acc ^= int.from_bytes(one.digest)
        assert acc == 0
    with_them = base
    for one in vanishing or chosen:
        with_them = with_them.put(one)
    assert with_them.hash != base.hash
    rng = random.Random(1)
    subsets = {frozenset(rng.sample(range(count), rng.randint(1, count))) for _ in range(1_000)}
    assert len({build([*crowd(50), *(chosen[i] for i in s)]).hash for s in subsets}) == len(subsets)


def _vanishing(chosen: list[Item]) -> list[Item]:
    """Return items whose digests XOR to nothing, none if they are independent."""
    basis: dict[int, tuple[int, int]] = {}
    for place, one in enumerate(chosen):
        value, members = int.from_bytes(one.digest), 1 << place
        while value and value.bit_length() in basis:
            other, others = basis[value.bit_length()]
            value, members = value ^ other, members ^ others
        if not value:
            return [one for at, one in enumerate(chosen) if members >> at & 1]
        basis[value.bit_length()] = (value, members)
    return []


def test_attack_exclusive_or_would_have_fallen() -> None:
    """The elimination above is the real attack: 400 items of 256 bits always hold a vanishing subset."""
    assert len(_vanishing(crowd(400, first=1_000))) > 1


def test_attack_places_ground_to_lie_together_cost_their_author_and_nobody_else() -> None:
    """Items crowded into one corner make that corner deep: other items keep their depth and their hashes."""
    others = [one for one in crowd(2_000) if not one.place.hex().startswith("a")]
    tree = build(others)
    crowded_tree = build([*others, *crowded(300, "abcdef")])
    assert [tree.under(d).hash for d in "0123456789bcdef"] == [
        crowded_tree.under(d).hash for d in "0123456789bcdef"
    ]
    assert crowded_tree.under("abcdef").count == 300


def test_one_change_costs_one_path() -> None:
    """A further entry of one feed leaves all ranges but those on its path untouched, in memory too."""
    tree = build(crowd(5_000))
    assert tree.hash
    changed = tree.put(item(1, says="later"))
    path = item(1).place.hex()
    same = [(a is b) for a, b in zip(tree.parts, changed.parts, strict=True)]
    assert same.count(False) == 1
    assert same.index(False) == int(path[0], 16)


def test_items_come_in_the_order_of_their_places() -> None:
    """A list has one order everywhere."""
    places = [one.place for one in build(crowd(400))]
    assert all(a < b for a, b in pairwise(places))
