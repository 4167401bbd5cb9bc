"""What is remembered answers as what is held: the contract of the store for node/engine/remembered.py."""

import pytest

from node.engine.ports import Store
from node.engine.remembered import RememberedRecords, RememberedStore
from node.storage.memory.store import MemoryStore
from tests.contracts.store_contract import StoreContract
from tests.contracts.writing import ANNS_FEED, PUBLIC, carrier, identifier, record


class TestRememberedStore(StoreContract):
    @pytest.fixture
    def store(self) -> RememberedStore:
        """Return a store that remembers what is asked of its records."""
        return RememberedStore(MemoryStore())

    def after_crash(self, store: Store) -> Store:
        """Return the same store: the twin models a crash as a rollback."""
        store.rollback()
        return store


@pytest.mark.parametrize("bytes_max", [0, 3_000, 10**6])
def test_what_is_asked_again_follows_what_is_added_and_dropped(bytes_max: int) -> None:
    """However much is remembered, every question has the answer that the index below it gives."""
    below = MemoryStore().records
    above = RememberedRecords(below, bytes_max=bytes_max)
    for number in range(12):
        about = "proposal" if number % 2 else None
        above.add(record(f"{number}/{number % 3}", kind="ballot", about=about), carrier(number + 1))
        if number == 8:
            above.drop_carried(ANNS_FEED, after_seq=6)
        subject, payload = identifier("proposal"), record(f"{number}").payload_id
        assert above.of_kind(PUBLIC, "ballot") == below.of_kind(PUBLIC, "ballot")
        assert above.about(PUBLIC, "ballot", subject) == below.about(PUBLIC, "ballot", subject)
        assert above.with_payload(payload) == below.with_payload(payload)
    above.clear()
    assert above.of_kind(PUBLIC, "ballot") == []


def test_an_answer_that_its_reader_changes_stays_what_it_was() -> None:
    """Each asker has a list of its own."""
    records = RememberedRecords(MemoryStore().records)
    records.add(record("one"), carrier(1))
    records.of_kind(PUBLIC, "attestation").clear()
    records.of_kind(PUBLIC, "attestation").clear()
    assert records.of_kind(PUBLIC, "attestation") == [record("one")]
