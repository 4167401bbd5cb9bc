"""Where a store is: a path or an address, and what kind of store is meant by it.

A database of PostgreSQL is named as everywhere: `postgresql://USER@HOST:PORT/DATABASE`, with what libpq knows
behind a question mark (`?sslmode=verify-full`, `?host=/run/postgresql`). An address may hold a password, so
no message repeats one.
"""

from pathlib import Path
from typing import Final

from sqlalchemy.engine.url import URL, make_url
from sqlalchemy.exc import ArgumentError

from node.errors import ConfigError

_POSTGRESQL: Final = frozenset({"postgresql", "postgres", "postgresql+psycopg"})
_EXPECTED: Final = "expected a path, sqlite:///PATH or postgresql://USER@HOST/DATABASE as the store's address"


def parse(address: str | Path) -> Path | URL:
    """Return the path of a SQLite file, or the address of a PostgreSQL database.

    Raises:
        ConfigError: it is neither.
    """
    if isinstance(address, Path):
        return address
    if not address:
        raise ConfigError(f"{_EXPECTED}, found nothing")
    if "://" not in address:
        return Path(address)
    try:
        url = make_url(address)
    except (ArgumentError, ValueError) as error:
        raise ConfigError(f"{_EXPECTED}, found one that cannot be read") from error
    if url.drivername == "sqlite":
        return _file(url)
    return _postgresql(url)


def parse_postgresql(address: str) -> URL:
    """Return the address of a PostgreSQL database.

    Raises:
        ConfigError: it is none.
    """
    found = parse(address)
    if isinstance(found, Path):
        raise ConfigError("expected postgresql://USER@HOST/DATABASE, found the path of a file")
    return found


def _file(url: URL) -> Path:
    if url.host or url.query or not url.database or url.database == ":memory:":
        raise ConfigError("expected sqlite:///PATH with the path of a file and nothing behind it")
    return Path(url.database)


def _postgresql(url: URL) -> URL:
    if url.drivername not in _POSTGRESQL:
        raise ConfigError(f"{_EXPECTED}, found one that begins with {url.drivername}")
    if not url.database and "service" not in url.query:
        raise ConfigError("expected postgresql://USER@HOST/DATABASE, found no name of a database")
    return url.set(drivername="postgresql+psycopg")
