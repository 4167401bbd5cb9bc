"""Runs the demo from its first step to its end: folders, signals, and never a process left over."""

import contextlib
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Final

from node.demo import agreement, deciding, gathering
from node.demo.agreement import Holding, NotInTimeError
from node.demo.cast import CAST
from node.demo.processes import NodeProcess
from node.demo.valley import Teller, Valley
from node.errors import ConfigError, InputFileError, NodeError
from node.storage.files import atomic_file

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run.

    Attributes:
        communities: how many nodes.
        files: names and contents of files to import.
        keep: folder that takes the nodes' folders and is left there; None for one that is removed.
    """

    communities: int
    files: Sequence[tuple[str, bytes]] = ()
    keep: Path | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """What came of a run.

    Attributes:
        summary: the object of `hedgerow demo --json`; None when a step failed.
        failure: which step failed and why, empty when none did.
        log: the last lines of the nodes concerned.
    """

    summary: dict[str, Any] | None
    failure: str = ""
    log: tuple[str, ...] = ()


# Called with the valley while its nodes run and a function that tells whether somebody asked to end.
Linger = Callable[[Valley, Callable[[], bool]], None]


def perform(plan: Plan, teller: Teller, linger: Linger) -> Ending:
    """Run all steps, linger while the nodes run, then stop them and remove their folders.

    Raises:
        ConfigError: the folder to keep things in is not usable.
        InputFileError: the node refused a file to import.
        KeyboardInterrupt: somebody asked to end before the last step was done.
    """
    begun = time.monotonic()
    with _asked_to_end() as asked, _folder(plan.keep) as folder:

        def check() -> None:
            if asked():
                raise KeyboardInterrupt

        nodes = [
            NodeProcess(name=one.name, folder=folder / f"{number}", check=check)
            for number, one in enumerate(CAST[: plan.communities], start=1)
        ]
        valley = Valley(nodes, folder / "delegates", teller)
        try:
            _gather(valley, plan)
            summary = _decide(valley, begun)
            linger(valley, asked)
        except InputFileError:
            raise
        except NodeError as error:
            return Ending(None, f"{teller.now}: {error}", tuple(_last_words(nodes)))
        finally:
            stop(nodes)
    return Ending(summary)


def stop(nodes: Sequence[NodeProcess]) -> None:
    """End all nodes, together and in order."""
    for node in nodes:
        node.begin_stop()
    for node in nodes:
        node.end_stop()


def _gather(valley: Valley, plan: Plan) -> None:
    gathering.start(valley)
    gathering.publish(valley)
    gathering.found(valley)
    gathering.join(valley)
    gathering.pin_note(valley)
    for name, data in plan.files:
        gathering.bring_in(valley, name, data)


def _decide(valley: Valley, begun: float) -> dict[str, Any]:
    """Run the steps that decide, and sum up what the nodes answered."""
    deciding.share_seats(valley)
    deciding.name_delegates(valley)
    deciding.ask_questions(valley)
    deciding.vote(valley)
    try:
        held = deciding.survive_a_kill(valley, deciding.agree(valley))
        converged = True
    except NotInTimeError:
        held = [agreement.holding(node, valley.proposals) for node in valley.nodes]
        converged = False
    return _summary(held, converged=converged, seconds=time.monotonic() - begun)


def _summary(held: Sequence[Holding], *, converged: bool, seconds: float) -> dict[str, Any]:
    """Return the object that contract.md fixes."""
    decisions = [
        {
            "method": first["method"],
            "state": first["state"],
            "outcome": first["outcome"],
            "result_ids": [one.results[place]["result_id"] for one in held],
        }
        for place, first in enumerate(held[0].results)
    ]
    return {
        "nodes": len(held),
        "listings": held[0].listings,
        "offers": held[0].offers,
        "entries": len(held[0].entries),
        "converged": converged,
        "seconds": round(seconds, 3),
        "decision": decisions[0],
        "decisions": decisions,
    }


def _last_words(nodes: Sequence[NodeProcess]) -> Iterator[str]:
    """Yield the end of the log of each node that died, or of all when none did."""
    for node in [node for node in nodes if not node.running] or nodes:
        for line in node.last_words():
            yield f"{node.name}: {line}"


@contextlib.contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """Yield a private folder, removed afterwards unless the caller named it."""
    if keep is None:
        made = Path(tempfile.mkdtemp(prefix="hedgerow-demo-"))
        try:
            yield made
        finally:
            shutil.rmtree(made)
        return
    try:
        if keep.exists() and any(keep.iterdir()):
            raise ConfigError(f"{keep} exists already and is not empty: choose another folder with --keep")
        atomic_file.make_folder(keep)
    except OSError as error:
        raise ConfigError(f"expected to make the folder {keep}, found: {error.strerror}") from error
    yield keep.absolute()


@contextlib.contextmanager
def _asked_to_end() -> Iterator[Callable[[], bool]]:
    """Yield a function that tells whether a signal asked to end.

    The signal itself interrupts nothing: raised between two steps of starting a process, it would leave that
    process behind.
    """
    asked = threading.Event()

    def note(_number: int, _frame: FrameType | None) -> None:
        asked.set()

    before = {number: signal.signal(number, note) for number in _SIGNALS}
    try:
        yield asked.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
