import asyncio
import http.client
import io
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from node import ids
from node.errors import (
    ConfigError,
    ConflictError,
    NotFoundError,
    StoreBusyError,
    StoreUnavailableError,
    UserError,
)
from node.ids import CommunityId
from node.net.links import Switchboard
from node.runtime import client, founding, logs
from node.runtime.config import Config
from node.runtime.node import Node
from node.runtime.requests import REQUEST_BYTES_MAX
from node.storage.files.folder import DataFolder
from tests.runtime.conftest import no_passphrase, running

Found = Callable[[str], tuple[DataFolder, CommunityId]]


async def test_a_command_reaches_a_running_node_and_a_stopped_one(community: Found) -> None:
    """The same question has the same answer through the socket and, after the end, through the folder."""
    folder, _ = community("riverside")
    async with running(folder) as node:
        made = await node.ask("add-offer", title="Seed potatoes")
        through_socket = await node.ask("list-offers")
    assert client.ask(folder, {"command": "list-offers"}, no_passphrase) == through_socket
    assert through_socket["offers"][0]["id"] == made["id"]


async def test_errors_come_through_the_socket_as_they_are(community: Found) -> None:
    """What the engine raises, and what is no command at all, reaches the caller as the very error."""
    folder, _ = community("riverside")
    async with running(folder) as node:
        with pytest.raises(NotFoundError, match="no offer of that id"):
            await node.ask("withdraw-offer", id="a" * 52)
        with pytest.raises(UserError, match="title"):
            await node.ask("add-offer", title="")
        with pytest.raises(UserError, match="expected a command"):
            await node.ask("dance")
        with pytest.raises(UserError, match="colour"):
            await node.ask("add-offer", title="Seeds", colour="red")


def over_socket(folder: DataFolder, body: bytes, length: int) -> tuple[int, dict[str, object]]:
    """Post bytes as they are and return status and problem."""
    connection = http.client.HTTPConnection("localhost")
    connection.sock = socket.socket(socket.AF_UNIX)
    with folder.socket_path() as path:
        connection.sock.connect(str(path))
    connection.putrequest("POST", "/v1/command")
    connection.putheader("Content-Length", str(length))
    connection.endheaders(body)
    response = connection.getresponse()
    answered = response.status, json.loads(response.read())
    connection.close()
    return answered


async def test_the_socket_refuses_what_is_no_command(community: Found) -> None:
    """Bytes that are no JSON, and a body that would fill the memory, get a problem object each (RFC 9457)."""
    folder, _ = community("riverside")
    async with running(folder):
        status, problem = await asyncio.to_thread(over_socket, folder, b"\xff\x00", 2)
        assert (status, problem["title"], problem["type"]) == (400, "UserError", "about:blank")
        size = REQUEST_BYTES_MAX + 1
        status, problem = await asyncio.to_thread(over_socket, folder, b" " * size, size)
        assert status == 400
        assert "split the file" in str(problem["detail"])


async def test_only_the_owner_can_open_the_socket(community: Found) -> None:
    """control.sock is the key to the node: nobody else may connect to it."""
    folder, _ = community("riverside")
    async with running(folder):
        assert folder.control_socket.stat().st_mode & 0o777 == 0o600


async def test_two_nodes_share_an_offer(community: Found, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neighbours on both sides: what one publishes, before and after they met, the other lists.

    The caller counts among the strangers at the door until the steward takes it for a neighbour.
    """
    let_in, let_in_as_ever = set[Switchboard](), Switchboard.established

    def noting(switchboard: Switchboard, link: int) -> None:
        let_in.add(switchboard)
        let_in_as_ever(switchboard, link)

    monkeypatch.setattr(Switchboard, "established", noting)
    folder_a, a = community("riverside")
    folder_b, b = community("hillside")
    async with running(folder_a) as node_a, running(folder_b) as node_b:
        await node_a.ask("add-offer", title="Seed potatoes")
        await node_a.ask("add-peer", target=node_b.where.addresses[0])
        await node_b.until("list-peers", lambda found: bool(found["strangers"]))
        assert len(let_in) <= 1, "only who dialled knows the other"
        await node_b.ask("add-peer", target=ids.show(a))
        await node_b.until("list-offers", lambda found: len(found["offers"]) == 1)
        await node_a.ask("add-offer", title="A pump", kind="need")
        found = await node_b.until("list-offers", lambda found: len(found["offers"]) == 2)
        assert {offer["title"] for offer in found["offers"]} == {"Seed potatoes", "A pump"}
        status = await node_a.ask("peer-status")
        assert [session["community"] for session in status["sessions"]] == [ids.show(b)]
        assert len(let_in) == 2


async def test_a_stop_leaves_a_tidy_folder(community: Found) -> None:
    """After a graceful stop neither the socket nor the address is left, and the lock is free."""
    folder, _ = community("riverside")
    async with running(folder) as node:
        assert folder.read_address() == {
            "host": "127.0.0.1",
            "port": node.where.port,
            "addresses": [f"ws://127.0.0.1:{node.where.port}/sync"],
            "pages": f"http://127.0.0.1:{node.where.port}/",
            "operator": node.where.operator,
            "process": os.getpid(),
        }
        assert folder.is_locked()
    assert not folder.control_socket.exists()
    assert folder.read_address() is None
    assert not folder.is_locked()
    assert node.task.exception() is None


async def test_a_broken_store_stops_the_node(community: Found) -> None:
    """When a write fails the node answers that it stops, ends with the error, and keeps nothing half-done."""
    folder, _ = community("riverside")
    async with running(folder) as node:
        with sqlite3.connect(folder.database) as other:
            other.execute("DROP TABLE entries")
        other.close()
        with pytest.raises(StoreUnavailableError, match="the node stopped"):
            await node.ask("add-offer", title="Seed potatoes")
        await asyncio.wait([node.task])
    assert isinstance(node.task.exception(), StoreUnavailableError)
    assert not folder.is_locked()
    assert not folder.control_socket.exists()


async def test_a_dead_nodes_socket_is_in_nobodys_way(community: Found) -> None:
    """A socket file left by a killed node neither stops the next start nor a command without a node."""
    folder, _ = community("riverside")
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(folder.control_socket))
    left.close()
    assert client.ask(folder, {"command": "list-offers"}, no_passphrase) == {"offers": []}
    async with running(folder) as node:
        assert await node.ask("list-offers") == {"offers": []}


async def test_a_taken_port_and_a_taken_folder_are_said_so(community: Found) -> None:
    """A second node on the same port or folder ends with one sentence."""
    folder_a, _ = community("riverside")
    folder_b, _ = community("hillside")
    async with running(folder_a) as node:
        other = Node(folder_b, Config(listen=f"127.0.0.1:{node.where.port}"), no_passphrase)
        with pytest.raises(ConfigError, match="give another port"):
            await other.serve(lambda _: None)
        assert not folder_b.is_locked()
        with pytest.raises(StoreBusyError, match="a node runs in"):
            await Node(folder_a, Config(), no_passphrase).serve(lambda _: None)


async def test_a_node_waits_for_a_command_that_is_at_work_in_its_folder(community: Found) -> None:
    """Who starts a node while a command holds the folder has a running node once the command is done."""
    folder, _ = community("riverside")
    command = folder.lock()
    asyncio.get_running_loop().call_later(0.1, command.release)
    async with running(folder) as node:
        assert await node.ask("show-profile")


async def test_a_busy_folder_is_waited_for_and_then_reported(community: Found) -> None:
    """A command waits for a holder of the lock that does not answer, and then says so."""
    folder, _ = community("riverside")
    with folder.lock(), pytest.raises(StoreBusyError, match=r"did not answer for 0\.2 s"):
        client.ask(folder, {"command": "list-offers"}, no_passphrase, busy_s=0.2)


async def test_the_public_port_shows_no_command(community: Found) -> None:
    """Commands are taken at the control socket only: the port for neighbours knows no such path."""
    folder, _ = community("riverside")
    async with running(folder) as node:

        def post() -> int:
            request = urllib.request.Request(
                f"http://127.0.0.1:{node.where.port}/v1/command", data=b'{"command": "show-node"}'
            )
            try:
                with urllib.request.urlopen(request) as answer:
                    return int(answer.status)
            except urllib.error.HTTPError as error:
                with error:
                    return error.code

        assert await asyncio.to_thread(post) == 404


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_a_process_gracefully(number: signal.Signals, community: Found, tmp_path: Path) -> None:
    """SIGTERM and Ctrl-C end `hedgerow serve` with exit code 0, its folder tidy."""
    folder, _ = community("riverside")
    errors = tmp_path / "errors"
    with errors.open("wb") as log:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "node",
                "--data",
                str(folder.path),
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--json",
            ],
            stdout=subprocess.PIPE,
            stderr=log,
        )
        with process:
            assert process.stdout is not None
            assert json.loads(process.stdout.readline())["process"] == process.pid
            process.send_signal(number)
            assert process.wait(timeout=20) == 0
    assert not folder.control_socket.exists()
    assert folder.read_address() is None
    assert "Traceback" not in errors.read_text(encoding="utf-8")


async def test_a_log_that_nobody_reads_stops_nothing(
    community: Found, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A node whose stderr is closed goes on, answers, and ends in order."""
    folder, _ = community("riverside")
    logs.configure(Config(log_level="debug"))
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr("sys.stderr", closed)
    async with running(folder) as node:
        assert await node.ask("list-offers") == {"offers": []}
    assert node.task.exception() is None
    assert not folder.is_locked()


def test_a_founding_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """When the keys cannot all be written, no half-made community is left, and the next attempt succeeds."""
    folder = DataFolder(tmp_path / "data")
    with pytest.raises(ConfigError, match="empty one"):
        founding.found(folder, "")
    assert not folder.path.exists()
    folder.path.mkdir(mode=0o700)
    with pytest.raises(ConfigError, match="empty one"):
        founding.found(folder, "")
    assert list(folder.path.iterdir()) == []
    founding.found(folder, None)
    with pytest.raises(ConflictError, match="not empty"):
        founding.found(folder, None)
