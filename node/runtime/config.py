"""The settings of a node: `config.toml` in the data folder, the environment over it, options over both.

docs/configuration.md tells people about each; a test keeps the two alike. What a value may look like is in
`node.runtime.settings`.
"""

import json
import tomllib
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from node.errors import ConfigError
from node.records.complaints import in_words
from node.runtime import settings

# The setting `listen` is HEDGEROW_LISTEN in the environment, and so on.
_PREFIX: Final = "HEDGEROW_"
# An invitation carries every advertised address and must stay short enough for a QR code.
ADVERTISED_MAX: Final = 8
# Proxies, and names of this machine: more than anybody has.
_LISTED_MAX: Final = 16
_LISTS: Final = frozenset({"advertise", "proxies", "operator_hosts"})

TEMPLATE: Final = """\
# Settings of this node; docs/configuration.md explains them. Lines with a # in front are the defaults,
# or examples where a setting has none.
# listen = "0.0.0.0:7700"
# advertise = ["ws://garden.example:7700/sync"]
# domain = "garden.example"
# contact = "mailto:weeds@garden.example"
# proxies = ["127.0.0.1"]
# operator = "127.0.0.1:7780"
# operator_hosts = ["garden.local"]
# operator_reads = "open"
# store = "postgresql:///hedgerow?host=/run/postgresql"
# murmurations = "https://index.murmurations.network"
# log_level = "info"
# log_format = "text"
"""


def template(store: str | None) -> str:
    """Return what a new config.toml holds: every setting as a remark, and the store where one was named."""
    # An address of a database is ASCII without control characters, which JSON and TOML spell alike.
    return TEMPLATE if store is None else f"{TEMPLATE}store = {json.dumps(store)}\n"


class Config(BaseModel):
    """What a steward may set.

    Attributes:
        listen: host and port of the public listener: other nodes and visitors; port 0 lets the system choose.
        advertise: addresses written into invitations; empty: what `listen` says, or this machine's own.
        domain: the name under which a proxy with TLS answers for the public listener.
        contact: where weaknesses are reported, a URI.
        proxies: whose word about a visitor's address is believed.
        operator: host and port of the operator's listener, on this machine only; None for none.
        operator_hosts: names besides this machine's loopback under which it may be called.
        operator_reads: whether reading there needs a token; publishing always does.
        store: a PostgreSQL database; None keeps everything in SQLite in the data folder.
        murmurations: an index to be listed in; None for none.
        log_level: the least important events that are logged.
        log_format: `text` for people, `json` for programs, one line an event either way.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    listen: Annotated[str, AfterValidator(settings.listen)] = "0.0.0.0:7700"
    advertise: Annotated[
        tuple[Annotated[str, AfterValidator(settings.peer_address)], ...], Field(max_length=ADVERTISED_MAX)
    ] = ()
    domain: Annotated[str, AfterValidator(settings.domain)] | None = None
    contact: Annotated[str, AfterValidator(settings.contact)] | None = None
    proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], Field(max_length=_LISTED_MAX)] = ()
    operator: Annotated[str, AfterValidator(settings.operator)] = settings.OPERATOR_DEFAULT
    operator_hosts: Annotated[
        tuple[Annotated[str, AfterValidator(settings.domain)], ...], Field(max_length=_LISTED_MAX)
    ] = ()
    operator_reads: Literal["open", "token"] = "open"
    store: Annotated[str, AfterValidator(settings.store)] | None = None
    murmurations: Annotated[str, AfterValidator(settings.index)] | None = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["text", "json"] = "text"

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.murmurations is not None and self.domain is None:
            raise ValueError("murmurations: expected a domain too, under which the index finds your page")
        return self


def load(file: Path, environment: Mapping[str, str], options: Mapping[str, Any]) -> Config:
    """Read the settings.

    Args:
        file: config.toml; it need not exist.
        environment: of the process.
        options: given on the command line; None stands for "not given".

    Raises:
        ConfigError: the first setting that is not usable, and where it was set.
    """
    given = {name: (value, str(file)) for name, value in _read(file).items()}
    for name in Config.model_fields:
        variable = _PREFIX + name.upper()
        if variable in environment:
            given[name] = (_from_environment(name, environment[variable]), variable)
        if options.get(name) is not None:
            given[name] = (options[name], f"--{name.replace('_', '-')}")
    try:
        return Config.model_validate({name: value for name, (value, _) in given.items()})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        message = in_words(first)
        if not first["loc"]:
            raise ConfigError(message) from error  # It names the settings that do not go together.
        name = str(first["loc"][0])
        where = given[name][1]
        if first["type"] == "extra_forbidden":
            known = ", ".join(Config.model_fields)
            raise ConfigError(f"{where}: unknown setting {name!r}: the settings are {known}") from error
        raise ConfigError(f"{where}: {name}: {message}") from error


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_bytes().decode("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}  # What is no folder is told by whoever opens it.
    except OSError as error:
        raise ConfigError(f"expected to read {file}, found: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{file}: expected settings in TOML: {error}") from error


def _from_environment(name: str, value: str) -> str | list[str]:
    """Read a variable; what may be several is separated by commas."""
    if name in _LISTS:
        return [each.strip() for each in value.split(",") if each.strip()]
    return value
