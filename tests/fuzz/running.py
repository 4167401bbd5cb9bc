"""Run one target under atheris, in a process of its own.

`python -m tests.fuzz.running NAME HOW SECONDS FOLDER`, where HOW is `short`, or `long` for inputs up to what
the reader takes at most. It says by a line `code VERSION` what it fuzzes. atheris ends its process when the
time is over or something was found. Found is: an exception beyond the target's refusals, more than 2 seconds
of processor time for one input, or 256 MiB more memory than at the start. `NAME plain FILE` prints how many
seconds the input in a file takes.
"""

import gc
import importlib
import random
import resource
import subprocess
import sys
from collections.abc import Callable, Iterable
from functools import partial
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from time import thread_time
from typing import Any

from tests.fuzz.everything import PLACES
from tests.fuzz.target import Target
from tests.fuzz.totals import CHECKOUT, code_version, loaded

INPUT_SECONDS_MAX = 2
GROWTH_MIB_MAX = 256
GARBAGE_THRESHOLDS = (70_000, 20, 100)
# libFuzzer's own clock goes on while others use the processor: it is for what never comes back.
_HANGING_SECONDS = 60
# Long inputs that libFuzzer keeps are no growth of ours; one input's growth is measured by itself.
_LONG_CORPUS_MIB_MAX = 512
_GROWN = 0.5


def write_seeds(seeds: Iterable[bytes], bytes_max: int, folder: Path) -> None:
    """Put seeds into a corpus, each under its hash."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        if len(seed) <= bytes_max:
            (folder / sha256(seed).hexdigest()[:32]).write_bytes(seed)


def measured(
    attempt: Callable[[bytes], None],
    plainly: Callable[[bytes], float],
    seconds_max: float = INPUT_SECONDS_MAX,
) -> Callable[[bytes], None]:
    """Return what feeds one input and raises where that took too much of the processor, or of the memory.

    Args:
        attempt: feeds one input, each step of it followed by atheris: that takes several times as long.
        plainly: returns how many seconds of processor time an input takes where nothing is followed.
        seconds_max: what is too much.
    """
    slowest = seconds_max / 20

    def feed(data: bytes) -> None:
        nonlocal slowest
        peak_kib = _peak_kib()  # Since the last one, an input was made, which takes memory too.
        begun = thread_time()
        attempt(data)
        if (followed := thread_time() - begun) > slowest:
            print(f"slowest {followed:.2f} s, {len(data)} bytes", flush=True)
            slowest = 2 * followed
        if followed > seconds_max:
            took = plainly(data)
            assert took <= seconds_max, f"one input of {len(data)} bytes took {took:.1f} s of processor time"
        grown_mib = (_peak_kib() - peak_kib) // 1_024
        assert grown_mib <= GROWTH_MIB_MAX, f"one input of {len(data)} bytes took {grown_mib} MiB"

    return feed


def _plainly(name: str, data: bytes) -> float:
    """Return how long an input takes in a process that is not followed."""
    with NamedTemporaryFile() as held:
        held.write(data)
        held.flush()
        command = [sys.executable, "-m", "tests.fuzz.running", name, "plain", held.name]
        done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    return float(done.stdout)


def _tell_plainly(target: Target, path: Path) -> None:
    """Print how many seconds of processor time the input in a file takes, once all is loaded."""
    for seed in target.seeds():
        target.attempt(seed)
    _collect_as_a_node()
    data = path.read_bytes()
    begun = thread_time()
    target.attempt(data)
    print(f"{thread_time() - begun:.3f}")


def _collect_as_a_node() -> None:
    """Look for garbage as rarely as a running node does (node/runtime/executor.py)."""
    gc.freeze()
    gc.set_threshold(*GARBAGE_THRESHOLDS)


def _peak_kib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def mutated(data: bytes, bytes_max: int) -> bytes:
    """Return an input as libFuzzer changes it."""
    # atheris.Mutate does not notice that libFuzzer runs (3.0). Loaded before that, this would find no mutator
    # of ours, and nothing would say so.
    changed: bytes = sys.modules["atheris.core_with_libfuzzer"].Mutate(data, bytes_max)
    return changed


def mutator(
    target: Target, mutate: Callable[[bytes, int], bytes] = mutated
) -> Callable[[bytes, int, int], bytes]:
    """Return what makes the next input of one: half of the time it is made longer first."""

    def change(data: bytes, bytes_max: int, seed: int) -> bytes:
        dice = random.Random(seed)
        if dice.random() < _GROWN:
            data = target.grow(bytes(data), dice, bytes_max)
            if dice.random() < _GROWN:
                return data[:bytes_max]
        return mutate(data, bytes_max)

    return change


def main() -> None:
    """Fuzz until the time is over."""
    name, how = sys.argv[1], sys.argv[2]
    if how == "plain":
        _tell_plainly(PLACES[name].targets()[name], Path(sys.argv[3]))
        return
    seconds, folder = int(sys.argv[3]), Path(sys.argv[4])
    atheris: Any = importlib.import_module("atheris")  # Only on some machines: pyproject.toml.
    place = PLACES[name]
    with atheris.instrument_imports(include=["node"], exclude=place.passed):
        target = place.targets()[name]
    is_long = how == "long"
    bytes_max = target.long_max if is_long else target.bytes_max
    seeds = [*target.seeds(), *(target.long_seeds() if is_long else ())]
    corpus, found = folder / ("corpus-long" if is_long else "corpus") / name, folder / "found" / name
    write_seeds(seeds, bytes_max, corpus)
    found.mkdir(parents=True, exist_ok=True)
    for seed in seeds:  # What is loaded and remembered once is no growth.
        target.attempt(seed)
    print(f"code {code_version(loaded())}", flush=True)  # atheris ends the process without a word.
    _collect_as_a_node()
    limit_mib = _peak_kib() // 1_024 + GROWTH_MIB_MAX + is_long * _LONG_CORPUS_MIB_MAX
    options = [
        f"-max_total_time={seconds}",
        f"-timeout={_HANGING_SECONDS}",
        f"-report_slow_units={_HANGING_SECONDS}",
        f"-rss_limit_mb={limit_mib}",
        f"-max_len={bytes_max}",
        f"-artifact_prefix={found}/",
        "-print_final_stats=1",
        *(["-len_control=0"] if is_long else []),
    ]
    changed = {"custom_mutator": mutator(target)} if is_long else {}
    feed = measured(target.attempt, partial(_plainly, name))
    atheris.Setup([sys.argv[0], *options, str(corpus)], feed, **changed)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
