from collections.abc import Iterator
from pathlib import Path

import pytest

from node.engine.ports import Store
from node.storage.sqlite import SqliteStore
from tests.contracts.store_contract import StoreContract


class TestSqliteStore(StoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[SqliteStore]:
        """Return an empty store on disk."""
        self.path = tmp_path / "node.db"
        self.opened = [SqliteStore.open(self.path)]
        yield self.opened[0]
        for store in self.opened:
            store.close()

    def after_crash(self, store: Store) -> Store:
        """Return the store that another process opens once this one is gone without a commit."""
        assert isinstance(store, SqliteStore)
        store.close()
        self.opened.append(SqliteStore.open(self.path))
        return self.opened[-1]
