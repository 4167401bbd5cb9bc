"""One suite for every implementation of the store: what is promised about each part and about all."""

from node.directory.search import SearchQuery
from node.engine.ports import Store
from tests.contracts.beginnings_contract import BeginningsContract
from tests.contracts.directory_contract import DirectoryContract, listing
from tests.contracts.feeds_contract import FeedsContract
from tests.contracts.parts_contract import CharterContract, DocumentContract, LocalContract, RecordContract
from tests.contracts.writing import ANN, ANNS_FEED, carrier, chain, document, head, record


class StoreContract(
    FeedsContract,
    BeginningsContract,
    CharterContract,
    LocalContract,
    RecordContract,
    DocumentContract,
    DirectoryContract,
):
    """All claims about the port; a class that inherits them brings the fixture `store` and `after_crash`."""

    def after_crash(self, store: Store) -> Store:
        """Return the store as the process that comes after a crash finds it."""
        raise NotImplementedError

    def test_a_crash_loses_what_was_not_committed_and_nothing_else(self, store: Store) -> None:
        """What is committed is there for the next process, in every part, and nothing besides."""
        kept = chain(ANN, ["1", "2"])
        store.feeds.append(kept)
        store.records.add(record("kept"), carrier(1))
        store.documents.put(document("kept"))
        store.directory.put(listing("kept"))
        store.local.put("settings", b"kept", b"1")
        store.commit()
        store.feeds.append(chain(ANN, ["3"], after=kept[1]))
        store.records.add(record("lost"), carrier(2))
        store.documents.put(document("lost"))
        store.directory.put(listing("lost"))
        store.local.put("settings", b"lost", b"1")
        found = self.after_crash(store)
        assert found.feeds.heads_of(ANNS_FEED) == [head(kept[1])]
        assert list(found.feeds.walk()) == kept
        assert found.records.get(record("kept").id) == record("kept")
        assert found.records.get(record("lost").id) is None
        assert found.documents.of_type("profile") == [document("kept")]
        assert found.directory.search(SearchQuery()) == (1, [listing("kept")])
        assert found.local.all("settings") == [(b"kept", b"1")]

    def test_a_commit_or_rollback_of_nothing_is_allowed(self, store: Store) -> None:
        """The reactor ends every turn the same way, whether it wrote or not."""
        store.commit()
        store.rollback()
        store.rollback()
        store.local.put("settings", b"a", b"1")
        store.commit()
        store.commit()
        store.rollback()
        assert store.local.all("settings") == [(b"a", b"1")]
