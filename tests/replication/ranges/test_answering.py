"""Answers about ranges: they find every difference in few rounds, and cost a bounded amount whoever asks."""

import random
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node import canonical
from node.clock import Timestamp
from node.errors import LimitExceededError, MalformedMessageError
from node.limits import COMPARE_INTERVAL_MS, MESSAGE_BYTES_MAX
from node.replication.ranges import parts as spelling
from node.replication.ranges.answering import BUDGET_MIN, BUDGET_PER_ITEM, Answer, Budget, answer
from node.replication.ranges.items import Item
from node.replication.ranges.parts import Lacking, Listed, Part, Ranges, Salt, Split, batches
from node.replication.ranges.tree import LISTED_MAX, Range, build
from tests.replication.ranges.item_sets import crowd, crowded, item

NOW = Timestamp(1_790_000_000_000)
SALT = Salt(bytes(range(32)))
_HEADER_BYTES = 12


class Side:
    """One side of a comparison."""

    def __init__(self, items: list[Item]) -> None:
        self.tree = build(items)
        self.budget = Budget()
        self.claims: list[Item] = []

    def hear(self, parts: tuple[Part, ...]) -> list[Part]:
        """Answer, and remember what was claimed to the other."""
        found = answer(parts, self.tree, SALT, self.budget, NOW)
        self.claims += found.claims
        return found.parts


def talk(left: Side, right: Side) -> tuple[int, int]:
    """Let two sides compare; return how many messages and bytes of ranges it took."""
    words: list[tuple[Side, Side, tuple[Part, ...]]] = [(right, left, (SALT.show("", left.tree),))]
    count = size = 0
    while words:
        hearer, speaker, parts = words.pop(0)
        raw = canonical.encode([spelling.to_value(part) for part in parts])
        assert spelling.from_value(canonical.decode(raw, bytes_max=MESSAGE_BYTES_MAX)) == parts
        count, size = count + 1, size + len(raw) + _HEADER_BYTES
        assert count < 5_000, "endless"
        words += [(speaker, hearer, batch) for batch in batches(hearer.hear(parts))]
    return count, size


@given(st.sets(st.integers(0, 400)), st.sets(st.integers(0, 400)), st.integers(0, 60))
def test_each_side_is_told_exactly_what_it_lacks(first: set[int], second: set[int], deep: int) -> None:
    """Whatever two sides hold, each claims to the other what the other lacks, once, and nothing else."""
    corner = crowded(deep, "abc0")
    left, right = Side([*map(item, first), *corner]), Side([*map(item, second), *corner[: deep // 2]])
    talk(left, right)
    for teller, other in ((left, right), (right, left)):
        theirs = {one.digest for one in other.tree}
        lacked = sorted(one.digest for one in teller.tree if one.digest not in theirs)
        assert sorted(one.digest for one in teller.claims) == lacked


@pytest.mark.parametrize(("count", "bytes_max"), [(1_000, 6_000), (20_000, 14_000)])
def test_twenty_differences_cost_their_number_and_not_the_number_of_feeds(count: int, bytes_max: int) -> None:
    """Ten further feeds on each side among thousands: a few messages, a few kilobytes."""
    left = Side([*crowd(count), *crowd(10, first=10**6)])
    right = Side([*crowd(count), *crowd(10, first=2 * 10**6)])
    words, size = talk(left, right)
    assert len(left.claims) == len(right.claims) == 10
    assert words <= 8
    assert size < bytes_max


def test_a_changed_item_is_claimed_in_both_directions() -> None:
    """Two ends of one feed lie at one place: each side tells its own."""
    left = Side([*crowd(100), item(7, place=item(500).place, says="mine")])
    right = Side([*crowd(100), item(7, place=item(500).place, says="yours")])
    talk(left, right)
    assert (len(left.claims), len(right.claims)) == (1, 1)


def test_names_and_fingerprints_are_worth_nothing_on_another_connection() -> None:
    """The same items are spelled differently with another peer: nothing can be prepared beforehand."""
    other = Salt(bytes(32))
    tree = build(crowd(40))
    assert SALT.whole(tree) != other.whole(tree)
    assert SALT.scope("public") != other.scope("public")
    assert not {SALT.name(one) for one in tree} & {other.name(one) for one in tree}


def test_attack_a_flood_of_ranges_is_answered_up_to_a_budget() -> None:
    """A peer that asks again and again gets no more than its budget until the next comparison."""
    tree = build(crowd(1_000))
    budget = Budget()
    wrong = Split("", tuple(bytes([1]) * 8 for _ in range(16)))
    told = [answer((wrong,), tree, SALT, budget, NOW) for _ in range(1_000)]
    cost = sum(LISTED_MAX * len(one.parts) + len(one.claims) for one in told)
    assert 0 < cost <= BUDGET_MIN + BUDGET_PER_ITEM * tree.count
    assert told[-1] == Answer()
    later = Timestamp(NOW + COMPARE_INTERVAL_MS)
    assert answer((wrong,), tree, SALT, budget, later).parts


def test_attack_an_empty_list_of_everything_is_not_answered_with_everything_for_ever() -> None:
    """The cheapest question with the longest answer is paid for by its answer."""
    tree = build(crowd(3_000))
    budget = Budget()
    told = sum(len(answer((Listed("", ()),), tree, SALT, budget, NOW).claims) for _ in range(500))
    assert tree.count <= told <= BUDGET_MIN + BUDGET_PER_ITEM * tree.count


@given(st.integers(0, 2**32))
def test_attack_endless_rounds(seed: int) -> None:
    """A peer whose fingerprints are of nothing real is talked to no deeper than a place has digits."""
    rng = random.Random(seed)
    tree = build([*crowd(50), *crowded(40, "0a0a0a0a")])
    budget, rounds = Budget(), 0
    parts: list[Part] = [Split("", tuple(rng.randbytes(8) for _ in range(16)))]
    while parts and rounds < 1_000:
        rounds += 1
        batch = batches(parts)[0]
        answered = answer(batch, tree, SALT, budget, NOW).parts
        parts = [
            Split(part.prefix, tuple(rng.randbytes(8) for _ in range(16)))
            for part in answered
            if len(part.prefix) < 64
        ]
    assert rounds <= 200


def test_attack_names_out_of_thin_air_bring_one_answer() -> None:
    """Names of items that nobody has are lacked once, and what is lacked is not discussed further."""
    tree = build(crowd(10))
    invented = tuple(sorted(sha256(bytes([n])).digest()[:8] for n in range(16)))
    found = answer((Listed("", invented),), tree, SALT, Budget(), NOW)
    assert found.parts == [Lacking("", invented)]
    again = answer((Lacking("", invented),), tree, SALT, Budget(), NOW)
    assert again == Answer()


@pytest.mark.parametrize(
    "prefixes", [["1", "0"], ["1", "1"], ["1", "12"], ["", "0"], ["0", "01", "1"]], ids=str
)
def test_attack_ranges_out_of_order_or_overlapping_are_refused(prefixes: list[str]) -> None:
    """One message speaks of each place at most once, in order."""
    with pytest.raises(MalformedMessageError):
        spelling.from_value([[prefix, 0, b""] for prefix in prefixes])


def test_attack_a_message_of_too_many_ranges_is_refused() -> None:
    """The number of ranges is checked before they are read."""
    with pytest.raises(LimitExceededError):
        spelling.from_value([[f"{n:03x}", 0, b""] for n in range(257)])


def test_the_longest_answer_to_one_message_fits_into_messages() -> None:
    """Whatever one message of ranges asks, each message of the answer is one that the peer may read."""
    tree = Range()
    for one in crowd(6_000):
        tree = tree.put(one)
    asked = tuple(Split(f"{n:02x}", tuple(bytes([1]) * 8 for _ in range(16))) for n in range(256))
    found = answer(asked, tree, SALT, Budget(), NOW)
    for batch in batches(found.parts):
        assert len(canonical.encode([spelling.to_value(part) for part in batch])) < MESSAGE_BYTES_MAX
        assert Ranges(bytes(8), batch).parts == spelling.from_value(list(map(spelling.to_value, batch)))
