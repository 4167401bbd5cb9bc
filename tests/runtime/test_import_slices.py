"""A long import at a running node: it goes on with everything else in between, and survives a kill."""

import asyncio
import contextlib
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from node.cli import import_slices
from node.cli.import_slices import Taken
from node.directory.importing.reader import read
from node.ids import CommunityId
from node.runtime import client
from node.storage.files.folder import DataFolder
from tests.runtime.conftest import no_passphrase, running

ROWS = 60
TABLE = ("id,name,tags\n" + "".join(f"{number},Garden {number},garden\n" for number in range(ROWS))).encode()

Found = Callable[[str], tuple[DataFolder, CommunityId]]


class KilledError(Exception):
    """Stands for the end of the process."""


def bring_in(
    folder: DataFolder, *, killed_after: int | None = None, meanwhile: Callable[[], object] = lambda: None
) -> Taken:
    """Import the table at the node that runs in a folder, as `hedgerow import` does; act after each slice."""

    def ask(command: dict[str, Any]) -> dict[str, Any]:
        given = {field: value for field, value in command.items() if value is not None}
        return client.ask_running(folder, given)

    def told(done: int, _in_all: int) -> None:
        if killed_after is not None and done >= killed_after:
            raise KilledError
        meanwhile()

    return import_slices.send(
        read(TABLE, "t.csv", source="s"), "t.csv", dry_run=False, ask=ask, is_running=lambda: True, told=told
    )


async def test_other_commands_are_answered_between_the_slices(community: Found) -> None:
    """While a file comes in, somebody who searches is answered and sees it grow."""
    folder, _ = community("one")
    async with running(folder) as node:
        loop, seen = asyncio.get_running_loop(), list[int]()

        def search() -> None:
            """Search from the importing thread: the next slice waits for the answer."""
            seen.append(asyncio.run_coroutine_threadsafe(node.ask("search"), loop).result(30)["total"])

        taken = await asyncio.to_thread(bring_in, folder, meanwhile=search)
        assert taken.counts["written"] == ROWS
        assert seen == sorted(seen)
        assert len({total for total in seen if 0 < total < ROWS}) >= 2


async def test_a_killed_client_leaves_whole_slices_and_the_next_import_completes_them(
    community: Found,
) -> None:
    """What came in stays and is listed as a part; the same file again brings the rest and doubles nothing."""
    folder, _ = community("one")
    async with running(folder) as node:
        with pytest.raises(KilledError):
            await asyncio.to_thread(bring_in, folder, killed_after=10)
        came_in = (await node.ask("search"))["total"]
        assert 10 <= came_in < ROWS
        (listed,) = (await node.ask("list-imports"))["imports"]
        assert (listed["came_in"], listed["expected"]) == (came_in, ROWS)
        again = await asyncio.to_thread(bring_in, folder)
        assert again.counts == {"written": ROWS - came_in, "updated": 0, "unchanged": came_in}
        assert (await node.ask("search"))["total"] == ROWS


@contextlib.contextmanager
def serving(folder: DataFolder) -> Iterator[subprocess.Popen[bytes]]:
    """Run a node in a process of its own until the block ends, if it still runs."""
    command = [sys.executable, "-m", "node", "--data", str(folder.path), "serve", "--listen", "127.0.0.1:0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    try:
        assert process.stdout.readline()
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.long
def test_a_killed_node_keeps_what_was_acknowledged_and_the_next_import_completes_it(
    community: Found, tmp_path: Path
) -> None:
    """After SIGKILL between two slices nothing that was answered is missing; the rest comes in next time."""
    folder, _ = community("one")
    with serving(folder) as process:
        with pytest.raises(KilledError):
            bring_in(folder, killed_after=20)
        process.send_signal(signal.SIGKILL)
    with serving(folder):
        came_in = client.ask_running(folder, {"command": "search"})["total"]
        assert came_in >= 20
        assert bring_in(folder).counts["written"] == ROWS - came_in
        assert client.ask_running(folder, {"command": "search"})["total"] == ROWS
        healthy = client.ask(folder, {"command": "doctor"}, no_passphrase)["healthy"]
        assert healthy is True
    assert list(tmp_path.iterdir()) == [folder.path]
