"""Gathering: entries of many documents in few questions to the store, without holding too much at once."""

from collections.abc import Iterator, Sequence
from typing import Final

from node.engine.ports import FeedStore
from node.feeds.entry import Entry, FeedKey
from node.ids import DocumentId, EntryId
from node.limits import STRETCH_ENTRIES_MAX, WANT_ANSWER_BYTES_MAX

# Entries read together: at most 50 MiB of bodies (200 KiB each), unless one document alone has more. One
# question costs as much as reading some ten entries, so to ask for more documents at once saves nothing.
_ENTRIES_MAX: Final = 256
_DOCUMENTS_MAX: Final = 32


def with_bodies(
    feeds: FeedStore, documents: Sequence[DocumentId]
) -> Iterator[tuple[DocumentId, list[Entry]]]:
    """Yield each document with those of its entries whose bodies are held, in order of arrival."""
    named = feeds.naming(documents)
    part: list[DocumentId] = []
    size = 0
    for document in documents:
        if part and (size + named[document] > _ENTRIES_MAX or len(part) == _DOCUMENTS_MAX):
            yield from feeds.with_bodies(part).items()
            part, size = [], 0
        part.append(document)
        size += named[document]
    yield from feeds.with_bodies(part).items()


def branch(feeds: FeedStore, feed: FeedKey, end: EntryId, *, after: int = 0) -> Iterator[list[Entry]]:
    """Yield the entries of one branch of a feed, from its beginning or behind a place, some at a time."""
    while part := feeds.path(
        feed, end, after_seq=after, entries_max=STRETCH_ENTRIES_MAX, bytes_max=WANT_ANSWER_BYTES_MAX
    ):
        yield part
        after = part[-1].seq
