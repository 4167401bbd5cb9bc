"""Brings up a node's core over its data folder: store, keys, engine, reactor. Starts nothing."""

import contextlib
import secrets
from dataclasses import dataclass
from typing import Final

from node.engine.engine import Engine
from node.engine.reactor import Reactor
from node.engine.setup import own_community
from node.errors import ConfigError
from node.ids import CommunityId
from node.runtime.keyrings import DEVICE_FILE, AskPassphrase, open_keyring
from node.storage.files.folder import DataFolder
from node.storage.opening import OpenStore, open_store

_STATIC_PRIVATE_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Core:
    """A node's core, ready for its first input; whoever opened it closes the store."""

    store: OpenStore
    reactor: Reactor
    community: CommunityId


def check_initialised(folder: DataFolder, store: str | None) -> None:
    """Make sure that `hedgerow init` has been here.

    Raises:
        ConfigError: it has not, it was with another store, or the folder is open to others.
    """
    folder.check()
    if store is not None and not (folder.keys / DEVICE_FILE).exists():
        raise ConfigError(f"no node lives in {folder.path} yet: run `hedgerow init` first")
    if store is None and not folder.database.exists():
        if (folder.keys / DEVICE_FILE).exists():
            raise ConfigError(
                f"expected the store {folder.database}, found keys without it: if this node keeps its store "
                "in PostgreSQL, name it with the setting `store`"
            )
        raise ConfigError(f"no node lives in {folder.path} yet: run `hedgerow init` first")


def open_core(folder: DataFolder, ask: AskPassphrase, *, store: str | None = None) -> Core:
    """Open what the data folder holds; the caller holds its lock.

    Args:
        folder: with the keys.
        ask: returns the passphrase of a key file that has one.
        store: the address of a PostgreSQL database; None for SQLite in the folder.

    Raises:
        ConfigError: the folder or a key is not usable.
        StorageError: the store is not.
    """
    check_initialised(folder, store)
    with contextlib.ExitStack() as closing:
        opened = open_store(store or folder.database)
        closing.callback(opened.close)
        community = _community(opened, folder, elsewhere=store is not None)
        engine = Engine(
            store=opened,
            keyring=open_keyring(folder, community, ask),
            entropy=secrets.token_bytes,
            # Fresh for each process: the device key proves who we are, this one only keeps a session secret.
            static_private=secrets.token_bytes(_STATIC_PRIVATE_BYTES),
        )
        core = Core(store=opened, reactor=Reactor(engine, opened), community=community)
        # From here on whoever asked for the core closes its store.
        closing.pop_all()
    return core


def _community(store: OpenStore, folder: DataFolder, *, elsewhere: bool) -> CommunityId:
    community = own_community(store)
    if community is not None:
        return community
    if elsewhere and folder.database.exists():
        raise ConfigError(
            f"expected this node's store in the database that the setting `store` names, found it in "
            f"{folder.database}: take the setting out again; a store cannot be moved yet"
        )
    raise ConfigError(f"`hedgerow init` did not finish in {folder.path}: remove it and run it again")
