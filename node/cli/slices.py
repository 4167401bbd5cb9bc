"""Asks a node for something long in slices, so that a running one answers others in between.

Owns how a node is asked many times in a row, and when a slice is large or small. What is done with the
answers is the caller's business.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import typer

from node.cli import asking
from node.directory.importing.pace import Pace
from node.errors import StoreUnavailableError
from node.limits import PART_DOCUMENTS_MAX
from node.runtime import client
from node.storage.files.folder import DataFolder

Ask: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]


def way_to_node(ctx: typer.Context) -> tuple[Ask, Callable[[], bool]]:
    """Return how to ask many commands in a row, and what tells whether the node runs meanwhile."""
    folder = asking.folder(ctx)
    typed: dict[Path, str] = {}
    running = False

    def passphrase(path: Path) -> str:
        """Return a key file's passphrase, typed once."""
        if path not in typed:
            typed[path] = asking.passphrase_of(path)
        return typed[path]

    def is_running() -> bool:
        nonlocal running
        running = running or runs(folder)
        return running

    def ask(command: dict[str, Any]) -> dict[str, Any]:
        given = {field: value for field, value in command.items() if value is not None}
        return client.ask(folder, given, passphrase)

    return ask, is_running


def collect(
    command: dict[str, Any],
    name: str,
    *,
    ask: Ask,
    is_running: Callable[[], bool],
    told: Callable[[int], None],
) -> list[dict[str, Any]]:
    """Return everything that a command hands out part by part.

    What changes meanwhile may show as it was or as it is, but whole and once.

    Args:
        command: whose fields `after` and `limit` say which part is wanted.
        name: of the list in its answer; beside it, `after` says where the next begins.
        ask: gives the node a command.
        is_running: tells whether others may wait for the node; where none does, every part opens the store.
        told: told how many came after each part.
    """
    found: list[dict[str, Any]] = []
    pace, after = Pace(), None
    while True:
        alone = not is_running()
        began = time.monotonic()
        limit = PART_DOCUMENTS_MAX if alone else pace.listings
        answer = ask({**command, "after": after, "limit": limit})
        pace = pace if alone else pace.after(time.monotonic() - began)
        found += answer[name]
        told(len(found))
        after = answer["after"]
        if after is None:
            return found


def runs(folder: DataFolder) -> bool:
    """Tell whether a node runs in a folder."""
    try:
        client.ask_running(folder, {"command": "list-peers"})
    except StoreUnavailableError:
        return False
    return True
