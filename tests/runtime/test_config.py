from pathlib import Path

import pytest

from node.errors import ConfigError
from node.runtime import config, settings
from node.runtime.config import Config

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "configuration.md"


def written(folder: Path, text: str) -> Path:
    """Write a config.toml."""
    file = folder / "config.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_no_file_means_the_defaults(tmp_path: Path) -> None:
    """A node runs without a config.toml, and the one `init` writes changes nothing."""
    assert config.load(tmp_path / "config.toml", {}, {}) == Config()
    assert config.load(written(tmp_path, config.TEMPLATE), {}, {}) == Config()


def test_the_nearer_setting_wins(tmp_path: Path) -> None:
    """The environment beats the file, an option beats both."""
    file = written(tmp_path, 'listen = "127.0.0.1:1"\nlog_level = "error"\nadvertise = ["garden:7700"]\n')
    environment = {"HEDGEROW_LISTEN": "127.0.0.1:2", "HEDGEROW_LOG_LEVEL": "debug", "HEDGEROW_DATA": "x"}
    loaded = config.load(file, environment, {"listen": "127.0.0.1:3", "log_level": None})
    assert (loaded.listen, loaded.log_level) == ("127.0.0.1:3", "debug")
    assert loaded.advertise == ("ws://garden:7700/sync",)
    several = config.load(file, {"HEDGEROW_ADVERTISE": "a.example:1, b.example:2"}, {})
    assert several.advertise == ("ws://a.example:1/sync", "ws://b.example:2/sync")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("colour = 1", "unknown setting 'colour'"),
        ("listen = 7700", "config.toml: listen: "),
        ('listen = "7700"', "expected host:port"),
        ('listen = "::1:7700"', "expected host:port"),
        ('log_level = "loud"', "config.toml: log_level: "),
        ('advertise = ["garden"]', "advertise: expected a port"),
        ("listen", "expected settings in TOML"),
        ("[listen]\nport = 1", "config.toml: listen: "),
    ],
)
def test_what_is_wrong_is_named_with_its_place(text: str, says: str, tmp_path: Path) -> None:
    """A wrong setting is one sentence with the file and the name."""
    with pytest.raises(ConfigError, match=says) as caught:
        config.load(written(tmp_path, text), {}, {})
    assert "\n" not in str(caught.value)


def test_a_wrong_variable_is_named(tmp_path: Path) -> None:
    """What came from the environment is not blamed on the file."""
    with pytest.raises(ConfigError, match="HEDGEROW_LISTEN: listen: expected host:port"):
        config.load(tmp_path / "config.toml", {"HEDGEROW_LISTEN": "x"}, {})


@pytest.mark.parametrize(("text", "host", "port"), [("0.0.0.0:0", "0.0.0.0", 0), ("[::1]:7700", "::1", 7700)])
def test_where_to_listen_is_read(text: str, host: str, port: int) -> None:
    """IPv4, and IPv6 in brackets."""
    assert settings.split_listen(text) == (host, port)


def test_the_page_tells_of_every_setting_with_its_default() -> None:
    """docs/configuration.md has each setting, its variable and its default, and no other."""
    page = PAGE.read_text(encoding="utf-8")
    for name, field in Config.model_fields.items():
        section = page.partition(f"## `{name}`")[2].partition("\n## ")[0]
        assert f"HEDGEROW_{name.upper()}" in section, name
        default = {None: "none", (): "`[]`"}.get(field.default, f'`"{field.default}"`')
        assert f"Default: {default}" in section, name
    assert page.count("\n## `") == len(Config.model_fields)
