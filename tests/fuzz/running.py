"""Run one target under atheris, in a process of its own: `python -m tests.fuzz.running NAME SECONDS FOLDER`.

It says by a line `code VERSION` what it fuzzes. atheris ends its process when the time is over or something
was found. Found is: an exception beyond the target's refusals, more than 2 seconds for one input, or 256 MiB
more memory than at the start.
"""

import importlib
import resource
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.fuzz.everything import PLACES
from tests.fuzz.target import Target
from tests.fuzz.totals import code_version, loaded

INPUT_SECONDS_MAX = 2
GROWTH_MIB_MAX = 256


def write_seeds(target: Target, folder: Path) -> None:
    """Put the target's seeds into its corpus, each under its hash."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed in target.seeds():
        if len(seed) <= target.bytes_max:
            (folder / sha256(seed).hexdigest()[:32]).write_bytes(seed)


def main() -> None:
    """Fuzz until the time is over."""
    name, seconds, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    atheris: Any = importlib.import_module("atheris")  # Only on some machines: pyproject.toml.
    place = PLACES[name]
    with atheris.instrument_imports(include=["node"], exclude=place.passed):
        target = place.targets()[name]
    corpus, found = folder / "corpus" / name, folder / "found" / name
    write_seeds(target, corpus)
    found.mkdir(parents=True, exist_ok=True)
    for seed in target.seeds():  # What is loaded and remembered once is no growth.
        target.attempt(seed)
    print(f"code {code_version(loaded())}", flush=True)  # atheris ends the process without a word.
    held_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1_024
    options = [
        f"-max_total_time={seconds}",
        f"-timeout={INPUT_SECONDS_MAX}",
        f"-rss_limit_mb={held_mib + GROWTH_MIB_MAX}",
        f"-max_len={target.bytes_max}",
        f"-artifact_prefix={found}/",
        "-print_final_stats=1",
    ]
    atheris.Setup([sys.argv[0], *options, str(corpus)], target.attempt)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
