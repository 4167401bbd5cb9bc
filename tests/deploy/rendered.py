"""Find the tools that judge deploy/, and run them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
# Packages bring their programs beside the Python that runs the tests.
BESIDE = Path(sys.executable).parent


def tool(name: str, *, everywhere: bool) -> str:
    """Return the path of a program.

    Args:
        name: of the program.
        everywhere: comes with the development packages, or with the system that the checks run on: where it
            is missing all the same the test is skipped, and under CI=true it fails.
    """
    found = shutil.which(name, path=f"{BESIDE}{os.pathsep}{os.environ.get('PATH', os.defpath)}")
    if found is not None:
        return found
    if everywhere and os.environ.get("CI") == "true":
        pytest.fail(f"expected the program {name} here, found none")
    pytest.skip(f"needs the program {name}")


def run(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program in the checkout and return what it said, whatever its exit code."""
    return subprocess.run(
        [str(word) for word in command],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def directives(unit: str) -> list[tuple[str, str]]:
    """Return the lines of a systemd unit that say something, as pairs of name and value."""
    lines = (line.strip() for line in unit.splitlines())
    pairs = (line.partition("=") for line in lines if line and line[0] not in "#[")
    return [(name, value) for name, _, value in pairs]
