"""Files of bundles, read and written piece by piece: they may be larger than the memory."""

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from node.errors import ConfigError, InputFileError
from node.feeds.bundle import Damage, Part, Reader

_PIECE_BYTES: Final = 256 * 1024
# It may hold what only members may read: its owner decides who gets it.
_OWN_FILE: Final = 0o600


@contextlib.contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """Yield a file that did not exist; what ends badly leaves none, what was cut off says so when read.

    It is written in its place and not beside it: sticks are often formatted so that files have one name only.

    Raises:
        ConfigError: it exists, or cannot be written.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _OWN_FILE)
    except OSError as error:
        raise ConfigError(f"expected to write the new file {path}, found: {error.strerror}") from error
    whole = False
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        whole = True
    except OSError as error:
        raise ConfigError(f"expected to write {path} to its end, found: {error.strerror}") from error
    finally:
        if not whole:
            path.unlink(missing_ok=True)


def size_of(path: Path) -> int:
    """Return how long a file is that can be read more than once.

    Raises:
        InputFileError: it cannot be read, or is no plain file.
    """
    try:
        found = path.stat()
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    if not stat.S_ISREG(found.st_mode):
        raise InputFileError(f"expected a file, found something else at {path}")
    return found.st_size


def parts(path: Path) -> Iterator[Part | Damage]:
    """Yield the whole parts of a file and what is wrong with it, as far as it is worth reading.

    Raises:
        InputFileError: it cannot be read.
        PeerError: the rest of it is not worth reading, or a newer version wrote it.
    """
    reader = Reader()
    try:
        with path.open("rb") as file:
            while not reader.ended and (piece := file.read(_PIECE_BYTES)):
                yield from reader.feed(piece)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    yield from reader.end()


def _unreadable(path: Path, error: OSError | ValueError) -> InputFileError:
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return InputFileError(f"expected to read the file {path}, found: {reason}")
