"""Files that a command writes where a person named them."""

from pathlib import Path
from typing import Final

from node.errors import ConfigError
from node.storage.files import atomic_file

# It is for others: as any file that a program writes, less what the person's umask takes away.
_PUBLIC_FILE: Final = 0o666


def write_new(path: Path, data: bytes) -> None:
    """Write a file that must not exist yet, whole or not at all.

    Raises:
        ConfigError: it exists, or its folder cannot be written.
    """
    try:
        atomic_file.create(path, data, mode=_PUBLIC_FILE)
    except OSError as error:
        raise ConfigError(f"expected to write the new file {path}, found: {error.strerror}") from error
