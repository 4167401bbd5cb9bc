import pytest

from node.engine.ports import Store
from node.storage.memory.store import MemoryStore
from tests.contracts.store_contract import StoreContract


class TestMemoryStore(StoreContract):
    @pytest.fixture
    def store(self) -> MemoryStore:
        """Return an empty store in memory."""
        return MemoryStore()

    def after_crash(self, store: Store) -> Store:
        """Return the same store: the twin models a crash as a rollback."""
        store.rollback()
        return store
