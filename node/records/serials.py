"""Statements that are made again: of what one author says about one thing the highest serial counts."""

from collections.abc import Callable, Hashable, Iterable
from typing import Any, Protocol, TypeVar

from node.ids import PayloadId


class Numbered(Protocol):
    """A statement with a serial."""

    @property
    def serial(self) -> int:
        """Return its number."""
        ...

    @property
    def payload_id(self) -> PayloadId:
        """Return its id."""
        ...


StatedT = TypeVar("StatedT", bound=Numbered)


def latest(stated: Iterable[StatedT], about: Callable[[StatedT], tuple[Any, ...]]) -> list[StatedT]:
    """Return the statement that counts of those `about` the same, sorted by what they are about.

    Of two with one serial the lower payload id counts: who says two things at once has no say in which.
    """
    chosen: dict[Hashable, StatedT] = {}
    for one in sorted(stated, key=lambda each: (-each.serial, each.payload_id)):
        chosen.setdefault(about(one), one)
    return sorted(chosen.values(), key=about)
