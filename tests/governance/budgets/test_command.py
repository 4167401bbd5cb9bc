"""`hedgerow budget` as a program sees it."""

import json
from pathlib import Path

import pytest

from node.cli import invocation
from node.cli.lazy import Entry, load
from node.errors import UserError
from tests.governance.budgets.test_pb import SOUND


def run(*arguments: str) -> None:
    """Run the command without the root program."""
    command = load("budget", Entry("node.cli.counting", "", ""))
    command.main(list(arguments), standalone_mode=False, obj=invocation.begin())


def test_one_object_on_one_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """With --json there is exactly the promised object on stdout."""
    path = tmp_path / "street.pb"
    path.write_text(SOUND, encoding="utf-8")
    run("--method", "greedy", "--json", str(path))
    (line,) = capfd.readouterr().out.splitlines()
    assert json.loads(line) == {
        "file": str(path),
        "method": "greedy",
        "budget": "1000.5",
        "selected": ["p1"],
    }


def test_words_and_stages(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Without it there are words, with --stages one line a stage."""
    path = tmp_path / "street.pb"
    path.write_text(SOUND, encoding="utf-8")
    run("--method", "equal-shares", "--stages", str(path))
    out = capfd.readouterr().out
    assert "a budget of 1000.5, by equal-shares" in out
    assert "Stage 1: each purse holds its part of the budget and 0 more." in out
    assert "p1 funded, with 3 votes; 400.5 left" in out
    run("--method", "greedy", "--stages", str(path))
    assert "p2 does not fit, with 2 votes; 400.5 left" in capfd.readouterr().out


def test_an_unknown_method_is_the_callers_mistake(tmp_path: Path) -> None:
    """It is named together with those that are known."""
    path = tmp_path / "street.pb"
    path.write_text(SOUND, encoding="utf-8")
    with pytest.raises(UserError, match="found 'guess'"):
        run("--method", "guess", str(path))
