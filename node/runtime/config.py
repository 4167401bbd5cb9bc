"""The settings of a node: `config.toml` in the data folder, the environment over it, options over both.

docs/configuration.md tells people about each; a test keeps the two alike.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from node.errors import ConfigError, UserError
from node.net import address

# The setting `listen` is HEDGEROW_LISTEN in the environment, and so on.
_PREFIX: Final = "HEDGEROW_"
_PORT_MAX: Final = 65_535
# An invitation carries every advertised address and must stay short enough for a QR code.
ADVERTISED_MAX: Final = 8

TEMPLATE: Final = """\
# Settings of this node; docs/configuration.md explains them. Lines with a # in front are the defaults.
# listen = "0.0.0.0:7700"
# advertise = ["ws://garden.example:7700/sync"]
# log_level = "info"
# log_format = "text"
"""


def _listen(text: str) -> str:
    split_listen(text)
    return text


def _address(text: str) -> str:
    try:
        return address.parse(text).url
    except UserError as error:
        raise ValueError(str(error)) from error


class Config(BaseModel):
    """What a steward may set.

    Attributes:
        listen: host and port at which other nodes reach this one; port 0 lets the system choose.
        advertise: addresses written into invitations; empty: what `listen` says, or this machine's own.
        log_level: the least important events that are logged.
        log_format: `text` for people, `json` for programs, one line an event either way.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    listen: Annotated[str, AfterValidator(_listen)] = "0.0.0.0:7700"
    advertise: Annotated[
        tuple[Annotated[str, AfterValidator(_address)], ...], Field(max_length=ADVERTISED_MAX)
    ] = ()
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["text", "json"] = "text"


def load(file: Path, environment: Mapping[str, str], options: Mapping[str, Any]) -> Config:
    """Read the settings.

    Args:
        file: config.toml; it need not exist.
        environment: of the process.
        options: given on the command line; None stands for "not given".

    Raises:
        ConfigError: the first setting that is not usable, and where it was set.
    """
    settings = {name: (value, str(file)) for name, value in _read(file).items()}
    for name in Config.model_fields:
        variable = _PREFIX + name.upper()
        if variable in environment:
            settings[name] = (_from_environment(name, environment[variable]), variable)
        if options.get(name) is not None:
            settings[name] = (options[name], f"--{name.replace('_', '-')}")
    try:
        return Config.model_validate({name: value for name, (value, _) in settings.items()})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = str(first["loc"][0])
        where = settings[name][1]
        if first["type"] == "extra_forbidden":
            known = ", ".join(Config.model_fields)
            raise ConfigError(f"{where}: unknown setting {name!r}: the settings are {known}") from error
        message = first["msg"].removeprefix("Value error, ")
        raise ConfigError(f"{where}: {name}: {message}") from error


def split_listen(text: str) -> tuple[str, int]:
    """Read `host:port` for listening, where port 0 lets the system choose.

    Raises:
        ValueError: it is not that.
    """
    host, colon, port = text.strip().rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    if (
        not colon
        or not bare
        or (":" in bare and not host.startswith("["))
        or not (port.isascii() and port.isdigit() and int(port) <= _PORT_MAX)
    ):
        raise ValueError(f"expected host:port such as 0.0.0.0:7700, found {text!r}")
    return bare, int(port)


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_bytes().decode("utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigError(f"expected to read {file}, found: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{file}: expected settings in TOML: {error}") from error


def _from_environment(name: str, value: str) -> str | list[str]:
    """Read a variable; several addresses are separated by commas."""
    if name == "advertise":
        return [each.strip() for each in value.split(",") if each.strip()]
    return value
