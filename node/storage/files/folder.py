"""The data folder: where everything of one node lies, and the lock that says who may sign.

::

    node.db           the store (with node.db-wal and node.db-shm while open)
    keys/             private keys, one file each
    config.toml       settings
    lock              held by the one process that may write and sign; its process id inside
    control.sock      where a running node takes commands
    run/address.json  where a running node listens
"""

import contextlib
import fcntl
import json
import os
import stat
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from node.errors import ConfigError, StoreBusyError
from node.storage.files import atomic_file

# sun_path in <sys/un.h> holds 108 bytes on Linux and 104 on macOS and the BSDs, the final zero included.
SOCKET_PATH_BYTES_MAX = 103
_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH
# Where a link is made when the usual folder for temporary files has too long a name.
_SHORTEST_PLACE = "/tmp"  # noqa: S108 (mkdtemp makes the name)


class DataFolder:
    """Name the parts of one data folder.

    Args:
        path: need not exist yet; see `create` and `check`.
    """

    __slots__ = ("address_file", "config_file", "control_socket", "database", "keys", "lock_file", "path")

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.database = self.path / "node.db"
        self.keys = self.path / "keys"
        self.config_file = self.path / "config.toml"
        self.lock_file = self.path / "lock"
        self.control_socket = self.path / "control.sock"
        self.address_file = self.path / "run" / "address.json"

    def create(self) -> None:
        """Make the folder and the folders in it, for the owner alone; what exists stays as it is.

        Raises:
            ConfigError: it cannot be made, or others may write into it.
        """
        try:
            for folder in (self.path, self.keys, self.address_file.parent):
                atomic_file.make_folder(folder)
        except OSError as error:
            raise ConfigError(
                f"expected to make the data folder {self.path}, found: {error.strerror}"
            ) from error
        self.check()

    def check(self) -> None:
        """Make sure that the folder exists and that nobody else may write into it.

        Raises:
            ConfigError: it is missing, no folder, or open to others.
        """
        if not self.path.is_dir():
            raise ConfigError(f"expected a data folder at {self.path}, found none: run `hedgerow init` first")
        if self.path.stat().st_mode & _WRITABLE_BY_OTHERS:
            raise ConfigError(f"other users may write into {self.path}: run `chmod 700 {self.path}`")

    def lock(self) -> "FolderLock":
        """Take the lock; whoever holds it may write and sign, and nobody else.

        Raises:
            StoreBusyError: another process holds it.
            ConfigError: the folder cannot be written.
        """
        return FolderLock(self.lock_file)

    def is_locked(self) -> bool:
        """Tell whether a process holds the lock at this moment; it may let go in the next."""
        try:
            self.lock().release()
        except StoreBusyError:
            return True
        return False

    @contextlib.contextmanager
    def socket_path(self) -> Iterator[Path]:
        """Yield a path to control.sock that is short enough to bind or connect to.

        A socket's path is cut at about 104 bytes by the system. For a deeper data folder a link in a fresh
        private folder stands in, only as long as the block lasts: the socket itself lies in the data folder
        for everybody to find, whatever their environment says about runtime folders.

        Raises:
            ConfigError: even with such a link the path is too long.
        """
        if _fits(self.control_socket):
            yield self.control_socket
            return
        # The folder for temporary files may lie deep itself, as macOS and test runners have it.
        for place in (None, _SHORTEST_PLACE):
            with tempfile.TemporaryDirectory(prefix="hedgerow-", dir=place) as temporary:
                link = Path(temporary) / "d"
                link.symlink_to(self.path, target_is_directory=True)
                short = link / self.control_socket.name
                if _fits(short):
                    yield short
                    return
        raise ConfigError(f"the data folder {self.path} lies too deep: choose a shorter path")

    def write_address(self, address: Mapping[str, Any]) -> None:
        """Write where this node listens, as JSON, over what stood there.

        Raises:
            ConfigError: the folder cannot be written.
        """
        try:
            atomic_file.make_folder(self.address_file.parent)
            atomic_file.replace(
                self.address_file, json.dumps(address, indent=2, sort_keys=True).encode() + b"\n"
            )
        except OSError as error:
            raise ConfigError(f"expected to write {self.address_file}, found: {error.strerror}") from error

    def read_address(self) -> dict[str, Any] | None:
        """Return what `write_address` wrote, None when no node wrote it or it cannot be read."""
        try:
            address = json.loads(self.address_file.read_bytes())
        except (OSError, ValueError):
            return None
        return address if isinstance(address, dict) else None

    def remove_address(self) -> None:
        """Take the address away when a node stops; nothing happens when it is not there."""
        self.address_file.unlink(missing_ok=True)


class FolderLock:
    """Hold the lock of a data folder until `release` or the end of the process.

    The system frees it when the process ends, however it ends; a process id left in the file then means
    nothing.

    Raises:
        StoreBusyError: another process holds it.
        ConfigError: the file cannot be written.
    """

    __slots__ = ("_handle",)

    def __init__(self, path: Path) -> None:
        try:
            # Not inherited by programs we start: they would hold the lock after our end.
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise ConfigError(f"expected to open {path}, found: {error.strerror}") from error
        self._handle: int | None = handle
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(handle, 32, 0).decode("ascii", "replace").strip() or "unknown"
            self.release()
            raise StoreBusyError(
                f"a node runs in {path.parent} (process {holder}): send it the command, or stop it first"
            ) from error
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let go; a second call does nothing.

        The file stays: were it removed, a process that had just opened it would lock a file nobody else sees.
        """
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def _fits(path: Path) -> bool:
    return len(os.fsencode(path)) <= SOCKET_PATH_BYTES_MAX
