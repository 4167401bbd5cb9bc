"""Benchmarks that write stores by hand run, small: what the rooms of the node take may change under them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.long
@pytest.mark.e2e
@pytest.mark.parametrize(
    ("words", "measured"),
    [
        (("bench.scale", "--entries", "2000"), "idle_sync_bytes"),
        (("bench.certify", "--communities", "4", "--witnesses", "4"), "last_seal_to_certified_s"),
    ],
    ids=["scale", "certify"],
)
def test_a_benchmark_runs_small(words: tuple[str, ...], measured: str) -> None:
    """It ends with one line of JSON, in which its figure is more than nothing."""
    command = [sys.executable, "-m", *words, "--json"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=110)
    assert ran.returncode == 0, ran.stderr[-2_000:]
    assert json.loads(ran.stdout.splitlines()[-1])[measured] > 0
