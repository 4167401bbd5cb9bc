"""The demo as a program, and what it promises: real processes, equal results, nothing left behind."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from node.cli import main
from tests.e2e.conftest import until

pytestmark = pytest.mark.e2e

# Runs a command and then says which modules of the count this process holds.
_CONFESS = """
import sys
from node.cli import main
code = main.run(sys.argv[1:])
print([name for name in sys.modules if name.startswith(("node.governance.counting", "node.engine"))],
      file=sys.stderr)
raise SystemExit(code)
"""

# For a loaded machine: seven nodes need some ten seconds of an idle one.
_PATIENCE_S = 300


@pytest.fixture
def temporary(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Return an environment whose temporary files lie in this test's folder."""
    folder = tmp_path / "t"
    folder.mkdir()
    yield {**os.environ, "TMPDIR": str(folder), "NO_COLOR": "1", "COLUMNS": "120"}
    assert list(folder.iterdir()) == []


def run_headless(environment: dict[str, str], *arguments: str) -> tuple[dict[str, Any], str]:
    """Run the demo headless and return what it printed on stdout, as JSON, and on stderr."""
    ran = subprocess.run(
        [sys.executable, "-c", _CONFESS, "demo", "--headless", "--json", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=_PATIENCE_S,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    (line,) = ran.stdout.splitlines()
    return json.loads(line), ran.stderr


def check_summary(told: dict[str, Any], nodes: int) -> None:
    """Check the object of contract.md."""
    assert list(told) == [
        "nodes", "listings", "offers", "entries", "converged", "seconds", "decision", "decisions"
    ]  # fmt: skip
    assert (told["nodes"], told["listings"], told["offers"]) == (nodes, nodes, 2 * nodes)
    assert told["converged"] is True
    assert told["decision"] == told["decisions"][0]
    election, proposal = told["decisions"]
    assert election["method"] == "scottish-stv"
    assert len(election["outcome"]["elected"]) == 3
    assert proposal["outcome"]["verdict"] == "passed"
    for decision in told["decisions"]:
        assert list(decision) == ["method", "state", "outcome", "result_ids"]
        assert decision["state"] == "certified"
        assert len(decision["result_ids"]) == nodes
        assert len(set(decision["result_ids"])) == 1
        assert re.fullmatch("[0-9a-f]{64}", decision["result_ids"][0])


def test_three_nodes_agree_and_the_demo_counts_nothing(temporary: dict[str, str]) -> None:
    """Three nodes hold the same and count the same, one killed in between; no counting code is imported."""
    told, said = run_headless(temporary)
    check_summary(told, 3)
    assert said.splitlines()[-1] == "[]"
    assert any("loses power" in line for line in said.splitlines())


@pytest.mark.long
@pytest.mark.timeout(600)
def test_seven_nodes_agree(temporary: dict[str, str]) -> None:
    """Seven communities agree as well."""
    told, _ = run_headless(temporary, "--communities", "7")
    check_summary(told, 7)


@pytest.mark.long
def test_two_watch_and_end_it(temporary: dict[str, str], tmp_path: Path) -> None:
    """With people watching it stays until it is asked to end, and then nothing of it is left."""
    said = tmp_path / "said"
    with said.open("wb") as output:
        demo = subprocess.Popen(
            [sys.executable, "-m", "node", "demo", "--communities", "2"],
            env=temporary, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        until(lambda: "\nCtrl-C ends it.\n" in said.read_text(encoding="utf-8") or demo.poll() is not None)
        assert demo.poll() is None, said.read_text(encoding="utf-8")
        nodes = [
            json.loads(each.read_bytes())["process"]
            for each in Path(temporary["TMPDIR"]).rglob("address.json")
        ]
        assert len(nodes) == 2
        demo.send_signal(signal.SIGINT)
        assert demo.wait(30) == 0
    finally:
        demo.kill()
        demo.wait()
    text = said.read_text(encoding="utf-8")
    for words in (
        "✓",
        "Who is connected with whom:",
        "Certified:",
        "Round 1:",
        " search bread",
        "removed.",
    ):
        assert words in text
    for process in nodes:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


@pytest.mark.long
def test_a_failing_step_shows_the_nodes_last_words(temporary: dict[str, str], tmp_path: Path) -> None:
    """A node that dies ends the demo with exit code 3, its name and its log, and nothing is left running."""
    keep = tmp_path / "kept"
    demo = subprocess.Popen(
        [sys.executable, "-m", "node", "demo", "--headless", "--communities", "2", "--keep", str(keep)],
        env=temporary, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        listening = keep / "1" / "run" / "address.json"
        # The file comes before the line in the log, which is what is looked for below.
        log = keep / "1.log"
        until(
            lambda: (
                (log.exists() and "event=listening" in log.read_text(encoding="utf-8"))
                or demo.poll() is not None
            )
        )
        os.kill(json.loads(listening.read_bytes())["process"], signal.SIGKILL)
        _, said = demo.communicate(timeout=60)
    finally:
        demo.kill()
        demo.wait()
    assert demo.returncode == 3, said
    assert "hedgerow: " in said
    assert "the node of Riverside Kitchen" in said, said
    assert "event=listening" in said
    assert "Traceback" not in said
    for each in keep.rglob("address.json"):
        with pytest.raises(ProcessLookupError):
            os.kill(json.loads(each.read_bytes())["process"], 0)


@pytest.mark.parametrize(
    "arguments", [["--communities", "1"], ["--communities", "99"], ["--data-file", "missing.csv"]]
)
def test_bad_options_are_one_line(arguments: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    """Too few, too many or a missing file: one line, exit code 2, and no node started."""
    assert main.run(["demo", "--headless", *arguments]) == 2
    said = capfd.readouterr()
    assert len(said.err.splitlines()) == 1
    assert said.out == ""


@pytest.mark.long
def test_a_file_that_is_no_listing_file_is_the_callers_mistake(
    temporary: dict[str, str], tmp_path: Path
) -> None:
    """A node's refusal of the file comes back as one line with exit code 2, and the nodes end."""
    file = tmp_path / "places.geojson"
    file.write_text("[", encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-m", "node", "demo", "--headless", "--communities", "2", "--data-file", str(file)],
        env=temporary, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ran.returncode == 2, ran.stderr
    assert "places.geojson" in ran.stderr.splitlines()[-1]
