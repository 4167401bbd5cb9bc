"""What must stand in the documents: every command with its options, every setting, every wire message.

What there is to document is read from the program itself, so nothing can be forgotten here. A module that
does not exist yet has nothing to document; `test_docs.py` says when it must exist.
"""

import importlib
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from tests.docs.markdown import Section, sections

ROOT = Path(__file__).resolve().parent.parent.parent

COMMANDS_MODULE = "node.cli.main"  # holds the Typer application `app`
MESSAGES_MODULE = "node.replication.messages"  # holds the union `Message`
SETTINGS_MODULE = "node.runtime.config"  # holds the pydantic model `Config`
COMMAND_PAGES = "docs/cli"
MESSAGES_PAGE = "docs/protocol.md"
SETTINGS_PAGE = "docs/configuration.md"
# Options of every command (--json, --data, …) are described once, under this heading.
SHARED_OPTIONS_TITLE = "Options of every command"


class Option(Protocol):
    """What we ask of a command's parameter."""

    @property
    def param_type_name(self) -> str:
        """Return `option` or `argument`."""
        ...

    @property
    def opts(self) -> Sequence[str]:
        """Return how it is spelled, such as `--data` and `-d`."""
        ...


class Command(Protocol):
    """What we ask of a command: its parameters, and by `commands` whether it is a group."""

    @property
    def hidden(self) -> bool:
        """Say whether help leaves it out."""
        ...

    @property
    def params(self) -> Sequence[Option]:
        """Return its options and arguments."""
        ...


def exists(module: str) -> bool:
    """Say whether the tree holds a module."""
    return (ROOT / module.replace(".", "/")).with_suffix(".py").is_file()


def commands(command: Command, name: str) -> Iterator[tuple[str, Command]]:
    """Yield the full name of each command that people can give, with the command."""
    inner: Mapping[str, Command] | None = getattr(command, "commands", None)
    if inner is None:
        yield name, command
        return
    for word, each in sorted(inner.items()):
        if not each.hidden:
            yield from commands(each, f"{name} {word}")


def undocumented_commands(program: Command, pages: Iterable[str]) -> Iterator[str]:
    """Name commands without a heading of their own, and options that its section does not mention."""
    told = {section.title: section for page in pages for section in sections(page)}
    shared = told.get(SHARED_OPTIONS_TITLE, Section(SHARED_OPTIONS_TITLE, ""))
    for name, command in commands(program, "hedgerow"):
        if name not in told:
            yield f"{COMMAND_PAGES}: expected a heading `{name}`"
            continue
        for parameter in command.params:
            spelled = max(parameter.opts, key=len)
            if parameter.param_type_name != "option" or spelled == "--help":
                continue
            if f"`{spelled}" not in told[name].text and f"`{spelled}" not in shared.text:
                yield f"{COMMAND_PAGES}: expected `{spelled}` under the heading `{name}`"


def untitled(names: Iterable[str], page: str, where: str) -> Iterator[str]:
    """Name what has no heading of its own on the page that must tell of it."""
    titles = {word for section in sections(page) for word in section.title.split()}
    for name in names:
        if name not in titles:
            yield f"{where}: expected a heading with the word {name}"


def program() -> Command | None:
    """Return the command line's root, or None while there is none."""
    if not exists(COMMANDS_MODULE):
        return None
    from typer.main import get_command  # noqa: PLC0415 (the program may not exist yet)

    return typing.cast("Command", get_command(importlib.import_module(COMMANDS_MODULE).app))


def message_names() -> list[str]:
    """Return the names of all messages that nodes exchange."""
    if not exists(MESSAGES_MODULE):
        return []
    return sorted(each.__name__ for each in typing.get_args(importlib.import_module(MESSAGES_MODULE).Message))


def setting_names() -> list[str]:
    """Return the names of all settings of a node."""
    if not exists(SETTINGS_MODULE):
        return []
    return sorted(importlib.import_module(SETTINGS_MODULE).Config.model_fields)


def page_text(name: str) -> str:
    """Return a page's text, or nothing when it is missing: then all that it must tell is missing too."""
    path = ROOT / name
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def command_pages() -> list[Path]:
    """Return the pages that show commands, relative to the checkout: they are also run."""
    found = sorted((ROOT / COMMAND_PAGES).glob("*.md"))
    return [Path("README.md"), *(path.relative_to(ROOT) for path in found)]
