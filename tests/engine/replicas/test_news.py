"""News: what came for a document is taken as it was read, until what counts has changed."""

from node.engine import commands
from node.engine.replicas import epochs
from node.engine.replicas.news import News
from tests.engine.replicas.test_wanted import Village


def test_what_was_read_is_not_relied_on_when_what_counts_has_changed() -> None:
    """An epoch that was checked when it came is checked again once its device may count no more."""
    village = Village()
    entry, news = village.epochs[0], News()
    assert entry.body is not None
    news.note(entry, None)
    news.epochs[entry.id] = epochs.check(entry, village.ann.engine._registry)
    news.begin_anew()
    assert news.anew
    assert not news.taken
    assert not news.epochs


def test_an_epoch_that_is_reconsidered_before_it_is_judged_begins_its_document_all_the_same() -> None:
    """Whether entries are judged as they were read when they came, or read again, documents say the same."""
    village = Village()
    cara = village.cara
    cara.engine._ingest.take(village.anns)
    cara.engine._documents.reconsider(village.epochs)
    cara.engine._documents.settle()
    assert [one["fields"] for one in cara.ask(commands.ListItems())["items"]] == [{"count": 2}] * 3
