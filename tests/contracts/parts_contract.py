"""What every implementation of the port promises about charters, records, documents and local values."""

from node.engine.ports import RecordRow, Store
from node.feeds.entry import FeedKey
from node.ids import CommunityId, DocumentId, RecordId
from tests.contracts.writing import (
    ANN,
    ANNS_FEED,
    BENS_FEED,
    MEMBERS,
    PUBLIC,
    carrier,
    document,
    identifier,
    record,
    verdict,
)

ELM = CommunityId(identifier("elm"))
OAK = CommunityId(identifier("oak"))


class CharterContract:
    """Claims about `CharterStore`."""

    def test_charters_come_sorted_and_once(self, store: Store) -> None:
        """A charter's records come in the order of their ids, each once."""
        ids = sorted(RecordId(identifier(f"charter {n}")) for n in range(3))
        assert store.charters.add(ELM, ids[2], b"third")
        assert store.charters.add(ELM, ids[0], b"first")
        assert not store.charters.add(ELM, ids[2], b"third")
        assert store.charters.add(OAK, ids[1], b"oak's")
        store.charters.drop(ELM, ids[1])
        assert store.charters.of(ELM) == [b"first", b"third"]
        assert store.charters.of(OAK) == [b"oak's"]
        assert store.charters.of(CommunityId(identifier("ash"))) == []
        assert store.charters.communities() == sorted([ELM, OAK])

    def test_a_charter_rolled_back_is_gone(self, store: Store) -> None:
        """A rollback takes back what was added, and it may be added again."""
        store.charters.add(ELM, RecordId(identifier("1")), b"kept")
        store.commit()
        store.charters.add(ELM, RecordId(identifier("2")), b"lost")
        store.charters.add(OAK, RecordId(identifier("3")), b"lost")
        store.charters.drop(ELM, RecordId(identifier("1")))
        assert store.charters.of(ELM) == [b"lost"]
        store.rollback()
        assert store.charters.of(ELM) == [b"kept"]
        assert store.charters.communities() == [ELM]
        assert store.charters.add(ELM, RecordId(identifier("2")), b"again")


class LocalContract:
    """Claims about `LocalStore`."""

    def test_a_drawer_keeps_the_last_value(self, store: Store) -> None:
        """A value is written over, drawers do not mix, and keys come sorted."""
        store.local.put("peers", b"b", b"1")
        store.local.put("peers", b"a", b"")
        store.local.put("peers", b"b", b"2")
        store.local.put("invitations", b"b", b"3")
        assert store.local.get("peers", b"b") == b"2"
        assert store.local.get("peers", b"a") == b""
        assert store.local.get("peers", b"c") is None
        assert store.local.get("none", b"b") is None
        assert store.local.all("peers") == [(b"a", b""), (b"b", b"2")]
        assert store.local.all("none") == []

    def test_a_value_taken_out_is_gone(self, store: Store) -> None:
        """Taking out what is not there does nothing."""
        store.local.put("peers", b"a", b"1")
        store.local.remove("peers", b"a")
        store.local.remove("peers", b"a")
        store.local.remove("none", b"a")
        assert store.local.all("peers") == []

    def test_local_writes_are_rolled_back(self, store: Store) -> None:
        """New, replaced and removed values are as they were at the last commit."""
        store.local.put("peers", b"a", b"1")
        store.local.put("peers", b"b", b"1")
        store.commit()
        store.local.put("peers", b"a", b"2")
        store.local.put("peers", b"a", b"3")
        store.local.remove("peers", b"b")
        store.local.put("peers", b"c", b"1")
        store.rollback()
        assert store.local.all("peers") == [(b"a", b"1"), (b"b", b"1")]


class RecordContract:
    """Claims about `RecordStore`."""

    def test_a_record_is_known_once_in_a_scope(self, store: Store) -> None:
        """A second carrier adds no second record; another scope has a record of its own."""
        row = record("one")
        assert store.records.add(row, carrier(1))
        assert not store.records.add(row, carrier(1))
        assert not store.records.add(row, carrier(2))
        assert store.records.add(record("one", scope=MEMBERS), carrier(1, feed=FeedKey(ANN.public, MEMBERS)))
        assert store.records.of_kind(PUBLIC, "attestation") == [row]
        assert store.records.get(row.id) == record("one", scope=MEMBERS)
        assert store.records.get(RecordId(identifier("none"))) is None

    def test_records_are_found_by_kind_subject_and_payload(self, store: Store) -> None:
        """Every list is sorted by record id, and `about` counts only where it is said."""
        rows = [record(f"{n}", kind="ballot", about="proposal") for n in range(4)]
        other = record("other", kind="ballot", about="elsewhere")
        silent = record("silent", kind="ballot")
        attestation = record("attested", about="proposal")
        for row in (*rows, other, silent, attestation):
            store.records.add(row, carrier(1))
        assert store.records.about(PUBLIC, "ballot", identifier("proposal")) == by_id(*rows)
        assert store.records.about(MEMBERS, "ballot", identifier("proposal")) == []
        assert store.records.of_kind(PUBLIC, "ballot") == by_id(*rows, other, silent)
        assert store.records.of_kind(PUBLIC, "mandate") == []
        assert store.records.with_payload(silent.payload_id) == [silent]

    def test_several_records_state_one_payload(self, store: Store) -> None:
        """They come sorted by scope, then by record id."""
        rows = [record("one/ann"), record("one/ben"), record("one/ann", scope=MEMBERS)]
        for row in rows:
            store.records.add(row, carrier(1))
        expected = sorted(rows, key=lambda row: (row.scope, row.id))
        assert store.records.with_payload(rows[0].payload_id) == expected

    def test_a_record_falls_with_its_last_carrier(self, store: Store) -> None:
        """Only what no entry carries any more is dropped and returned, and it may come again."""
        alone, shared, early = record("alone"), record("shared"), record("early")
        store.records.add(alone, carrier(5))
        store.records.add(shared, carrier(5))
        store.records.add(shared, carrier(1, feed=BENS_FEED))
        store.records.add(early, carrier(3))
        assert store.records.drop_carried(ANNS_FEED, after_seq=5) == []
        assert store.records.drop_carried(ANNS_FEED, after_seq=3) == [alone]
        assert store.records.of_kind(PUBLIC, "attestation") == by_id(shared, early)
        assert store.records.drop_carried(ANNS_FEED, after_seq=3) == []
        assert store.records.drop_carried(BENS_FEED, after_seq=0) == [shared]
        assert store.records.add(alone, carrier(6))
        assert store.records.drop_carried(FeedKey(ANN.public, MEMBERS), after_seq=0) == []
        assert store.records.drop_carried(ANNS_FEED, after_seq=0) == by_id(alone, early)
        assert store.records.with_payload(alone.payload_id) == []
        assert store.records.get(alone.id) is None

    def test_it_is_known_which_feeds_carry_a_record(self, store: Store) -> None:
        """Each feed once, in the scope asked for, and none that does not carry it any more."""
        shared, elsewhere = record("shared"), record("shared", scope=MEMBERS)
        for row, seq, feed in ((shared, 1, ANNS_FEED), (shared, 2, ANNS_FEED), (shared, 1, BENS_FEED)):
            store.records.add(row, carrier(seq, feed=feed))
        store.records.add(elsewhere, carrier(3))
        assert store.records.carriers(PUBLIC, shared.id) == {ANNS_FEED, BENS_FEED}
        assert store.records.carriers(MEMBERS, shared.id) == {ANNS_FEED}
        for scope, feeds in ((PUBLIC, {ANNS_FEED, BENS_FEED}), (MEMBERS, {ANNS_FEED})):
            places = store.records.places(scope, shared.id)
            assert {place.feed for place in places} == feeds
            assert places == sorted(places, key=lambda one: (one.feed.device, one.seq, one.entry))
        assert store.records.places(PUBLIC, record("other").id) == []
        store.records.drop_carried(BENS_FEED, after_seq=0)
        assert store.records.carriers(PUBLIC, shared.id) == {ANNS_FEED}
        assert store.records.carriers(PUBLIC, record("other").id) == frozenset()

    def test_dropped_records_come_sorted_by_scope_and_id(self, store: Store) -> None:
        """One feed may carry records of several scopes."""
        rows = [record(name, scope=scope) for name in ("a", "b", "c") for scope in (PUBLIC, MEMBERS)]
        for row in rows:
            store.records.add(row, carrier(2))
        expected = sorted(rows, key=lambda row: (row.scope, row.id))
        assert store.records.drop_carried(ANNS_FEED, after_seq=1) == expected

    def test_record_writes_are_rolled_back(self, store: Store) -> None:
        """Added, carried and dropped records are as they were at the last commit."""
        kept, dropped = record("kept"), record("dropped", about="subject")
        store.records.add(kept, carrier(1))
        store.records.add(dropped, carrier(2))
        store.commit()
        store.records.add(kept, carrier(3))
        store.records.add(record("new"), carrier(3))
        store.records.drop_carried(ANNS_FEED, after_seq=1)
        store.rollback()
        assert store.records.of_kind(PUBLIC, "attestation") == by_id(kept, dropped)
        assert store.records.about(PUBLIC, "attestation", identifier("subject")) == [dropped]
        assert store.records.drop_carried(ANNS_FEED, after_seq=0) == by_id(kept, dropped)
        assert store.records.get(record("new").id) is None

    def test_cleared_records_are_gone_until_rollback(self, store: Store) -> None:
        """Emptying the cache belongs to the transaction like every other write."""
        store.records.add(record("one"), carrier(1))
        store.commit()
        store.records.clear()
        assert store.records.of_kind(PUBLIC, "attestation") == []
        assert store.records.drop_carried(ANNS_FEED, after_seq=0) == []
        assert store.records.add(record("two"), carrier(1))
        store.rollback()
        assert store.records.of_kind(PUBLIC, "attestation") == [record("one")]
        store.records.clear()
        store.commit()
        store.rollback()
        assert store.records.get(record("one").id) is None
        assert store.records.add(record("one"), carrier(1))


class DocumentContract:
    """Claims about `DocumentStore`."""

    def test_a_document_keeps_its_last_state(self, store: Store) -> None:
        """Writing a document again replaces it, also under another type."""
        store.documents.put(document("one"))
        store.documents.put(document("one", state=b"later"))
        assert store.documents.get(DocumentId(identifier("one"))) == document("one", state=b"later")
        assert store.documents.of_type("profile") == [document("one", state=b"later")]
        store.documents.put(document("one", kind="offer"))
        assert store.documents.of_type("profile") == []
        assert store.documents.of_type("offer") == [document("one", kind="offer")]
        assert store.documents.get(DocumentId(identifier("two"))) is None

    def test_documents_of_a_type_come_sorted(self, store: Store) -> None:
        """Documents of one type come in the order of their ids."""
        rows = [document(f"{n}") for n in range(5)]
        for row in (*rows, document("other", kind="offer")):
            store.documents.put(row)
        in_order = sorted(rows, key=lambda row: row.id)
        assert store.documents.of_type("profile") == in_order
        assert store.documents.of_type("profile", limit=2) == in_order[:2]
        assert store.documents.of_type("profile", after=in_order[1].id, limit=2) == in_order[2:4]
        assert store.documents.of_type("profile", after=in_order[1].id) == in_order[2:]
        assert store.documents.of_type("profile", after=in_order[-1].id, limit=2) == []

    def test_a_verdict_and_a_document_can_be_taken_back(self, store: Store) -> None:
        """What is judged anew leaves no note of the first judgement, and what is gone is not there twice."""
        store.documents.put_verdict(verdict(3))
        store.documents.drop_verdict(verdict(3, reason="any other"))
        store.documents.drop_verdict(verdict(4))
        assert store.documents.verdicts() == []
        row = document("page")
        store.documents.put(row)
        store.documents.remove(row.id)
        store.documents.remove(row.id)
        assert store.documents.get(row.id) is None
        assert store.documents.of_type(row.type) == []

    def test_verdicts_come_sorted_and_once(self, store: Store) -> None:
        """There is one verdict a place, the last; they come by scope, device, seq, entry."""
        for row in (verdict(10), verdict(9), verdict(1), verdict(2, scope=MEMBERS)):
            store.documents.put_verdict(row)
        store.documents.put_verdict(verdict(9, reason="no such field"))
        assert store.documents.verdicts() == [
            verdict(2, scope=MEMBERS),
            verdict(1),
            verdict(9, reason="no such field"),
            verdict(10),
        ]

    def test_document_writes_are_rolled_back(self, store: Store) -> None:
        """Documents and verdicts are as they were at the last commit, after a clear too."""
        store.documents.put(document("one"))
        store.documents.put_verdict(verdict(1))
        store.commit()
        store.documents.put(document("one", kind="offer", state=b"x"))
        store.documents.put(document("two"))
        store.documents.put_verdict(verdict(1, reason="other"))
        store.documents.clear()
        assert store.documents.of_type("offer") == []
        assert store.documents.verdicts() == []
        store.documents.put(document("three"))
        store.rollback()
        assert store.documents.of_type("profile") == [document("one")]
        assert store.documents.of_type("offer") == []
        assert store.documents.verdicts() == [verdict(1)]


def by_id(*rows: RecordRow) -> list[RecordRow]:
    """Return records sorted by id."""
    return sorted(rows, key=lambda row: row.id)
