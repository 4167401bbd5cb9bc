"""Real nodes in this process: a data folder each, loopback sockets, SQLite on disk."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from node.ids import CommunityId
from node.runtime import client, founding
from node.runtime.config import Config
from node.runtime.listening import Listening
from node.runtime.node import Node
from node.storage.files.folder import DataFolder

WAIT_S = 20.0
STEP_S = 0.02


def no_passphrase(path: Path) -> str:
    """Stand for a terminal at which nobody is asked."""
    raise AssertionError(f"asked for the passphrase of {path}")


class Running:
    """A node that serves in this event loop, and the way a command reaches it."""

    def __init__(self, folder: DataFolder, node: Node, task: asyncio.Task[None], where: Listening) -> None:
        self.folder = folder
        self.node = node
        self.task = task
        self.where = where

    async def ask(self, command: str, **fields: Any) -> dict[str, Any]:
        """Ask as the `hedgerow` command does, from another thread."""
        asked = {"command": command, **fields}
        return await asyncio.to_thread(client.ask, self.folder, asked, no_passphrase, busy_s=1.0)

    async def until(self, command: str, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Ask again and again until the answer is as wanted; there is no event to wait for across nodes."""
        async with asyncio.timeout(WAIT_S):
            while True:
                answer = await self.ask(command)
                if holds(answer):
                    return answer
                await asyncio.sleep(STEP_S)


def running(folder: DataFolder) -> contextlib.AbstractAsyncContextManager[Running]:
    """Serve until the block ends, then stop gracefully."""
    return running_with(folder, Config(listen="127.0.0.1:0", operator="127.0.0.1:0"))


@contextlib.asynccontextmanager
async def running_with(folder: DataFolder, settings: Config) -> AsyncIterator[Running]:
    """Serve with settings of the test's own until the block ends, then stop gracefully."""
    node = Node(folder, settings, no_passphrase)
    listening: asyncio.Future[Listening] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(node.serve(listening.set_result))
    task.add_done_callback(lambda _: listening.done() or listening.cancel())
    try:
        async with asyncio.timeout(WAIT_S):
            await listening
    except asyncio.CancelledError:
        await task  # It ended before it listened: this says why.
        raise
    try:
        yield Running(folder, node, task, listening.result())
    finally:
        node.stop()
        await asyncio.wait([task], timeout=WAIT_S)
    if not task.cancelled() and task.exception() is None:
        await task


@pytest.fixture
def community(tmp_path: Path) -> Callable[[str], tuple[DataFolder, CommunityId]]:
    """Return a function that founds a community in a folder of its own."""

    def found(name: str) -> tuple[DataFolder, CommunityId]:
        folder = DataFolder(tmp_path / name)
        return folder, founding.found(folder, None)

    return found
