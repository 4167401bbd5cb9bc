"""Opens the private keys of a data folder, asking for their passphrase only when one is needed."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from node.engine.setup import Keyring
from node.errors import ConfigError
from node.ids import CommunityId
from node.keys import KeyPair
from node.runtime.boxes import BoxKey
from node.storage.files import keyfile
from node.storage.files.folder import DataFolder
from node.storage.files.keyfile import KeyKind

DEVICE_FILE: Final = "device.pem"
BOX_FILE: Final = "box.pem"
STEWARD_FILE: Final = "steward.pem"
NEXT_FILE: Final = "next.pem"
RECOVERY_FILE: Final = "recovery.pem"
_ENCRYPTED_MARK: Final = b"ENCRYPTED"

# Returns the passphrase of a key file.
AskPassphrase = Callable[[Path], str]


class KeyOpener:
    """Open key files; a passphrase that was asked for once serves the other files of the same run."""

    def __init__(self, ask: AskPassphrase) -> None:
        self._ask = ask
        self._known: str | None = None

    def open(self, path: Path) -> KeyPair:
        """Return a signing key.

        Raises:
            ConfigError: missing, open to others, another passphrase, or not such a key.
        """
        if not _is_encrypted(path):
            return keyfile.read(path)
        if self._known is None:
            self._known = self._ask(path)
        return keyfile.read(path, self._known)

    def open_box(self, path: Path) -> BoxKey:
        """Return the key of a device's box; errors as `open`."""
        passphrase = None
        if _is_encrypted(path):
            passphrase = self._known = self._known if self._known is not None else self._ask(path)
        return BoxKey(keyfile.read_seed(path, passphrase, kind=KeyKind.X25519))


def open_keyring(folder: DataFolder, community: CommunityId, ask: AskPassphrase) -> Keyring:
    """Return the keys with which this node acts for its community; a further device has no steward's key.

    Raises:
        ConfigError: a key cannot be used.
    """
    opener = KeyOpener(ask)
    steward = folder.keys / STEWARD_FILE
    return Keyring(
        community=community,
        device=opener.open(folder.keys / DEVICE_FILE),
        stewards=(opener.open(steward),) if steward.exists() else (),
        box=opener.open_box(folder.keys / BOX_FILE),
    )


def _is_encrypted(path: Path) -> bool:
    try:
        return _ENCRYPTED_MARK in path.read_bytes()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise ConfigError(f"expected to read the key file {path}, found: {error.strerror}") from error
