"""The shell scripts of deploy/ parse, and the one linter that knows their traps finds none."""

import subprocess
from pathlib import Path

import pytest

from tests.deploy.rendered import DEPLOY, ROOT, run, tool


def scripts() -> list[Path]:
    """Return every file of deploy/ that a shell runs."""
    found = []
    for path in sorted(DEPLOY.rglob("*")):
        if path.is_file():
            first = path.read_bytes().split(b"\n", 1)[0]
            if first.startswith(b"#!") and first.endswith(b"sh"):
                found.append(path.relative_to(ROOT))
    return found


def test_there_are_scripts_to_look_at() -> None:
    """The list is not empty because of a moved folder."""
    assert {path.name for path in scripts()} >= {
        "build.sh",
        "try.sh",
        "install",
        "restore",
        "hedgerow-command",
    }


@pytest.mark.parametrize("script", scripts(), ids=str)
def test_a_script_is_clean(script: Path) -> None:
    """The shell can parse it, and shellcheck finds nothing; YunoHost's ways are in .shellcheckrc."""
    shell = "bash" if b"bash" in (ROOT / script).read_bytes().split(b"\n", 1)[0] else "sh"
    parsed = run(shell, "-n", script)
    assert parsed.returncode == 0, parsed.stderr
    checked = run(tool("shellcheck", everywhere=True), script)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize(
    ("script", "names"),
    [("build.sh", ("buildah", "mmdebstrap")), ("try.sh", ("podman", "crun"))],
)
def test_a_script_names_the_packages_it_lacks(script: str, names: tuple[str, ...], tmp_path: Path) -> None:
    """Where a tool is missing the script says which Debian packages to install, and ends with exit code 2."""
    # A PATH with nothing but what the first lines need.
    for needed in ("dirname", "bash"):
        (tmp_path / needed).symlink_to(tool(needed, everywhere=True))
    done = subprocess.run(
        [str(tmp_path / "bash"), str(DEPLOY / "container" / script)],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    line = done.stderr.splitlines()[-1]
    assert "apt-get install" in line
    assert all(name in line for name in names), line
