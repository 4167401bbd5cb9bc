"""Fuzz the readers of foreign bytes, one after the other: `python -m tests.fuzz --seconds 60 [TARGET …]`.

The corpus grows from run to run in a folder that git ignores. Inputs that break something stay beside it;
each becomes a case of test_targets.py together with its mending. What was tried of one state of the code adds
up over runs (totals.py), so that ten million inputs a target can be had a night at a time.
"""

import argparse
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz.everything import PLACES
from tests.fuzz.totals import INPUTS_WANTED, Totals

CHECKOUT = Path(__file__).resolve().parents[2]
_UNITS = re.compile(r"stat::number_of_executed_units:\s+(\d+)")
_CODE = re.compile(r"^code (\w+)$", re.MULTILINE)
_PEAK = re.compile(r"stat::peak_rss_mb:\s+(\d+)")
_LAST_LINES = 25
# One part in so many of the time goes to inputs as long as the reader takes.
LONG_SHARE = 5


@dataclass(frozen=True, slots=True)
class Run:
    """What came of fuzzing one target.

    Attributes:
        inputs: all of them.
        long_inputs: those of them that might be as long as the reader takes.
    """

    target: str
    code: str
    inputs: int
    long_inputs: int
    seconds: int
    peak_mib: int
    broke: bool

    def in_words(self, total: int) -> str:
        """Say what came of it, and how far the target is with so many inputs in all."""
        per_second = self.inputs / max(self.seconds, 1)
        left = max(0, INPUTS_WANTED - total) / max(per_second, 1) / 3_600
        verdict = "BROKE" if self.broke else "held"
        return (
            f"{self.target:10} {verdict:5} {self.inputs:>10,} inputs ({self.long_inputs:,} long) "
            f"{per_second:>8,.0f}/s {self.peak_mib:>5} MiB; {total:>10,} of this code, "
            f"{100 * total / INPUTS_WANTED:.2f} % of ten million, {left:.1f} h left"
        )


def fuzz(name: str, seconds: int, folder: Path) -> Run:
    """Fuzz one target, and a part of the time with inputs as long as it takes."""
    has_long = PLACES[name].targets()[name].long_max > 0
    long_s = max(1, seconds // LONG_SHARE) if has_long else 0
    short = _part(name, "short", seconds - long_s, folder)
    if short.broke or not has_long:
        return short
    long = _part(name, "long", long_s, folder)
    return Run(
        target=name,
        code=short.code if short.code == long.code else f"{short.code} and {long.code}",
        inputs=short.inputs + long.inputs,
        long_inputs=long.inputs,
        seconds=seconds,
        peak_mib=max(short.peak_mib, long.peak_mib),
        broke=long.broke,
    )


def _part(name: str, how: str, seconds: int, folder: Path) -> Run:
    """Fuzz one target in a process of its own and show the end of its output if it broke."""
    command = [sys.executable, "-m", "tests.fuzz.running", name, how, str(seconds), str(folder)]
    done = subprocess.run(
        command, cwd=CHECKOUT, capture_output=True, text=True, check=False, errors="replace"
    )
    said = done.stdout + done.stderr
    units, peak, code = _UNITS.search(said), _PEAK.search(said), _CODE.search(said)
    if done.returncode != 0:
        sys.stderr.write("\n".join(said.splitlines()[-_LAST_LINES:]) + "\n")
    inputs = int(units[1]) if units else 0
    return Run(
        target=name,
        code=code[1] if code else "not loaded",
        inputs=inputs,
        long_inputs=inputs if how == "long" else 0,
        seconds=seconds,
        peak_mib=int(peak[1]) if peak else 0,
        broke=done.returncode != 0,
    )


def main() -> int:
    """Fuzz the named targets, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(PLACES))
    parser.add_argument("--seconds", type=int, default=60, help="time for each target")
    parser.add_argument("--folder", type=Path, default=CHECKOUT / ".fuzz", help="corpus and findings")
    parser.add_argument("--totals", type=Path, default=CHECKOUT / "build" / "fuzz-totals.json")
    wanted = parser.parse_args()
    unknown = sorted(set(wanted.targets) - set(PLACES))
    if unknown:
        parser.error(f"expected targets among {', '.join(PLACES)}, found {', '.join(unknown)}")
    broke = False
    totals = Totals(wanted.totals)
    for name in wanted.targets or PLACES:
        run = fuzz(name, wanted.seconds, wanted.folder)
        total = totals.add(name, run.code, 0 if run.broke else run.inputs)
        if run.long_inputs and not run.broke:
            totals.add(f"{name}, long", run.code, run.long_inputs)
        print(run.in_words(total), flush=True)
        broke |= run.broke
    return 1 if broke else 0


if __name__ == "__main__":
    sys.exit(main())
