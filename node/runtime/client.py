"""How a command reaches a node: over the control socket of a running one, or by opening the folder itself.

Either way the same engine answers. Imports little: while a node runs, asking it should cost no more than
opening a socket; the core is imported only when it is needed here.
"""

import http.client
import json
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from node import errors
from node.errors import ConfigError, NodeError, StoreBusyError, StoreUnavailableError
from node.storage.files.folder import DataFolder

# How long a node may take to start or stop while a command waits for it.
BUSY_S_MAX: Final = 5.0
_BUSY_STEP_S: Final = 0.05
# An import of 100,000 rows, or a rebuild, on a slow machine.
_ANSWER_S_MAX: Final = 3_600.0
_COMMAND_PATH: Final = "/v1/command"
_STATUS_DONE: Final = 200


def ask_running(folder: DataFolder, command: dict[str, Any]) -> dict[str, Any]:
    """Return a running node's answer to a command, and never do its work here.

    Raises:
        NodeError: what the node answered instead.
        StoreUnavailableError: no node runs in the folder.
    """
    connection = _connect(folder)
    if connection is None:
        raise StoreUnavailableError(f"no node runs in {folder.path}")
    return _converse(connection, command)


def ask(
    folder: DataFolder,
    command: dict[str, Any],
    passphrase: Callable[[Path], str],
    *,
    busy_s: float = BUSY_S_MAX,
) -> dict[str, Any]:
    """Return a node's answer to a command.

    Args:
        folder: whose node is asked.
        command: as `node.engine.commands` has it, in JSON.
        passphrase: returns the passphrase of a key file that has one.
        busy_s: how long to wait for a node that starts or stops.

    Raises:
        NodeError: what the node answered instead.
        ConfigError: no node lives in the folder.
        StoreBusyError: another process held the folder for too long.
    """
    folder.check()
    if not (folder.database.exists() or any(folder.keys.glob("*.pem"))):
        raise ConfigError(f"no node lives in {folder.path} yet: run `hedgerow init` first")
    until = time.monotonic() + busy_s
    while True:
        connection = _connect(folder)
        if connection is not None:
            return _converse(connection, command)
        try:
            lock = folder.lock()
        except StoreBusyError as error:
            # A node is about to listen, or to end, or another command is at work: it will not be long.
            if time.monotonic() > until:
                raise StoreBusyError(
                    f"another `hedgerow` is at work in {folder.path} and did not answer for {busy_s:g} s:"
                    " a node that starts or ends, or a long command; try again in a moment"
                ) from error
            time.sleep(_BUSY_STEP_S)
            continue
        with lock:
            # Imported here: the core costs a second on a small machine, and a running node has it already.
            from node.runtime import single  # noqa: PLC0415 (as said)

            return single.answer(folder, json.dumps(command).encode(), passphrase)


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket that is connected already."""

    def __init__(self, connected: socket.socket) -> None:
        super().__init__("localhost", timeout=_ANSWER_S_MAX)
        self.sock = connected


def _connect(folder: DataFolder) -> _UnixConnection | None:
    """Return a connection to the node that runs in the folder, None when there is none."""
    connecting = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connecting.settimeout(_ANSWER_S_MAX)
    try:
        with folder.socket_path() as path:
            connecting.connect(str(path))
    except OSError:
        connecting.close()
        return None
    return _UnixConnection(connecting)


def _converse(connection: _UnixConnection, command: dict[str, Any]) -> dict[str, Any]:
    try:
        connection.request(
            "POST", _COMMAND_PATH, json.dumps(command).encode(), {"Content-Type": "application/json"}
        )
        response = connection.getresponse()
        tree = json.loads(response.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise StoreUnavailableError(
            "the node ended before it answered: start it again and look whether the command was carried out"
        ) from error
    finally:
        connection.close()
    if response.status != _STATUS_DONE:
        raise _raised(tree)
    assert isinstance(tree, dict)
    return tree


def _raised(problem: dict[str, Any]) -> NodeError:
    """Return the error that the node named."""
    kind = getattr(errors, str(problem.get("title")), None)
    detail = str(problem.get("detail") or "the node gave no reason")
    if isinstance(kind, type) and issubclass(kind, NodeError):
        return kind(detail)
    return StoreUnavailableError(detail)
