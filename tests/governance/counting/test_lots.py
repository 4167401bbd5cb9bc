import hashlib

from node import canonical
from node.governance.counting.lots import Lot, Purpose, Ties, lot_order

NAMES = ("Ash", "Birch", "Cedar")


def test_the_lot_order_is_the_published_hash() -> None:
    """The order is that of SHA-256 over canonical (tag, seed, id), as anybody can compute."""
    seed = bytes(range(32))
    hashes = {
        name: hashlib.sha256(canonical.encode(["hedgerow/lot/1", seed, name])).digest() for name in NAMES
    }
    assert lot_order(seed, NAMES) == tuple(sorted(NAMES, key=lambda name: hashes[name]))
    assert lot_order(seed, reversed(NAMES)) == lot_order(seed, NAMES)


def test_the_last_differing_stage_beats_earlier_ones_and_the_lot() -> None:
    """Looking back stops at the latest stage that tells the tied apart; no lot is recorded then."""
    history = [(0, 9, 1, 5), (0, 3, 4, 5), (0, 6, 6, 6)]
    ties = Ties(b"seed", NAMES)
    assert ties.last([1, 2, 3], history, stage=4) == 1
    assert ties.first([1, 2, 3], history, stage=4) == 3
    assert ties.ordered([1, 2, 3], history, stage=3) == [3, 2, 1]
    assert ties.lots == ()


def test_those_still_equal_after_looking_back_go_to_the_lot() -> None:
    """Of three, one differs: the lot is only between the two that do not, and is recorded as such."""
    history = [(0, 2, 2, 3), (0, 6, 6, 6)]
    ties = Ties(b"seed", NAMES)
    order = [NAMES.index(name) + 1 for name in lot_order(b"seed", NAMES) if name != "Cedar"]
    assert ties.last([1, 2, 3], history, stage=3) == order[1]
    assert ties.first([1, 2], history, stage=3) == order[0]
    assert ties.ordered([1, 2, 3], history, stage=2) == [3, *order]
    assert ties.lots == (
        Lot(3, Purpose.EXCLUSION, tuple(order), order[1]),
        Lot(3, Purpose.SURPLUS, tuple(order), order[0]),
        Lot(2, Purpose.ORDER, tuple(order), order[0]),
    )
