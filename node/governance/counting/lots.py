"""Ties: the last stage at which the tied options differ, then the lot (closing-protocol.md R7).

The lot is an order of all options that a published seed fixes before the count, never a draw during it. Being
early in that order is always the better place: an early option's surplus goes first, it is listed first, and
of several equally low options the last in the order is excluded.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from node.canonical import digest

# The totals of all options at each stage so far, index 0 unused, in any one unit.
History: TypeAlias = Sequence[Sequence[int]]


class Purpose(StrEnum):
    """What a lot decided."""

    SURPLUS = "surplus"  # whose surplus is transferred first
    EXCLUSION = "exclusion"  # who is excluded
    ORDER = "order"  # who is listed first among those elected at one stage
    SEAT = "seat"  # who of several that are equal is elected, or which project is funded


@dataclass(frozen=True, slots=True)
class Lot:
    """A lot that was needed: at which stage, for what, between whom, and whom it chose (by number)."""

    stage: int
    purpose: Purpose
    tied: tuple[int, ...]
    chosen: int


def lot_order(seed: bytes, option_ids: Iterable[str]) -> tuple[str, ...]:
    """Return the ids in the order of SHA-256 over the canonical list of tag, seed and id."""
    return tuple(sorted(option_ids, key=lambda option_id: digest("hedgerow/lot/1", seed, option_id)))


class Ties:
    """Settle ties within one count and remember which lots that took.

    Args:
        seed: fixes the lot order.
        option_ids: of all options, in the order of their numbers.
    """

    def __init__(self, seed: bytes, option_ids: Sequence[str]) -> None:
        places = {option_id: place for place, option_id in enumerate(lot_order(seed, option_ids))}
        self._place = (-1, *(places[option_id] for option_id in option_ids))
        self._lots: list[Lot] = []

    @property
    def lots(self) -> tuple[Lot, ...]:
        """The lots that were needed so far, in order."""
        return tuple(self._lots)

    def first(
        self,
        tied: Sequence[int],
        history: History,
        *,
        stage: int,
        purpose: Purpose = Purpose.SURPLUS,
    ) -> int:
        """Choose among equals the one that comes first: the higher at the last stage that differs."""
        best = max(_record(number, history) for number in tied)
        equal = [number for number in tied if _record(number, history) == best]
        chosen = min(equal, key=self._place.__getitem__)
        self._remember(purpose, equal, chosen, stage=stage)
        return chosen

    def last(self, tied: Sequence[int], history: History, *, stage: int) -> int:
        """Choose among options equally low the one to exclude: the lower at the last stage that differs."""
        worst = min(_record(number, history) for number in tied)
        equal = [number for number in tied if _record(number, history) == worst]
        chosen = max(equal, key=self._place.__getitem__)
        self._remember(Purpose.EXCLUSION, equal, chosen, stage=stage)
        return chosen

    def ordered(self, numbers: Iterable[int], history: History, *, stage: int) -> list[int]:
        """List options by votes now, then at the last stage that differs, then by lot; highest first."""
        by_lot = sorted(numbers, key=self._place.__getitem__)
        ranked = sorted(by_lot, key=lambda number: _record(number, history), reverse=True)
        groups: dict[tuple[int, ...], list[int]] = {}
        for number in ranked:
            groups.setdefault(_record(number, history), []).append(number)
        for equal in groups.values():
            self._remember(Purpose.ORDER, equal, equal[0], stage=stage)
        return ranked

    def _remember(self, purpose: Purpose, equal: list[int], chosen: int, *, stage: int) -> None:
        """Record a lot if there was more than one to choose from."""
        if len(equal) > 1:
            by_lot = tuple(sorted(equal, key=self._place.__getitem__))
            self._lots.append(Lot(stage, purpose, by_lot, chosen))


def _record(number: int, history: History) -> tuple[int, ...]:
    """Return an option's totals, latest stage first: comparing two looks back to where they last differ."""
    return tuple(totals[number] for totals in reversed(history))
