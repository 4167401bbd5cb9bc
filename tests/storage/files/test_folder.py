import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from node.errors import ConfigError, StoreBusyError
from node.storage.files.folder import SOCKET_PATH_BYTES_MAX, DataFolder

HOLD_LOCK = """
import sys
from pathlib import Path
from node.storage.files.folder import DataFolder
lock = DataFolder(Path(sys.argv[1])).lock()
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    """Return a data folder that exists."""
    made = DataFolder(tmp_path / "share" / "hedgerow")
    made.create()
    return made


def test_the_folder_is_the_owners_alone(folder: DataFolder) -> None:
    """Every folder made is 0700, and making it again changes nothing."""
    for made in (folder.path, folder.keys, folder.address_file.parent):
        assert stat.S_IMODE(made.stat().st_mode) == 0o700
    folder.create()


def test_the_names_are_those_of_the_format(tmp_path: Path) -> None:
    """The parts of the data folder have the names that formats.md gives them."""
    folder = DataFolder(tmp_path)
    parts = (
        folder.database,
        folder.keys,
        folder.config_file,
        folder.lock_file,
        folder.control_socket,
        folder.address_file,
    )
    assert [str(part.relative_to(tmp_path)) for part in parts] == [
        "node.db",
        "keys",
        "config.toml",
        "lock",
        "control.sock",
        "run/address.json",
    ]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    """A command on a folder that was never made says what to run first."""
    with pytest.raises(ConfigError, match="hedgerow init"):
        DataFolder(tmp_path / "none").check()


def test_a_folder_others_may_write_into_is_refused(folder: DataFolder) -> None:
    """Somebody else could put a database there: the message says how to close it."""
    folder.path.chmod(0o770)
    with pytest.raises(ConfigError, match="chmod 700"):
        folder.create()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """A file in the way is told as such."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ConfigError, match="expected to make the data folder"):
        DataFolder(tmp_path / "file" / "hedgerow").create()


def test_the_lock_is_held_once(folder: DataFolder) -> None:
    """While one holds it, nobody else gets it, and the message names the process that does."""
    with folder.lock():
        assert folder.is_locked()
        with pytest.raises(StoreBusyError, match=f"process {os.getpid()}"):
            folder.lock()
    assert not folder.is_locked()
    lock = folder.lock()
    lock.release()
    lock.release()


def test_a_killed_process_leaves_no_lock(folder: DataFolder) -> None:
    """The system frees the lock of a process that was killed; the number left in the file is harmless."""
    command = [sys.executable, "-c", HOLD_LOCK, str(folder.path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(StoreBusyError, match=f"process {holder.pid}"):
            folder.lock()
        holder.kill()
        holder.wait()
    assert folder.lock_file.read_text().strip() == str(holder.pid)
    with folder.lock():
        assert folder.lock_file.read_text().strip() == str(os.getpid())


def test_a_socket_in_a_deep_folder_can_be_reached(tmp_path: Path) -> None:
    """A data folder whose socket's path is too long for the system is served and reached all the same."""
    folder = DataFolder(tmp_path.joinpath(*["a" * 40] * 4))
    folder.create()
    assert len(os.fsencode(folder.control_socket)) > SOCKET_PATH_BYTES_MAX
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server,
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client,
    ):
        with folder.socket_path() as path:
            server.bind(str(path))
            bound = path
        assert not bound.exists()
        assert folder.control_socket.is_socket()
        server.listen(1)
        with folder.socket_path() as path:
            client.connect(str(path))


def test_a_short_socket_path_is_used_as_it_is() -> None:
    """Nothing stands in for a path that fits."""
    folder = DataFolder(Path("/x"))
    with folder.socket_path() as path:
        assert path == folder.control_socket


def test_the_address_is_written_over_and_taken_away(folder: DataFolder) -> None:
    """The last address counts, readable by the owner only, and is gone after the node."""
    assert folder.read_address() is None
    folder.write_address({"port": 1})
    folder.write_address({"port": 2, "host": "127.0.0.1"})
    assert folder.read_address() == {"port": 2, "host": "127.0.0.1"}
    assert stat.S_IMODE(folder.address_file.stat().st_mode) == 0o600
    assert [one.name for one in folder.address_file.parent.iterdir()] == ["address.json"]
    folder.remove_address()
    folder.remove_address()
    assert folder.read_address() is None


def test_an_address_that_cannot_be_read_is_none(folder: DataFolder) -> None:
    """A file that is no address is taken for none: the node is then looked for as if it did not run."""
    folder.address_file.write_bytes(b"{")
    assert folder.read_address() is None
    folder.address_file.write_bytes(b"[]")
    assert folder.read_address() is None
