"""How many bodies name a document: what is remembered of it follows every write of the same store."""

from dataclasses import replace
from pathlib import Path

from node.ids import DocumentId
from node.storage import named
from node.storage.named import NamedBodies
from node.storage.sqlite import SqliteStore
from tests.contracts.writing import ANN, BEN, MEMBERS, chain, identifier

DOCUMENT = DocumentId(identifier("doc"))
OTHER = DocumentId(identifier("other"))


def test_what_was_asked_once_follows_what_comes_and_goes(tmp_path: Path) -> None:
    """Headers, their bodies behind them, further entries, and bodies that are dropped and come again."""
    store = SqliteStore.open(tmp_path / "node.db")
    ann = chain(ANN, ["1", "2", "3"], document="doc")
    ben = chain(BEN, ["4"], document="doc", scope=MEMBERS)

    def counted() -> int:
        found = store.feeds.naming([OTHER, DOCUMENT])
        held = store.feeds.of_document(DOCUMENT)
        assert found == {OTHER: 0, DOCUMENT: sum(entry.body is not None for entry in held)}
        return found[DOCUMENT]

    assert counted() == 0
    store.feeds.append([replace(entry, body=None) for entry in ann])
    assert counted() == 0
    store.feeds.append(ann[:2])
    assert counted() == 2
    store.feeds.append(ben)
    store.feeds.append(ben)
    assert counted() == 3
    store.feeds.drop_bodies(ann[:1])
    assert counted() == 2
    store.feeds.append(ann)
    assert counted() == 4
    store.commit()
    store.feeds.drop_bodies(ann)
    assert counted() == 1
    store.rollback()
    assert counted() == 4
    store.close()


def test_more_documents_than_are_remembered_are_asked_for_again() -> None:
    """What is remembered is bounded: of what was forgotten nothing is said."""
    counts = NamedBodies()
    counts.learn({DocumentId(number.to_bytes(32, "big")): 1 for number in range(named._REMEMBERED_MAX)})
    counts.learn({DOCUMENT: 1})
    assert counts.known([DOCUMENT, DocumentId(bytes(32))]) == {DOCUMENT: 1}
