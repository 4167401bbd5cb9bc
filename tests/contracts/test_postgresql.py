from collections.abc import Iterator

import pytest

from node.engine.ports import Store
from node.storage.postgres import PostgresStore
from tests.contracts.store_contract import StoreContract
from tests.storage.postgresql_server import Server, running


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Return a server for all tests of this module."""
    with running() as server:
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
