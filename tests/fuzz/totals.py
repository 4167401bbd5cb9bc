"""How many inputs each target was given of one state of the code, over all runs on this machine."""

import json
from hashlib import sha256
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
# What the project wants tried of each reader.
INPUTS_WANTED = 10_000_000
_NAME_CHARS = 16


def code_version(checkout: Path = CHECKOUT) -> str:
    """Return a name for the code that is fuzzed: it changes with every byte of node/ and of the targets."""
    named = sha256()
    for folder in ("node", "tests/fuzz"):
        for path in sorted((checkout / folder).rglob("*.py")):
            named.update(path.relative_to(checkout).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return named.hexdigest()[:_NAME_CHARS]


class Totals:
    """Keep the sums in one file of JSON: by code version, by target.

    Args:
        path: made with its folder when the first sum is kept.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._version = code_version()

    def add(self, target: str, inputs: int) -> int:
        """Add inputs that held, and return how many there were in all of this version of the code."""
        known: dict[str, dict[str, int]] = {}
        if self._path.exists():
            known = json.loads(self._path.read_text(encoding="utf-8"))
        of_version = known.setdefault(self._version, {})
        of_version[target] = of_version.get(target, 0) + inputs
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        return of_version[target]
