"""The health check tells a node that answers from one that does not run, and from one that stands still."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.rendered import DEPLOY, ROOT

PROGRAM = DEPLOY / "hedgerow-healthy"


def healthy(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Ask after the node of a folder."""
    return subprocess.run(
        [sys.executable, str(PROGRAM), *options],
        env={**os.environ, "HEDGEROW_DATA": str(folder), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_no_node_is_not_healthy(tmp_path: Path) -> None:
    """Where none runs the answer is exit code 1 and one line, and the folder stays as it was."""
    done = healthy(tmp_path)
    assert (done.returncode, done.stderr) == (1, f"hedgerow-healthy: no node runs in {tmp_path}\n")
    assert list(tmp_path.iterdir()) == []


def test_waiting_ends_with_the_process(tmp_path: Path) -> None:
    """Who waits for a node that is starting waits no longer than its process lives."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    done = healthy(tmp_path, "--wait", "100", "--process", str(ended.pid))
    assert done.returncode == 1


@pytest.mark.e2e
def test_a_running_node_is_healthy_and_a_halted_one_is_not(tmp_path: Path) -> None:
    """A node is waited for and found well; halted, it is found wanting in time; ended, at once."""
    folder = tmp_path / "data"
    environment = {**os.environ, "HEDGEROW_DATA": str(folder), "PYTHONPATH": str(ROOT)}
    program = [sys.executable, "-m", "node"]
    subprocess.run([*program, "init"], env=environment, stdout=subprocess.DEVNULL, check=True)
    serve = [*program, "serve", "--listen", "127.0.0.1:0", "--log-level", "error"]
    with subprocess.Popen(serve, env=environment, stdout=subprocess.DEVNULL) as node:
        try:
            waited = healthy(folder, "--wait", "60", "--process", str(node.pid))
            assert (waited.returncode, waited.stderr) == (0, "")
            node.send_signal(signal.SIGSTOP)
            halted = healthy(folder, "--within", "1")
            assert (halted.returncode, halted.stderr) == (1, "hedgerow-healthy: no answer within 1 s\n")
        finally:
            node.send_signal(signal.SIGCONT)
            node.terminate()
        assert node.wait() == 0
    assert healthy(folder).returncode == 1
