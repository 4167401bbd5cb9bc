"""The service is one that systemd understands, and can do little harm."""

from pathlib import Path

import pytest

from tests.deploy.rendered import DEPLOY, directives, run, tool

UNIT = DEPLOY / "systemd" / "hedgerow.service"
# systemd's own scale goes to 10; below 3 it speaks of a well-protected service. In its option 3.0 is 30.
EXPOSURE_MAX = 3.0


@pytest.fixture
def rendered(tmp_path: Path) -> Path:
    """Return a copy of the unit whose programs exist on this machine, as systemd asks for."""
    program = tool("true", everywhere=True)
    text = UNIT.read_text(encoding="utf-8")
    for name in ("python3", "hedgerow-healthy", "hedgerow"):
        text = text.replace(f"/opt/hedgerow/bin/{name} ", f"{program} ")
    assert "/opt/hedgerow" not in text
    copy = tmp_path / UNIT.name
    copy.write_text(text, encoding="utf-8")
    return copy


def test_systemd_has_no_complaint_about_the_unit(rendered: Path) -> None:
    """Every directive is known and well-formed, so none is silently without effect."""
    done = run(tool("systemd-analyze", everywhere=True), "verify", "--man=no", rendered)
    # It also reads the machine's own units, which are not ours to judge.
    complaints = [line for line in done.stderr.splitlines() if UNIT.name in line]
    assert (done.returncode, complaints) == (0, [])


def test_the_unit_is_less_exposed_than_three(rendered: Path) -> None:
    """The scale of systemd itself puts the service below 3.0, of 10."""
    analyse = tool("systemd-analyze", everywhere=True)
    bound = f"--threshold={EXPOSURE_MAX * 10:.0f}"
    done = run(analyse, "security", "--offline=true", "--no-pager", bound, rendered)
    assert done.returncode == 0, done.stdout + done.stderr
    exposure = float(done.stdout.rsplit("exposure level for", 1)[1].split(":")[1].split()[0])
    assert exposure < EXPOSURE_MAX


def test_a_unit_without_protection_is_found_wanting(rendered: Path) -> None:
    """The same check refuses the service with its protection taken away, so it looks at what it should."""
    bare = "\n".join(
        f"{name}={value}" if name.startswith("Exec") else ""
        for name, value in directives(rendered.read_text(encoding="utf-8"))
    )
    rendered.write_text(f"[Service]\n{bare}\n", encoding="utf-8")
    analyse = tool("systemd-analyze", everywhere=True)
    done = run(analyse, "security", "--offline=true", "--no-pager", "--threshold=30", rendered)
    assert done.returncode != 0


@pytest.mark.parametrize("drop_in", ["passphrase.conf", "back-off.conf"])
def test_a_drop_in_fits_the_unit(rendered: Path, drop_in: str) -> None:
    """Each drop-in is understood together with the unit, but for words newer than this machine's systemd."""
    folder = rendered.with_name(f"{rendered.name}.d")
    folder.mkdir()
    text = (DEPLOY / "systemd" / drop_in).read_text(encoding="utf-8")
    (folder / drop_in).write_text(text, encoding="utf-8")
    done = run(tool("systemd-analyze", everywhere=True), "verify", "--man=no", rendered)
    newer = ("Unknown key 'RestartSteps'", "Unknown key 'RestartMaxDelaySec'")
    complaints = [line for line in done.stderr.splitlines() if drop_in in line]
    assert done.returncode == 0
    assert [line for line in complaints if not any(word in line for word in newer)] == []


def test_the_command_gives_the_node_its_own_folder_and_user() -> None:
    """The command for the steward names the user and the folder that the service has."""
    unit = dict(directives(UNIT.read_text(encoding="utf-8")))
    command = (DEPLOY / "systemd" / "hedgerow-command").read_text(encoding="utf-8")
    user = unit["User"]
    assert f"sudo -u {user} HEDGEROW_DATA=/var/lib/{unit['StateDirectory']} " in command
    assert f"\nu {user} " in (DEPLOY / "systemd" / "hedgerow.sysusers").read_text(encoding="utf-8")


def test_a_failure_is_retried_unless_a_person_is_needed() -> None:
    """The node comes back by itself after a failure, but not after exit code 2, which asks for a change."""
    unit = dict(directives(UNIT.read_text(encoding="utf-8")))
    assert unit["Restart"] == "on-failure"
    assert unit["RestartPreventExitStatus"] == "2"
    assert unit["StartLimitIntervalSec"] == "0"
