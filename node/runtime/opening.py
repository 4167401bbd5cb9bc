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
from node.runtime.keyrings import AskPassphrase, open_keyring
from node.storage.folder import DataFolder
from node.storage.sqlite import SqliteStore

_STATIC_PRIVATE_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Core:
    """A node's core, ready for its first input; whoever opened it closes the store."""

    store: SqliteStore
    reactor: Reactor
    community: CommunityId


def check_initialised(folder: DataFolder) -> None:
    """Make sure that `hedgerow init` has been here.

    Raises:
        ConfigError: it has not, or the folder is open to others.
    """
    folder.check()
    if not folder.database.exists():
        raise ConfigError(f"no node lives in {folder.path} yet: run `hedgerow init` first")


def open_core(folder: DataFolder, ask: AskPassphrase) -> Core:
    """Open what the data folder holds; the caller holds its lock.

    Raises:
        ConfigError: the folder or a key is not usable.
        StorageError: the store is not.
    """
    check_initialised(folder)
    with contextlib.ExitStack() as closing:
        store = SqliteStore.open(folder.database)
        closing.callback(store.close)
        community = _community(store, folder)
        engine = Engine(
            store=store,
            keyring=open_keyring(folder, community, ask),
            entropy=secrets.token_bytes,
            # Fresh for each process: the device key proves who we are, this one only keeps a session secret.
            static_private=secrets.token_bytes(_STATIC_PRIVATE_BYTES),
        )
        core = Core(store=store, reactor=Reactor(engine, store), community=community)
        # From here on whoever asked for the core closes its store.
        closing.pop_all()
    return core


def _community(store: SqliteStore, folder: DataFolder) -> CommunityId:
    community = own_community(store)
    if community is None:
        raise ConfigError(f"`hedgerow init` did not finish in {folder.path}: remove it and run it again")
    return community
