"""Asks the node, and reads what a person gives by hand: files and passphrases."""

import base64
import getpass
import os
import sys
from pathlib import Path
from typing import Any, Final

import typer

from node.cli.invocation import PASSPHRASE_VARIABLE, current
from node.errors import ConfigError, InputFileError, UserError
from node.runtime import client
from node.storage.files.folder import DataFolder

# The control socket takes 64 MiB of JSON; base64 makes four bytes of three.
FILE_BYTES_MAX: Final = 47 * 1024 * 1024


def folder(ctx: typer.Context) -> DataFolder:
    """Return the data folder that was meant."""
    return DataFolder(current(ctx).data)


def ask(ctx: typer.Context, command: str, /, **fields: Any) -> dict[str, Any]:
    """Give the node a command and return its answer; fields that are None are left out.

    Raises:
        NodeError: what the node answered instead.
    """
    given = {field: value for field, value in fields.items() if value is not None}
    return client.ask(folder(ctx), {"command": command, **given}, passphrase_of)


def passphrase_of(path: Path) -> str:
    """Return the passphrase of a key file: from the environment, or typed in.

    Raises:
        ConfigError: there is neither, because nobody sits at this terminal.
    """
    given = os.environ.get(PASSPHRASE_VARIABLE)
    if given:
        return given
    if not sys.stdin.isatty():
        raise ConfigError(
            f"the key file {path} has a passphrase: set {PASSPHRASE_VARIABLE}, or run this where you can type"
        )
    return getpass.getpass(f"Passphrase of {path.name}: ", stream=sys.stderr)


def new_passphrase(*, wanted: bool) -> str | None:
    """Return the passphrase for new key files, typed twice; None to leave them to the file's mode.

    Raises:
        UserError: the two differ, or nobody sits at this terminal.
    """
    given = os.environ.get(PASSPHRASE_VARIABLE)
    if given:
        return given
    if not wanted:
        return None
    if not sys.stdin.isatty():
        raise UserError(f"expected a passphrase in {PASSPHRASE_VARIABLE}, as nobody can type one here")
    first = getpass.getpass("Passphrase for the new keys: ", stream=sys.stderr)
    if first != getpass.getpass("The same once more: ", stream=sys.stderr):
        raise UserError("the two passphrases differ: nothing was made")
    return first


def read_file(path: Path) -> bytes:
    """Read a file that a person named.

    Raises:
        InputFileError: it cannot be read, or is larger than a command may carry.
    """
    try:
        if path.is_file() and path.stat().st_size > FILE_BYTES_MAX:
            raise InputFileError(
                f"{path}: expected at most {FILE_BYTES_MAX:,} bytes, found {path.stat().st_size:,}"
            )
        return path.read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InputFileError(f"expected to read the file {path}, found: {reason}") from error


def carried(data: bytes) -> str:
    """Write bytes as they travel in a command."""
    return base64.urlsafe_b64encode(data).decode("ascii")
