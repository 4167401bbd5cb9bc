"""The container is built from what is locked, and takes away every right that a node does not use."""

import importlib
import re
from typing import Any

import pytest

from tests.deploy.rendered import DEPLOY, ROOT, run, tool

CONTAINER = DEPLOY / "container"
DOCKERFILE = (CONTAINER / "Dockerfile").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """Return compose.yaml with both of its services, as podman-compose reads it."""
    return services("--profile", "postgresql")


def services(*words: str) -> dict[str, Any]:
    """Return what podman-compose reads in compose.yaml; it runs nothing, so podman need not be here."""
    compose = tool("podman-compose", everywhere=True)
    done = run(compose, "--dry-run", *words, "-f", CONTAINER / "compose.yaml", "config")
    assert done.returncode == 0, done.stderr
    yaml = importlib.import_module("yaml")  # It comes with podman-compose, and without types.
    found: dict[str, Any] = yaml.safe_load(done.stdout)["services"]
    return found


def test_hadolint_finds_nothing() -> None:
    """The linter of Dockerfiles has no complaint, but for those that the file answers."""
    done = run(tool("hadolint", everywhere=True), CONTAINER / "Dockerfile")
    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_runs_as_nobody_special() -> None:
    """The user is a number, so that a host sees it is not root; SIGTERM stops; there is a health check."""
    last = DOCKERFILE[DOCKERFILE.rindex("\nFROM ") :]
    assert re.search(r"^USER [1-9][0-9]+:[1-9][0-9]+$", last, re.MULTILINE)
    assert "\nVOLUME /data\n" in last
    assert "\nSTOPSIGNAL SIGTERM\n" in last
    assert re.search(r"^HEALTHCHECK .* CMD \[\"hedgerow-healthy\"\]$", last, re.MULTILINE)
    assert '\nENTRYPOINT ["hedgerow"]\n' in last


def test_every_package_is_checked_against_its_hash() -> None:
    """Nothing is installed by pip without a hash, except Hedgerow itself from the tree."""
    text = DOCKERFILE.replace("\\\n", " ")
    installs = [" ".join(each.split()) for each in re.findall(r"pip install[^&\n]*", text)]
    assert [each for each in installs if "--require-hashes" not in each] == [
        "pip install --no-cache-dir --no-deps --no-build-isolation ."
    ]


def test_both_ways_to_build_take_the_same_lines_of_the_lock_file() -> None:
    """The words that find the driver for PostgreSQL are alike in Dockerfile and build.sh, and find it."""
    (words,) = re.findall(r"awk '([^']*)' requirements-dev\.lock", DOCKERFILE)
    assert f"awk '{words}' requirements-dev.lock" in (CONTAINER / "build.sh").read_text(encoding="utf-8")
    found = run(tool("awk", everywhere=True), words, "requirements-dev.lock").stdout
    names = re.findall(r"^([a-z][a-z0-9-]*)==", found, re.MULTILINE)
    assert names == ["psycopg", "psycopg-binary"]
    assert found.count("--hash=sha256:") > len(names)


def test_what_is_copied_reaches_the_builder_and_nothing_else_does() -> None:
    """Each file the Dockerfile copies is let through, and what is let through is copied."""
    lines = (CONTAINER / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    let_through = {line[1:] for line in lines if line.startswith("!")}
    assert "*" in lines
    copied: set[str] = set()
    for line in re.findall(r"^COPY (.*)$", DOCKERFILE, re.MULTILINE):
        if "--from" not in line:
            copied |= {word for word in line.split()[:-1] if not word.startswith("--")}
    locks = {name for name in copied if name.endswith(".lock")}
    assert let_through == (copied - locks) | {"requirements*.lock"}
    assert all((ROOT / name).exists() for name in copied)


@pytest.mark.parametrize("service", ["node", "database"])
def test_a_container_has_few_rights(compose: dict[str, Any], service: str) -> None:
    """Read-only root, no capability kept by default, and no way to gain one."""
    found = compose[service]
    assert found["read_only"] is True
    assert found["cap_drop"] == ["ALL"]
    assert found["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in found


def test_the_node_keeps_no_capability_and_only_its_public_port_is_open(compose: dict[str, Any]) -> None:
    """Nothing is given back to the node, and the operator's port is not published."""
    assert "cap_add" not in compose["node"]
    assert compose["node"]["ports"] == ["7700:7700"]
    assert any(volume.endswith(":/data") for volume in compose["node"]["volumes"])


def test_the_database_has_no_network(compose: dict[str, Any]) -> None:
    """It asks for no password, so nobody may reach it but through the shared socket."""
    assert compose["database"]["network_mode"] == "none"
    assert "ports" not in compose["database"]


def test_compose_and_image_ask_the_same_health_check(compose: dict[str, Any]) -> None:
    """An image in the OCI's form loses its own, so the file repeats it, with the same times."""
    check = compose["node"]["healthcheck"]
    assert check["test"] == ["CMD", "hedgerow-healthy"]
    times = (
        f"--interval={check['interval']} --timeout={check['timeout']} --start-period={check['start_period']}"
    )
    assert f"HEALTHCHECK {times} --retries={check['retries']} " in DOCKERFILE


def test_the_database_is_started_when_asked_for_only() -> None:
    """Without its profile there is the node alone."""
    assert list(services()) == ["node"]


def test_every_setting_in_node_env_is_one() -> None:
    """Each line of node.env, taken out of its comment, is a setting that exists and a value that holds."""
    from node.runtime.config import Config, load  # noqa: PLC0415 (only this test needs the node)

    text = (CONTAINER / "node.env").read_text(encoding="utf-8")
    settings = re.findall(r"^#(HEDGEROW_[A-Z_]+)=(.*)$", text, re.MULTILINE)
    assert settings
    for name, value in settings:
        assert name.removeprefix("HEDGEROW_").lower() in Config.model_fields
        load(CONTAINER / "none.toml", {name: value}, {})
