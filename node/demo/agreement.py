"""Whether all nodes of the demo hold the same: asked of each node, waited for with a deadline."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from node.demo.processes import NodeProcess
from node.errors import NotFoundError, StoreUnavailableError

# What one exchange between neighbours may take; a big import on a small machine is the slowest of them.
WAIT_S_MAX: Final = 90.0
_POLL_S: Final = 0.05
_LOG_PAGE_ENTRIES: Final = 1_000

_T = TypeVar("_T")


class NotInTimeError(StoreUnavailableError):
    """What was waited for did not happen."""


@dataclass(frozen=True, slots=True)
class Holding:
    """What one node says it holds.

    Attributes:
        entries: ids of all entries, sorted.
        directory: its whole directory in the one canonical spelling.
        listings: how many pages are in the directory.
        offers: how many open offers and needs.
        results: its count of each question, without what only this node can know.
    """

    entries: tuple[str, ...]
    directory: str
    listings: int
    offers: int
    results: tuple[dict[str, Any], ...]


def wait(found: Callable[[], _T | None], *, what: str, seconds: float = WAIT_S_MAX) -> _T:
    """Ask again and again until there is an answer.

    Args:
        found: returns the answer, or None while there is none; a NotFoundError also means "not yet".
        what: what is waited for, for the error.
        seconds: how long at most.

    Raises:
        NotInTimeError: it did not come in time.
    """
    until = time.monotonic() + seconds
    while True:
        try:
            answer = found()
        except NotFoundError:
            answer = None
        if answer is not None:
            return answer
        if time.monotonic() > until:
            raise NotInTimeError(f"{what} did not happen within {seconds:g} s")
        time.sleep(_POLL_S)


def all_alike(nodes: Sequence[NodeProcess], proposals: Sequence[str]) -> list[Holding] | None:
    """Return what each node holds when all hold the same and every question is certified, else None."""
    # Numbers first: they cost next to nothing, and while they differ nothing else can be equal.
    if len({(found["entries"], found["listings"]) for found in (n.ask("show-node") for n in nodes)}) > 1:
        return None
    held = [holding(node, proposals) for node in nodes]
    complete = all(result["state"] == "certified" for one in held for result in one.results)
    return held if complete and all(one == held[0] for one in held) else None


def holding(node: NodeProcess, proposals: Sequence[str]) -> Holding:
    """Ask a node what it holds.

    Raises:
        NotFoundError: a proposal has not arrived there yet.
    """
    exported = node.ask("export")
    return Holding(
        entries=tuple(sorted(_entries(node))),
        directory=exported["text"],
        listings=exported["records"],
        offers=len(node.ask("list-offers")["offers"]),
        results=tuple(node.ask("show-result", proposal=each) for each in proposals),
    )


def _entries(node: NodeProcess) -> list[str]:
    """Return the ids of all entries a node holds."""
    found: list[str] = []
    before: int | None = None
    while True:
        paging = {} if before is None else {"before": before}
        page = node.ask("show-log", limit=_LOG_PAGE_ENTRIES, **paging)["entries"]
        found += [each["entry"] for each in page]
        if len(page) < _LOG_PAGE_ENTRIES:
            return found
        before = page[-1]["number"]
