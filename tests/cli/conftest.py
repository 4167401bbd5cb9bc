"""Run `hedgerow` as a person would, in this process: arguments in; exit code, output and errors out."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from node.cli import main


@dataclass(frozen=True, slots=True)
class Ran:
    """What one command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Return what stdout holds when it is one JSON object on one line."""
        assert self.code in (0, 1), self.err
        (line,) = self.out.splitlines()
        return json.loads(line)


Hedgerow = Callable[..., Ran]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return where this test's node lives; nothing is there yet."""
    return tmp_path / "data"


@pytest.fixture
def hedgerow(folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Hedgerow:
    """Return a function that runs a command on this test's data folder."""
    for variable in ("HEDGEROW_PASSPHRASE", "HEDGEROW_DEBUG"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HEDGEROW_DATA", str(folder))
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str) -> Ran:
        capfd.readouterr()
        code = main.run(list(arguments))
        return Ran(code, *capfd.readouterr())

    return run
