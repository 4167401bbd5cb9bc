"""Run the shell examples of a page, so that what people copy from it works.

In a page, a block fenced as ``console`` is run; ``sh`` and ``text`` blocks are only shown. A line
beginning with ``$ `` is a command and ``> `` continues it; what follows is what it prints (nothing written
is nothing compared). ``...`` stands for any text, alone on a line for any lines. ``[2]`` on a line of its
own says that the command ends with that exit code; otherwise it must be 0.

All blocks of a page run in one shell, one after another, in an empty home folder, with ``hedgerow`` on the
PATH. What they leave running is ended with the page.
"""

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.docs.markdown import fences

# For a loaded machine: the longest page takes some twenty seconds of an idle one.
PAGE_SECONDS_MAX = 300
_MARK = "--- end of command"
_PROGRAM = """#!/bin/sh
PYTHONPATH='{root}' exec '{python}' -c 'from node.cli.main import main; raise SystemExit(main())' "$@"
"""


@dataclass(frozen=True, slots=True)
class Step:
    """One command of a page, what the page says it prints, and the exit code it says."""

    command: str
    prints: str
    exit_code: int
    line: int


def steps(text: str) -> Iterator[Step]:
    """Yield the commands of a page's console blocks in order."""
    for fence in fences(text):
        if fence.language == "console":
            yield from _block_steps(fence.text, fence.line)


def run_page(text: str, *, root: Path, folder: Path) -> list[str]:
    """Run a page's commands in an empty folder and return what does not happen as the page says."""
    script = list(steps(text))
    if not script:
        return []
    output, finished = _run(script, root=root, folder=folder)
    results = re.split(rf"^{_MARK} (\d+)\n", output, flags=re.MULTILINE)
    complaints = []
    # re.split returns text, code, text, code, …, rest.
    for index, step in enumerate(script):
        if 2 * index + 1 >= len(results):
            reason = "the shell ended" if finished else f"no end within {PAGE_SECONDS_MAX} s"
            complaints.append(f"line {step.line}: {step.command!r}: {reason}; it printed:\n{results[-1]}")
            break
        complaints += _compare(step, printed=results[2 * index], exit_code=int(results[2 * index + 1]))
    return complaints


def _run(script: list[Step], *, root: Path, folder: Path) -> tuple[str, bool]:
    """Run the commands in one shell; return what it wrote and whether it ended by itself."""
    programs, home = folder / "bin", folder / "home"
    programs.mkdir()
    home.mkdir()
    program = programs / "hedgerow"
    program.write_text(_PROGRAM.format(root=root, python=sys.executable), encoding="utf-8")
    program.chmod(0o755)
    # What a program prints last may lack its newline: the mark brings one, which _compare drops.
    lines = [f"{{ {step.command}\n}} 2>&1; printf '\\n{_MARK} %d\\n' $?\n" for step in script]
    (folder / "page.sh").write_text("".join(lines), encoding="utf-8")
    environment = {
        "HOME": str(home),
        "PATH": os.pathsep.join([str(programs), str(Path(sys.executable).parent), os.environ["PATH"]]),
        "LC_ALL": "C.UTF-8",
        "TERM": "dumb",
        "NO_COLOR": "1",
        "COLUMNS": "100",
        "TMPDIR": str(folder),
    }
    # To a file, not a pipe: a node left running would hold a pipe open for ever.
    with (folder / "output").open("wb") as output:
        shell = subprocess.Popen(
            ["bash", str(folder / "page.sh")],
            cwd=home,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        shell.wait(timeout=PAGE_SECONDS_MAX)
        finished = True
    except subprocess.TimeoutExpired:
        finished = False
    finally:
        _end(shell)
    return (folder / "output").read_text(encoding="utf-8", errors="replace"), finished


def _end(shell: subprocess.Popen[bytes]) -> None:
    """End the shell and whatever its commands left running: they are one process group."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(shell.pid, signal.SIGKILL)
    shell.wait()


def _compare(step: Step, *, printed: str, exit_code: int) -> list[str]:
    """Return how a command's end differs from what the page says."""
    printed = printed.removesuffix("\n")
    complaints = []
    if exit_code != step.exit_code:
        complaints.append(f"expected exit code {step.exit_code}, found {exit_code}")
    if step.prints and not re.fullmatch(_pattern(step.prints), printed.rstrip("\n") + "\n"):
        complaints.append(f"expected it to print:\n{step.prints}")
    if complaints:
        complaints.append(f"it printed:\n{printed}")
    return [f"line {step.line}: {step.command!r}: {'; '.join(complaints)}"] if complaints else []


def _pattern(expected: str) -> str:
    """Return the expression that matches what a page says a command prints."""
    lines = [
        "(?:.*\n)*?" if line.strip() == "..." else ".*".join(map(re.escape, line.split("..."))) + "\n"
        for line in expected.splitlines()
    ]
    return "".join(lines)


def _block_steps(block: str, first_line: int) -> Iterator[Step]:
    """Yield the commands of one block."""
    command: list[str] = []
    prints: list[str] = []
    exit_code, started = 0, first_line
    for line, text in enumerate([*block.splitlines(), "$ "], start=first_line):
        if text.startswith("$ "):
            if command:
                yield Step("\n".join(command), "\n".join(prints), exit_code, started)
            command, prints, exit_code, started = [text[2:]], [], 0, line
        elif text.startswith("> ") and not prints:
            command.append(text[2:])
        elif match := re.fullmatch(r"\[(\d+)\]", text):
            exit_code = int(match[1])
        elif text.strip() or prints:
            prints.append(text)
