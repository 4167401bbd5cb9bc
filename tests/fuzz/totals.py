"""How many inputs each target was given of one state of its code, over all runs on this machine."""

import json
import sys
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
# What the project wants tried of each reader.
INPUTS_WANTED = 10_000_000
_NAME_CHARS = 16


def loaded(checkout: Path = CHECKOUT) -> list[Path]:
    """Return the files of node/ and tests/ that this process has loaded: the code of its target, sorted."""
    files = {Path(file) for module in [*sys.modules.values()] if (file := getattr(module, "__file__", None))}
    folders = (checkout / "node", checkout / "tests")
    return sorted(file for file in files if any(file.is_relative_to(folder) for folder in folders))


def code_version(files: Iterable[Path], checkout: Path = CHECKOUT) -> str:
    """Return a name for the code that is fuzzed: it changes with every byte of these files."""
    named = sha256()
    for path in files:
        named.update(path.relative_to(checkout).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return named.hexdigest()[:_NAME_CHARS]


class Totals:
    """Keep the sums in one file of JSON: by code version, by target.

    Args:
        path: made with its folder when the first sum is kept.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, target: str, version: str, inputs: int) -> int:
        """Add inputs that held, and return how many there were in all of this version of the code."""
        known: dict[str, dict[str, int]] = {}
        if self._path.exists():
            known = json.loads(self._path.read_text(encoding="utf-8"))
        of_version = known.setdefault(version, {})
        of_version[target] = of_version.get(target, 0) + inputs
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        return of_version[target]
