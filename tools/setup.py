"""Make `.venv` from the lock files, or do nothing when it is as they say.

Runs on the standard library alone, because nothing else is there yet. It takes packages from wherever pip's
own configuration says, checks every one against the hash in the lock file, and runs no package's build
code (wheels only). Called by tools/setup.sh, which has found a fitting Python.

What `.venv` was made from is written into it, so that a changed lock file, another Python or a moved
checkout is noticed whatever the files' dates say.
"""

import fcntl
import hashlib
import json
import subprocess
import sys
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOG = VENV / "setup.log"
# The development lock holds everything the running lock holds, at the same versions.
LOCKS = {"run": ROOT / "requirements.lock", "dev": ROOT / "requirements-dev.lock"}
LOG_LINES_SHOWN = 12


class SetupError(Exception):
    """The environment cannot be made; the message says what to do."""


def main(arguments: list[str]) -> int:
    """Bring `.venv` to what was asked for (`run` or `dev`) and return the exit code."""
    if len(arguments) != 1 or arguments[0] not in LOCKS:
        print("usage: tools/setup.sh run|dev", file=sys.stderr)
        return 2
    kind = arguments[0]
    # Two makes at once would write into one folder: the second waits here and then finds the work done.
    with LOCKS["run"].open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        try:
            if not is_ready(kind):
                build(kind)
        except SetupError as error:
            print(f"setup: {error}", file=sys.stderr)
            return 2
    return 0


def is_ready(kind: str) -> bool:
    """Say whether `.venv` already serves; one for development also serves for running."""
    kinds = (kind,) if kind == "dev" else ("run", "dev")
    return PYTHON.exists() and any(read_stamp(each) == wanted(each) for each in kinds)


def build(kind: str) -> None:
    """Make what is missing of `.venv`: the environment itself, the locked packages, Hedgerow."""
    started = time.monotonic()
    version = ".".join(map(str, sys.version_info[:3]))
    print(
        f"Setting up .venv with Python {version}; this happens once and takes a minute or a few.",
        file=sys.stderr,
    )
    if not PYTHON.exists() or place() != read_place():
        create()
    for each in LOCKS:
        stamp(each).unlink(missing_ok=True)
    lock = LOCKS[kind]
    pip("install", "--require-hashes", "--only-binary", ":all:", "--requirement", str(lock))
    # hatchling comes from the lock file: an isolated build would fetch one unpinned and unchecked.
    pip("install", "--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    stamp(kind).write_text(json.dumps(wanted(kind)), encoding="utf-8")
    print(f"Done in {time.monotonic() - started:.0f} s.", file=sys.stderr)


def create() -> None:
    """Make an empty environment, replacing one that was made elsewhere or by another Python."""
    command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (our own words)
    if done.returncode != 0:
        tail = (done.stdout + done.stderr).strip().splitlines()[-LOG_LINES_SHOWN:]
        raise SetupError(
            "this Python cannot make a virtual environment; on Debian and Ubuntu install the package "
            f"python3-venv that belongs to it, then run make again.\n{chr(10).join(tail)}"
        )
    (VENV / "hedgerow-place.json").write_text(json.dumps(place()), encoding="utf-8")


def pip(*arguments: str) -> None:
    """Run the environment's own pip, keeping its words for the case that it fails."""
    command = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input", *arguments]
    with LOG.open("a", encoding="utf-8") as log:
        done = subprocess.run(command, stdout=log, stderr=log, check=False)  # noqa: S603 (our own words)
    if done.returncode == 0:
        return
    text = LOG.read_text(encoding="utf-8")
    if "No matching distribution found for automerge" in text:
        raise SetupError(
            f"automerge is not published for Python {sys.version.split()[0]} on this {sys.platform} machine: "
            "Hedgerow needs CPython 3.11 or 3.12 on Linux with glibc (x86-64 or ARM 64) or macOS (ARM 64)."
        )
    tail = "\n".join(text.strip().splitlines()[-LOG_LINES_SHOWN:])
    raise SetupError(
        f"pip could not install what is locked; its last words (all in .venv/setup.log):\n{tail}"
    )


def wanted(kind: str) -> dict[str, object]:
    """Return what `.venv` must have been made from: only what changes the installed files."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    relevant = {name: project.get(name) for name in ("build-system", "project")}
    return {
        "place": place(),
        "lock": hashlib.sha256(LOCKS[kind].read_bytes()).hexdigest(),
        "project": hashlib.sha256(json.dumps(relevant, sort_keys=True).encode()).hexdigest(),
    }


def place() -> list[str]:
    """Return what an environment cannot survive changing: its own folder and its Python."""
    return [str(VENV), ".".join(map(str, sys.version_info[:2])), sys.base_prefix]


def read_place() -> object:
    """Return the `place` the environment was made for, or None when it does not say."""
    return _read(VENV / "hedgerow-place.json")


def stamp(kind: str) -> Path:
    """Return the file that says from what the environment of this kind was made."""
    return VENV / f"hedgerow-{kind}.json"


def read_stamp(kind: str) -> object:
    """Return what the stamp says, or None when it is missing or unreadable."""
    return _read(stamp(kind))


def _read(path: Path) -> object:
    """Return a JSON file's content, or None: a half-written stamp means that set-up did not finish."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
