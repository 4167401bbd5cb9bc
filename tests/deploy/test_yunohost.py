"""The package for YunoHost, as far as it can be judged without one: its keys, helpers and placeholders."""

import re
import tomllib
from typing import Any

import pytest

from tests.deploy.rendered import DEPLOY, ROOT, directives

PACKAGE = DEPLOY / "yunohost"
SCRIPTS = ("install", "remove", "upgrade", "backup", "restore", "change_url")
# Of the helpers in version 2.1, those that we use. An older name would fail only on somebody's machine.
HELPERS = frozenset(
    {
        "ynh_backup",
        "ynh_config_add",
        "ynh_config_add_nginx",
        "ynh_config_add_systemd",
        "ynh_config_change_url_nginx",
        "ynh_config_remove_nginx",
        "ynh_config_remove_systemd",
        "ynh_exec_as_app",
        "ynh_hide_warnings",
        "ynh_print_info",
        "ynh_restore_everything",
        "ynh_script_progression",
        "ynh_setup_source",
        "ynh_systemctl",
    }
)
# What YunoHost puts into templates: settings of the app, in capitals.
PLACEHOLDERS = frozenset({"APP", "DATA_DIR", "DOMAIN", "INSTALL_DIR", "PORT", "PORT_OPERATOR"})


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    """Return the manifest."""
    return tomllib.loads((PACKAGE / "manifest.toml").read_text(encoding="utf-8"))


def test_the_manifest_has_the_keys_of_format_two(manifest: dict[str, Any]) -> None:
    """Every key is one of the format's, the required ones are there, and values have its patterns."""
    assert set(manifest) == {
        "packaging_format", "id", "name", "description", "version", "maintainers", "upstream", "integration",
        "install", "resources",
    }  # fmt: skip
    assert manifest["packaging_format"] == 2
    assert all(re.fullmatch(r"[a-z]{2}", language) for language in manifest["description"])
    assert "en" in manifest["description"]
    integration = manifest["integration"]
    assert {"yunohost", "architectures", "multi_instance", "ldap", "sso"} <= set(integration)
    assert re.fullmatch(r">= ?[0-9]{1,2}(\.[0-9]{1,2}){0,2}", integration["yunohost"])
    assert integration["helpers_version"] == "2.1"
    for size in (integration["disk"], *integration["ram"].values()):
        assert re.fullmatch(r"[0-9]*(\.[0-9]*)?[kKmMgG]", size)
    assert set(manifest["resources"]) == {
        "sources", "system_user", "install_dir", "data_dir", "permissions", "ports", "apt",
    }  # fmt: skip
    assert re.fullmatch(r"[0-9a-f]{64}", manifest["resources"]["sources"]["main"]["sha256"])


def test_the_package_is_of_this_release(manifest: dict[str, Any]) -> None:
    """Version and archive are those of the release that the tree is."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert manifest["version"].startswith(f"{project['version']}~ynh")
    assert f"hedgerow-{project['version']}." in manifest["resources"]["sources"]["main"]["url"]


def test_other_nodes_need_no_account(manifest: dict[str, Any]) -> None:
    """The exchange between nodes is open to visitors, and nobody can close it by mistake."""
    sync = manifest["resources"]["permissions"]["sync"]
    assert (sync["url"], sync["allowed"], sync["protected"]) == ("/sync", "visitors", True)


def test_nobody_else_reads_the_keys(manifest: dict[str, Any]) -> None:
    """The data folder is the node's alone."""
    folder = manifest["resources"]["data_dir"]
    assert (folder["owner"], folder["group"]) == ("__APP__:rwx", "__APP__:---")


def test_every_script_is_there_and_may_run() -> None:
    """YunoHost runs each of the six by its name."""
    for name in SCRIPTS:
        assert (PACKAGE / "scripts" / name).stat().st_mode & 0o111, name


@pytest.mark.parametrize("name", [*SCRIPTS, "_common.sh"])
def test_a_script_uses_helpers_that_exist(name: str) -> None:
    """Every helper is one of version 2.1, and every function of ours is defined."""
    text = (PACKAGE / "scripts" / name).read_text(encoding="utf-8")
    ours = (PACKAGE / "scripts" / "_common.sh").read_text(encoding="utf-8")
    assert set(re.findall(r"\bynh_[a-z_]+", text)) <= HELPERS
    defined = set(re.findall(r"^(hedgerow_[a-z]+)\(\)", ours, re.MULTILINE))
    assert set(re.findall(r"^\s*(hedgerow_[a-z]+)\b(?!\()", text, re.MULTILINE)) <= defined


def test_every_placeholder_is_one_that_is_filled_in() -> None:
    """Templates and pages hold no placeholder that YunoHost does not know."""
    for path in [*(PACKAGE / "conf").iterdir(), *(PACKAGE / "doc").iterdir()]:
        text = path.read_text(encoding="utf-8")
        assert set(re.findall(r"__([A-Z_]+?)__", text)) <= PLACEHOLDERS, path.name


def test_the_service_is_the_same_as_elsewhere() -> None:
    """The unit differs from that of deploy/systemd in YunoHost's names only, so it is as well protected."""
    own = (PACKAGE / "conf" / "systemd.service").read_text(encoding="utf-8")
    for here, there in (
        ("__INSTALL_DIR__/venv/bin/", "/opt/hedgerow/bin/"),
        ("__DATA_DIR__", "%S/hedgerow"),
        ("__APP__", "hedgerow"),
    ):
        own = own.replace(here, there)
    unit = (DEPLOY / "systemd" / "hedgerow.service").read_text(encoding="utf-8")
    assert directives(own) == directives(unit)


def test_the_settings_hold() -> None:
    """Filled in as YunoHost would, the settings are ones that the node takes."""
    from node.runtime.config import Config  # noqa: PLC0415 (only this test needs the node)

    text = (PACKAGE / "conf" / "config.toml").read_text(encoding="utf-8")
    filled = {"__DOMAIN__": "garden.example", "__PORT__": "7700", "__PORT_OPERATOR__": "7780"}
    for placeholder, value in filled.items():
        text = text.replace(placeholder, value)
    settings = Config.model_validate(tomllib.loads(text))
    assert settings.domain == "garden.example"
    assert settings.operator == "127.0.0.1:7780"
