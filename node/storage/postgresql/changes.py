"""How a process that only reads is told that the writer has committed."""

from types import TracebackType
from typing import Self

import psycopg

from node.storage.postgresql import database as postgres_database
from node.storage.postgresql.database import CHANNEL


class CommitListener:
    """Listen for the writer's commits in a session of its own, from the moment it is made.

    Make the listener first and read afterwards: then no commit falls between the two. A replica tells
    nothing; listen at the primary.

    Args:
        address: of the database, as `store_address` describes it.

    Raises:
        ConfigError: the address is none of a PostgreSQL database.
        StoreUnavailableError: PostgreSQL cannot be reached; the message says what to do.
    """

    def __init__(self, address: str) -> None:
        self._connection = postgres_database.connect(address, role="listener")
        try:
            self._connection.autocommit = True
            self._connection.execute(f"LISTEN {CHANNEL}")
        except psycopg.Error as error:
            self.close()
            raise postgres_database.translated(error) from error

    def wait(self, *, timeout_s: float) -> bool:
        """Tell whether anything was committed since the last call, waiting so long for it if need be.

        Any number of commits is one yes; what changed, the reader sees in the store.

        Raises:
            StoreUnavailableError: the connection was lost.
        """
        try:
            heard = list(self._connection.notifies(timeout=timeout_s, stop_after=1))
            heard += self._connection.notifies(timeout=0)
        except psycopg.Error as error:
            raise postgres_database.lost(error) from error
        return bool(heard)

    def close(self) -> None:
        """Stop listening."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
