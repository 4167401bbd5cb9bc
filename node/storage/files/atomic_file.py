"""Writing a small file so that a power cut leaves the old one, the new one or none, and never a part."""

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path


def create(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Write a file that must not exist yet.

    Raises:
        FileExistsError: something of that name exists; it was not touched.
        OSError: the folder cannot be written.
    """
    with _beside(path, data, mode) as written:
        # Unlike a rename, a link never replaces what another process put there in the meantime.
        os.link(written, path)
        sync_folder(path.parent)


def replace(path: Path, data: bytes) -> None:
    """Write a file for its owner alone, over its former content.

    Raises:
        OSError: the folder cannot be written.
    """
    with _beside(path, data, 0o600) as written:
        written.replace(path)
        sync_folder(path.parent)


@contextlib.contextmanager
def _beside(path: Path, data: bytes, mode: int) -> Iterator[Path]:
    """Yield a complete, synced file of another name in the same folder; it is gone afterwards."""
    written = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        yield written
    finally:
        written.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """Make a folder for its owner alone, and those above it; what exists stays as it is.

    Raises:
        OSError: it cannot be made, or a file of that name exists.
    """
    if not folder.is_dir():
        if not folder.parent.is_dir():
            make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable: syncing the file alone does not keep its name."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
