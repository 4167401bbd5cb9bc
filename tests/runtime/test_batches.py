"""When a batch of the core's work is full: tests of node/runtime/batches.py, with clocks of their own."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from node.clock import Timestamp
from node.engine.inputs import Woken
from node.engine.pace import OWN
from node.runtime.batches import BATCH_S_MAX, WAITED_TIMES, Batches

INPUTS = 40


class Work:
    """A reactor that does nothing, and whose accounts are empty."""

    @property
    def accounts(self) -> "Work":
        """Return the accounts."""
        return self

    def handle(self, received: object, now: Timestamp) -> None:
        """Handle an input."""

    def take_work(self) -> dict[bytes, int]:
        """Return what was made."""
        return {}

    def whose(self, link: int) -> bytes:  # noqa: ARG002 - nobody speaks here
        """Return who speaks on a link."""
        return OWN


def still() -> float:
    """Read a clock that stands still."""
    return 0.0


def steps(seconds: float) -> Callable[[], float]:
    """Return a clock that goes on by so much each time it is read."""
    return (count * seconds for count in itertools.count()).__next__


@pytest.mark.parametrize(
    ("elapsed_s", "worked_s", "expected"),
    [
        pytest.param(still, still, INPUTS, id="no time passes"),
        pytest.param(steps(BATCH_S_MAX), still, WAITED_TIMES, id="others have the processor"),
        pytest.param(still, steps(BATCH_S_MAX), 1, id="it works"),
    ],
)
def test_a_batch_is_cut_by_its_work_and_late_by_the_clock(
    elapsed_s: Callable[[], float], worked_s: Callable[[], float], expected: int
) -> None:
    """A busy machine makes batches no smaller: not before eight times as long has passed."""
    reactor: Any = Work()
    batches = Batches(reactor, now=lambda: Timestamp(0), elapsed_s=elapsed_s, worked_s=worked_s)
    for _ in range(INPUTS):
        batches.put(Woken())
    assert len(batches.handle()) == expected
