from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.engine.url import URL

from node.errors import ConfigError
from node.storage import store_address
from node.storage.opening import open_store
from node.storage.sqlite import SqliteStore


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://ann@db.example/elm",
        "postgres://ann@db.example/elm",
        "postgresql+psycopg://ann@db.example/elm",
        "postgresql:///elm?host=/run/postgresql",
        "postgresql:///?service=elm",
    ],
)
def test_an_address_of_postgresql_means_a_database(address: str) -> None:
    """Every usual spelling is understood, and leads to the one driver."""
    found = store_address.parse(address)
    assert isinstance(found, URL)
    assert found.drivername == "postgresql+psycopg"


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("node.db", "node.db"),
        ("/var/lib/hedgerow/node.db", "/var/lib/hedgerow/node.db"),
        ("sqlite:///node.db", "node.db"),
        ("sqlite:////var/lib/hedgerow/node.db", "/var/lib/hedgerow/node.db"),
    ],
)
def test_a_path_means_a_file(address: str, path: str) -> None:
    """A path is one with or without sqlite:// before it."""
    assert store_address.parse(address) == Path(path)
    assert store_address.parse(Path(path)) == Path(path)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "mysql://ann:s3cret@db.example/elm",
        "postgresql+asyncpg://ann:s3cret@db.example/elm",
        "postgresql://ann:s3cret@db.example",
        "postgresql://ann:s3cret@db.example:port/elm",
        "sqlite://ann:s3cret@db.example/node.db",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///node.db?s3cret=1",
    ],
)
def test_any_other_address_is_refused_without_repeating_it(address: str) -> None:
    """The message says what was expected, and never what may hold a password."""
    with pytest.raises(ConfigError, match="expected ") as found:
        store_address.parse(address)
    assert "s3cret" not in str(found.value)


def test_readers_and_listeners_need_a_database(tmp_path: Path) -> None:
    """A file has no readers in other processes."""
    with pytest.raises(ConfigError, match="found the path of a file"):
        store_address.parse_postgresql(str(tmp_path / "node.db"))


def test_a_path_opens_a_file(tmp_path: Path) -> None:
    """The call that opens a database opens a file too, by its path or its address."""
    for address in (tmp_path / "node.db", f"sqlite:///{tmp_path}/node.db"):
        with closing(open_store(address)) as store:
            assert isinstance(store, SqliteStore)
