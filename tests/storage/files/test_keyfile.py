import os
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from hypothesis import given
from hypothesis import strategies as st

from node.errors import ConfigError, ConflictError
from node.keys import KeyPair
from node.storage.files import keyfile
from node.storage.files.keyfile import KeyKind

SEED = bytes(range(32))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where a key may be written."""
    return tmp_path / "keys" / "device.pem"


@pytest.mark.parametrize("passphrase", [None, "a long and quiet lane"])
def test_a_key_comes_back_as_it_was_written(path: Path, passphrase: str | None) -> None:
    """What is read signs as what was written."""
    keyfile.write(path, SEED, passphrase)
    found = keyfile.read(path, passphrase)
    assert found.public == KeyPair(SEED).public
    assert found.seed == SEED


def test_an_encryption_key_comes_back_as_it_was_written(path: Path) -> None:
    """X25519 keys lie in the same kind of file."""
    keyfile.write(path, SEED, kind=KeyKind.X25519)
    assert keyfile.read_seed(path, kind=KeyKind.X25519) == SEED
    loaded = load_pem_private_key(path.read_bytes(), None)
    assert isinstance(loaded, X25519PrivateKey)


def test_only_the_owner_may_read_a_key(path: Path) -> None:
    """The file is 0600 and its folder 0700, whatever the umask."""
    before = os.umask(0)
    try:
        keyfile.write(path, SEED)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_an_encrypted_key_does_not_show_its_seed(path: Path) -> None:
    """With a passphrase the file says that it is encrypted, and the seed is not in it."""
    keyfile.write(path, SEED, "quiet")
    open_file = path.with_name("open.pem")
    keyfile.write(open_file, SEED)
    open_pem, pem = open_file.read_bytes().splitlines(), path.read_bytes()
    assert open_pem[0] == b"-----BEGIN PRIVATE KEY-----"
    assert pem.startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
    assert open_pem[1] not in pem


def test_a_key_is_never_written_over(path: Path) -> None:
    """A second key of the same name is refused, the first stays, and nothing is left beside it."""
    keyfile.write(path, SEED)
    with pytest.raises(ConflictError, match="exists already"):
        keyfile.write(path, bytes(32))
    assert keyfile.read(path).seed == SEED
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_a_key_open_to_others_is_refused(path: Path) -> None:
    """A file that others may read is no secret: the message says how to close it."""
    keyfile.write(path, SEED)
    path.chmod(0o640)
    with pytest.raises(ConfigError, match="chmod 600"):
        keyfile.read(path)


def test_a_key_is_not_written_where_others_may_write(path: Path) -> None:
    """Somebody could put another key in its place: nothing is written, unless the folder is sticky."""
    path.parent.mkdir()
    path.parent.chmod(0o770)
    with pytest.raises(ConfigError, match="chmod 700"):
        keyfile.write(path, SEED)
    assert list(path.parent.iterdir()) == []
    path.parent.chmod(0o1777)
    keyfile.write(path, SEED)


def test_another_passphrase_is_refused(path: Path) -> None:
    """A wrong passphrase says so."""
    keyfile.write(path, SEED, "right")
    with pytest.raises(ConfigError, match="passphrase is another one"):
        keyfile.read(path, "wrong")


def test_an_encrypted_key_asks_for_its_passphrase(path: Path) -> None:
    """Without a passphrase the message asks for one."""
    keyfile.write(path, SEED, "right")
    with pytest.raises(ConfigError, match="give its passphrase"):
        keyfile.read(path)


def test_a_passphrase_for_a_key_without_one_is_refused(path: Path) -> None:
    """Nobody shall believe a key is encrypted that is not."""
    keyfile.write(path, SEED)
    with pytest.raises(ConfigError, match="not encrypted"):
        keyfile.read(path, "needless")


def test_an_empty_passphrase_is_refused(path: Path) -> None:
    """An empty passphrase is a mistake, not a wish."""
    with pytest.raises(ConfigError, match="empty"):
        keyfile.write(path, SEED, "")
    assert not path.exists()


def test_a_passphrase_is_the_same_however_it_is_typed(path: Path) -> None:
    """An é of one character or of two opens the same file."""
    keyfile.write(path, SEED, "caf\u00e9")
    assert keyfile.read(path, "cafe\u0301").seed == SEED


def test_a_missing_key_is_named(path: Path) -> None:
    """The message names the path."""
    with pytest.raises(ConfigError, match="found none"):
        keyfile.read(path)


def test_a_folder_is_no_key(path: Path) -> None:
    """A folder of that name is said to be no file."""
    path.mkdir(parents=True)
    with pytest.raises(ConfigError, match="no file"):
        keyfile.read(path)


@given(content=st.binary(max_size=5_000))
def test_other_bytes_are_no_key(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """Whatever a file holds, reading it gives one clear error."""
    path = tmp_path_factory.getbasetemp() / "other.pem"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(ConfigError, match=r"found something else|encrypted"):
        keyfile.read(path)


def test_a_key_of_another_kind_is_refused(path: Path) -> None:
    """An X25519 key cannot sign, and a key of another curve is none of ours."""
    keyfile.write(path, SEED, kind=KeyKind.X25519)
    with pytest.raises(ConfigError, match="expected an ed25519 key"):
        keyfile.read(path)
    foreign = path.with_name("foreign.pem")
    foreign.write_bytes(
        generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    foreign.chmod(0o600)
    with pytest.raises(ConfigError, match="expected an x25519 key"):
        keyfile.read_seed(foreign, kind=KeyKind.X25519)
