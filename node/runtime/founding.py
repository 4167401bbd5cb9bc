"""Makes a data folder: keys, settings, store, and the founding charter or a further device's request."""

import contextlib
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from nacl.bindings import crypto_scalarmult_base

from node.engine import setup
from node.engine.setup import NONE_FURTHER, FurtherStewards
from node.errors import ConflictError
from node.ids import CommunityId
from node.keys import KeyPair
from node.runtime import keyrings
from node.runtime.config import TEMPLATE
from node.storage.files import atomic_file, keyfile
from node.storage.files.folder import DataFolder
from node.storage.files.keyfile import KeyKind
from node.storage.opening import OpenStore, open_store

_NONCE_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class FreshDevice:
    """A device's new private seeds, not yet written."""

    sign: KeyPair
    box_seed: bytes

    @property
    def box_public(self) -> bytes:
        """Return the X25519 public key."""
        return crypto_scalarmult_base(self.box_seed)


def found(
    folder: DataFolder,
    passphrase: str | None,
    *,
    store: str | None = None,
    settings: str = TEMPLATE,
    further: FurtherStewards = NONE_FURTHER,
) -> CommunityId:
    """Make a new community with one steward here, further ones elsewhere, and this device.

    Args:
        folder: where everything will lie; settings may lie there already, and nothing else.
        passphrase: of the key files, None for none.
        store: the address of an empty PostgreSQL database; None for SQLite in the folder.
        settings: what config.toml shall hold, unless there is one.
        further: people who may sign for the community as well, or must, and who keep its recovery keys.

    Raises:
        ConflictError: something lies in the folder already, or a node in the database.
        ConfigError: it cannot be written.
        StorageError: the database cannot be used.
    """
    device = _fresh_device()
    steward, following, recovery = (KeyPair(secrets.token_bytes(keyfile.SEED_BYTES)) for _ in range(3))
    with _fresh_folder(folder):
        _keep_device(folder, device, passphrase, settings)
        # Where guardians keep the recovery keys, none is left here that nobody needs.
        alone = [(keyrings.RECOVERY_FILE, recovery)] if further.guardians is None else []
        for name, key in ((keyrings.STEWARD_FILE, steward), (keyrings.NEXT_FILE, following), *alone):
            keyfile.write(folder.keys / name, key.seed, passphrase)
        with _fresh_store(folder, store) as opened:
            return setup.found_community(
                opened,
                steward=steward,
                device=device.sign,
                box_public=device.box_public,
                recovery_public=recovery.public,
                next_public=following.public,
                nonce=secrets.token_bytes(_NONCE_BYTES),
                further=further,
            )


def enrol(
    folder: DataFolder,
    community: CommunityId,
    passphrase: str | None,
    *,
    store: str | None = None,
    settings: str = TEMPLATE,
) -> str:
    """Make a further device of a community and return the line by which it asks to be added.

    Args:
        folder: where everything will lie.
        community: whose device it shall be.
        passphrase: of the key files, None for none.
        store: the address of an empty PostgreSQL database; None for SQLite in the folder.
        settings: what config.toml shall hold, unless there is one.

    Raises:
        ConflictError: something lies in the folder already, or a node in the database.
        ConfigError: it cannot be written.
        StorageError: the database cannot be used.
    """
    device = _fresh_device()
    with _fresh_folder(folder):
        _keep_device(folder, device, passphrase, settings)
        with _fresh_store(folder, store) as opened:
            setup.remember_community(opened, community)
    return setup.enrol_request(device.sign, device.box_public, community)


def _fresh_device() -> FreshDevice:
    return FreshDevice(
        sign=KeyPair(secrets.token_bytes(keyfile.SEED_BYTES)),
        box_seed=secrets.token_bytes(keyfile.SEED_BYTES),
    )


def _keep_device(folder: DataFolder, device: FreshDevice, passphrase: str | None, settings: str) -> None:
    keyfile.write(folder.keys / keyrings.DEVICE_FILE, device.sign.seed, passphrase)
    keyfile.write(folder.keys / keyrings.BOX_FILE, device.box_seed, passphrase, kind=KeyKind.X25519)
    if not folder.config_file.exists():
        atomic_file.create(folder.config_file, settings.encode())


@contextlib.contextmanager
def _fresh_folder(folder: DataFolder) -> Iterator[None]:
    """Make a data folder and hold its lock; when anything goes wrong inside, nothing of it is left.

    Settings that a steward wrote before are no reason to refuse, and stay.
    """
    kept = folder.config_file.name
    if folder.path.exists() and (
        not folder.path.is_dir() or any(each.name != kept for each in folder.path.iterdir())
    ):
        raise ConflictError(
            f"{folder.path} exists already and is not empty: choose another folder with --data"
        )
    made = not folder.path.exists()
    with contextlib.ExitStack() as undoing:
        written_before = frozenset({kept}) if folder.config_file.exists() else frozenset()
        undoing.callback(_empty, folder.path, keep=written_before, made=made)
        folder.create()
        with folder.lock():
            yield
        undoing.pop_all()


@contextlib.contextmanager
def _fresh_store(folder: DataFolder, address: str | None) -> Iterator[OpenStore]:
    """Open a new store and commit what is written to it."""
    store = open_store(address or folder.database)
    try:
        if setup.own_community(store) is not None:
            raise ConflictError(
                "expected an empty database, found the store of another node: one node, one database"
            )
        yield store
        store.commit()
    finally:
        store.close()


def _empty(path: Path, *, keep: frozenset[str], made: bool) -> None:
    """Take away what was made, and the folder too if it was not there before."""
    if not path.is_dir():
        return
    for each in path.iterdir():
        if each.name in keep:
            continue
        if each.is_dir():
            shutil.rmtree(each)
        else:
            each.unlink()
    if made:
        path.rmdir()
