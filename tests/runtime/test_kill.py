"""The kill test: a node is killed with SIGKILL between a command's receipt and its sends, again and again.

A command is acknowledged when its process exited 0; the test writes those down. After each restart nothing
acknowledged may be missing, and the node's own feed must be one unbroken line.
"""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import pytest

from node.runtime import client, founding
from node.storage.files.folder import DataFolder
from tests.runtime.conftest import no_passphrase

PROGRAM = [sys.executable, "-m", "node"]
WAIT_S = 60


@dataclass
class Story:
    """What the rounds have come to.

    Attributes:
        acknowledged: titles of the offers whose command exited 0.
        between: kills that landed after a command was received and before anything of it was sent.
        last_seq: the highest place of the own feed seen so far.
    """

    acknowledged: set[str] = field(default_factory=set)
    between: int = 0
    last_seq: int = 0


def add_offer(folder: DataFolder, title: str) -> subprocess.Popen[bytes]:
    """Start a command as a person would."""
    command = [*PROGRAM, "--data", str(folder.path), "offer", "add", title]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def serve(folder: DataFolder) -> subprocess.Popen[bytes]:
    """Start a node that tells on stderr, line by line, what it does."""
    options = ["--listen", "127.0.0.1:0", "--log-level", "debug", "--log-format", "json"]
    return subprocess.Popen(
        [*PROGRAM, "--data", str(folder.path), "serve", *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def wait_for(lines: IO[bytes], event: str, **fields: Any) -> dict[str, Any]:
    """Read the log until an event with these fields."""
    for line in lines:
        found: dict[str, Any] = json.loads(line)
        if found["event"] == event and all(found.get(name) == value for name, value in fields.items()):
            return found
    raise AssertionError(f"the node ended before {event}")


def ask(folder: DataFolder, command: str, **fields: Any) -> dict[str, Any]:
    """Ask the running node."""
    return client.ask(folder, {"command": command, **fields}, no_passphrase)


def check(folder: DataFolder, story: Story) -> None:
    """Compare a restarted node with what was acknowledged, and look for a break or a fork in its feed."""
    titles = {offer["title"] for offer in ask(folder, "list-offers")["offers"]}
    assert story.acknowledged <= titles, f"lost: {sorted(story.acknowledged - titles)}"
    entries = ask(folder, "show-log", limit=1_000)["entries"]
    seqs = sorted(entry["seq"] for entry in entries)
    assert seqs == list(range(1, len(seqs) + 1)), "the feed has a gap or a fork"
    assert len(seqs) >= story.last_seq, "the feed went back"
    story.last_seq = len(seqs)
    checks = {check["name"]: check["ok"] for check in ask(folder, "doctor")["checks"]}
    assert checks["own feed"]
    assert checks["bodies"]


def one_round(folder: DataFolder, story: Story, number: int) -> None:
    """Start, check, have one command acknowledged, and kill the node upon the next."""
    node = serve(folder)
    assert node.stderr is not None
    with node:
        wait_for(node.stderr, "listening")
        check(folder, story)
        kept = add_offer(folder, f"kept {number}")
        cut = None
        try:
            assert kept.wait(WAIT_S) == 0
            story.acknowledged.add(f"kept {number}")
            cut = add_offer(folder, f"cut {number}")
            wait_for(node.stderr, "command_received", command="add-offer")
            received = wait_for(node.stderr, "command_received", command="add-offer")
        finally:
            os.kill(node.pid, signal.SIGKILL)
        rest = [json.loads(line) for line in node.stderr]
        sent = any(received["ticket"] in line.get("tickets", ()) for line in rest)
        story.between += not sent
        code = cut.wait(WAIT_S)
        if code == 0:
            assert sent, "a command was acknowledged before its effects were released"
            story.acknowledged.add(f"cut {number}")
    assert node.returncode == -signal.SIGKILL


def kill(folder: DataFolder, rounds: int) -> Story:
    """Kill a node so many times and look at it once more at the end."""
    founding.found(folder, None)
    story = Story()
    for number in range(rounds):
        one_round(folder, story, number)
    node = serve(folder)
    assert node.stderr is not None
    with node:
        wait_for(node.stderr, "listening")
        try:
            check(folder, story)
        finally:
            node.terminate()
            node.stderr.read()
    assert node.returncode == 0
    return story


def test_nothing_acknowledged_is_lost_by_a_kill(tmp_path: Path) -> None:
    """Two kills: what exited 0 is there after each restart, and some kill cuts a command in the middle."""
    story = kill(DataFolder(tmp_path / "data"), rounds=2)
    assert len(story.acknowledged) >= 2
    assert story.between >= 1


@pytest.mark.long
@pytest.mark.timeout(900)
def test_nothing_acknowledged_is_lost_by_fifty_kills(tmp_path: Path) -> None:
    """Fifty kills, of which at least thirty land between a command's receipt and its sends."""
    story = kill(DataFolder(tmp_path / "data"), rounds=50)
    print(f"kills between receipt and sends: {story.between} of 50; acknowledged: {len(story.acknowledged)}")
    assert len(story.acknowledged) >= 50
    assert story.between >= 30
