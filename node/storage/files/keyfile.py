"""Private keys on disk: one PKCS8 PEM file each, readable by its owner only, never written over.

Owns the file's form and its permissions. Which key is which, and where the files lie, is for folder.py and
the commands to say. A passphrase is normalised (Unicode NFC), since keyboards differ in how they spell an é.
"""

import os
import stat
import unicodedata
from enum import StrEnum
from pathlib import Path
from typing import assert_never

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from node.errors import ConfigError, ConflictError
from node.keys import KeyPair
from node.storage.files import atomic_file

SEED_BYTES = 32
# An encrypted key takes about 450 bytes; what is much longer is another file.
_FILE_BYTES_MAX = 4_096
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


class KeyKind(StrEnum):
    """What a key is for: signing, or being written to in secret."""

    ED25519 = "ed25519"
    X25519 = "x25519"


def write(path: Path, seed: bytes, passphrase: str | None = None, *, kind: KeyKind = KeyKind.ED25519) -> None:
    """Keep a private key in a new file; its folder is made if need be.

    Args:
        path: the new file.
        seed: the 32 secret bytes.
        passphrase: encrypts the file (PBES2, as cryptography's best); None leaves it to the file's mode.
        kind: which of the two kinds of private key the seed is.

    Raises:
        ConflictError: a file of that name exists; it was not touched.
        ConfigError: others may write into the folder, it cannot be used, or the passphrase is empty.
    """
    assert len(seed) == SEED_BYTES
    encryption: KeySerializationEncryption = NoEncryption()
    if passphrase is not None:
        encryption = BestAvailableEncryption(_secret(passphrase))
    pem = _private_key(seed, kind).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
    try:
        atomic_file.make_folder(path.parent)
        _refuse_open_folder(path.parent)
        atomic_file.create(path, pem)
    except FileExistsError as error:
        raise ConflictError(f"a key file {path} exists already: choose another name") from error
    except OSError as error:
        raise ConfigError(f"expected to write the key file {path}, found: {error.strerror}") from error


def read(path: Path, passphrase: str | None = None) -> KeyPair:
    """Return the signing key that `write` kept.

    Raises:
        ConfigError: missing, open to others, encrypted, another passphrase, or not such a key.
    """
    return KeyPair(read_seed(path, passphrase, kind=KeyKind.ED25519))


def read_seed(path: Path, passphrase: str | None = None, *, kind: KeyKind) -> bytes:
    """Return the 32 secret bytes of a key of either kind.

    Raises:
        ConfigError: missing, open to others, encrypted, another passphrase, or not such a key.
    """
    pem = _read(path)
    encrypted = b"ENCRYPTED" in pem
    if encrypted and passphrase is None:
        raise ConfigError(f"the key file {path} is encrypted: give its passphrase")
    if passphrase is not None and not encrypted:
        raise ConfigError(f"the key file {path} is not encrypted: leave the passphrase out")
    secret = _secret(passphrase) if passphrase is not None else None
    try:
        key = load_pem_private_key(pem, secret)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        if encrypted:
            raise ConfigError(
                f"the key file {path} does not open: the passphrase is another one, or the file is damaged"
            ) from error
        raise ConfigError(f"expected a private key in {path}, found something else") from error
    wanted = Ed25519PrivateKey if kind is KeyKind.ED25519 else X25519PrivateKey
    if not isinstance(key, wanted):
        raise ConfigError(f"expected an {kind} key in {path}, found {type(key).__name__}")
    return key.private_bytes_raw()


def _read(path: Path) -> bytes:
    """Return the file's bytes, checking the mode of the very file that is read."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError as error:
        raise ConfigError(f"expected a key file at {path}, found none") from error
    except OSError as error:
        raise ConfigError(f"expected to read the key file {path}, found: {error.strerror}") from error
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise ConfigError(f"expected a key file at {path}, found something that is no file")
        if status.st_mode & _OTHERS:
            raise ConfigError(f"the key file {path} is open to other users: run `chmod 600 {path}`")
        pem = os.read(handle, _FILE_BYTES_MAX + 1)
    finally:
        os.close(handle)
    if len(pem) > _FILE_BYTES_MAX:
        raise ConfigError(f"expected a private key in {path}, found something else")
    return pem


def _refuse_open_folder(folder: Path) -> None:
    """Refuse a folder in which others could put another file in the place of the key.

    That they may list it does no harm, and a person's key may well lie in a home folder; the sticky bit, as
    on /tmp, keeps each user's files apart.
    """
    mode = folder.stat().st_mode
    if mode & _WRITABLE_BY_OTHERS and not mode & stat.S_ISVTX:
        raise ConfigError(f"other users may write into {folder}: run `chmod 700 {folder}`")


def _private_key(seed: bytes, kind: KeyKind) -> Ed25519PrivateKey | X25519PrivateKey:
    match kind:
        case KeyKind.ED25519:
            return Ed25519PrivateKey.from_private_bytes(seed)
        case KeyKind.X25519:
            return X25519PrivateKey.from_private_bytes(seed)
        case unknown:
            assert_never(unknown)


def _secret(passphrase: str) -> bytes:
    secret = unicodedata.normalize("NFC", passphrase).encode()
    if not secret:
        raise ConfigError(
            "expected a passphrase, found an empty one: leave it out to keep the key unencrypted"
        )
    return secret
