from collections.abc import Iterator
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings

from node.engine.ports import Store
from node.storage.postgresql.store import PostgresStore
from tests.contracts.store_contract import StoreContract
from tests.contracts.test_alike import StoresAlike
from tests.storage.postgresql.server import Server, running


@pytest.fixture(scope="module", autouse=True)
def server() -> Iterator[Server]:
    """Return a server for all tests of this module."""
    with running() as server:
        PostgresAlike.server = server
        yield server


class TestPostgresStore(StoreContract):
    @pytest.fixture
    def store(self, server: Server) -> Iterator[PostgresStore]:
        """Return an empty store in a database."""
        self.address = server.empty()
        self.opened = [PostgresStore.open(self.address)]
        yield self.opened[0]
        for store in self.opened:
            store.close()

    def after_crash(self, store: Store) -> Store:
        """Return the store that another process opens once this one is gone without a commit."""
        assert isinstance(store, PostgresStore)
        store.close()
        self.opened.append(PostgresStore.open(self.address))
        return self.opened[-1]


class PostgresAlike(StoresAlike):
    """Do the same to a store in memory and one in PostgreSQL and hold their answers against each other."""

    server: ClassVar[Server]

    def empty_disk(self) -> PostgresStore:
        """Return an empty store in a database."""
        self.server.empty()
        return self.same_disk()

    def same_disk(self) -> PostgresStore:
        """Return the store as the next process finds it."""
        return PostgresStore.open(self.server.address())


TestPostgresAlike = PostgresAlike.TestCase
TestPostgresAlike.settings = settings(
    max_examples=12, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
